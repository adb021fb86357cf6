//! Looking changes nothing: thirty looks at dead letters of every kind, and depth, order, bodies, headers and the broker's counters are as before.

use redrive::broker::Trace;
use redrive::model::text_field;

use crate::site::{look, of, sites};

/// One test over all the brokers with management; who dies here is judged by a JMS client that browses.
#[tokio::test(flavor = "multi_thread")]
async fn thirty_looks_at_dead_letters_of_every_kind_change_nothing() {
    for site in sites(&["artemis", "6", "518"]) {
        let pair = site.pair("looks").await;
        site.jms(&["die", &pair.home.name, &pair.dead.name, "100000"]);
        let eyes = site.link().eyes;
        assert!(eyes.cost(&pair.dead).await.expect("cost").leaves.is_empty(), "{}: a look at dead letters is free", site.name);
        let seen = || async { (of(look(&eyes, &pair.dead).await.0, &pair.home), site.counters(&pair.dead).await) };
        let (judged, (first, counters)) = (site.jms(&["browse", &pair.dead.name, &pair.home.name]), seen().await);
        assert_eq!((first.len(), judged.len()), (10, 10), "{}", site.name);
        assert!(counters.len() > 10, "{}: {counters:?}", site.name);
        for n in 1..=30 {
            let (again, now) = seen().await;
            assert!(again == first, "{}: look {n} showed something else", site.name);
            assert_eq!(now, counters, "{}: look {n}", site.name);
        }
        assert_eq!(site.jms(&["browse", &pair.dead.name, &pair.home.name]), judged, "{}: what others see, in their order", site.name);
        // of all of them there is a copy, but for what AMQP may not meet on Artemis
        let cut: Vec<_> = first.iter().filter(|m| !m.whole).map(|m| text_field(&m.properties, "body").unwrap_or("?")).collect();
        assert_eq!(cut, if site.artemis { vec!["stream", "object"] } else { vec![] }, "{}", site.name);
        site.jms(&["take", &pair.dead.name, &pair.home.name]);
        site.forget(&pair).await;
    }
}

/// 5.17 has nothing but STOMP: no counters to be asked for. What a look leaves there is declared, and others see what they saw before.
#[tokio::test(flavor = "multi_thread")]
async fn thirty_looks_by_stomp_alone_leave_what_was_declared() {
    for site in sites(&["517"]) {
        let pair = site.pair("looks").await;
        site.jms(&["die", &pair.home.name, &pair.dead.name, "100000"]);
        let eyes = site.link().eyes;
        let leaves = eyes.cost(&pair.dead).await.expect("cost").leaves;
        assert_eq!(leaves, [Trace::Creates], "a name cannot be asked for there, and dead letters have no expiry left");
        let (judged, first) = (site.jms(&["browse", &pair.dead.name, &pair.home.name]), look(&eyes, &pair.dead).await.0);
        assert_eq!((first.len(), judged.len()), (10, 10));
        for n in 1..=30 {
            assert!(look(&eyes, &pair.dead).await.0 == first, "look {n} showed something else");
        }
        assert_eq!(site.jms(&["browse", &pair.dead.name, &pair.home.name]), judged, "what others see, in their order");
        // an empty body may be a map's, an object's or a stream's: not taken for whole
        assert_eq!(first.iter().filter(|m| !m.whole).count(), 5);
        site.jms(&["take", &pair.dead.name, &pair.home.name]);
    }
}
