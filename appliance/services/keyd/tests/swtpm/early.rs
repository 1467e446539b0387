//! What the supervisor is told before the data volume is open: each trouble its own kind, with words, and never nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ipc::Channel;
use ipc::control::PcrPolicy;
use ipc::early::{Refusal, Reply, Request, Sealed, Wanted};
use keyd::early;
use keyd::tpm::Tpm;
use secrets::Secret;
use tss_esapi::tcti_ldr::TctiNameConf;

use crate::between::{Deed, FAILURE, TESTING, between};
use crate::support::{SoftwareTpm, Vendor};

const WAIT: Duration = Duration::from_secs(120);

/// `keyd early` on a thread.
struct Early(Channel);

impl Early {
    fn start(tcti: TctiNameConf) -> Early {
        let (ours, theirs) = Channel::pair().unwrap();
        thread::spawn(move || early::run(Tpm::open(tcti), &Channel::from_fd(theirs)));
        let channel = Channel::from_fd(ours);
        channel.set_timeout(Some(WAIT)).unwrap();
        Early(channel)
    }

    fn entered(software: &SoftwareTpm, policy: &PcrPolicy) -> Early {
        let early = Early::start(software.tcti());
        assert!(matches!(early.enter(policy), Reply::Entered));
        early
    }

    fn ask(&self, request: Request) -> Reply {
        self.0.call(&request).unwrap()
    }

    fn enter(&self, policy: &PcrPolicy) -> Reply {
        self.ask(Request::Enter { policy: policy.clone(), secure_boot: true })
    }

    fn seal(&self) -> Sealed {
        match self.ask(seal()) {
            Reply::Sealed(sealed) => sealed,
            other => panic!("{other:?}"),
        }
    }

    fn unseal(&self, sealed: &Sealed) -> Reply {
        self.ask(Request::Unseal { sealed: sealed.clone() })
    }
}

fn seal() -> Request {
    Request::Seal(Wanted { key: key(), recovery: Secret::new(vec![9; 32]), owner: None })
}

fn key() -> Secret {
    Secret::new((0..32).collect())
}

/// The kind, and words that a person can do something with.
fn refused(reply: Reply) -> (Refusal, String) {
    match reply {
        Reply::Refused { why, words } => (why, words.into_string()),
        other => panic!("{other:?}"),
    }
}

fn why(reply: Reply) -> Refusal {
    let (why, words) = refused(reply);
    assert!(words.len() > 20, "{words}");
    why
}

#[test]
fn a_key_is_sealed_unsealed_in_the_next_boot_and_closed_behind_it() {
    let (software, vendor) = (SoftwareTpm::new(), Vendor::new());
    let policy = vendor.policy([0; 32]);
    let sealed = Early::entered(&software, &policy).seal();
    let software = software.reboot();
    let early = Early::entered(&software, &policy);
    assert!(matches!(early.unseal(&sealed), Reply::Unsealed(found) if found.equals(&key())));
    assert!(matches!(early.ask(Request::Leave { sealed: Some(sealed.clone()), loaded: Vec::new() }), Reply::Left));
    assert_eq!(why(early.unseal(&sealed)), Refusal::NotSigned);
}

#[test]
fn a_tpm_that_keeps_other_hashes_alone_is_named_and_what_to_do() {
    let (vendor, policy) = (Vendor::new(), |v: &Vendor| v.policy([0; 32]));
    for bank in ["sha1", "sha384"] {
        let software = SoftwareTpm::new().with_bank(bank);
        let early = Early::start(software.tcti());
        let (kind, words) = refused(early.enter(&policy(&vendor)));
        assert_eq!(kind, Refusal::NoSha256Bank, "{words}");
        assert!(words.contains("SHA-256") && words.contains("firmware's set-up"), "{words}");
        // The first boot says the same, and the way on, with the recovery key, is not barred.
        assert_eq!(why(early.ask(seal())), Refusal::NoSha256Bank);
        let elsewhere = SoftwareTpm::new();
        let sealed = Early::entered(&elsewhere, &policy(&vendor)).seal();
        assert_eq!(why(early.unseal(&sealed)), Refusal::OtherTpm);
        assert!(matches!(early.ask(Request::Leave { sealed: Some(sealed), loaded: Vec::new() }), Reply::Left));
    }
    // The same TPM, whose bank somebody switched off.
    let software = SoftwareTpm::new();
    let sealed = Early::entered(&software, &policy(&vendor)).seal();
    let software = software.with_bank("sha1");
    let early = Early::start(software.tcti());
    assert_eq!(why(early.enter(&policy(&vendor))), Refusal::NoSha256Bank);
    assert_eq!(why(early.unseal(&sealed)), Refusal::NoSha256Bank);
    assert!(matches!(early.ask(Request::Leave { sealed: Some(sealed.clone()), loaded: Vec::new() }), Reply::Left));
    // And on again.
    let software = software.with_bank("sha256");
    assert!(matches!(Early::entered(&software, &policy(&vendor)).unseal(&sealed), Reply::Unsealed(_)));
}

#[test]
fn another_tpm_and_one_that_was_cleared_are_told_from_a_broken_one() {
    let (software, vendor) = (SoftwareTpm::new(), Vendor::new());
    let policy = vendor.policy([0; 32]);
    let sealed = Early::entered(&software, &policy).seal();
    let other = SoftwareTpm::new();
    assert_eq!(why(Early::entered(&other, &policy).unseal(&sealed)), Refusal::OtherTpm);
    let software = software.reboot();
    software.clear();
    let early = Early::entered(&software, &policy);
    assert_eq!(why(early.unseal(&sealed)), Refusal::OtherTpm);
    // The recovery key opens the volume, and this TPM is given the key anew.
    let resealed = early.seal();
    assert!(matches!(early.unseal(&resealed), Reply::Unsealed(_)));
}

#[test]
fn an_image_that_nobody_signed_extra_parameters_and_an_unreadable_policy() {
    let (software, vendor) = (SoftwareTpm::new(), Vendor::new());
    let policy = vendor.policy([0; 32]);
    let sealed = Early::entered(&software, &policy).seal();
    let software = software.reboot();
    let early = Early::entered(&software, &vendor.policy([7; 32]));
    assert_eq!(why(early.unseal(&sealed)), Refusal::NotSigned);
    assert_eq!(why(early.ask(seal())), Refusal::NotSigned);
    let software = software.reboot();
    let impostor = Early::entered(&software, &Vendor::new().policy([0; 32]));
    assert_eq!(why(impostor.unseal(&sealed)), Refusal::NotApproved);
    let software = software.reboot();
    let early = Early::entered(&software, &PcrPolicy { signature_json: "{".into(), ..policy.clone() });
    assert_eq!(why(early.unseal(&sealed)), Refusal::PolicyDamaged);
    assert!(matches!(early.ask(Request::Leave { sealed: Some(sealed.clone()), loaded: Vec::new() }), Reply::Left));
    let software = software.reboot();
    let early = Early::entered(&software, &PcrPolicy { public_key_pem: "-----".into(), ..policy.clone() });
    assert_eq!(why(early.ask(seal())), Refusal::PolicyDamaged);
    let software = software.reboot();
    software.extend_pcr12();
    let early = Early::entered(&software, &policy);
    assert_eq!(why(early.unseal(&sealed)), Refusal::ExtraParameters);
    assert_eq!(why(early.ask(seal())), Refusal::ExtraParameters);
    assert!(matches!(early.ask(Request::Leave { sealed: Some(sealed), loaded: Vec::new() }), Reply::Left));
}

/// Each bit of what the TPM made. Nothing opens, all is called damage, and the TPM's own state is as it was.
#[test]
fn a_sealed_key_with_one_wrong_bit_is_damaged_and_nothing_else() {
    let (software, vendor) = (SoftwareTpm::new(), Vendor::new());
    let early = Early::entered(&software, &vendor.policy([0; 32]));
    let sealed = early.seal();
    let flipped = |hex: &str, bit: usize| {
        let mut bytes = data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap();
        bytes[bit / 8] ^= 1 << (bit % 8);
        data_encoding::HEXLOWER.encode(&bytes)
    };
    // All of the public part, which has structure; of the private part, which has none but its length, every seventh.
    for bit in 0..sealed.public.len() * 4 {
        let spoilt = Sealed { public: flipped(&sealed.public, bit), ..sealed.clone() };
        let (kind, words) = refused(early.unseal(&spoilt));
        assert_eq!(kind, Refusal::SealedDamaged, "bit {bit} of the public part: {words}");
    }
    for bit in (0..sealed.private.len() * 4).step_by(7).chain(0..32) {
        let spoilt = Sealed { private: flipped(&sealed.private, bit), ..sealed.clone() };
        let (kind, words) = refused(early.unseal(&spoilt));
        assert_eq!(kind, Refusal::SealedDamaged, "bit {bit} of the private part: {words}");
    }
    for text in ["", "0", "xy", &sealed.public[2..]] {
        assert_eq!(why(early.unseal(&Sealed { public: text.into(), ..sealed.clone() })), Refusal::SealedDamaged);
        assert_eq!(why(early.unseal(&Sealed { private: text.into(), ..sealed.clone() })), Refusal::SealedDamaged);
    }
    assert!(matches!(early.unseal(&sealed), Reply::Unsealed(_)), "and the right one opens");
}

/// From its start, or from some command on: in failure mode it answers each with the same code.
#[test]
fn a_tpm_in_failure_mode_is_named_whenever_it_begins() {
    let (software, vendor) = (SoftwareTpm::new(), Vendor::new());
    let policy = vendor.policy([0; 32]);
    let sealed = Early::entered(&software, &policy).seal();
    let mut software = software;
    // So many commands go well. Entering takes five, unsealing some ten.
    for good in [0, 1, 2, 4, 6, 8, 10, 12, 14, 16] {
        software = software.reboot();
        let left = AtomicU32::new(good);
        let tcti = between(&software, move || {
            match left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)) {
                Ok(_) => Deed::Pass,
                Err(_) => Deed::Answer(FAILURE),
            }
        });
        let early = Early::start(tcti);
        for request in [
            Request::Enter { policy: policy.clone(), secure_boot: true },
            Request::Unseal { sealed: sealed.clone() },
            seal(),
            Request::Leave { sealed: Some(sealed.clone()), loaded: Vec::new() },
        ] {
            match early.ask(request) {
                Reply::Entered | Reply::Unsealed(_) => {}
                Reply::Refused { why, words } => assert_eq!(why, Refusal::TpmFails, "{good}: {words}"),
                other => panic!("{good}: {other:?}"),
            }
        }
    }
}

#[test]
fn a_bus_that_is_cut_is_a_failing_tpm() {
    let (software, vendor) = (SoftwareTpm::new(), Vendor::new());
    let cut = Arc::new(AtomicBool::new(false));
    let is_cut = cut.clone();
    let tcti = between(&software, move || if is_cut.load(Ordering::SeqCst) { Deed::Cut } else { Deed::Pass });
    let early = Early::start(tcti);
    assert!(matches!(early.enter(&vendor.policy([0; 32])), Reply::Entered));
    let sealed = early.seal();
    cut.store(true, Ordering::SeqCst);
    assert_eq!(why(early.unseal(&sealed)), Refusal::TpmFails);
}

/// Scaled: the supervisor waits for 120 s, and the TPM of the issue answers after 30.
#[test]
fn a_tpm_that_answers_late_or_tests_itself_first_works() {
    let (software, vendor) = (SoftwareTpm::new(), Vendor::new());
    let policy = vendor.policy([0; 32]);
    let sealed = Early::entered(&software, &policy).seal();
    let software = software.reboot();
    let begun = Instant::now();
    let (testing, late) = (Duration::from_secs(3), Duration::from_secs(2));
    let is_first = AtomicBool::new(true);
    let tcti = between(&software, move || match begun.elapsed() < testing {
        true => Deed::Answer(TESTING),
        false if is_first.swap(false, Ordering::SeqCst) => Deed::Late(late),
        false => Deed::Pass,
    });
    let early = Early::start(tcti);
    let entered = early.enter(&policy);
    assert!(matches!(entered, Reply::Entered), "{entered:?}");
    assert!(begun.elapsed() >= testing + late);
    assert!(matches!(early.unseal(&sealed), Reply::Unsealed(_)));
}
