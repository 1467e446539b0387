//! Known answers that every operation gives before a card takes work. They are those of fpga/vectors/self_test.json.

use std::{ops::ControlFlow, time::Instant};

use card_csr::{NO_ITEM, Operation};

use crate::{error::CardError, loaded::LoadedCard, transport::Transport, unverified::Unverified};

/// 2^256 - 189.
const MODULUS: [u64; 4] = [0xffffffffffffff43, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff];
const BASE: [u64; 4] = [0x46b4734dd119ac50, 0xf26047d69c0ebfae, 0x5cb0b766bf32d941, 0x05394e05d22ba869];
const A: [u64; 4] = [0x900b8408f8cc89ba, 0xd56b323216aad95a, 0x5a26e75489d75e6e, 0x044875deececd1bf];
const B: [u64; 4] = [0xb217f5e89ed2212f, 0xab835a0b72949e56, 0x7509a9e879064115, 0xee55e37ab2e96358];
const EXPONENT: [u64; 4] = [0x744e7cf5b9354237, 0x4ff71425d9109f3e, 0x8bf92e6ffff7dea7, 0x783dbfbe328d84f4];
/// The longest exponent of the table: a simulation builds a longer one slowly.
const SHORT_EXPONENT: [u64; 1] = [0x744e7cf5b9354237];
/// A * B.
const PRODUCT: [u64; 4] = [0x7ddbecbc28d2897d, 0x57cac2cadcd296f2, 0x79319dbdba812e49, 0x2d958c7d1ade0538];
/// A ^ EXPONENT.
const POWER: [u64; 4] = [0xad1f79c411162d28, 0x44bcbf80745452ba, 0x7acbfa76e00c1ed7, 0x0e2481b24dc067d9];
/// BASE ^ SHORT_EXPONENT.
const BASE_POWER: [u64; 4] = [0xf6994d6ab7c87562, 0x1cda2a905860443a, 0x7ee6165ff0f6c6d3, 0x5fb164fcd27d4b07];
/// B * A * B.
const LIST_PRODUCT: [u64; 4] = [0x600bbac54813c006, 0x040a5bb5fbdd3eb4, 0x8fe7cabcd2f83d0e, 0x254ea2df9f495353];
/// The indices of B, A, B and nothing in the vector A, B.
const LIST: [u64; 2] = [1, 1 | (NO_ITEM as u64) << 32];

pub(crate) fn run<T: Transport>(card: &mut LoadedCard<T>) -> Result<(), CardError> {
    let ran = run_all(card);
    if let Err(CardError::SelfTest { .. } | CardError::InterruptStorm { .. }) = ran {
        return card.keep_or_fail(ran);
    }
    ran
}

fn run_all<T: Transport>(card: &mut LoadedCard<T>) -> Result<(), CardError> {
    let silent = &mut |_| ControlFlow::Continue(());
    // Enough that every engine has a part, and each of its slots an item.
    let items = card.identity.engines.max(1) * card.identity.slots.max(1);
    let deadline = Instant::now() + card.identity.reset_allowance() * 4;
    let context = card.load_context(&MODULUS, Some((&BASE, 64)))?;
    let (a, b) = (A.repeat(items), B.repeat(items));
    expect(Operation::Modmul, card.modmul(context, &a, &b, deadline, silent)?, &PRODUCT)?;
    expect(Operation::Modexp, card.modexp(context, &a, &EXPONENT, deadline, silent)?, &POWER)?;
    let exponents = SHORT_EXPONENT.repeat(items);
    expect(Operation::FixedBase, card.fixed_base(context, &exponents, 1, deadline, silent)?, &BASE_POWER)?;
    card.load_vector(context, 0, &A, deadline, silent)?;
    card.load_vector(context, 1, &B, deadline, silent)?;
    let found = card.multiply_accumulate(context, &LIST.repeat(items), LIST.len(), deadline, silent)?;
    expect(Operation::MultiplyAccumulate, found, &LIST_PRODUCT)?;
    card.unload_context(context)?;
    card.expect_quiet()
}

fn expect(operation: Operation, found: Unverified<Vec<u64>>, expected: &[u64; 4]) -> Result<(), CardError> {
    let right = |found: &Vec<u64>| found.chunks_exact(4).all(|item| item == expected);
    found.verify(|found| if right(found) { Ok(()) } else { Err(CardError::SelfTest { operation }) })?;
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
            ("modulus", &MODULUS[..]),
            ("base", &BASE),
            ("a", &A),
            ("b", &B),
            ("exponent", &EXPONENT),
            ("short_exponent", &SHORT_EXPONENT),
            ("modmul", &PRODUCT),
            ("modexp", &POWER),
            ("fixed_base", &BASE_POWER),
            ("multiply_accumulate", &LIST_PRODUCT),
        ] {
            let hex: String = limbs.iter().rev().map(|limb| format!("{limb:016x}")).collect();
            assert_eq!(hex.trim_start_matches('0'), json[name], "{name}");
        }
    }
}
