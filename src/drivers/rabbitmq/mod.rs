//! RabbitMQ: queues and streams over AMQP 0-9-1, everything else over the management API.

use std::sync::Arc;

use crate::broker::{Down, Error, ErrorKind, Link};
use crate::config::Profile;
use crate::model::ConnId;

/// Both sides of a connection; does no I/O.
pub fn connect(profile: &Profile, _may_write: bool) -> Link {
    let conn = ConnId::new(profile.name.as_str());
    let why = Error::new(ErrorKind::Unsupported, "connect", "RabbitMQ is not built in").on(&conn).next("wait for its driver");
    Link { eyes: Arc::new(Down::new(conn, why)), hand: None }
}
