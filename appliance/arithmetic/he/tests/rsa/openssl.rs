//! Both ways with the openssl program: what it encrypts and signs is taken here, and the other way round.

use std::fs;
use std::path::Path;
use std::process::Command;

use engine::unattended;
use num_bigint::BigUint;

use crate::support::{Key, engine, key, secret};

const OAEP: [&str; 6] =
    ["-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256", "-pkeyopt", "rsa_mgf1_md:sha256"];
const PSS: [&str; 4] = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"];

#[test]
fn encryption_and_signatures_are_exchanged() {
    for bits in [2048, 3072] {
        let key = key(bits);
        let folder = Folder::new(bits);
        let folder = folder.0.as_path();
        fs::write(folder.join("key.der"), pkcs1(&key)).unwrap();
        openssl(folder, &["rsa", "-in", "key.der", "-check", "-out", "key.pem"]);
        openssl(folder, &["rsa", "-in", "key.pem", "-pubout", "-out", "public.pem"]);
        let message: &[u8] = b"for the other side";
        fs::write(folder.join("message"), message).unwrap();

        let ours = key.public.oaep_encrypt(&engine(), &[message], b"", &unattended).unwrap();
        fs::write(folder.join("ours"), ours).unwrap();
        let decrypt = ["pkeyutl", "-decrypt", "-inkey", "key.pem", "-in", "ours", "-out", "opened"];
        openssl(folder, &[&decrypt[..], &OAEP].concat());
        assert_eq!(fs::read(folder.join("opened")).unwrap(), message);
        let encrypt = ["pkeyutl", "-encrypt", "-pubin", "-inkey", "public.pem", "-in", "message", "-out", "theirs"];
        openssl(folder, &[&encrypt[..], &OAEP].concat());
        let theirs = fs::read(folder.join("theirs")).unwrap();
        let opened = key.private.oaep_decrypt(&engine(), &key.public, &theirs, b"", &unattended).unwrap();
        assert_eq!(opened[0].expose(), message);

        let signature = key.private.pss_sign(&engine(), &key.public, &[message], &unattended).unwrap();
        key.public.pss_verify(&engine(), &[message], &signature, &unattended).unwrap();
        fs::write(folder.join("signature"), signature).unwrap();
        let verify = ["dgst", "-sha256", "-verify", "public.pem", "-signature", "signature"];
        openssl(folder, &[&verify[..], &PSS, &["message"]].concat());
        let sign = ["dgst", "-sha256", "-sign", "key.pem", "-out", "signature"];
        openssl(folder, &[&sign[..], &PSS, &["message"]].concat());
        let signature = fs::read(folder.join("signature")).unwrap();
        key.public.pss_verify(&engine(), &[message], &signature, &unattended).unwrap();
        assert!(key.public.pss_verify(&engine(), &[b"another"], &signature, &unattended).is_err());
    }
}

/// A folder of one test, gone after it.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new(bits: usize) -> Folder {
        let folder = std::env::temp_dir().join(format!("coffer-rsa-{}-{bits}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Folder(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn openssl(folder: &Path, arguments: &[&str]) {
    let output = Command::new("openssl").args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// RSAPrivateKey (RFC 8017, A.1.2) in DER.
fn pkcs1(key: &Key) -> Vec<u8> {
    let one = BigUint::from(1u8);
    let q_inverse = key.q.modpow(&(&key.p - 2u8), &key.p);
    let exponents = [&key.d % (&key.p - &one), &key.d % (&key.q - &one)];
    let numbers = [&BigUint::ZERO, &key.n, &key.e, &key.d, &key.p, &key.q, &exponents[0], &exponents[1], &q_inverse];
    assert_eq!(secret(&key.p).len() * 2, key.public.bytes());
    tagged(0x30, &numbers.iter().flat_map(|x| integer(x)).collect::<Vec<u8>>())
}

fn integer(x: &BigUint) -> Vec<u8> {
    let sign = if x.bits() > 0 && x.bits().is_multiple_of(8) { vec![0] } else { vec![] };
    tagged(2, &[sign, x.to_bytes_be()].concat())
}

fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len() as u16;
    let head = if length < 128 { vec![tag, length as u8] } else { [&[tag, 0x82][..], &length.to_be_bytes()].concat() };
    [head, content.to_vec()].concat()
}
