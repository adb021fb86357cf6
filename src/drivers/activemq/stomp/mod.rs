//! STOMP, for Classic only: on Artemis a browse consumes and a NACK destroys, so nothing here is ever called for it.

pub(super) mod browse;
mod frame;
pub(super) mod message;
pub(super) mod send;
mod take;

use std::collections::VecDeque;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::OwnedSemaphorePermit;

use super::address::Endpoint;
use super::error::{Fault, Outcome};
use super::known::Login;
use super::net::{self, Stream};
use crate::broker::ErrorKind;
use crate::config::profile::ActiveMqProfile;
pub(super) use frame::Frame;

/// Frames that came while another one was waited for, at most.
const MOST_WAITING: usize = 4_096;

/// A connection that is logged in. Dropping it closes the socket: the broker takes back what was not acknowledged or committed.
pub(super) struct Stomp {
    stream: Stream,
    to: String,
    buffer: BytesMut,
    /// Frames that came while an answer was waited for.
    waiting: VecDeque<Frame>,
    limit: Duration,
    /// `ActiveMQ/6.3.1`.
    pub server: String,
    receipts: u64,
    /// Its place among the sockets that the config allows.
    socket: Option<OwnedSemaphorePermit>,
}

impl Stomp {
    /// Connects and logs in, all of it within the limit, which is also that of every later answer.
    pub async fn connect(to: &Endpoint, profile: &ActiveMqProfile, login: &Login, limit: Duration) -> Outcome<Self> {
        let stream = net::connect(to, &profile.tls, profile.keep_alive, limit).await?;
        let mut stomp = Self {
            stream,
            to: to.to_string(),
            buffer: BytesMut::new(),
            waiting: VecDeque::new(),
            limit,
            server: String::new(),
            receipts: 0,
            socket: None,
        };
        let mut hello = Frame::new("CONNECT").with("accept-version", "1.1,1.2").with("host", &to.host).with("heart-beat", "0,0");
        if let Some(user) = &login.user {
            hello = hello.with("login", user).with("passcode", login.password());
        }
        stomp.write(&hello).await?;
        let answer = stomp.next(limit).await?.ok_or_else(|| Fault::late(&stomp.to, limit))?;
        if answer.command != "CONNECTED" {
            return Err(Fault::new(ErrorKind::Unexpected, format!("{to}: {} instead of CONNECTED", answer.command)));
        }
        answer.get("server").unwrap_or_default().clone_into(&mut stomp.server);
        Ok(stomp)
    }

    /// The same, with its place among the sockets that the config allows.
    pub fn keeping(self, socket: OwnedSemaphorePermit) -> Self {
        Self { socket: Some(socket), ..self }
    }

    /// Sends a frame without waiting for its receipt.
    pub async fn write(&mut self, frame: &Frame) -> Outcome<()> {
        let (bytes, limit) = (frame.encode(), self.limit);
        let work = async {
            self.stream.write_all(&bytes).await?;
            self.stream.flush().await
        };
        match tokio::time::timeout(limit, work).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(e)) => Err(net::broken(&self.to, &e)),
            Err(_) => Err(Fault::late(&self.to, limit)),
        }
    }

    /// Sends a frame and waits until the broker says that it has done it. MESSAGE frames that come meanwhile are kept.
    pub async fn tell(&mut self, frame: Frame) -> Outcome<()> {
        self.receipts += 1;
        let receipt = format!("r{}", self.receipts);
        self.write(&frame.with("receipt", &receipt)).await?;
        let until = tokio::time::Instant::now() + self.limit;
        loop {
            let left = until.saturating_duration_since(tokio::time::Instant::now());
            let Some(frame) = self.fetch(left).await? else { return Err(Fault::late(&self.to, self.limit)) };
            match frame.command.as_str() {
                "RECEIPT" if frame.get("receipt-id") == Some(receipt.as_str()) => return Ok(()),
                "MESSAGE" if self.waiting.len() < MOST_WAITING => self.waiting.push_back(frame),
                "MESSAGE" => return Err(Fault::new(ErrorKind::Unexpected, format!("{}: more messages than were asked for", self.to))),
                _ => {}
            }
        }
    }

    /// The next frame; `None`: none came within the time.
    pub async fn next(&mut self, wait: Duration) -> Outcome<Option<Frame>> {
        match self.waiting.pop_front() {
            Some(frame) => Ok(Some(frame)),
            None => self.fetch(wait).await,
        }
    }

    /// Reads from the socket; an ERROR is the broker's no, after which it closes.
    async fn fetch(&mut self, wait: Duration) -> Outcome<Option<Frame>> {
        let until = tokio::time::Instant::now() + wait;
        loop {
            let bad = |b: frame::Bad| Fault::new(ErrorKind::Unexpected, format!("{}: what answers is not STOMP: {}", self.to, b.0));
            if let Some(frame) = frame::decode(&mut self.buffer).map_err(bad)? {
                return if frame.command == "ERROR" { Err(self.refused(&frame)) } else { Ok(Some(frame)) };
            }
            match tokio::time::timeout_at(until, self.stream.read_buf(&mut self.buffer)).await {
                Err(_) => return Ok(None),
                Ok(Ok(0)) => return Err(Fault::new(ErrorKind::Unreachable, format!("{}: the broker closed the connection", self.to))),
                Ok(Ok(_)) => {}
                Ok(Err(e)) => return Err(net::broken(&self.to, &e)),
            }
        }
    }

    /// An ERROR frame: its message says whether it is the login or a right.
    fn refused(&self, frame: &Frame) -> Fault {
        let said = frame.get("message").unwrap_or("no reason given");
        let said: String = said.lines().next().unwrap_or_default().chars().take(300).collect();
        let lower = said.to_ascii_lowercase();
        let kind = match () {
            () if lower.contains("password is invalid") || lower.contains("security error") => ErrorKind::Login,
            () if lower.contains("not authorized") || lower.contains("not permitted") => ErrorKind::Denied,
            () if lower.contains("invalid selector") => ErrorKind::Invalid,
            () => ErrorKind::Unexpected,
        };
        Fault::new(kind, format!("{}: {said}", self.to))
    }

    /// Says goodbye, so that the broker logs no broken connection.
    pub async fn close(mut self) {
        let _ = self.write(&Frame::new("DISCONNECT")).await;
        drop(self.socket);
    }
}
