//! Kinds of keys, from the wire to keyd's.

use ipc::Bytes;
use ipc::keyd::{Group, KeyKind, PublicKey};
use proto::v1::{CreateKeyRequest, import_key_request as imported};
use tonic::Status;

use crate::common::bytes;
use crate::numbers::without_zeros;

/// Of the key that is to be made. Which lengths are made, keyd knows.
pub(crate) fn wanted(request: &CreateKeyRequest) -> Result<KeyKind, Status> {
    let CreateKeyRequest { paillier_bits, rsa_bits, okamoto_uchiyama_bits, elgamal, diffie_hellman_group, .. } =
        request;
    match (*paillier_bits, *rsa_bits, *okamoto_uchiyama_bits, *elgamal, diffie_hellman_group.as_str()) {
        (bits, 0, 0, false, "") => Ok(KeyKind::Paillier { bits }),
        (0, bits, 0, false, "") => Ok(KeyKind::Rsa { bits }),
        (0, 0, bits, false, "") => Ok(KeyKind::OkamotoUchiyama { bits }),
        (0, 0, 0, true, "") => Ok(KeyKind::ElGamal),
        (0, 0, 0, false, group) => match Group::named(group) {
            Some(group) => Ok(KeyKind::DiffieHellman { group }),
            None => {
                let known = Group::ALL.map(Group::name).join(", ");
                Err(Status::invalid_argument(format!("diffie_hellman_group: {group:?} is none of {known}")))
            }
        },
        _ => Err(Status::invalid_argument(
            "paillier_bits, rsa_bits, okamoto_uchiyama_bits, elgamal, diffie_hellman_group: a key is of one kind",
        )),
    }
}

/// Of somebody else's public key, and its numbers.
pub(crate) fn imported(key: imported::PublicKey) -> Result<(KeyKind, PublicKey), Status> {
    let of_numbers = |kind: fn(u32) -> KeyKind, n: Vec<u8>, hs: Vec<u8>, e: Vec<u8>| {
        let [n, hs, e] = [n, hs, e].map(without_zeros);
        let bits = n.len() as u32 * 8 - n.first().map_or(0, |byte| byte.leading_zeros());
        Ok((kind(bits), PublicKey { n: bytes("n", n)?, hs: bytes("hs", hs)?, e: bytes("e", e)? }))
    };
    match key {
        imported::PublicKey::Paillier(key) => of_numbers(|bits| KeyKind::Paillier { bits }, key.n, key.hs, vec![]),
        imported::PublicKey::Rsa(key) => of_numbers(|bits| KeyKind::Rsa { bits }, key.n, vec![], key.e),
        imported::PublicKey::OkamotoUchiyama(key) => {
            of_numbers(|bits| KeyKind::OkamotoUchiyama { bits }, key.n, key.g, vec![])
        }
        // An encoding, and no number: all of its bytes count.
        imported::PublicKey::Elgamal(key) => {
            let public = PublicKey { n: bytes("h", key.h)?, hs: Bytes::default(), e: Bytes::default() };
            Ok((KeyKind::ElGamal, public))
        }
    }
}
