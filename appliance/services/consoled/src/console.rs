//! What all pages stand on.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, mpsc};

use ipc::control::{BoxFacts, Condition, Report};
use ipc::keyd::Identity;
use ipc::people::{PeopleReply, PeopleRequest};
use ring::hmac;
use texts::{Language, Texts};
use tokio::sync::watch;

use crate::certificate::Shown;
use crate::chain::Chain;
use crate::error::KeydError;
use crate::keyd::Keyd;
use crate::log::Log;
use crate::steps::Steps;

/// The console; one for all requests.
pub(crate) struct Console {
    pub(crate) facts: BoxFacts,
    pub(crate) identity: Identity,
    pub(crate) keyd: Keyd,
    pub(crate) log: Log,
    /// How far the log's chain was followed.
    pub(crate) chain: tokio::sync::Mutex<Chain>,
    pub(crate) steps: Steps,
    pub(crate) shown: Arc<Shown>,
    /// Tokens of forms are made with it; another one after each start.
    pub(crate) forms: hmac::Key,
    /// To the supervisor.
    pub(crate) reports: mpsc::Sender<Report>,
    pub(crate) port: u16,
    condition: watch::Sender<Condition>,
    texts: [Texts; 2],
}

/// What a console is made of.
pub(crate) struct Parts {
    pub(crate) facts: BoxFacts,
    pub(crate) condition: Condition,
    pub(crate) identity: Identity,
    pub(crate) keyd: Keyd,
    pub(crate) log: Log,
    pub(crate) steps: Steps,
    pub(crate) forms: hmac::Key,
    pub(crate) reports: mpsc::Sender<Report>,
    pub(crate) port: u16,
}

impl Console {
    pub(crate) fn new(parts: Parts) -> Console {
        let Parts { facts, condition, identity, keyd, log, steps, forms, reports, port } = parts;
        Console {
            facts,
            identity,
            keyd,
            log,
            chain: tokio::sync::Mutex::default(),
            steps,
            shown: Arc::default(),
            forms,
            reports,
            port,
            condition: watch::Sender::new(condition),
            texts: Language::ALL.map(Texts::new),
        }
    }

    pub(crate) fn texts(&self, language: Language) -> &Texts {
        let [first, second] = &self.texts;
        if first.language() == language { first } else { second }
    }

    pub(crate) fn condition(&self) -> Condition {
        self.condition.borrow().clone()
    }

    pub(crate) fn told(&self, condition: Condition) {
        self.condition.send_replace(condition);
    }

    /// To wait for another condition.
    pub(crate) fn conditions(&self) -> watch::Receiver<Condition> {
        self.condition.subscribe()
    }

    /// The supervisor gone means that this process is about to end.
    pub(crate) fn report(&self, report: Report) {
        let _ = self.reports.send(report);
    }

    /// Whether somebody can sign in, and whether administrators exclude each other.
    pub(crate) async fn founding(&self) -> Result<(bool, bool), KeydError> {
        match self.keyd.people(PeopleRequest::Founding).await? {
            PeopleReply::Founding { is_founded, is_separated } => Ok((is_founded, is_separated)),
            _ => Err(KeydError::Unexpected),
        }
    }

    /// As a browser is to type them.
    pub(crate) fn addresses(&self) -> Vec<String> {
        self.condition().addresses.into_iter().map(|address| self.place(address)).collect()
    }

    pub(crate) fn place(&self, address: IpAddr) -> String {
        format!("https://{}", SocketAddr::new(address, self.port))
    }
}
