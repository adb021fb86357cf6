//! The messages of a queue, one after the other as the best door shows them: the same view for a look and for a hold, so that both see the same bytes.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::ActiveMq;
use super::amqp::Amqp;
use super::catalog::WINDOW;
use super::error::{Fault, Outcome};
use super::jolokia::{classic, content, message as classic_message};
use super::known::{Known, Product};
use super::place::Place;
use super::stomp::message::BODY;
use super::stomp::{Stomp, browse as stomp_browse, message as stomp_message};
use super::walk::Walk;
use crate::broker::ErrorKind;
use crate::model::{Address, Kind, Message, Seat, text_field};

/// A queue being looked into, from its oldest message on.
pub(super) struct Look {
    at: Address,
    way: Way,
    /// Messages there were at the start, with those in somebody's hand; unknown without management.
    pub there: Option<u64>,
    /// How many the broker shows at most.
    pub window: Option<u64>,
    /// Expired until now, where told: what a look makes expire shows as a difference.
    pub expired: Option<u64>,
    pub read: u64,
    /// Of whom it is asked at the end whether what did not come is hidden or gone.
    of: Option<(Arc<ActiveMq>, Arc<Known>)>,
}

enum Way {
    /// Artemis.
    Amqp(Box<Walk>),
    /// Classic by management.
    Jolokia(Box<Shown>),
    /// Classic without management.
    Stomp(stomp_browse::Browse),
}

/// What management of Classic shows of a queue.
struct Shown {
    known: Arc<Known>,
    place: Place,
    messages: VecDeque<Message>,
    /// So many of them, from the first on, were asked for their content, or need not be.
    asked: usize,
}

impl Look {
    /// Begins. A queue that is not there is not found, and is not made by asking. `acting`: messages are taken in hand to be moved, so that STOMP,
    /// which is faster and counts them as dispatched, may fill in the bytes that management cuts.
    pub async fn begin(mq: &Arc<ActiveMq>, known: &Arc<Known>, at: &Address, acting: bool) -> Outcome<Self> {
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
                (Way::Amqp(Box::new(Walk::begin(mq, known, place, at).await?)), None)
            }
            Product::Classic => {
                let window = Some(place.as_ref().and_then(|p| p.window).unwrap_or(WINDOW));
                let way = match (&known.jolokia, place) {
                    (Some(_), Some(place)) => {
                        let mut messages = classic_messages(mq, known, &place, at).await?;
                        if acting {
                            fill_in(mq, known, at, &mut messages).await?;
                        }
                        Way::Jolokia(Box::new(Shown { known: known.clone(), place, messages, asked: 0 }))
                    }
                    _ => Way::Stomp(stomp_browse::Browse::begin(mq.stomp(known).await?, &at.name).await?),
                };
                (way, window)
            }
        };
        Ok(Self { at: at.clone(), way, there, window, expired, read: 0, of: Some((mq.clone(), known.clone())) })
    }

    /// A look at one message of Classic, by its id, wherever it is; `None`: it can only be met by going through the queue.
    pub async fn at_one(mq: &ActiveMq, known: &Arc<Known>, at: &Address, seat: &Seat) -> Outcome<Option<Self>> {
        let (Seat::Id(id), Product::Classic, Some(jolokia), Kind::Queue) = (seat, known.product, &known.jolokia, at.kind) else {
            return Ok(None);
        };
        let Some(place) = mq.place(known, at).await? else { return Ok(None) };
        let found = match classic::one(jolokia, &place, at, id).await {
            // not an id of this broker's form, or a policy that lets browse alone
            Err(f) if matches!(f.kind, ErrorKind::Denied | ErrorKind::Unexpected) => return Ok(None),
            other => other?,
        };
        let there = Some(u64::from(found.is_some()));
        let way = Way::Jolokia(Box::new(Shown { known: known.clone(), place, messages: found.into_iter().collect(), asked: 0 }));
        Ok(Some(Self { at: at.clone(), way, there, window: None, expired: None, read: 0, of: None }))
    }

    /// The next message; `None`: the broker shows no more.
    pub async fn next(&mut self) -> Outcome<Option<Message>> {
        let next = match &mut self.way {
            Way::Amqp(walk) => walk.next().await?,
            Way::Jolokia(shown) => shown.next().await?,
            Way::Stomp(browse) => browse.next().await?.map(|frame| stomp_message::message(&self.at, frame)),
        };
        self.read += u64::from(next.is_some());
        if next.is_none() {
            self.recount().await?;
        }
        Ok(next)
    }

    /// At the end, where fewer came than were counted: those that left meanwhile are not missing.
    async fn recount(&mut self) -> Outcome<()> {
        let Some((mq, known)) = self.of.take().filter(|_| self.there.is_some() && self.is_cut() && !self.is_full()) else { return Ok(()) };
        let (messages, hidden) = match mq.place(&known, &self.at).await {
            // a queue that the broker made by itself goes with its last message
            Err(f) if f.kind == ErrorKind::NotFound => (0, 0),
            Err(f) => return Err(f),
            Ok(None) => return Ok(()),
            Ok(Some(now)) if known.product == Product::Artemis => (now.messages, now.messages - now.browsable()),
            Ok(Some(now)) => (now.messages, 0),
        };
        if hidden == 0 && messages <= self.read {
            self.there = Some(self.read);
        }
        Ok(())
    }

    /// Whether there is more than was shown, or may be: behind the window, in somebody's hand (a killed replay's too), or to be delivered later.
    pub fn is_cut(&self) -> bool {
        match (self.window, self.there) {
            (_, Some(there)) => there > self.read,
            // a full window without a count may be all there is, or not
            (Some(window), None) => self.read >= window,
            // Artemis does not show what is in somebody's hand, and without management does not count it either
            (None, None) => true,
        }
    }

    /// Whether the broker shows no more because it shows only the first.
    pub fn is_full(&self) -> bool {
        self.window.is_some_and(|window| self.read >= window)
    }

    pub async fn close(self) {
        match self.way {
            Way::Amqp(walk) => walk.close().await,
            Way::Stomp(browse) => browse.close().await,
            Way::Jolokia(_) => {}
        }
    }
}

/// Classic, by management alone: a browse by STOMP counts as so many messages dispatched.
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
        Err(f) if f.kind == ErrorKind::Denied => return Err(super::allow(Product::Classic, f, &["browse*"])),
        other => other?,
    };
    Ok(browsed.into())
}

/// Bytes that management cuts, by STOMP, where there is that door.
async fn fill_in(mq: &ActiveMq, known: &Known, at: &Address, messages: &mut VecDeque<Message>) -> Outcome<()> {
    let cut = |m: &Message| !m.whole && text_field(&m.properties, BODY) == Some("bytes");
    if known.stomp.is_none() || !messages.iter().any(cut) {
        return Ok(());
    }
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
            (message.body, message.whole) = (Some(body), true);
        }
    }
    Ok(())
}

impl Shown {
    /// The next one; what a browse cuts is made whole first, where management gives its content, and some of those behind it along with it.
    async fn next(&mut self) -> Outcome<Option<Message>> {
        if self.asked == 0 && self.messages.front().is_some_and(|m| !m.whole) {
            self.complete().await?;
        }
        self.asked = self.asked.saturating_sub(1);
        Ok(self.messages.pop_front())
    }

    async fn complete(&mut self) -> Outcome<()> {
        let Some(jolokia) = &self.known.jolokia else { return Ok(()) };
        let id = |m: &Message| match &m.seat {
            Seat::Id(id) if !m.whole => Some(id.clone()),
            _ => None,
        };
        let cut: Vec<(usize, String)> =
            self.messages.iter().enumerate().filter_map(|(i, m)| Some((i, id(m)?))).take(content::GROUP).collect();
        let ids: Vec<String> = cut.iter().map(|(_, id)| id.clone()).collect();
        let (mut found, asked) = match content::contents(jolokia, &self.place, &ids).await {
            Err(f) if matches!(f.kind, ErrorKind::Unreachable | ErrorKind::Timeout | ErrorKind::Login) => return Err(f),
            Ok(found) => found,
            // an older Jolokia, or a policy that does not let it: they stay cut views
            Err(_) => (HashMap::new(), ids.len()),
        };
        for (i, id) in cut.iter().take(asked) {
            if let (Some(message), Some(content)) = (self.messages.get_mut(*i), found.remove(id)) {
                classic_message::complete(message, content);
            }
            self.asked = i + 1;
        }
        Ok(())
    }
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
        Look::begin(self, &known, at, false).await
    }
}
