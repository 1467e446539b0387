//! A box's whole memory, and the shapes that a number has in one.

use std::path::Path;

use harness::Machine;
use memchr::memmem;
use rug::Integer;
use rug::integer::Order;

/// A shape is found by this much of it, from its middle: enough that nothing else is like it, and little enough that a part is
/// found, too.
const LEAST: usize = 24;

pub(crate) struct Memory(Vec<u8>);

pub(crate) struct Shape {
    pub(crate) name: &'static str,
    part: Vec<u8>,
}

impl Memory {
    pub(crate) fn of(machine: &Machine, folder: &Path) -> Memory {
        let path = folder.join("memory");
        machine.dump_memory(&path).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        Memory(bytes)
    }

    pub(crate) fn holds(&self, shape: &Shape) -> bool {
        memmem::find(&self.0, &shape.part).is_some()
    }
}

/// As bytes in either order, which words of 64 bits are, too; as digits of 52 bits; as text.
pub(crate) fn shapes(number: &Integer) -> Vec<Shape> {
    let big: Vec<u8> = number.to_digits(Order::Msf);
    let little: Vec<u8> = number.to_digits(Order::Lsf);
    let mask = Integer::from((1u64 << 52) - 1);
    let digits: Vec<u8> = (0..number.significant_bits() / 52)
        .flat_map(|place| (Integer::from(number >> (52 * place)) & &mask).to_u64().unwrap_or(0).to_le_bytes())
        .collect();
    let text = number.to_string_radix(16).into_bytes();
    [("bytes", big), ("words", little), ("digits of 52 bits", digits), ("hexadecimal text", text)]
        .into_iter()
        .map(|(name, whole)| {
            // Whole digits.
            let start = (whole.len() / 2).saturating_sub(LEAST / 2) / 8 * 8;
            Shape { name, part: whole[start..start + LEAST].to_vec() }
        })
        .collect()
}

#[test]
fn each_shape_is_found_where_it_is_and_nowhere_else() {
    let number = (Integer::from(1) << 1023) + Integer::from(Integer::factorial(150));
    let shapes = shapes(&number);
    let digits: Vec<u8> = number.to_digits(Order::Lsf);
    let memory = Memory([&[0; 100][..], &digits, &[1; 50]].concat());
    let found: Vec<&str> = shapes.iter().filter(|shape| memory.holds(shape)).map(|shape| shape.name).collect();
    assert_eq!(found, ["words"]);
}
