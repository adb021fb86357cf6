//! Exchanges: listed with what is bound, published to by a key, and what no queue takes is a failure.

use futures::StreamExt;
use lapin::options::{ExchangeDeclareOptions, ExchangeDeleteOptions, QueueBindOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, ExchangeKind};
use redrive::broker::{ErrorKind, ListRequest, Outgoing, PeekRequest, Place, ReadersRequest};
use redrive::model::{Address, ConnId, Kind};

use crate::support::*;

#[test]
fn a_message_goes_to_the_queues_that_are_bound_for_its_key_and_comes_back_where_none_is() {
    for node in nodes() {
        run(async {
            let (hands, link) = (Hands::new(&node).await, admin(&node));
            let queue = hands.make("bound", "quorum", &[]).await;
            let name = format!("t-exchange-{}", uuid::Uuid::now_v7().simple());
            let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
            hands.channel.exchange_declare(name.as_str().into(), ExchangeKind::Topic, durable, FieldTable::default()).await.unwrap();
            let bind = hands.channel.queue_bind(
                queue.name.as_str().into(),
                name.as_str().into(),
                "bill.*".into(),
                QueueBindOptions::default(),
                FieldTable::default(),
            );
            bind.await.unwrap();
            let at = Address::new(ConnId::new("rabbit"), Kind::Exchange, name.clone());

            let listed: Vec<_> = link.eyes.list(ListRequest::default()).map(|batch| batch.unwrap()).concat().await;
            assert!(listed.iter().any(|d| d.at == at), "{}", node.version);
            assert!(!listed.iter().any(|d| d.at.kind == Kind::Exchange && d.at.name.starts_with("amq.")), "the broker's own");
            let readers: Vec<_> = link.eyes.readers(ReadersRequest::Of(at.clone())).map(|batch| batch.unwrap()).concat().await;
            assert_eq!(readers.iter().map(|r| r.name.as_str()).collect::<Vec<_>>(), [queue.name.as_str()]);
            assert!(readers[0].note.contains("'bill.*'"), "{:?}", readers[0]);
            let facts = link.eyes.describe(&at).await.unwrap().facts;
            assert!(facts.iter().any(|(n, v, _)| n == "bound" && v.contains(&queue.name)), "{facts:?}");
            assert!(link.eyes.cost(&at).await.unwrap().refused.is_some());
            let looked = link.eyes.peek(PeekRequest::new(at.clone(), 1)).next().await.unwrap();
            assert!(looked.is_err(), "there is nothing to look at");
            let nowhere = Address { name: format!("{name}-not"), ..at.clone() };
            assert_eq!(link.eyes.describe(&nowhere).await.unwrap_err().kind, ErrorKind::NotFound);

            let out = |key: &'static str| Outgoing {
                to: at.clone(),
                place: Place::Any,
                key: Some(key.into()),
                body: Some(key.into()),
                headers: Vec::new(),
                properties: Vec::new(),
            };
            let answers = link.hand.as_ref().unwrap().publish(vec![out("bill.eu"), out("ship.eu"), out("bill.us")]).await;
            assert!(answers[0].is_ok() && answers[2].is_ok(), "{answers:?}");
            let error = answers[1].as_ref().unwrap_err();
            assert_eq!(error.kind, ErrorKind::NotFound, "{error}");
            assert!(error.cause.contains("NO_ROUTE"), "{error}");
            let got: Vec<_> = hands.drain(&queue).await.into_iter().map(|(body, ..)| body).collect();
            assert_eq!(got, [b"bill.eu".to_vec(), b"bill.us".to_vec()]);
            hands.channel.exchange_delete(name.as_str().into(), ExchangeDeleteOptions::default()).await.unwrap();
            hands.end().await;
        });
    }
}

#[test]
fn what_came_and_went_is_counted() {
    for node in nodes() {
        run(async {
            let (hands, link) = (Hands::new(&node).await, admin(&node));
            let queue = hands.make("rates", "classic", &[]).await;
            for _ in 0..5 {
                hands.send_with(&queue, b"x", BasicProperties::default()).await;
            }
            hands.drain(&queue).await;
            until("the broker has counted", || async {
                let all: Vec<_> = link.eyes.readers(ReadersRequest::All).map(|batch| batch.unwrap()).concat().await;
                let backlog = all.iter().find(|r| r.name == queue.name).and_then(|r| r.at[0].backlog.clone());
                backlog.is_some_and(|b| (b.came, b.went) == (Some(5), Some(5)))
            })
            .await;
            hands.end().await;
        });
    }
}
