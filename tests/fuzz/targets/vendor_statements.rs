//! What a vendor is said to have signed, and anything at all that he has: read or refused.
#![no_main]

use attestation::jws::{self, Statement};
use attestation::{DeviceRecord, ReferenceValues};
use data_encoding::BASE64URL_NOPAD;
use libfuzzer_sys::fuzz_target;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};

fuzz_target!(|bytes: &[u8]| {
    let key = SigningKey::from_slice(&[7; 32]).expect("a key");
    let keys = [*key.verifying_key()];
    assert!(jws::verify::<ReferenceValues>(bytes, &keys).is_err());
    let _ = jws::verify::<ReferenceValues>(&signed::<ReferenceValues>(bytes, &key), &keys);
    let _ = jws::verify::<DeviceRecord>(&signed::<DeviceRecord>(bytes, &key), &keys);
});

fn signed<T: Statement>(payload: &[u8], key: &SigningKey) -> Vec<u8> {
    let protected = BASE64URL_NOPAD.encode(format!("{{\"alg\":\"ES256\",\"typ\":\"{}\"}}", T::TYPE).as_bytes());
    let payload = BASE64URL_NOPAD.encode(payload);
    let signature: Signature = key.sign(format!("{protected}.{payload}").as_bytes());
    let signature = BASE64URL_NOPAD.encode(&signature.to_bytes());
    format!("{{\"payload\":\"{payload}\",\"protected\":\"{protected}\",\"signature\":\"{signature}\"}}").into_bytes()
}
