//! Somebody else's public key: checked for what would make encryption under it worthless, as far as that shows without
//! its factors.

use crypto_bigint::BoxedUint;
use crypto_primes::{Flavor, is_prime};
use he::HeError;
use ipc::keyd::{KeyKind, PublicKey};

/// Trial division goes so far: what a mistake leaves behind, not what an attacker would.
const SMALL_FACTORS: u64 = 1 << 16;
/// FIPS 186-5, A.1.1: e > 2^16. Its upper bound is 2^256; nobody uses more than 64 bits.
const EXPONENT_MIN: u64 = 65537;
const EXPONENT_BYTES: usize = 8;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    #[error("n has {bits} bits; {taken:?} are taken")]
    Bits { bits: u32, taken: &'static [u32] },
    #[error("n is even")]
    Even,
    #[error("n is divisible by {factor}")]
    SmallFactor { factor: u64 },
    #[error("n is a prime: whoever has it can decrypt")]
    Prime,
    #[error("n is a square: whoever has it can decrypt")]
    Square,
    #[error("{0}")]
    Scheme(String),
    #[error("e is even, below 65537 or above 2^64")]
    Exponent,
    #[error("the numbers that came are not those of a key of the kind {kind}")]
    Kind { kind: &'static str },
    #[error("a Diffie-Hellman key is made in the box; others' public values are the operands of its jobs")]
    Exchange,
}

/// Whether a key of somebody else's is what it says, and has no defect that shows. That n has two factors, and large ones, and that hs is
/// an n-th power of a large order, or g a generator whose order p divides, cannot be seen: whoever imports a key trusts its maker, and the
/// way that its numbers came by. An hs or g of somebody else's under a good n makes ciphertexts that the owner of n reads wrongly.
pub fn check(kind: KeyKind, public: &PublicKey) -> Result<(), ImportError> {
    match kind {
        // It has no use without its private part.
        KeyKind::DiffieHellman { .. } => Err(ImportError::Exchange),
        kind => check_made(kind, public),
    }
}

/// The same for one that was made in a box: of a Diffie-Hellman key its private part shows the rest.
pub(crate) fn check_made(kind: KeyKind, public: &PublicKey) -> Result<(), ImportError> {
    let (n, hs, e) = (public.n.as_slice(), public.hs.as_slice(), public.e.as_slice());
    let (hs_fits, e_fits) = match kind {
        KeyKind::Paillier { .. } => (true, e.is_empty()),
        KeyKind::Rsa { .. } => (hs.is_empty(), !e.is_empty()),
        KeyKind::OkamotoUchiyama { .. } => (!hs.is_empty(), e.is_empty()),
        KeyKind::ElGamal | KeyKind::DiffieHellman { .. } => (hs.is_empty(), e.is_empty()),
    };
    if !hs_fits || !e_fits {
        return Err(ImportError::Kind { kind: kind.name() });
    }
    let of_scheme = |e: HeError| ImportError::Scheme(e.to_string());
    match kind {
        KeyKind::Paillier { bits } => {
            check_modulus(n, bits, &he::KEY_BITS)?;
            if hs.is_empty() { Ok(()) } else { he::check_obfuscator(n, hs).map_err(of_scheme) }
        }
        KeyKind::Rsa { bits } => {
            check_modulus(n, bits, &he::KEY_BITS)?;
            check_exponent(e)
        }
        KeyKind::OkamotoUchiyama { bits } => {
            check_modulus(n, bits, &he::okamoto_uchiyama::KEY_BITS)?;
            he::okamoto_uchiyama::PublicKey::new(n, hs).map(drop).map_err(of_scheme)
        }
        KeyKind::ElGamal => he::elgamal::PublicKey::from_bytes(n).map(drop).map_err(of_scheme),
        KeyKind::DiffieHellman { .. } => Ok(()),
    }
}

fn check_modulus(n: &[u8], stated: u32, taken: &'static [u32]) -> Result<(), ImportError> {
    let width = n.len();
    let n = &BoxedUint::from_be_slice_vartime(n);
    let bits = n.bit_width_vartime();
    if !taken.contains(&bits) || bits != stated || width * 8 != bits as usize {
        return Err(ImportError::Bits { bits, taken });
    }
    let words = n.as_words();
    if words[0] & 1 == 0 {
        return Err(ImportError::Even);
    }
    let rest = |d: u64| words.iter().rev().fold(0, |r, w| ((r << 64 | u128::from(*w)) % u128::from(d)) as u64 as u128);
    // A composite divisor's own factor was found before it.
    if let Some(factor) = (3..SMALL_FACTORS).step_by(2).find(|d| rest(*d) == 0) {
        return Err(ImportError::SmallFactor { factor });
    }
    if n.checked_sqrt_vartime().is_some() {
        return Err(ImportError::Square);
    }
    if is_prime(Flavor::Any, n) {
        return Err(ImportError::Prime);
    }
    Ok(())
}

fn check_exponent(e: &[u8]) -> Result<(), ImportError> {
    let odd = e.last().is_some_and(|b| b & 1 == 1);
    if !odd || e.len() > EXPONENT_BYTES {
        return Err(ImportError::Exponent);
    }
    let value = e.iter().fold(0, |value: u64, byte| value << 8 | u64::from(*byte));
    if value < EXPONENT_MIN { Err(ImportError::Exponent) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use crypto_bigint::ConcatenatingMul;

    use super::*;

    fn key(n: &BoxedUint, hs: &[u8], e: &[u8]) -> PublicKey {
        let n = ipc::Bytes::new("n", n.to_be_bytes().to_vec()).unwrap();
        PublicKey { n, hs: ipc::Bytes::new("hs", hs).unwrap(), e: ipc::Bytes::new("e", e).unwrap() }
    }

    fn n_of(pair: &he::KeyPair) -> BoxedUint {
        BoxedUint::from_be_slice_vartime(&pair.n)
    }

    #[test]
    fn good_keys_pass_and_each_defect_is_named() {
        let pair = he::generate(2048).unwrap();
        let n = n_of(&pair);
        let f4 = [1, 0, 1];
        let (paillier, rsa) = (KeyKind::Paillier { bits: 2048 }, KeyKind::Rsa { bits: 2048 });
        assert_eq!(check(paillier, &key(&n, &[], &[])), Ok(()));
        assert_eq!(check(paillier, &key(&n, &pair.hs, &[])), Ok(()));
        assert_eq!(check(rsa, &key(&n, &[], &f4)), Ok(()));
        for (kind, hs, e) in [(paillier, &pair.hs[..], &f4[..]), (rsa, &pair.hs, &f4), (rsa, &[], &[])] {
            assert_eq!(check(kind, &key(&n, hs, e)), Err(ImportError::Kind { kind: kind.name() }));
        }
        let other = KeyKind::Paillier { bits: 3072 };
        assert_eq!(check(other, &key(&n, &[], &[])), Err(ImportError::Bits { bits: 2048, taken: &he::KEY_BITS }));
        for e in [&[3][..], &[1, 0, 0], &[0, 0, 0, 0, 0, 0, 0, 3], &[1; 9]] {
            assert_eq!(check(rsa, &key(&n, &[], e)), Err(ImportError::Exponent), "{e:?}");
        }
        let check = |key: &PublicKey| check(paillier, key);
        let one = BoxedUint::one_with_precision(2048);
        assert_eq!(check(&key(&n.wrapping_sub(&one), &[], &[])), Err(ImportError::Even));
        assert_eq!(check(&key(&n.shr(1), &[], &[])), Err(ImportError::Bits { bits: 2047, taken: &he::KEY_BITS }));
        // The modulus of a third: 3 divides it or one of its neighbours at distance 2.
        let two = one.shl(1);
        let shifted = [n.wrapping_sub(&two), n.wrapping_add(&two)];
        assert!(shifted.iter().any(|m| matches!(check(&key(m, &[], &[])), Err(ImportError::SmallFactor { .. }))));
        let p = BoxedUint::from_be_slice_vartime(pair.p.expose());
        assert_eq!(check(&key(&p.concatenating_mul(&p), &[], &[])), Err(ImportError::Square));
        let refused = |hs: &[u8]| match check(&key(&n, hs, &[])) {
            Err(ImportError::Scheme(text)) => text,
            other => panic!("{other:?}"),
        };
        for trivial in [one.clone(), n.wrapping_sub(&one)] {
            let hs = trivial.to_be_bytes();
            assert!(refused(&hs).contains("1 or -1"));
        }
        let square = n.concatenating_mul(&n).to_be_bytes();
        for range in [&square[..], &[0], &pair.n, pair.p.expose(), &[1; 513]] {
            assert!(refused(range).contains("hs"));
        }
    }

    #[test]
    fn a_prime_is_refused() {
        // RFC 3526, group 14: a safe prime of 2048 bits, 2^2048 - 2^1984 - 1 + 2^64 ([2^1918 pi] + 124476).
        let hex = "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B\
                   302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE6\
                   49286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB9ED529077096966D\
                   670C354E4ABC9804F1746C08CA18217C32905E462E36CE3BE39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718\
                   3995497CEA956AE515D2261898FA051015728E5A8AACAA68FFFFFFFFFFFFFFFF";
        let bytes = data_encoding::HEXUPPER.decode(hex.as_bytes()).unwrap();
        let prime = BoxedUint::from_be_slice_vartime(&bytes);
        assert_eq!(check(KeyKind::Paillier { bits: 2048 }, &key(&prime, &[], &[])), Err(ImportError::Prime));
    }

    #[test]
    fn keys_of_the_other_schemes() {
        let pair = he::okamoto_uchiyama::generate(3072).unwrap();
        let n = BoxedUint::from_be_slice_vartime(&pair.n);
        let kind = KeyKind::OkamotoUchiyama { bits: 3072 };
        assert_eq!(check(kind, &key(&n, &pair.g, &[])), Ok(()));
        assert_eq!(check(kind, &key(&n, &[], &[])), Err(ImportError::Kind { kind: "okamoto-uchiyama" }));
        for bad in [&[1][..], pair.p.expose(), &pair.n] {
            assert!(matches!(check(kind, &key(&n, bad, &[])), Err(ImportError::Scheme(_))));
        }
        let one = BoxedUint::one_with_precision(3072);
        assert_eq!(check(kind, &key(&n.wrapping_sub(&one), &pair.g, &[])), Err(ImportError::Even));
        let short = he::generate(2048).unwrap();
        let taken: &[u32] = &he::okamoto_uchiyama::KEY_BITS;
        assert_eq!(check(kind, &key(&n_of(&short), &pair.g, &[])), Err(ImportError::Bits { bits: 2048, taken }));
        let public = he::elgamal::PrivateKey::generate().unwrap().public().to_bytes();
        let point = |bytes: &[u8]| {
            let n = ipc::Bytes::new("n", bytes).unwrap();
            check(KeyKind::ElGamal, &PublicKey { n, hs: ipc::Bytes::default(), e: ipc::Bytes::default() })
        };
        assert_eq!(point(&public), Ok(()));
        for bad in [&[0; 32][..], &[255; 32], &public[..31], &[]] {
            assert!(matches!(point(bad), Err(ImportError::Scheme(_))), "{bad:?}");
        }
        let group = KeyKind::DiffieHellman { group: ipc::keyd::Group::Ffdhe2048 };
        assert_eq!(check(group, &key(&n, &[], &[])), Err(ImportError::Exchange));
    }
}
