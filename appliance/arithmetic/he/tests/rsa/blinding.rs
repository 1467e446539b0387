//! Blind signatures: the signer sees nothing, the other side gets the signature on its value.

use engine::unattended;
use he::HeError;
use num_bigint::BigUint;

use crate::support::{engine, key, row};

#[test]
fn unblinds_to_the_signature() {
    let (key, engine) = (key(2048), engine());
    let inputs: [&[u8]; 5] = [b"alice", b"bob", b"", b"carol", &[0; 100]];
    let matrix = key.public.hash(&engine, &inputs, b"a test", &unattended).unwrap();
    let (blinded, factors) = key.public.blind(&engine, &matrix, &unattended).unwrap();
    let (again, _) = key.public.blind(&engine, &matrix, &unattended).unwrap();
    for i in 0..5 {
        let row = |m: &[u8]| m[i * 256..][..256].to_vec();
        assert!(row(&blinded) != row(&again) && row(&blinded) != row(&matrix));
    }
    let signed = key.private.raw(&engine, &key.public, &blinded, &unattended).unwrap();
    let unblinded = key.public.unblind(&engine, factors, &signed, &unattended).unwrap();
    assert_eq!(*unblinded, *key.private.raw(&engine, &key.public, &matrix, &unattended).unwrap());
}

/// RFC 9474: RSABSSA-SHA256-PSS-Deterministic but for the hash.
#[test]
fn a_blind_signature_is_a_signature() {
    let (key, engine) = (key(2048), engine());
    let messages: [&[u8]; 2] = [b"a ballot", b""];
    let encoded = key.public.pss_encode(&messages).unwrap();
    let (blinded, factors) = key.public.blind(&engine, &encoded, &unattended).unwrap();
    let signed = key.private.raw(&engine, &key.public, &blinded, &unattended).unwrap();
    let signatures = key.public.unblind(&engine, factors, &signed, &unattended).unwrap();
    key.public.pss_verify(&engine, &messages, &signatures, &unattended).unwrap();
    let wrong = key.public.pss_verify(&engine, &[messages[0], b"another"], &signatures, &unattended);
    assert!(matches!(wrong, Err(HeError::Signature { index: 1 })));
}

#[test]
fn a_wrong_answer_is_named() {
    let (key, engine) = (key(2048), engine());
    let matrix = [row(&BigUint::from(2u8), 256), row(&BigUint::from(3u8), 256)].concat();
    let (blinded, factors) = key.public.blind(&engine, &matrix, &unattended).unwrap();
    let mut signed = key.private.raw(&engine, &key.public, &blinded, &unattended).unwrap();
    signed[511] ^= 1;
    let wrong = key.public.unblind(&engine, factors, &signed, &unattended);
    assert!(matches!(wrong, Err(HeError::Signature { index: 1 })));
    let (_, factors) = key.public.blind(&engine, &matrix, &unattended).unwrap();
    assert!(matches!(key.public.unblind(&engine, factors, &signed[..256], &unattended), Err(HeError::Shape { .. })));
}

#[test]
fn edges() {
    let (key, engine) = (key(2048), engine());
    let (blinded, factors) = key.public.blind(&engine, &[], &unattended).unwrap();
    assert!(blinded.is_empty() && key.public.unblind(&engine, factors, &[], &unattended).unwrap().is_empty());
    let one = row(&BigUint::from(1u8), 256);
    for bad in [row(&BigUint::ZERO, 256), row(&key.n, 256)] {
        let matrix = [one.clone(), bad].concat();
        let refused = key.public.blind(&engine, &matrix, &unattended);
        assert!(matches!(refused, Err(HeError::ElementRange { index: 1, .. })));
    }
    let matrix = [one, row(&(&key.n - 1u8), 256)].concat();
    let (blinded, factors) = key.public.blind(&engine, &matrix, &unattended).unwrap();
    let signed = key.private.raw(&engine, &key.public, &blinded, &unattended).unwrap();
    // 1 and -1 are their own roots for an odd exponent.
    assert_eq!(*key.public.unblind(&engine, factors, &signed, &unattended).unwrap(), matrix);
}
