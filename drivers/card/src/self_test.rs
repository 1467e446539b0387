//! Known answers that every operation gives before a card takes work. They are those of fpga/vectors/self_test.json.

use std::{
    ops::ControlFlow,
    time::{Duration, Instant},
};

use card_csr::Operation;

use crate::{CardError, LoadedCard, Transport, Unverified};

const TIMEOUT: Duration = Duration::from_secs(20);

/// 2^256 - 189.
const MODULUS: [u64; 4] = [0xffffffffffffff43, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff];
const BASE: [u64; 4] = [0x46b4734dd119ac50, 0xf26047d69c0ebfae, 0x5cb0b766bf32d941, 0x05394e05d22ba869];
const A: [u64; 4] = [0x900b8408f8cc89ba, 0xd56b323216aad95a, 0x5a26e75489d75e6e, 0x044875deececd1bf];
const B: [u64; 4] = [0xb217f5e89ed2212f, 0xab835a0b72949e56, 0x7509a9e879064115, 0xee55e37ab2e96358];
const EXPONENT: [u64; 4] = [0x744e7cf5b9354237, 0x4ff71425d9109f3e, 0x8bf92e6ffff7dea7, 0x783dbfbe328d84f4];
/// A * B.
const PRODUCT: [u64; 4] = [0x7ddbecbc28d2897d, 0x57cac2cadcd296f2, 0x79319dbdba812e49, 0x2d958c7d1ade0538];
/// A ^ EXPONENT.
const POWER: [u64; 4] = [0xad1f79c411162d28, 0x44bcbf80745452ba, 0x7acbfa76e00c1ed7, 0x0e2481b24dc067d9];
/// BASE ^ EXPONENT.
const BASE_POWER: [u64; 4] = [0xd06c4d93d8ef3985, 0xbb8c795b175422c9, 0x6534e5c5b3754cf1, 0xb3a572b8a2f6700d];

pub(crate) fn run<T: Transport>(card: &mut LoadedCard<T>) -> Result<(), CardError> {
    let ran = run_all(card);
    if let Err(CardError::SelfTest { .. }) = ran {
        return card.keep_or_fail(ran);
    }
    ran
}

fn run_all<T: Transport>(card: &mut LoadedCard<T>) -> Result<(), CardError> {
    let deadline = Instant::now() + TIMEOUT;
    let silent = &mut |_| ControlFlow::Continue(());
    let context = card.load_context(&MODULUS, Some((&BASE, 256)))?;
    expect(Operation::Modmul, card.modmul(context, &A, &B, deadline, silent)?, &PRODUCT)?;
    expect(Operation::Modexp, card.modexp(context, &A, &EXPONENT, deadline, silent)?, &POWER)?;
    expect(Operation::FixedBase, card.fixed_base(context, &EXPONENT, 4, deadline, silent)?, &BASE_POWER)?;
    card.unload_context(context)
}

fn expect(operation: Operation, found: Unverified<Vec<u64>>, expected: &[u64]) -> Result<(), CardError> {
    found.verify(|found| if found == expected { Ok(()) } else { Err(CardError::SelfTest { operation }) })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_the_committed_vectors() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fpga/vectors/self_test.json");
        let json: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        for (name, limbs) in [
            ("modulus", MODULUS),
            ("base", BASE),
            ("a", A),
            ("b", B),
            ("exponent", EXPONENT),
            ("modmul", PRODUCT),
            ("modexp", POWER),
            ("fixed_base", BASE_POWER),
        ] {
            let hex: String = limbs.iter().rev().map(|limb| format!("{limb:016x}")).collect();
            assert_eq!(hex.trim_start_matches('0'), json[name], "{name}");
        }
    }
}
