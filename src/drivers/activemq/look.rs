//! The messages of a queue, one after the other as the best door shows them: the same view for a look and for a hold, so that both see the same bytes.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::ActiveMq;
use super::amqp::{Amqp, browse as amqp_browse, message as amqp_message};
use super::catalog::WINDOW;
use super::error::{Fault, Outcome};
use super::jolokia::classic;
use super::known::{Known, Product};
use super::place::Place;
use super::stomp::{Stomp, browse as stomp_browse, message as stomp_message};
use crate::broker::ErrorKind;
use crate::model::{Address, Kind, Message, Seat};

/// A queue being looked into, from its oldest message on.
pub(super) struct Look {
    at: Address,
    way: Way,
    /// Messages there were at the start; unknown without management.
    pub there: Option<u64>,
    /// How many the broker shows at most.
    pub window: Option<u64>,
    /// Expired until now, where told: what a look makes expire shows as a difference.
    pub expired: Option<u64>,
    pub read: u64,
}

enum Way {
    /// Artemis.
    Amqp(Box<amqp_browse::Browse>),
    /// Classic by management, bodies of bytes filled in by STOMP.
    Jolokia(VecDeque<Message>),
    /// Classic without management.
    Stomp(stomp_browse::Browse),
}

impl Look {
    /// Begins. A queue that is not there is not found, and is not made by asking.
    pub async fn begin(mq: &ActiveMq, known: &Known, at: &Address) -> Outcome<Self> {
        if at.kind != Kind::Queue {
            return Err(Fault::new(ErrorKind::Unsupported, "a topic keeps no messages").next("look into a queue"));
        }
        let place = mq.place(known, at).await?;
        let (there, expired) = (place.as_ref().map(|p| p.messages), place.as_ref().map(|p| p.expired));
        let (way, window) = match known.product {
            Product::Artemis => {
                let place = place.unwrap_or_else(|| Place {
                    name: at.name.clone(),
                    address: at.name.clone(),
                    messages: u64::MAX,
                    ..Place::default()
                });
                let browse = amqp_browse::Browse::begin(mq.amqp(known).await?, &place).await?;
                (Way::Amqp(Box::new(browse)), None)
            }
            Product::Classic => {
                let window = Some(place.as_ref().and_then(|p| p.window).unwrap_or(WINDOW));
                let way = match (&known.jolokia, place) {
                    (Some(_), Some(place)) => Way::Jolokia(classic_messages(mq, known, &place, at).await?),
                    _ => Way::Stomp(stomp_browse::Browse::begin(mq.stomp(known).await?, &at.name).await?),
                };
                (way, window)
            }
        };
        Ok(Self { at: at.clone(), way, there, window, expired, read: 0 })
    }

    /// The next message; `None`: the broker shows no more.
    pub async fn next(&mut self) -> Outcome<Option<Message>> {
        let next = match &mut self.way {
            Way::Amqp(browse) => browse.next().await?.map(|wire| amqp_message::message(&self.at, wire)),
            Way::Jolokia(messages) => messages.pop_front(),
            Way::Stomp(browse) => browse.next().await?.map(|frame| stomp_message::message(&self.at, frame)),
        };
        self.read += u64::from(next.is_some());
        Ok(next)
    }

    /// Whether there is more than the broker shows.
    pub fn is_cut(&self) -> bool {
        match (self.window, self.there) {
            (Some(window), Some(there)) => self.read >= window && there > self.read,
            // a full window without a count may be all there is, or not
            (Some(window), None) => self.read >= window,
            (None, _) => false,
        }
    }

    pub async fn close(self) {
        match self.way {
            Way::Amqp(browse) => browse.close().await,
            Way::Stomp(browse) => browse.close().await,
            Way::Jolokia(_) => {}
        }
    }
}

/// Classic: management has the types, STOMP the bytes that management cuts; joined by message id.
async fn classic_messages(mq: &ActiveMq, known: &Known, place: &Place, at: &Address) -> Outcome<VecDeque<Message>> {
    let jolokia = mq.management(known)?;
    let browsed = match classic::browse(jolokia, place, at).await {
        // the admin's no to browsing by management: STOMP may do it all the same
        Err(f) if f.kind == ErrorKind::Denied && known.stomp.is_some() => {
            let mut all = VecDeque::new();
            let mut browse = stomp_browse::Browse::begin(mq.stomp(known).await?, &at.name).await?;
            while let Some(frame) = browse.next().await? {
                all.push_back(stomp_message::message(at, frame));
            }
            browse.close().await;
            return Ok(all);
        }
        Err(f) if f.kind == ErrorKind::Denied => return Err(super::allow(f, &["browse*"])),
        other => other?,
    };
    let mut messages: VecDeque<Message> = browsed.into();
    let cut = |m: &Message| !m.whole && m.body.is_some();
    if known.stomp.is_some() && messages.iter().any(cut) {
        let mut bodies: HashMap<String, bytes::Bytes> = HashMap::new();
        let mut browse = stomp_browse::Browse::begin(mq.stomp(known).await?, &at.name).await?;
        while let Some(frame) = browse.next().await? {
            if let (Some(id), true) = (frame.get("message-id"), frame.get("content-length").is_some()) {
                bodies.insert(id.to_owned(), frame.body.clone());
            }
        }
        browse.close().await;
        for message in messages.iter_mut().filter(|m| cut(m)) {
            if let Seat::Id(id) = &message.seat
                && let Some(body) = bodies.remove(id)
            {
                message.body = Some(body);
                message.whole = true;
            }
        }
    }
    Ok(messages)
}

impl ActiveMq {
    /// A new AMQP connection.
    pub async fn amqp(&self, known: &Known) -> Outcome<Amqp> {
        let to = known.amqp.as_ref().ok_or_else(|| Fault::new(ErrorKind::Unsupported, "there is no AMQP door").next("set amqp_url"))?;
        let socket = self.socket().await?;
        Ok(Amqp::connect(to, &self.profile, &known.login, self.limit()).await?.keeping(socket))
    }

    /// A new STOMP connection; Classic only.
    pub async fn stomp(&self, known: &Known) -> Outcome<Stomp> {
        let to = known.stomp.as_ref().filter(|_| known.product == Product::Classic).ok_or_else(|| {
            Fault::new(ErrorKind::Unsupported, "there is no STOMP door").next("enable the STOMP connector on the broker, or set stomp_url")
        })?;
        let socket = self.socket().await?;
        Ok(Stomp::connect(to, &self.profile, &known.login, self.limit()).await?.keeping(socket))
    }

    /// A look at a queue.
    pub async fn look(self: &Arc<Self>, at: &Address) -> Outcome<Look> {
        let known = self.known().await?;
        Look::begin(self, &known, at).await
    }
}
