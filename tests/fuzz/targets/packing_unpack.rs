//! Plaintexts and layouts from outside: what unpacks as single numbers packs to the same bytes.
#![no_main]

use he::packing::Packing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: (Vec<u8>, u16, u8, u64, u16)| {
    let (plaintexts, modulus_bits, value_bits, summands, count) = data;
    let Ok(packing) = Packing::new(modulus_bits.into(), value_bits.into(), summands) else { return };
    let _ = packing.unpack_fixed(&plaintexts, count.into(), summands, 20);
    if let Ok(numbers) = packing.unpack(&plaintexts, count.into(), 1) {
        let numbers: Vec<i64> = numbers.iter().filter_map(|x| i64::try_from(*x).ok()).collect();
        assert_eq!(packing.pack(&numbers).ok().as_deref(), Some(&plaintexts));
    }
});
