//! The committed known answers, fpga/vectors/arithmetic.json.

use num_bigint::BigUint;
use serde_json::Value;

use crate::{Problem, numbers::to_limbs};

const ARITHMETIC: &str = include_str!("../../../fpga/vectors/arithmetic.json");

/// One modulus and what is known of it; numbers are flat limbs.
pub(crate) struct Group {
    pub(crate) bits: usize,
    pub(crate) modulus: Vec<u64>,
    pub(crate) base: Vec<u64>,
    pub(crate) exponent_bits: usize,
    pub(crate) exponent: Vec<u64>,
    /// Factors and products.
    pub(crate) modmul: [Vec<u64>; 3],
    /// Bases and powers.
    pub(crate) modexp: [Vec<u64>; 2],
    /// Exponents, `exponent_bits` wide each, and powers.
    pub(crate) fixed_base: [Vec<u64>; 2],
    pub(crate) vector: Vec<u64>,
    /// Index lists of `list_words` words each, and products.
    pub(crate) lists: Vec<u64>,
    pub(crate) list_words: usize,
    pub(crate) list_products: Vec<u64>,
}

pub(crate) fn groups() -> Result<Vec<Group>, Problem> {
    let parsed: Vec<Value> =
        serde_json::from_str(ARITHMETIC).map_err(|error| Problem::Vectors { what: error.to_string() })?;
    parsed.iter().map(|group| parse(group).ok_or_else(|| Problem::Vectors { what: "not as expected".into() })).collect()
}

fn parse(group: &Value) -> Option<Group> {
    let number = |name: &str| group[name].as_u64().map(|value| value as usize);
    let (bits, exponent_bits) = (number("bits")?, number("exponent_bits")?);
    let (limbs, exponent_limbs) = (bits / 64, exponent_bits.div_ceil(64));
    let hex =
        |value: &Value, width: usize| Some(to_limbs(&BigUint::parse_bytes(value.as_str()?.as_bytes(), 16)?, width));
    let column = |name: &str, column: usize, width: usize| {
        let rows = group[name].as_array()?.iter().map(|row| hex(&row[column], width)).collect::<Option<Vec<_>>>()?;
        Some(rows.concat())
    };
    let products = group["multiply_accumulate"].as_array()?;
    let indices = |row: &Value| row[0].as_array()?.iter().map(Value::as_u64).collect::<Option<Vec<_>>>();
    let lists = products.iter().map(indices).collect::<Option<Vec<_>>>()?;
    let vector = group["vector"].as_array()?.iter().map(|item| hex(item, limbs)).collect::<Option<Vec<_>>>()?;
    Some(Group {
        bits,
        modulus: hex(&group["modulus"], limbs)?,
        base: hex(&group["base"], limbs)?,
        exponent_bits,
        exponent: hex(&group["exponent"], exponent_limbs)?,
        modmul: [column("modmul", 0, limbs)?, column("modmul", 1, limbs)?, column("modmul", 2, limbs)?],
        modexp: [column("modexp", 0, limbs)?, column("modexp", 1, limbs)?],
        fixed_base: [column("fixed_base", 0, exponent_limbs)?, column("fixed_base", 1, limbs)?],
        vector: vector.concat(),
        list_words: lists.first()?.len() / 2,
        lists: lists.concat().chunks_exact(2).map(|pair| pair[0] | pair[1] << 32).collect(),
        list_products: column("multiply_accumulate", 1, limbs)?,
    })
}
