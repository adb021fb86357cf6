//! An alarm that comes while messages are published, as a proxy imitates it on the one connection: on a real node it would stop every other test.
//! Measured on 4.3.6 with `rabbitmqctl set_vm_memory_high_watermark`: the broker reads the frame of the first publish, says `connection.blocked`,
//! and reads nothing more from that connection until the alarm is over.

use std::time::Duration;

use redrive::broker::{Done, ErrorKind, Outgoing, Place};
use redrive::model::Address;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

use crate::support::*;

/// So many that the word of the alarm comes while they are being sent.
const MESSAGES: usize = 2_000;
const BLOCKED: u8 = 60;
const UNBLOCKED: u8 = 61;

/// A way to the broker that can have an alarm.
struct Way {
    at: String,
    alarm: watch::Sender<bool>,
}

impl Way {
    async fn to(node: &Node) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (at, amqp) = (listener.local_addr().unwrap().to_string(), node.amqp.clone());
        let (alarm, heard) = watch::channel(false);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let broker = TcpStream::connect(&amqp).await.unwrap();
                tokio::spawn(carry(client, broker, heard.clone()));
            }
        });
        Self { at, alarm }
    }
}

/// Carries frames both ways; a publish under alarm and all behind it waits, and the client is told.
async fn carry(client: TcpStream, broker: TcpStream, mut alarm: watch::Receiver<bool>) {
    let ((mut from_client, mut to_client), (mut from_broker, mut to_broker)) = (client.into_split(), broker.into_split());
    let (tell, mut told) = mpsc::channel::<Vec<u8>>(4);
    let from = tell.clone();
    tokio::spawn(async move {
        while let Some(frame) = frame(&mut from_broker).await {
            if from.send(frame).await.is_err() {
                return;
            }
        }
    });
    tokio::spawn(async move {
        while let Some(frame) = told.recv().await {
            if to_client.write_all(&frame).await.is_err() {
                return;
            }
        }
    });
    let mut greeting = [0; 8];
    if from_client.read_exact(&mut greeting).await.is_err() || to_broker.write_all(&greeting).await.is_err() {
        return;
    }
    while let Some(frame) = frame(&mut from_client).await {
        if is(&frame, 60, 40) && *alarm.borrow() {
            let _ = tell.send(notice(BLOCKED, "low on memory")).await;
            let _ = alarm.wait_for(|on| !on).await;
            let _ = tell.send(notice(UNBLOCKED, "")).await;
        }
        if to_broker.write_all(&frame).await.is_err() {
            return;
        }
    }
}

/// One frame: type, channel, size, payload, end.
pub async fn frame(from: &mut (impl AsyncRead + Unpin)) -> Option<Vec<u8>> {
    let mut frame = vec![0; 7];
    from.read_exact(&mut frame).await.ok()?;
    let size = u32::from_be_bytes([frame[3], frame[4], frame[5], frame[6]]) as usize;
    frame.resize(7 + size + 1, 0);
    from.read_exact(&mut frame[7..]).await.ok()?;
    Some(frame)
}

pub fn is(frame: &[u8], class: u8, method: u8) -> bool {
    frame[0] == 1 && frame.get(7..11) == Some(&[0, class, 0, method])
}

/// A method of the connection itself.
fn notice(method: u8, reason: &str) -> Vec<u8> {
    let mut payload = vec![0, 10, 0, method];
    if method == BLOCKED {
        payload.push(u8::try_from(reason.len()).unwrap());
        payload.extend(reason.as_bytes());
    }
    let mut frame = vec![1, 0, 0];
    frame.extend(u32::try_from(payload.len()).unwrap().to_be_bytes());
    frame.extend(payload);
    frame.push(0xCE);
    frame
}

fn out(to: &Address, n: usize) -> Outgoing {
    let body = Some(n.to_string().into_bytes().into());
    Outgoing { to: to.clone(), place: Place::Any, key: None, body, headers: Vec::new(), properties: Vec::new() }
}

#[test]
fn an_alarm_meanwhile_has_its_name_and_what_is_behind_it_is_not_sent() {
    let Some(node) = node("4") else { return };
    run(async {
        let (hands, way) = (Hands::new(&node).await, Way::to(&node).await);
        let mut through = profile(&Node { amqp: way.at.clone(), ..node.clone() }, "admin", "admin-pw");
        through.rabbitmq.channel_rpc_timeout = Duration::from_secs(2);
        let hand = link(&through).hand.unwrap();
        let to = hands.make("alarm", "classic", &[]).await;
        hand.publish(vec![out(&to, 0)]).await.remove(0).expect("nothing is wrong yet");
        way.alarm.send_replace(true);
        let mut sent = 0;
        for batch in 0..2 {
            for answer in hand.publish((1..MESSAGES).map(|n| out(&to, n)).collect()).await {
                let error = answer.expect_err("the broker takes nothing");
                assert!(error.cause.contains("an alarm blocks publishers: low on memory"), "{error}");
                match (error.done, batch) {
                    (Done::Perhaps, 0) => sent += 1,
                    (done, _) => assert_eq!((done, error.kind), (Done::No, ErrorKind::Throttled), "{error}"),
                }
            }
        }
        assert!(sent > 0, "a connection hears of an alarm by publishing into it");
        way.alarm.send_replace(false);
        until("what was on its way arrives, and nothing else", || async { hands.depth(&to).await == 1 + sent }).await;
        until("it goes on", || async { hand.publish(vec![out(&to, 0)]).await.remove(0).is_ok() }).await;
        hand.close().await;
        hands.end().await;
    });
}
