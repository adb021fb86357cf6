//! One folder per broker product; only here are their SDKs named.

#[cfg(feature = "activemq")]
pub mod activemq;
#[cfg(feature = "aws")]
pub mod aws;
#[cfg(feature = "kafka")]
pub mod kafka;
pub mod memory;
#[cfg(feature = "rabbitmq")]
pub mod rabbitmq;
#[cfg(any(feature = "rabbitmq", feature = "activemq"))]
mod tls;

use crate::broker::{Error, ErrorKind, Link, Result};
use crate::config::{BrokerKind, Profile};
use crate::model::ConnId;

/// Both sides of a connection: the one match on broker kind. Does no I/O, so the first paint waits for nobody; secrets are
/// fetched at the first use. A connection that the config says cannot be used is refused here, with its reason.
pub fn connect(profile: &Profile, may_write: bool) -> Result<Link> {
    let conn = ConnId::new(profile.name.as_str());
    if let Some(down) = &profile.down {
        return Err(Error::new(ErrorKind::Invalid, "connect", down.why.clone()).on(&conn).next(format!("see {}", down.place)));
    }
    match profile.kind {
        #[cfg(feature = "kafka")]
        BrokerKind::Kafka => Ok(kafka::connect(profile, may_write)),
        #[cfg(feature = "rabbitmq")]
        BrokerKind::RabbitMq => Ok(rabbitmq::connect(profile, may_write)),
        #[cfg(feature = "activemq")]
        BrokerKind::ActiveMq => Ok(activemq::connect(profile, may_write)),
        #[cfg(feature = "aws")]
        BrokerKind::Aws => Ok(aws::connect(profile, may_write)),
        #[allow(unreachable_patterns)]
        kind => {
            let _ = may_write;
            Err(Error::new(ErrorKind::Unsupported, "connect", format!("{} is not built in", kind.word()))
                .on(&conn)
                .next("build redrive with its feature"))
        }
    }
}
