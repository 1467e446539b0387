//! Products of powers with small public exponents, other ones for each output: a plaintext matrix times a table of
//! ciphertexts.

use montgomery_lanes::{Modulus as Lanes, Pool};

use crate::control::Control;
use crate::cpu::Cpu;
use crate::error::EngineError;
use crate::inverse::invert_each;
use crate::matrix::lanes::LaneProducts;
use crate::matrix::plan::Plan;
use crate::matrix::weights::{Lane, Weights};
use crate::modulus::{Modulus, check_reduced};
use crate::numbers::Numbers;
use crate::pow::load;
use crate::products::{pairs, products};

mod lanes;
mod plan;
mod weights;

/// out[o][c] = the product over rows r of table[r][c] ^ weights[o][r], plain: outputs x columns numbers, row by row.
///
/// `table` is rows x `columns` numbers, `weights` outputs x rows exponents, public and of any sign. A lane does one output
/// for one column, or for a slice of the rows when there are fewer outputs than lanes. For each lane this is Pippenger's
/// method ("On the evaluation of powers and monomials", 1980) with buckets for the digits, or for few rows Straus's
/// ("Addition chains of vectors", 1964) with tables of small powers; the cost decides. Negative exponents: each output's
/// smallest exponent is subtracted from all, which takes one power of the product of all rows, and one inversion, to undo.
pub fn plaintext_product(
    cpu: &Cpu,
    modulus: &Modulus,
    table: &Numbers,
    columns: usize,
    weights: &[i64],
    control: Control<'_>,
) -> Result<Numbers, EngineError> {
    check_reduced(modulus, table)?;
    if columns == 0 || table.count() == 0 || !table.count().is_multiple_of(columns) {
        return Err(EngineError::Shape { what: "the table is no whole number of rows" });
    }
    let rows = table.count() / columns;
    if weights.is_empty() || !weights.len().is_multiple_of(rows) {
        return Err(EngineError::Shape { what: "the weights are not one for each row and output" });
    }
    let weights = Weights::new(weights, rows);
    let plan = Plan::new(cpu, modulus, &weights, columns);
    let pairs_of = weights.outputs() * columns;
    let mut partial = Numbers::zero(modulus.limbs(), pairs_of * plan.slices);
    let m = modulus.powers(cpu.unit());
    let lanes = cpu.unit().lanes();
    let items = digits_of(m, table);
    // Slice by slice, column by column, output by output, so that neighbouring lanes share the table's items.
    let lane = |i: usize| Lane {
        output: i % weights.outputs(),
        column: i / weights.outputs() % columns,
        rows: plan.rows(i / pairs_of, rows),
    };
    let state = || LaneProducts::new(m, table, &items, columns, &weights, &plan);
    let silent = |_: usize| control(0);
    let heard: Control<'_> = if plan.slices == 1 { control } else { &silent };
    cpu.blocks(&mut partial, lanes, heard, state, |products, first, words| {
        let lanes: Vec<Lane> = (first..first + words.len() / modulus.limbs()).map(lane).collect();
        products.run(&lanes, &silent, words);
    })?;
    let sums = products(cpu, modulus, &partial, (pairs_of, plan.slices), &|pair, s| s * pairs_of + pair, &silent)?;
    let sums = undo_offsets(cpu, modulus, table, columns, &weights, sums, &silent)?;
    // From column by column to row by row.
    let mut out = Numbers::zero(modulus.limbs(), pairs_of);
    for (i, item) in sums.iter().enumerate() {
        let (column, output) = (i / weights.outputs(), i % weights.outputs());
        out.item_mut(output * columns + column).copy_from_slice(item);
    }
    if plan.slices > 1 && control(pairs_of).is_break() {
        return Err(EngineError::Cancelled);
    }
    Ok(out)
}

/// Multiplies each output by the product of the column's items to its offset, which is negative or 0.
fn undo_offsets(
    cpu: &Cpu,
    modulus: &Modulus,
    table: &Numbers,
    columns: usize,
    weights: &Weights<'_>,
    sums: Numbers,
    control: Control<'_>,
) -> Result<Numbers, EngineError> {
    if weights.offsets.iter().all(|offset| *offset == 0) {
        return Ok(sums);
    }
    let shape = (columns, weights.rows);
    let all = products(cpu, modulus, table, shape, &|column, row| row * columns + column, control)?;
    let mut bases = Numbers::zero(modulus.limbs(), sums.count());
    let mut exponents = Numbers::zero(1, sums.count());
    for i in 0..sums.count() {
        bases.item_mut(i).copy_from_slice(all.item(i / weights.outputs()));
        exponents.item_mut(i)[0] = weights.offsets[i % weights.outputs()].unsigned_abs();
    }
    let mut powers = cpu.pow_each(modulus, &bases, &exponents, control)?;
    invert_each(cpu, modulus, &mut powers, control)?;
    pairs(cpu, modulus, &sums, &powers, control)
}

/// The table's numbers as the lanes have them: each is used many times.
fn digits_of(m: &Lanes, table: &Numbers) -> Pool {
    let (lanes, count) = (m.unit().lanes(), table.count());
    let mut scratch = m.scratch();
    let mut group = m.group();
    // Room for what lanes beyond the last number hold.
    let mut pool = m.pool(count.next_multiple_of(lanes));
    for first in (0..count).step_by(lanes) {
        load(m, table, first, &mut group, &mut scratch);
        let index: Vec<usize> = (first..first + lanes).collect();
        m.scatter(&group, &mut pool, &index, &scratch);
    }
    pool
}
