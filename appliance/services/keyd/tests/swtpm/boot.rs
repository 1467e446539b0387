//! A boot, as the supervisor asks keyd for it.

use ipc::Channel;
use ipc::control::PcrPolicy;
use ipc::early::{Refusal, Reply, Request, Sealed, Wanted};
use keyd::tpm::{Phase, Policy, Tpm};
use keyd::{early, ownership};
use secrets::Secret;
use start_pin::StartPin;

use crate::support::SoftwareTpm;

/// One boot, up to the answer to a request of the early phase, or to the end of it.
pub(crate) struct Boot<'a> {
    pub(crate) software: &'a SoftwareTpm,
    pub(crate) policy: PcrPolicy,
    pub(crate) secure_boot: bool,
    pub(crate) recovery: u8,
    pub(crate) owner: Option<String>,
    /// That somebody types.
    pub(crate) pin: Option<&'a str>,
}

impl Boot<'_> {
    pub(crate) fn of<'a>(software: &'a SoftwareTpm, policy: &PcrPolicy) -> Boot<'a> {
        Boot { software, policy: policy.clone(), secure_boot: true, recovery: 9, owner: None, pin: None }
    }

    pub(crate) fn ask(&self, request: Request) -> Reply {
        let (ours, theirs) = Channel::pair().unwrap();
        let tcti = self.software.tcti();
        let early = std::thread::spawn(move || early::run(Tpm::open(tcti), &Channel::from_fd(theirs)));
        let channel = Channel::from_fd(ours);
        let enter = Request::Enter { policy: self.policy.clone(), secure_boot: self.secure_boot };
        let _: Reply = channel.call(&enter).unwrap();
        if let Some(pin) = self.pin {
            let pin = StartPin::parse(pin).unwrap().authorization();
            assert!(matches!(channel.call(&Request::Pin(pin)).unwrap(), Reply::PinTaken));
        }
        let reply = channel.call(&request).unwrap();
        drop(channel);
        early.join().unwrap().unwrap();
        reply
    }

    pub(crate) fn seal(&self) -> Result<Sealed, Refusal> {
        let recovery = Secret::new(vec![self.recovery; 20]);
        match self.ask(Request::Seal(Wanted { key: key(), recovery, owner: self.owner.clone() })) {
            Reply::Sealed(sealed) => Ok(sealed),
            Reply::Refused { why, .. } => Err(why),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn unseal(&self, sealed: &Sealed) -> Result<(), Refusal> {
        match self.ask(Request::Unseal { sealed: sealed.clone() }) {
            Reply::Unsealed(found) if found.equals(&key()) => Ok(()),
            Reply::Refused { why, .. } => Err(why),
            other => panic!("{other:?}"),
        }
    }

    /// The TPM in the last phase, after the early one.
    pub(crate) fn ready(&self) -> Tpm {
        self.ask(Request::Leave { sealed: None, loaded: Vec::new() });
        let mut tpm = Tpm::open(self.software.tcti()).unwrap();
        ownership::use_kept(&mut tpm, &self.parsed(Phase::Early), &self.parsed(Phase::Ready)).unwrap();
        tpm
    }

    pub(crate) fn parsed(&self, phase: Phase) -> Policy {
        Policy::parse(&self.policy, phase).unwrap()
    }
}

pub(crate) fn key() -> Secret {
    Secret::new((0..32).collect())
}
