//! What a look into a queue costs, by version, type, limit and consumers; and what giving back does. Pure but for asking.

use super::queue::{Queue, Type, Version};
use super::{Counted, Rabbit};
use crate::broker::{Back, Cost, Result, Trace};
use crate::model::Address;

/// No look is taken with so many left or fewer: what is left belongs to consumers that try again.
pub const FLOOR: u64 = 5;

/// Up to so many messages are taken in hand beyond those that are shown, where giving back a part alone would change the order.
pub const WHOLE: u64 = 2_000;

const DROPS: &str = "drops";

/// A look's price, with what was found out for it.
#[derive(Clone, Debug)]
pub struct Price {
    pub cost: Cost,
    pub of_type: Type,
    pub limit: Option<u64>,
    /// Whether what is given back goes to the tail, behind all that was not in hand (quorum without a limit, up to 4.2).
    pub at_tail: bool,
    /// Whether each give-back counts towards the limit.
    pub counts: bool,
    /// Whether what was counted before a message died counts here too (4.3), so that any message may be over the limit.
    pub carried: bool,
    /// Whether consumers take from it meanwhile.
    pub disturbs: bool,
    /// What the broker does with a message over its limit: `drops`, `moves on`.
    pub end: &'static str,
    /// The policy that takes the limit away, as it can be pasted, where one can.
    pub policy: Option<String>,
}

impl Price {
    /// Whether a message over the limit is gone for good.
    pub fn drops(&self) -> bool {
        self.end == DROPS
    }

    /// What giving back a message does that was given back so often before.
    pub fn back(&self, given_back: u64) -> Back {
        match self.limit {
            // up to 4.2 the give-back itself is counted; from 4.3 on what was counted before is compared
            Some(limit) if given_back >= limit + u64::from(!self.counts) => Back::Destroys,
            _ if self.counts => Back::Counts,
            _ => Back::Free,
        }
    }
}

impl Rabbit {
    /// What a look costs now.
    pub(super) async fn price(&self, op: &'static str, at: &Address) -> Result<Price> {
        let (mut queue, version) = futures::try_join!(self.queue(op, at), self.version(op))?;
        if queue.of_type() == Type::Quorum {
            queue.messages = self.ready_now(&queue, at).await.or(queue.messages);
        }
        let takes_dead_letters = version >= Version(4, 3) && queue.of_type() == Type::Quorum && self.takes_dead_letters(op, at).await?;
        Ok(price(&queue, version, takes_dead_letters, self.known(|k| k.queues.get(&at.name).copied())))
    }

    async fn takes_dead_letters(&self, op: &'static str, at: &Address) -> Result<bool> {
        let (queues, _) = self.queues(op).await?;
        let exchanges = self.exchanges(&queues).await?;
        Ok(super::topology::sources(&queues, &exchanges).contains_key(&at.name))
    }
}

/// The price by what the broker says, measured on 3.10.8, 4.0.5 and 4.3.6.
pub fn price(queue: &Queue, version: Version, takes_dead_letters: bool, known: Option<Counted>) -> Price {
    let of_type = queue.of_type();
    let limit = queue.limit(version);
    let new = version >= Version(4, 3);
    let counts = of_type == Type::Quorum && !new;
    let at_tail = counts && limit.is_none();
    let mut cost = Cost::default();
    if of_type == Type::Stream {
        return Price {
            cost,
            of_type,
            limit: None,
            at_tail: false,
            counts: false,
            carried: false,
            disturbs: false,
            end: DROPS,
            policy: None,
        };
    }
    cost.leaves.push(Trace::Redelivered);
    if counts {
        cost.leaves.push(Trace::CountsReceive);
    }
    if let Some(hidden) = queue.hides(version) {
        cost.leaves.push(Trace::Hides(hidden));
    }
    let carried = new && takes_dead_letters && limit.is_some();
    if carried || (of_type == Type::Quorum && queue.messages.unwrap_or(0) > WHOLE) {
        cost.leaves.push(Trace::Reorders);
    }
    if carried {
        cost.leaves.push(Trace::Reseats);
        cost.safer = policy(queue, version);
    }
    let disturbs = queue.live().unwrap_or(0) > 0 || queue.single_active();
    if disturbs {
        cost.leaves.push(Trace::DisturbsConsumers);
    }
    cost.limit = limit.filter(|_| counts).map(|limit| u32::try_from(limit).unwrap_or(u32::MAX));
    if let (true, Some(limit), Some(known)) = (counts, limit, known) {
        cost.looks_left = Some(u32::try_from(limit.saturating_sub(known.given_back)).unwrap_or(u32::MAX));
    }
    let end = if queue.dead_letters_to().is_some() { "moves on" } else { DROPS };
    cost.refused = refusal(queue, version, limit, counts, known, end);
    Price { cost, of_type, limit, at_tail, counts, carried, disturbs, end, policy: policy(queue, version) }
}

fn refusal(queue: &Queue, version: Version, limit: Option<u64>, counts: bool, known: Option<Counted>, end: &str) -> Option<String> {
    if queue.exclusive == Some(true) {
        return Some("the queue belongs to one connection alone".into());
    }
    if queue.of_type() == Type::Quorum && queue.single_active() && queue.live().unwrap_or(0) > 0 {
        return Some("the queue has a single active consumer: the broker lets nobody else take from it".into());
    }
    let limit = limit?;
    let left = limit.saturating_sub(known.map_or(0, |k| k.given_back));
    (counts && left <= FLOOR).then(|| too_few(left, limit, end, policy(queue, version).as_deref()))
}

/// Why no look is taken with so few left.
pub fn too_few(left: u64, limit: u64, end: &str, policy: Option<&str>) -> String {
    let safe = match policy {
        Some(policy) => format!("this makes it safe, as long as it stays: {policy}"),
        None => "the limit is an argument of the queue, which no policy takes away".to_owned(),
    };
    format!("{left} looks are left before RabbitMQ {end} a message (delivery limit {limit}); {safe}")
}

/// What makes looking safe as long as it stays, as it can be pasted. A limit that is an argument of the queue stays whatever a policy says (3.10.8,
/// 4.0.5, 4.3.6), and of several policies one alone holds, so a second one would take away what the first one sets.
fn policy(queue: &Queue, version: Version) -> Option<String> {
    if queue.arguments.get("x-delivery-limit").is_some() {
        return None;
    }
    // 3.10.8 refuses -1
    let none = if version >= Version(4, 0) { "-1" } else { "1000000" };
    if let Some(name) = queue.policy() {
        return Some(format!(
            "\"delivery-limit\": {none} in the policy {name} of this queue (rabbitmqctl list_policies shows what else it sets)"
        ));
    }
    let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    let escaped = |c: char| if r"\.+*?()|[]{}^$".contains(c) { vec!['\\', c] } else { vec![c] };
    let pattern: String = queue.name.chars().flat_map(escaped).collect();
    let vhost = if matches!(queue.vhost.as_str(), "" | "/") { String::new() } else { format!("-p {} ", quoted(&queue.vhost)) };
    let name = quoted(&format!("^{pattern}$"));
    Some(format!("rabbitmqctl set_policy {vhost}--apply-to queues redrive-look {name} '{{\"delivery-limit\":{none}}}'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(json: &str) -> Queue {
        serde_json::from_str(json).unwrap()
    }

    fn of(json: &str, version: Version) -> Price {
        price(&queue(json), version, false, None)
    }

    #[test]
    fn each_type_and_version_has_its_price() {
        let classic = of(r#"{"name":"q","type":"classic"}"#, Version(4, 0));
        assert_eq!((classic.cost.leaves, classic.at_tail), (vec![Trace::Redelivered], false));
        let old = of(r#"{"name":"q","type":"quorum"}"#, Version(3, 10));
        assert_eq!((old.cost.leaves, old.at_tail), (vec![Trace::Redelivered, Trace::CountsReceive], true));
        let deep = of(r#"{"name":"q","type":"quorum","messages":2001}"#, Version(3, 10));
        assert!(deep.cost.leaves.contains(&Trace::Reorders), "too many to take them all in hand");
        let new = of(r#"{"name":"q","type":"quorum"}"#, Version(4, 0));
        assert!(new.cost.limit_words().unwrap().starts_with("after 20 deliveries"), "said before the first look");
        assert_eq!((new.limit, new.at_tail, new.cost.refused), (Some(20), false, None));
        let newest = of(r#"{"name":"q","type":"quorum"}"#, Version(4, 3));
        assert_eq!((newest.cost.leaves, newest.counts), (vec![Trace::Redelivered], false));
        assert!(of(r#"{"name":"q","type":"stream"}"#, Version(4, 0)).cost.leaves.is_empty());
    }

    #[test]
    fn looks_are_counted_down_and_refused_at_the_floor() {
        let q = queue(r#"{"name":"orders.dlq","type":"quorum"}"#);
        let at = |given_back| price(&q, Version(4, 0), false, Some(Counted { given_back })).cost;
        assert_eq!((at(14).looks_left, at(14).refused), (Some(6), None));
        let refused = at(15).refused.unwrap();
        assert!(refused.contains("5 looks are left before RabbitMQ drops") && refused.contains(r"'^orders\.dlq$'"), "{refused}");
        assert!(of(r#"{"name":"q","type":"quorum","delivery_limit":5}"#, Version(3, 10)).cost.refused.is_some(), "too few from the start");
    }

    #[test]
    fn counts_that_travelled_into_a_dead_letter_queue_are_said_before_the_look() {
        let q = queue(r#"{"name":"dlq","type":"quorum"}"#);
        let cost = price(&q, Version(4, 3), true, None).cost;
        assert!(cost.leaves.contains(&Trace::Reseats) && cost.refused.is_none());
        let safer = cost.safer.unwrap();
        assert_eq!(safer, r#"rabbitmqctl set_policy --apply-to queues redrive-look '^dlq$' '{"delivery-limit":-1}'"#);
        let elsewhere = queue(r#"{"name":"it's","vhost":"eu","type":"quorum"}"#);
        let safer = price(&elsewhere, Version(4, 3), true, None).cost.safer.unwrap();
        assert!(safer.contains(r"set_policy -p 'eu' --apply-to queues redrive-look '^it'\''s$' "), "{safer}");
        let ruled = queue(r#"{"name":"q","type":"quorum","policy":"ha"}"#);
        assert!(price(&ruled, Version(4, 3), true, None).cost.safer.unwrap().starts_with("\"delivery-limit\": -1 in the policy ha "));
        let fixed = queue(r#"{"name":"q","type":"quorum","delivery_limit":5,"arguments":{"x-delivery-limit":5}}"#);
        assert_eq!(price(&fixed, Version(4, 3), true, None).cost.safer, None, "no policy takes an argument away");
        let free = |json: &str, carried| !price(&queue(json), Version(4, 3), carried, None).cost.leaves.contains(&Trace::Reseats);
        assert!(free(r#"{"name":"dlq","type":"quorum"}"#, false) && free(r#"{"name":"dlq","type":"quorum","delivery_limit":-1}"#, true));
    }

    #[test]
    fn the_give_back_that_destroys_is_known() {
        let old = of(r#"{"name":"q","type":"quorum","delivery_limit":20}"#, Version(4, 0));
        assert_eq!((old.back(19), old.back(20)), (Back::Counts, Back::Destroys));
        let new = of(r#"{"name":"q","type":"quorum","delivery_limit":20}"#, Version(4, 3));
        assert_eq!((new.back(20), new.back(21)), (Back::Free, Back::Destroys));
        assert_eq!(of(r#"{"name":"q","type":"quorum"}"#, Version(3, 10)).back(1_000), Back::Counts);
    }

    #[test]
    fn consumers_are_disturbed_and_one_active_consumer_keeps_us_out() {
        let q = of(r#"{"name":"q","type":"classic","consumers":2}"#, Version(4, 0)).cost;
        assert!(q.leaves.contains(&Trace::DisturbsConsumers));
        let sac = r#"{"name":"q","type":"quorum","consumers":1,"arguments":{"x-single-active-consumer":true}}"#;
        assert!(of(sac, Version(4, 0)).cost.refused.is_some());
    }
}
