//! Against textbook Paillier on GMP (tests/interop/textbook.py), both ways. Needs python3 with gmpy2, as in the tool root.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use std::io::Write;
use std::process::{Command, Stdio};

use data_encoding::HEXLOWER;
use engine::{Engine, unattended};
use he::{Additive, PrivateKey, PublicKey, generate};
use num_bigint::BigInt;
use serde_json::{Value, json};

#[test]
fn ciphertexts_are_exchanged_with_the_textbook() {
    let pair = generate(2048).unwrap();
    let public = PublicKey::new(&pair.n, &pair.hs).unwrap();
    let private = PrivateKey::new(&public, &pair.p, &pair.q).unwrap();
    let engine = Engine::without_card("a test");
    let plain: [i64; 5] = [0, 1, -1, i64::MIN, 987654321];
    let bytes: Vec<u8> = plain.iter().flat_map(|m| m.to_be_bytes()).collect();
    let ours = public.encrypt(&engine, &bytes, 8, &unattended).unwrap();
    let squares = public.multiply(&engine, &ours, &[-3], &unattended).unwrap();
    let width = public.ciphertext_bytes();
    let sent = [ours.to_be(), squares.to_be()].concat();
    let answer = ask(json!({
        "n": HEXLOWER.encode(&pair.n), "hs": HEXLOWER.encode(&pair.hs),
        "p": HEXLOWER.encode(pair.p.expose()), "q": HEXLOWER.encode(pair.q.expose()),
        "ciphertexts": sent.chunks_exact(width).map(|c| HEXLOWER.encode(c)).collect::<Vec<_>>(),
    }));
    let expected: Vec<String> =
        plain.iter().map(|m| m.to_string()).chain(plain.iter().map(|m| (i128::from(*m) * -3).to_string())).collect();
    assert_eq!(answer["decrypted"], json!(expected));
    assert_eq!(answer["hs"], json!(true));
    let theirs: Vec<u8> = answer["encrypted"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|c| HEXLOWER.decode(c.as_str().unwrap().as_bytes()).unwrap())
        .collect();
    let theirs = public.accept(&engine, &theirs).unwrap();
    let clear = private.decrypt(&engine, &public, &theirs, &unattended).unwrap();
    let found: Vec<BigInt> = clear.chunks_exact(public.plaintext_bytes()).map(BigInt::from_signed_bytes_be).collect();
    let plain: Vec<BigInt> =
        answer["plain"].as_array().unwrap().iter().map(|m| m.to_string().parse().unwrap()).collect();
    assert_eq!(found, plain);
}

fn ask(question: Value) -> Value {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/textbook.py");
    let mut python = Command::new("python3").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    python.stdin.take().unwrap().write_all(question.to_string().as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "python3 with gmpy2 failed");
    serde_json::from_slice(&output.stdout).unwrap()
}
