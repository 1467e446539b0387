//! From rows of digits, one for each number, to the lanes of a group, and back.

use crate::group::Group;
use crate::scratch::Scratch;
use crate::unit::Unit;

/// Rows of digits, as `fill` makes them of numbers, into the lanes of a group of so many registers; lanes that are left over
/// become zero.
pub(crate) fn gather_rows<'a>(
    unit: Unit,
    registers: usize,
    group: &mut Group,
    numbers: impl IntoIterator<Item = &'a [u64]>,
    scratch: &mut Scratch,
    fill: impl Fn(&mut [u64], &[u64]),
) {
    let lanes = unit.lanes();
    assert!(group.lines.len() * 8 >= lanes * registers, "a group of another width");
    let rows = scratch.words();
    rows[..lanes * registers].fill(0);
    for (row, number) in rows.chunks_exact_mut(registers).zip(numbers).take(lanes) {
        fill(row, number);
    }
    let mut from = [std::ptr::null(); 8];
    for (from, row) in from.iter_mut().zip(rows.chunks_exact(registers)).take(lanes) {
        *from = row.as_ptr();
    }
    // SAFETY: the unit is this processor's; rows and group hold as many digits as there are registers.
    unsafe { (unit.functions.gather)(&from[..lanes], registers, group.pointer_mut()) }
}

/// The numbers in a group's lanes as rows of so many digits, in the scratch, one after another.
pub(crate) fn scatter_rows<'a>(unit: Unit, registers: usize, group: &Group, scratch: &'a mut Scratch) -> &'a [u64] {
    let lanes = unit.lanes();
    assert!(group.lines.len() * 8 >= lanes * registers, "a group of another width");
    let rows = &mut scratch.words()[..lanes * registers];
    let mut to = [std::ptr::null_mut(); 8];
    for (to, row) in to.iter_mut().zip(rows.chunks_exact_mut(registers)) {
        *to = row.as_mut_ptr();
    }
    // SAFETY: as in `gather_rows`.
    unsafe { (unit.functions.scatter)(group.pointer(), registers, &to[..lanes]) }
    rows
}
