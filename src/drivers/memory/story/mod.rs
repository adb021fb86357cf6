//! A believable incident on four brokers, moving while it is watched: for `redrive demo`, for tests of the screens, for pictures.
//!
//! A shop's `billing` fails on three kinds of orders, a payment service retries in vain, a sink, a streams application and a
//! Quarkus service have their own dead letters, one group is stuck, one drains, one is a share group. The same seed and the
//! same clock give the same story, message for message.

mod beat;
mod bodies;
mod cast;
mod config;
mod deaths;
mod dice;
mod past;
mod queues;
mod stacks;
#[cfg(test)]
mod tests;

use std::time::{Duration, SystemTime};

use super::{Clock, Login, Memory, Shape};
use crate::broker::Link;
use crate::model::ConnId;
use dice::Dice;

/// The story moves in steps of this length.
pub const BEAT: Duration = Duration::from_millis(250);

/// Beats that one tick catches up at most; after a long pause the rest is left out.
const AT_ONCE: u32 = 240;

/// The brokers and what happens on them.
pub struct Story {
    kafka: Memory,
    rabbit: Memory,
    amq: Memory,
    sqs: Memory,
    clock: Clock,
    dice: Dice,
    /// Up to when it has been told.
    told: SystemTime,
}

impl Story {
    /// The incident as it stands at `now`, six hours old.
    pub fn new(seed: u64, now: SystemTime) -> Self {
        let clock = Clock::at(now);
        let kafka = Memory::with_clock(ConnId::new("kafka-main"), Shape::kafka(), clock.clone());
        let rabbit = Memory::with_clock(ConnId::new("rabbit-eu"), Shape::rabbitmq(), clock.clone());
        let amq = Memory::with_clock(ConnId::new("amq-1"), Shape::activemq(), clock.clone());
        let sqs = Memory::with_clock(ConnId::new("sqs-eu"), Shape::fifo(), clock.clone());
        let mut story = Self { kafka, rabbit, amq, sqs, clock, dice: Dice::new(seed), told: now };
        cast::set(&story.kafka, &story.rabbit);
        queues::set(&story.amq, &story.sqs);
        past::tell(&mut story, now);
        story
    }

    /// Lets it go on until `now`: new orders, new deaths, commits that advance. Time never runs backwards.
    pub fn tick(&mut self, now: SystemTime) {
        let mut beats = 0;
        while self.told + BEAT <= now {
            self.told += BEAT;
            if beats < AT_ONCE {
                self.clock.set(self.told);
                beat::beat(self, self.told);
            }
            beats += 1;
        }
        self.clock.set(now.max(self.told));
    }

    /// The Kafka-shaped broker, `kafka-main`.
    pub fn kafka(&self) -> &Memory {
        &self.kafka
    }

    /// The RabbitMQ-shaped broker, `rabbit-eu`.
    pub fn rabbit(&self) -> &Memory {
        &self.rabbit
    }

    /// The clock of all; [`Story::tick`] moves it.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// A connection to each, as somebody who may do everything.
    pub fn links(&self) -> Vec<Link> {
        [&self.kafka, &self.rabbit, &self.amq, &self.sqs].map(|memory| memory.connect(Login::admin())).into()
    }
}
