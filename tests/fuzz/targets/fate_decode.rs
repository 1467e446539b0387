//! Residues, exponents and layouts from outside.
#![no_main]

use he::encoding::Encoded;
use he::encoding::fate::{Coder, Slots};
use libfuzzer_sys::fuzz_target;
use zeroize::Zeroizing;

fuzz_target!(|data: (Vec<u8>, Vec<i32>, u16, u16, u16, u32)| {
    let (residues, exponents, slot_bits, slots, total, precision) = data;
    let Ok(coder) = Coder::new(&[255; 32]) else { return };
    let encoded = Encoded { residues: Zeroizing::new(residues), exponents };
    let _ = (coder.decode_f64(&encoded), coder.decode_f32(&encoded));
    let _ = (coder.decode_i64(&encoded), coder.decode_i32(&encoded));
    let slots = Slots { slot_bits: slot_bits.into(), slots: slots.into() };
    let _ = coder.unpack_floats(&encoded, slots, precision, total.into());
    if let Ok(numbers) = coder.unpack_u64(&encoded, slots, total.into()) {
        assert_eq!(coder.pack_u64(&numbers, slots).ok().map(|e| e.residues), Some(encoded.residues));
    }
});
