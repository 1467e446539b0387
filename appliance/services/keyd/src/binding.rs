//! What a wrapped key is bound to, byte for byte: a title, then each field after its length (four bytes, big-endian).

use ipc::keyd::{Group, KeyInfo, KeyKind, Operation};

const TITLE: &[u8] = b"coffer key binding v2";

/// Change id, owner, name, kind, rights, limits or public key in the file, and the key does not open; nor with another count of
/// uses, where it has a limit.
pub(crate) fn binding(info: &KeyInfo) -> Vec<u8> {
    let (kind, number) = match info.kind {
        KeyKind::Paillier { bits } => (1, bits),
        KeyKind::Rsa { bits } => (2, bits),
        KeyKind::OkamotoUchiyama { bits } => (3, bits),
        KeyKind::ElGamal => (4, 0),
        KeyKind::DiffieHellman { group } => (5, number_of(group)),
    };
    let kind = [&[kind][..], &number.to_be_bytes()].concat();
    let operations: Vec<u8> = info.operations.as_slice().iter().map(|o| tag(*o)).collect();
    let limits = &info.limits;
    let fields: [&[u8]; 13] = [
        info.id.as_str().as_bytes(),
        info.owner.as_str().as_bytes(),
        info.name.as_str().as_bytes(),
        &kind,
        &operations,
        info.public.n.as_slice(),
        info.public.hs.as_slice(),
        info.public.e.as_slice(),
        &[u8::from(info.imported)],
        &limits.uses_max.to_be_bytes(),
        &limits.expires.to_be_bytes(),
        &[u8::from(limits.dual_control)],
        &if limits.uses_max > 0 { info.private_uses } else { 0 }.to_be_bytes(),
    ];
    let mut bound = TITLE.to_vec();
    for field in fields {
        bound.extend((field.len() as u32).to_be_bytes());
        bound.extend(field);
    }
    bound
}

/// As IKE (RFC 3526) and TLS (RFC 7919) number them.
fn number_of(group: Group) -> u32 {
    match group {
        Group::Modp2048 => 14,
        Group::Modp3072 => 15,
        Group::Modp4096 => 16,
        Group::Ffdhe2048 => 256,
        Group::Ffdhe3072 => 257,
        Group::Ffdhe4096 => 258,
    }
}

fn tag(operation: Operation) -> u8 {
    match operation {
        Operation::Encrypt => 1,
        Operation::Decrypt => 2,
        Operation::Evaluate => 3,
        Operation::Sign => 4,
        Operation::Derive => 5,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use ipc::keyd::{Limits, PublicKey};
    use ipc::{Bytes, List, Name};

    pub(crate) fn info() -> KeyInfo {
        let name = |text: &str| Name::new("name", text).unwrap();
        let bytes = |n: u8| Bytes::new("n", vec![n]).unwrap();
        KeyInfo {
            id: name("01"),
            owner: name("a"),
            name: name("k"),
            kind: KeyKind::Rsa { bits: 2048 },
            operations: List::new("operations", vec![Operation::Decrypt]).unwrap(),
            created: 5,
            uses: 7,
            limits: Limits::default(),
            private_uses: 3,
            public: PublicKey { n: bytes(1), hs: Bytes::default(), e: Bytes::new("e", vec![3]).unwrap() },
            imported: false,
            state: Default::default(),
        }
    }

    #[test]
    fn the_encoding_is_fixed() {
        let expected = "636f66666572206b65792062696e64696e67207632000000023031000000016100000001\
                        6b0000000502000008000000000102000000010100000000000000010300000001\
                        00\
                        000000080000000000000000000000080000000000000000000000010000000008\
                        0000000000000000";
        assert_eq!(data_encoding::HEXLOWER.encode(&binding(&info())), expected);
    }

    #[test]
    fn no_two_kinds_are_bound_alike() {
        let (paillier, rsa) = (KeyKind::Paillier { bits: 3072 }, KeyKind::Rsa { bits: 3072 });
        let (sum, curve) = (KeyKind::OkamotoUchiyama { bits: 3072 }, KeyKind::ElGamal);
        let groups = Group::ALL.map(|group| KeyKind::DiffieHellman { group });
        let kinds = [paillier, rsa, sum, curve].into_iter().chain(groups);
        let bound: std::collections::BTreeSet<Vec<u8>> =
            kinds.map(|kind| binding(&KeyInfo { kind, ..info() })).collect();
        assert_eq!(bound.len(), 10);
    }

    #[test]
    fn every_field_counts_but_how_often_it_was_used_and_its_state() {
        let changes: [fn(&mut KeyInfo); 11] = [
            |i| i.id = Name::shortened("02"),
            |i| i.owner = Name::shortened("b"),
            |i| i.name = Name::shortened("l"),
            |i| i.kind = KeyKind::Paillier { bits: 2048 },
            |i| i.kind = KeyKind::Rsa { bits: 3072 },
            |i| i.operations = List::default(),
            |i| i.public.e = Bytes::new("e", vec![9]).unwrap(),
            |i| i.imported = true,
            |i| i.limits.uses_max = 1,
            |i| i.limits.expires = 1,
            |i| i.limits.dual_control = true,
        ];
        for (number, change) in changes.iter().enumerate() {
            let mut changed = info();
            change(&mut changed);
            assert_ne!(binding(&changed), binding(&info()), "{number}");
        }
        let used = KeyInfo { uses: 8, private_uses: 4, created: 6, state: ipc::keyd::KeyState::Closed, ..info() };
        assert_eq!(binding(&used), binding(&info()));
        let limited = |private_uses| {
            binding(&KeyInfo { private_uses, limits: Limits { uses_max: 9, ..Limits::default() }, ..info() })
        };
        assert_ne!(limited(3), limited(4), "where uses are limited, their count is bound");
    }
}
