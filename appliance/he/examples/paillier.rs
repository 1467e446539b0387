//! Encrypts and decrypts for the comparison with python-phe: JSON in, JSON out, numbers in decimal or hexadecimal.
//!
//! {"n": HEX, "hs": HEX, "p": HEX, "q": HEX, "encrypt": [INT...], "decrypt": [HEX...]}; all absent: a new key is made.

use std::error::Error;

use data_encoding::HEXLOWER_PERMISSIVE as HEX;
use engine::{Engine, unattended};
use he::{PrivateKey, PublicKey, generate};
use secrets::Secret;
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let input: Value = serde_json::from_reader(std::io::stdin())?;
    let field = |name: &str| HEX.decode(input[name].as_str().unwrap_or("").as_bytes());
    let (n, hs, p, q) = match input.get("n") {
        Some(_) => (field("n")?, field("hs")?, Secret::new(field("p")?), Secret::new(field("q")?)),
        None => {
            let pair = generate(2048)?;
            (pair.n, pair.hs, pair.p, pair.q)
        }
    };
    let public = PublicKey::new(&n, &hs)?;
    let private = PrivateKey::new(&public, &p, &q)?;
    let engine = Engine::without_card("an example");
    let list = |name: &str| input[name].as_array().cloned().unwrap_or_default();
    let plain: Vec<u8> = list("encrypt").iter().flat_map(|m| m.as_i64().unwrap_or(0).to_be_bytes()).collect();
    let encrypted = public.encrypt(&engine, &plain, 8, &unattended)?.to_be();
    let mut ciphertexts = Vec::new();
    for c in list("decrypt") {
        ciphertexts.extend(HEX.decode(c.as_str().unwrap_or("").as_bytes())?);
    }
    let decrypted = private.decrypt(&engine, &public, &public.accept(&ciphertexts)?, &unattended)?;
    let hex = |bytes: &[u8], width: usize| bytes.chunks_exact(width).map(|c| HEX.encode(c)).collect::<Vec<_>>();
    let output = json!({
        "n": HEX.encode(&n), "hs": HEX.encode(&hs), "p": HEX.encode(p.expose()), "q": HEX.encode(q.expose()),
        "encrypted": hex(&encrypted, public.ciphertext_bytes()), "decrypted": hex(&decrypted, public.plaintext_bytes()),
    });
    println!("{output}");
    Ok(())
}
