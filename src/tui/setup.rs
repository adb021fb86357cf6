//! What the TUI is started with: one context, its guarded connections, who is at the keys; and the app made of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use futures::future::BoxFuture;

use super::look::{self, Look};
use super::shell::Shell;
use crate::app::command::Keys;
use crate::app::layout::Size;
use crate::app::times::Times;
use crate::app::{Start, Writes};
use crate::broker::{Brokers, Link, Rights, Writer};
use crate::config::theme::theme;
use crate::config::{Config, Context, Diagnostic};
use crate::model::ConnId;
use crate::runtime::Rooms;
use crate::schema::Declared;
use crate::triage::ledger::TriageLedger;
use crate::triage::permit::Permit;
use crate::triage::replay::{self, Hands};

/// What the TUI is started with.
pub struct Setup {
    pub config: Arc<Config>,
    pub context: Arc<Context>,
    pub brokers: Brokers,
    /// Who may write: the connections' writing sides and the switch that they ask at each write.
    pub hands: BTreeMap<ConnId, Arc<dyn Writer>>,
    pub rights: Rights,
    /// Who is at the keys, and what their role allows.
    pub permit: Permit,
    pub ledger: TriageLedger,
    /// Whether the caller starts again when [`Ended::Switch`] is answered.
    pub can_switch: bool,
    /// What the config has that loads and is safe, but somebody should look at.
    pub warnings: Vec<Diagnostic>,
    /// Runs beside the TUI and ends with it: the demo's story.
    pub beside: Option<BoxFuture<'static, ()>>,
}

impl Setup {
    /// One context with its guarded connections.
    pub fn new(config: Config, context: Context, links: Vec<Link>, rights: Rights, permit: Permit, ledger: TriageLedger) -> Self {
        Self {
            brokers: replay::eyes(&links, &ledger, &permit.actor, None),
            hands: links.iter().filter_map(|l| Some((l.eyes.id().clone(), l.hand.clone()?))).collect(),
            rights,
            permit,
            ledger,
            config: Arc::new(config),
            context: Arc::new(context),
            can_switch: false,
            warnings: Vec::new(),
            beside: None,
        }
    }

    /// The look that config and environment ask for, and what is wrong with it.
    pub(super) fn look(&self) -> (Look, Option<String>) {
        if look::no_color() {
            return (Look::plain(), None);
        }
        let color = self.context.color.as_deref();
        match self.context.theme.as_ref().or(self.config.theme.as_ref()) {
            None => (Look::sixteen(color), None),
            Some(name) => match theme(name, None) {
                Ok(theme) => (Look::themed(&theme, color), None),
                Err(why) => (Look::sixteen(color), Some(why)),
            },
        }
    }
}

impl Setup {
    /// The TUI of this setup without its terminal: its jobs run from here on.
    pub fn shell(mut self, size: Size, now: SystemTime, look: Look) -> Shell {
        let (keys, refused) = Keys::new(self.config.keymap.iter().map(|b| (b.command.as_str(), b.key.as_str())));
        self.warnings.extend(refused.into_iter().map(Diagnostic::late));
        let writes = match (self.hands.is_empty() || self.rights.never().is_some(), self.context.read_only) {
            (true, _) => Writes::Never,
            (false, true) => Writes::ReadOnly,
            (false, false) => Writes::On,
        };
        let start = Start {
            context: self.context.clone(),
            contexts: self.config.contexts.iter().map(|c| c.name.clone()).collect(),
            conns: self.brokers.ids().cloned().collect(),
            permit: self.permit.clone(),
            writes,
            replay: self.config.replay.clone(),
            keys,
            times: Times { local: jiff::tz::TimeZone::system(), ..Times::default() },
            size,
            now,
            warnings: self.warnings,
            can_switch: self.can_switch,
        };
        let declared = Declared::new(&self.context);
        let rooms = Rooms {
            brokers: self.brokers,
            config: self.config,
            context: self.context,
            declared,
            rights: self.rights,
            permit: self.permit,
            hands: Hands::new(self.hands),
            ledger: self.ledger,
        };
        let mut shell = Shell::new(start, rooms, look);
        shell.runtime.tend_outbox();
        if let Some(task) = self.beside {
            shell.runtime.beside(task);
        }
        shell
    }
}
