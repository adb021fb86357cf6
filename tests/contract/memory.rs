//! The memory broker as a host, in the shape of one broker.

use async_trait::async_trait;
use redrive::broker::Link;
use redrive::drivers::memory::{Fault, Login, Memory, Put, Shape, Spec, Step, What};
use redrive::model::{Address, ConnId, Message, Seat};

use crate::hosts::{Host, NotHere, Who};

/// Makes a shape.
pub type Make = fn() -> Shape;

/// One shape; each case gets a broker of its own.
pub struct InMemory {
    memory: Memory,
}

/// The shapes that are always tested.
pub fn shapes() -> Vec<(&'static str, Make)> {
    vec![
        ("memory/kafka", Shape::kafka),
        ("memory/rabbitmq", Shape::rabbitmq),
        ("memory/activemq", Shape::activemq),
        ("memory/fifo", Shape::fifo),
    ]
}

impl InMemory {
    pub fn new(shape: Shape) -> Self {
        Self { memory: Memory::new(ConnId::new("mem"), shape) }
    }
}

#[async_trait]
impl Host for InMemory {
    async fn connect(&self, who: Who) -> Result<Link, NotHere> {
        let other = || Memory::new(self.memory.id().clone(), self.memory.shape().clone());
        Ok(match who {
            Who::Admin => self.memory.connect(Login::admin()),
            Who::Viewer => self.memory.connect(Login::viewer()),
            Who::Nobody => self.memory.connect(Login::nobody()),
            Who::WrongPassword => self.memory.connect(Login::wrong()),
            Who::WrongHost => {
                let other = other();
                other.down();
                other.connect(Login::admin())
            }
            Who::Silent => {
                let other = other();
                for step in [Step::Probe, Step::List, Step::Describe, Step::Readers, Step::Peek, Step::BeforePublish, Step::Hold] {
                    other.faults().add(Fault::at(step, What::Never));
                }
                other.connect(Login::admin())
            }
        })
    }

    fn partitions(&self, wanted: u32) -> u32 {
        if self.memory.shape().is_log() { wanted } else { 1 }
    }

    async fn make(&self, name: &str, partitions: u32) -> Address {
        self.memory.create(name, Spec::with(self.partitions(partitions)))
    }

    fn nowhere(&self) -> Address {
        self.memory.at("no-such-thing")
    }

    async fn put(&self, at: &Address, messages: Vec<Put>) -> Vec<Seat> {
        messages.into_iter().map(|put| self.memory.put(&at.name, put).expect("put")).collect()
    }

    async fn read_back(&self, at: &Address) -> Vec<Message> {
        self.memory.messages(&at.name)
    }

    async fn commit(&self, group: &str, at: &Address, partition: i32, next: i64) -> Result<(), NotHere> {
        self.memory.commit(group, &at.name, partition, next);
        Ok(())
    }

    async fn trim(&self, at: &Address, partition: i32, start: i64) -> Result<(), NotHere> {
        self.memory.trim(&at.name, partition, start);
        Ok(())
    }

    async fn traces(&self, _: &Address) -> String {
        format!("{:?}", self.memory.snapshot())
    }

    async fn in_hand(&self, at: &Address) -> Result<u64, NotHere> {
        Ok(self.memory.in_hand(&at.name))
    }

    async fn down(&self) -> Result<(), NotHere> {
        self.memory.down();
        Ok(())
    }

    async fn up(&self) -> Result<(), NotHere> {
        self.memory.up();
        Ok(())
    }
}
