//! The last way to give back a message that the broker would drop for it: publish it to its own queue again, confirmed.

use lapin::Confirmation;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};

use super::amqp::Lane;
use super::{Rabbit, message};
use crate::broker::{Error, ErrorKind, Result};
use crate::model::Message;

/// Headers that would send it elsewhere too.
pub const FAN_OUT: [&str; 2] = ["CC", "BCC"];

/// Publishes the message as it is to the queue it is in. `Ok`: it is there again, so the old one may go.
pub async fn reseat(rabbit: &Rabbit, lane: &Lane, was: &Message) -> Result<()> {
    const OP: &str = "put in again";
    let own = rabbit.settings.user();
    let mut properties = was.properties.clone();
    properties.retain(|(name, value)| name != "user_id" || value.as_text() == Some(own.as_str()));
    let mut headers = was.headers.clone();
    headers.retain(|(name, _)| !FAN_OUT.contains(&name.as_str()));
    let (properties, _) = message::properties(&properties, &headers);
    let line = lane.line(OP, Some(&was.at)).await?;
    lane.rpc(OP, Some(&was.at), line.channel.confirm_select(ConfirmSelectOptions::default())).await?;
    let options = BasicPublishOptions { mandatory: true, immediate: false };
    let body = was.body.clone().unwrap_or_default();
    let sent = line.channel.basic_publish("".into(), was.at.name.as_str().into(), options, &body, properties);
    let confirm = lane.rpc(OP, Some(&was.at), sent).await?;
    match lane.rpc(OP, Some(&was.at), confirm).await? {
        Confirmation::Ack(None) => Ok(()),
        _ => {
            Err(Error::new(ErrorKind::Unexpected, OP, "the broker did not take it").about(&was.at).next("its content is in what was read"))
        }
    }
}
