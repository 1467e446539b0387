//! What keyd shows, read by the crate that verifiers read it with; and the bus between it and the TPM, listened to.

use std::fs::File;
use std::io::Read;

use attestation::approved::service_key_policy;
use attestation::event_log::{read_own, replay};
use attestation::evidence::QUOTED_PCRS;
use attestation::own_log::PHASES;
use attestation::{Attest, Claim, Evidence, KeyPublic, Quote, floor, verify};
use ipc::control::Line;
use ipc::early::{self as early_ipc, Wanted};
use ipc::keyd::{Refusal, Reply, Request};
use ipc::{Bytes, Channel};
use keyd::early;
use keyd::tpm::{Phase, Policy, Tpm};
use secrets::Secret;
use tempfile::TempDir;

use crate::between::listened;
use crate::served::{Served, WAIT, served};
use crate::support::{SoftwareTpm, Vendor, extended};

fn shown(served: &Served, nonce: &[u8]) -> Evidence {
    let request = Request::Evidence { nonce: Bytes::new("nonce", nonce.to_vec()).unwrap() };
    let (Reply::Evidence { bytes }, Some(memory)) = served.computed.call(&request, WAIT).unwrap() else { panic!() };
    let mut file = Vec::new();
    File::from(memory).read_to_end(&mut file).unwrap();
    assert_eq!(file.len() as u64, bytes);
    Evidence::from_bytes(&file).unwrap()
}

#[test]
fn evidence_holds_what_the_tpm_signed_and_both_logs_end_where_the_pcrs_are() {
    let (software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    let served = served(&software, &vendor.policy([0; 32]), &folder);
    let (sender, measured) = std::sync::mpsc::channel();
    served.keyd.measure(Line::shortened("volume=1"), move |text| sender.send(text).unwrap());
    assert_eq!(measured.recv_timeout(WAIT).unwrap().as_str(), "volume=1");
    let nonce = [7; 32];
    let evidence = shown(&served, &nonce);

    let pcrs = evidence.pcrs.iter().map(|(index, value)| (*index, value.to_vec())).collect();
    let quote = Quote {
        attest: evidence.quote.attest.clone(),
        signature: evidence.quote.signature.clone(),
        attestation_key: evidence.attestation_key.clone(),
        pcrs,
    };
    let verified = verify(&quote, &nonce, &QUOTED_PCRS).unwrap();
    assert_eq!(verified.pcr(11), Some(&extended([0; 32], &PHASES)));
    assert_eq!(verified.pcr(15), Some(&extended([0; 32], &["volume=1"])));
    let service = evidence.service_key.as_ref().unwrap();
    let key = KeyPublic::read(&service.public).unwrap();
    assert!(!key.attributes.user_with_auth(), "a policy, and no other way");
    assert_eq!(key.policy, service_key_policy());
    let certified = Attest::read(&service.certified.attest).unwrap();
    assert_eq!(certified.extra_data, evidence.binding());
    let floor = Attest::read(&evidence.floor.as_ref().unwrap().attest).unwrap();
    assert_eq!(floor.extra_data, nonce);
    let Claim::Nv { name, contents, .. } = floor.claim else { panic!("{floor:?}") };
    assert_eq!((name, floor::of_contents(&contents)), (floor::name(), Some(1)));
    let own = read_own(&evidence.own_log).unwrap();
    let replayed = replay(own.iter().map(|(event, _)| event));
    assert_eq!((replayed.get(&11), replayed.get(&15)), (verified.pcr(11), verified.pcr(15)));
    assert!(evidence.endorsement.key.is_some());

    // The same file again is another one: the TPM's clock goes on.
    assert_ne!(shown(&served, &nonce).quote, evidence.quote);
    for size in [0, 15] {
        let request = Request::Evidence { nonce: Bytes::new("nonce", vec![1; size]).unwrap() };
        assert!(matches!(served.refusal(request), Refusal::Invalid(text) if text.as_str().contains("16 to 32")));
    }
}

/// Some makers leave the certificates between the endorsement key's and their root in the TPM: whoever judges the evidence offline has
/// no other way to them.
#[test]
fn certificates_that_the_maker_left_in_the_tpm_go_with_the_evidence() {
    let (software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    let between = ["intermediate", "issuing"].map(|name| {
        let key = rcgen::KeyPair::generate().unwrap();
        rcgen::CertificateParams::new(vec![name.into()]).unwrap().self_signed(&key).unwrap().der().to_vec()
    });
    // In pieces that end where no certificate does, and in the last index more than is used.
    let chain = [&between[0][..], &between[1], &[0xff; 20]].concat();
    for (number, piece) in chain.chunks(chain.len() / 2 + 7).enumerate() {
        let (index, size) = (format!("{:#x}", 0x01c0_0100 + number), piece.len().to_string());
        let file = folder.path().join("piece");
        std::fs::write(&file, piece).unwrap();
        software.tool("tpm2_nvdefine", &["-C", "o", "-s", &size, "-a", "ownerwrite|authread|no_da", &index]);
        software.tool("tpm2_nvwrite", &["-C", "o", "-i", file.to_str().unwrap(), &index]);
    }
    // One that only the owner reads costs no evidence.
    software.tool("tpm2_nvdefine", &["-C", "o", "-s", "8", "-a", "ownerwrite|ownerread", "0x1c00102"]);
    let served = served(&software, &vendor.policy([0; 32]), &folder);
    let found = shown(&served, &[7; 32]).endorsement.intermediates;
    assert_eq!(found.iter().map(|certificate| certificate.to_vec()).collect::<Vec<_>>(), between);
}

/// Sealing, unsealing, the owner's secret, a signature: each of them crosses the bus, and none in the clear.
#[test]
fn who_listens_to_the_bus_hears_no_secret() {
    let (software, vendor) = (SoftwareTpm::new(), Vendor::new());
    let policy = vendor.policy([0; 32]);
    let (tcti, heard) = listened(&software);
    let secrets: [u8; 3] = [0xa1, 0xb2, 0xc3];
    let [key, recovery, late] = secrets.map(|byte| (0..32).map(|i| byte ^ i).collect::<Vec<u8>>());
    let (ours, theirs) = Channel::pair().unwrap();
    let way = tcti.clone();
    let early = std::thread::spawn(move || early::run(Tpm::open(way), &Channel::from_fd(theirs)));
    let channel = Channel::from_fd(ours);
    let _: early_ipc::Reply =
        channel.call(&early_ipc::Request::Enter { policy: policy.clone(), secure_boot: true }).unwrap();
    let wanted = Wanted { key: Secret::copy_of(&key), recovery: Secret::copy_of(&recovery), owner: None };
    let early_ipc::Reply::Sealed(sealed) = channel.call(&early_ipc::Request::Seal(wanted)).unwrap() else { panic!() };
    let unsealed = channel.call(&early_ipc::Request::Unseal { sealed: sealed.clone() }).unwrap();
    assert!(matches!(unsealed, early_ipc::Reply::Unsealed(found) if found.expose() == key));
    let _: early_ipc::Reply =
        channel.call(&early_ipc::Request::Leave { sealed: Some(sealed), loaded: Vec::new() }).unwrap();
    drop(channel);
    early.join().unwrap().unwrap();
    let mut tpm = Tpm::open(tcti).unwrap();
    let parsed = |phase| Policy::parse(&policy, phase).unwrap();
    let ready = parsed(Phase::Ready);
    keyd::ownership::use_kept(&mut tpm, &parsed(Phase::Early), &ready).unwrap();
    let owner = tpm.kept_secret(&ready).unwrap().unwrap();
    let sealed = tpm.seal(&ready, &Secret::copy_of(&late)).unwrap();
    assert_eq!(tpm.unseal(&ready, &sealed).unwrap().expose(), late);

    let heard = heard.lock().unwrap();
    assert!(heard.len() > 10_000, "the ear is on the bus");
    // What is no secret is heard: the sealed object's public part.
    let public = data_encoding::HEXLOWER.decode(sealed.public.as_bytes()).unwrap();
    assert!(contains(&heard, &public[4..]), "and understands");
    for (name, secret) in
        [("volume key", &key[..]), ("recovery key", &recovery), ("sealed late", &late), ("owner", owner.expose())]
    {
        // Half of it would be too much.
        assert!(secret.windows(16).all(|part| !contains(&heard, part)), "{name}");
    }
    for hierarchy in ["owner", "endorsement", "lockout"] {
        let mac = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, owner.expose());
        let value = ring::hmac::sign(&mac, format!("coffer {hierarchy}").as_bytes());
        assert!(value.as_ref().windows(16).all(|part| !contains(&heard, part)), "authorization of {hierarchy}");
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
