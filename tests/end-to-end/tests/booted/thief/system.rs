//! The thief's own system: the box's kernel, a shell, tpm2-tools, and what he knows.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use data_encoding::{BASE64, HEXLOWER};
use imager::closure::Closure;
use imager::initramfs;
use imager::keys::PolicyPhase;
use imager::tree::Tree;
use ring::digest::{SHA256, digest};
use serde_json::Value;

/// What the kernel starts is /bin/sh with this script: kernels of ours start no scripts.
const SCRIPT: &str = include_str!("script.sh");
const TOOLS: [(&str, &str); 4] = [
    ("/bin/sh", "/usr/bin/dash"),
    ("/bin/tpm2", "/usr/bin/tpm2"),
    ("/bin/mount", "/usr/bin/mount"),
    ("/bin/cmp", "/usr/bin/cmp"),
];
/// Opened by name at run time.
const OPENED: [&str; 1] = ["libtss2-tcti-device.so.0"];

/// What the thief has, by phase.
pub(crate) struct Loot {
    pub(crate) phase: PolicyPhase,
    /// The NV index whose policy everything sealed in this phase asks for.
    pub(crate) index: &'static str,
    /// What PCR 11 has been extended with by then, since the phase before.
    pub(crate) extended: Vec<[u8; 32]>,
    /// The vendor's key of this phase, PEM, and what it has signed: a policy and the signature.
    pub(crate) vendor: String,
    pub(crate) policy: (Vec<u8>, Vec<u8>),
    /// The contents of TPM2B_PUBLIC and TPM2B_PRIVATE, hexadecimal, out of the header of the data volume.
    pub(crate) sealed: Option<(String, String)>,
}

/// Packs his initramfs.
pub(crate) fn pack(loot: &[Loot], folder: &Path) -> PathBuf {
    let mut tree = Tree::default();
    for path in ["/dev", "/tmp", "/proc"] {
        tree.folder(path).unwrap();
    }
    let programs: Vec<PathBuf> = TOOLS.iter().map(|(_, from)| PathBuf::from(from)).collect();
    let libraries = Closure::of(Path::new("/"), &programs, &OPENED.map(String::from)).unwrap();
    for (to, from) in TOOLS {
        tree.file(to, fs::read(from).unwrap(), true).unwrap();
    }
    for (to, from) in libraries.files {
        tree.file(&to, fs::read(from).unwrap(), true).unwrap();
    }
    tree.file("/script", SCRIPT.into(), false).unwrap();
    let mut pcr11 = [0; 32];
    for loot in loot {
        for (name, content) in known(loot, &mut pcr11, folder) {
            tree.file(&format!("/{}/{name}", loot.phase.name()), content, false).unwrap();
        }
    }
    let packed = folder.join("thief.img");
    fs::write(&packed, initramfs::pack(&tree).unwrap()).unwrap();
    packed
}

fn known(loot: &Loot, pcr11: &mut [u8; 32], folder: &Path) -> Vec<(&'static str, Vec<u8>)> {
    let mut extends = String::new();
    for event in &loot.extended {
        *pcr11 = hash(&[&pcr11[..], event].concat());
        extends += &format!("11:sha256={}\n", HEXLOWER.encode(event));
    }
    let old = OldVendor::new(folder, pcr11);
    let mut files = vec![
        ("index", loot.index.into()),
        ("extends", extends.into_bytes()),
        ("vendor", public(&loot.vendor)),
        ("policy", loot.policy.0.clone()),
        ("signature", loot.policy.1.clone()),
        ("old-vendor", public(&old.pem)),
        ("old-policy", old.policy),
        ("old-signature", old.signature),
        // Any security version from 2 on: the operand of TPM2_PolicyNV, "all of these bits are clear".
        ("bits", (!0u64 << 2).to_be_bytes().to_vec()),
        ("secret", b"the secret of this phase".to_vec()),
    ];
    if let Some((public, private)) = &loot.sealed {
        files.push(("public", sized(&HEXLOWER.decode(public.as_bytes()).unwrap())));
        files.push(("private", sized(&HEXLOWER.decode(private.as_bytes()).unwrap())));
    }
    files
}

/// The entry of a phase in .pcrsig: a policy and the vendor's signature over it.
pub(crate) fn signed(policies: &[u8], number: usize) -> (Vec<u8>, Vec<u8>) {
    let file: Value = serde_json::from_slice(policies).unwrap();
    let entry = &file["sha256"][number];
    let text = |name: &str| entry[name].as_str().unwrap().as_bytes();
    (HEXLOWER.decode(text("pol")).unwrap(), BASE64.decode(text("sig")).unwrap())
}

/// A vendor who signs PolicyPCR(PCR 11) alone, as ours once did.
struct OldVendor {
    pem: String,
    policy: Vec<u8>,
    signature: Vec<u8>,
}

impl OldVendor {
    fn new(folder: &Path, pcr11: &[u8; 32]) -> OldVendor {
        let [key, policy] = ["old.key", "old.policy"].map(|name| folder.join(name).display().to_string());
        openssl(&["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", &key]);
        // TPM 2.0 part 3, 23.7: the command, one selection (SHA-256, PCR 11), the digest of its values.
        let command = [&[0; 32][..], &[0, 0, 1, 0x7f, 0, 0, 0, 1, 0, 0x0b, 3, 0, 8, 0], &hash(pcr11)].concat();
        fs::write(&policy, hash(&command)).unwrap();
        OldVendor {
            pem: String::from_utf8(openssl(&["pkey", "-in", &key, "-pubout"])).unwrap(),
            policy: fs::read(&policy).unwrap(),
            signature: openssl(&["dgst", "-sha256", "-sign", &key, &policy]),
        }
    }
}

/// TPM2B_PUBLIC of an RSA key, as policies name it: 2048 bits, SHA-256, userWithAuth and sign, no scheme, exponent 0.
fn public(pem: &str) -> Vec<u8> {
    let path = std::env::temp_dir().join(format!("{}.pem", HEXLOWER.encode(&hash(pem.as_bytes()))));
    fs::write(&path, pem).unwrap();
    let printed = openssl(&["rsa", "-pubin", "-in", &path.display().to_string(), "-modulus", "-noout"]);
    fs::remove_file(&path).unwrap();
    let printed = String::from_utf8(printed).unwrap().trim().to_lowercase();
    let modulus = HEXLOWER.decode(printed.trim_start_matches("modulus=").as_bytes()).unwrap();
    let head = [0, 1, 0, 0x0b, 0, 4, 0, 0x40, 0, 0, 0, 0x10, 0, 0x10, 8, 0, 0, 0, 0, 0, 1, 0];
    sized(&[&head[..], &modulus].concat())
}

fn sized(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u16).to_be_bytes()[..], bytes].concat()
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    digest(&SHA256, bytes).as_ref().try_into().unwrap()
}

fn openssl(arguments: &[&str]) -> Vec<u8> {
    let done = Command::new("openssl").args(arguments).stderr(Stdio::null()).output().unwrap();
    assert!(done.status.success(), "openssl {arguments:?}");
    done.stdout
}
