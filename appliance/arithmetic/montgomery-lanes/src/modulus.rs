//! An odd modulus, and arithmetic on groups of numbers modulo it.

use zeroize::{Zeroize, Zeroizing};

use crate::Unit;
use crate::digits::{from_digits, mask, multiply_wide, to_digits};
use crate::group::{Group, Line, lines};
use crate::pairs::Square;
use crate::unit::Raw;

/// An odd modulus, which may be secret, for one vector unit. Wiped on drop.
///
/// Products are a * b / R ("Montgomery products") for an R that is a power of 2; how numbers look in a [`Group`] is this
/// crate's affair. Factors are below 2n and so is the product. The time that anything takes depends on widths and counts
/// alone.
pub struct Modulus {
    pub(crate) unit: Unit,
    bits: usize,
    /// Of one number in a group: n's, or for a square twice the root's.
    digits: usize,
    n: Zeroizing<Vec<u64>>,
    n0: u64,
    /// n in limbs of 64 bits.
    limbs: Zeroizing<Vec<u64>>,
    r_squared: Zeroizing<Vec<u64>>,
    /// For a square, in whose groups numbers are pairs.
    square: Option<Square>,
}

/// Room for a product's columns; one for each thread.
pub struct Scratch(Zeroizing<Vec<Line>>);

impl Modulus {
    /// `n` in 64-bit limbs without leading zero limbs. `None` if it is even or has fewer than 64 or more than 8192 bits.
    pub fn new(unit: Unit, n: &[u64]) -> Option<Modulus> {
        let top = n.last().filter(|limb| **limb != 0)?;
        let bits = n.len() * 64 - top.leading_zeros() as usize;
        if n[0] & 1 == 0 || !(64..=8192).contains(&bits) {
            return None;
        }
        let f = unit.functions;
        // Two bits above n, so that numbers below 2n need no subtraction (Walter 1999); pairs need six.
        let digits = (bits + 6).div_ceil(f.radix as usize).next_multiple_of(f.strip);
        let mut modulus = Modulus {
            unit,
            bits,
            digits,
            n: Zeroizing::new(vec![0; digits]),
            n0: inverse(n[0]).wrapping_neg() & mask(f.radix),
            limbs: Zeroizing::new(n.to_vec()),
            r_squared: Zeroizing::new(vec![0; n.len()]),
            square: None,
        };
        to_digits(n, f.radix, &mut modulus.n);
        modulus.find_r_squared();
        Some(modulus)
    }

    /// The square of `root`, as for [`Modulus::new`] of 64 to 4096 bits: arithmetic modulo the square for two thirds of the
    /// price (see [`crate::pairs`]). `None` also if the unit does not have it.
    pub fn square_of(unit: Unit, root: &[u64]) -> Option<Modulus> {
        let plain = Modulus::new(unit, root)?;
        let square = Square::new(plain)?;
        let root = square.root();
        let mut limbs = Zeroizing::new(vec![0; 2 * root.limbs()]);
        multiply_wide(&root.limbs, &root.limbs, &mut limbs);
        // A root whose top limb is small leaves its square's top limb empty.
        let length = limbs.iter().rposition(|limb| *limb != 0)? + 1;
        limbs.truncate(length);
        let r_squared = square.r_squared(&limbs);
        Some(Modulus {
            unit,
            bits: length * 64 - limbs[length - 1].leading_zeros() as usize,
            digits: 2 * root.digits,
            n: Zeroizing::default(),
            n0: 0,
            limbs,
            r_squared,
            square: Some(square),
        })
    }

    pub fn unit(&self) -> Unit {
        self.unit
    }

    pub fn bits(&self) -> usize {
        self.bits
    }

    /// Digits of a number.
    pub fn digits(&self) -> usize {
        self.digits
    }

    /// 64-bit limbs of a number.
    pub fn limbs(&self) -> usize {
        self.limbs.len()
    }

    pub fn group(&self) -> Group {
        Group::zero(self.registers() * self.unit.lanes())
    }

    pub fn scratch(&self) -> Scratch {
        Scratch::of(self.registers() * self.unit.lanes())
    }

    /// a = a * b / R in each lane.
    pub fn multiply(&self, a: &mut Group, b: &Group, scratch: &mut Scratch) {
        self.check(&[a, b], scratch);
        if let Some(square) = &self.square {
            return square.multiply(a, b, scratch);
        }
        // SAFETY: the unit is this processor's; groups and scratch are as large as `check` found.
        unsafe { (self.unit.functions.multiply)(&self.raw(), a.pointer_mut(), b.pointer(), scratch.pointer()) }
    }

    /// a = a * a / R in each lane.
    pub fn square(&self, a: &mut Group, scratch: &mut Scratch) {
        self.check(&[a], scratch);
        if let Some(square) = &self.square {
            return square.square(a, scratch);
        }
        // SAFETY: as in `multiply`.
        unsafe { (self.unit.functions.square)(&self.raw(), a.pointer_mut(), scratch.pointer()) }
    }

    /// Puts numbers, in limbs and below 2n, into the lanes; the lanes that are left over become zero. For a square numbers may
    /// be of any width, and each root's width more costs a multiplication.
    pub fn load<'a>(&self, group: &mut Group, numbers: impl IntoIterator<Item = &'a [u64]>, scratch: &mut Scratch) {
        self.check(&[group], scratch);
        if let Some(square) = &self.square {
            let numbers: Vec<&[u64]> = numbers.into_iter().take(self.unit.lanes()).collect();
            return square.load(group, &numbers, scratch);
        }
        let fill = |row: &mut [u64], number: &[u64]| to_digits(number, self.unit.radix(), &mut row[..self.digits]);
        gather_rows(self.unit, self.registers(), group, numbers, scratch, fill);
    }

    /// The numbers in the first lanes, in limbs, below n; as many as `out` holds, one after another. For a square they must
    /// come out of a multiplication.
    pub fn store(&self, group: &Group, out: &mut [u64], scratch: &mut Scratch) {
        self.check(&[group], scratch);
        let (lanes, registers) = (self.unit.lanes(), self.registers());
        let rows = scratch.words();
        let mut to = [std::ptr::null_mut(); 8];
        for (to, row) in to.iter_mut().zip(rows.chunks_exact_mut(registers)).take(lanes) {
            *to = row.as_mut_ptr();
        }
        // SAFETY: as in `gather_rows`.
        unsafe { (self.unit.functions.scatter)(group.pointer(), registers, &to[..lanes]) }
        for (out, row) in out.chunks_exact_mut(self.limbs.len()).zip(rows.chunks_exact(registers)).take(lanes) {
            match &self.square {
                Some(square) => square.joined(&row[..self.digits], &self.limbs, out),
                None => from_digits(&row[..self.digits], self.unit.radix(), &self.limbs, out),
            }
        }
    }

    /// Puts one number, in limbs and below 2n, into all lanes.
    pub fn set_all(&self, group: &mut Group, number: &[u64], scratch: &mut Scratch) {
        self.load(group, std::iter::repeat_n(number, self.unit.lanes()), scratch);
    }

    /// Whether this is a square, so that numbers of any width may be loaded.
    pub fn takes_any_width(&self) -> bool {
        self.square.is_some()
    }

    /// Puts 1 + m * root into each lane, for a square's root and numbers m below it, in limbs; false if this is no square.
    pub fn load_one_plus<'a>(
        &self,
        group: &mut Group,
        multiples: impl IntoIterator<Item = &'a [u64]>,
        scratch: &mut Scratch,
    ) -> bool {
        self.check(&[group], scratch);
        let Some(square) = &self.square else { return false };
        let d = square.root().digits;
        let fill = |row: &mut [u64], multiple: &[u64]| {
            row[0] = 1;
            to_digits(multiple, self.unit.radix(), &mut row[d..2 * d]);
        };
        gather_rows(self.unit, self.registers(), group, multiples, scratch, fill);
        true
    }

    /// R^2 modulo n, in limbs: the factor that brings a plain number into Montgomery form.
    pub fn r_squared(&self) -> &[u64] {
        &self.r_squared
    }

    pub(crate) fn registers(&self) -> usize {
        self.digits.next_multiple_of(self.unit.lanes())
    }

    /// Panics where a group or scratch is another modulus's: memory safety hangs on it.
    pub(crate) fn check(&self, groups: &[&Group], scratch: &Scratch) {
        let lines = (self.registers() * self.unit.lanes()).div_ceil(8);
        assert!(groups.iter().all(|g| g.lines.len() == lines), "a group of another width");
        assert!(scratch.0.len() >= 6 * lines, "scratch of another width");
    }

    pub(crate) fn root_limbs(&self) -> &[u64] {
        &self.limbs
    }

    pub(crate) fn raw(&self) -> Raw {
        Raw { digits: self.digits, n: self.n.as_ptr(), n0: self.n0 }
    }

    /// Doubled from 2^(bits - 1) to R * 2^(R's bits / 4), which two Montgomery squarings make R^2.
    fn find_r_squared(&mut self) {
        let r_bits = self.digits * self.unit.radix() as usize;
        let quarter = r_bits.div_ceil(4);
        let mut x = Zeroizing::new(vec![0; self.limbs.len()]);
        // 2^(bits - 1) is below n.
        x[(self.bits - 1) / 64] = 1 << ((self.bits - 1) % 64);
        // Two squarings give R * 2^(4 quarter), which may be up to three doublings too many: leave them out before.
        let excess = 4 * quarter - r_bits;
        for _ in self.bits - 1..r_bits + quarter {
            double(&mut x, &self.limbs);
        }
        let (mut group, mut scratch) = (self.group(), self.scratch());
        self.set_all(&mut group, &x, &mut scratch);
        self.square(&mut group, &mut scratch);
        self.square(&mut group, &mut scratch);
        // R * 2^(4 quarter) = R^2 * 2^excess; halve modulo n.
        self.store(&group, &mut x, &mut scratch);
        for _ in 0..excess {
            halve(&mut x, &self.limbs);
        }
        self.r_squared = x;
    }
}

impl Drop for Modulus {
    fn drop(&mut self) {
        self.n0.zeroize();
    }
}

impl Scratch {
    /// For groups of so many words: the columns of products, and what Karatsuba's method needs.
    pub(crate) fn of(words: usize) -> Scratch {
        Scratch(lines(6 * words.next_multiple_of(8)))
    }

    /// The same memory, word by word.
    pub(crate) fn words(&mut self) -> &mut [u64] {
        let words = self.0.len() * 8;
        // SAFETY: a line is eight words and nothing else.
        unsafe { std::slice::from_raw_parts_mut(self.pointer(), words) }
    }

    pub(crate) fn pointer(&mut self) -> *mut u64 {
        self.0.as_mut_ptr().cast()
    }
}

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

/// 1/n modulo 2^64: Newton's iteration doubles the right bits each time: 3, 6, 12, 24, 48, 96.
fn inverse(n: u64) -> u64 {
    (0..5).fold(n.wrapping_mul(3) ^ 2, |x, _| x.wrapping_mul(2u64.wrapping_sub(n.wrapping_mul(x))))
}

/// x = 2x modulo n.
fn double(x: &mut [u64], n: &[u64]) {
    let mut carry = 0;
    for limb in x.iter_mut() {
        (*limb, carry) = (*limb << 1 | carry, *limb >> 63);
    }
    crate::digits::subtract_if_over(x, carry, n);
}

/// x = x / 2 modulo n: half of x or of x + n, whichever is even.
fn halve(x: &mut [u64], n: &[u64]) {
    let mask = 0u64.wrapping_sub(x[0] & 1);
    let mut carry = 0;
    for (x, n) in x.iter_mut().zip(n) {
        let sum = u128::from(*x) + u128::from(*n & mask) + carry;
        (*x, carry) = (sum as u64, sum >> 64);
    }
    let mut top = carry as u64;
    for limb in x.iter_mut().rev() {
        (*limb, top) = (*limb >> 1 | top << 63, *limb & 1);
    }
}
