//! Numbers modulo n^2 as r (1 + n)^l, for the tables of fixed bases.
//!
//! (1 + n)^l = 1 + l n modulo n^2 (Paillier 1999), so that l is a logarithm, and a product's is the sum. The pair (a, b), which stands
//! for a + b n ([`crate::pairs`]), is such a number with r = a and l = b / a modulo n. A product with one out of a table then costs two
//! products of n's width and two reductions, where that of two pairs costs three and two: (a + b n) r = a r + b r n, and the logarithms
//! are added up beside it and brought in at the end.
//!
//! Bounds: R is 2^s n at least. A logarithm is below 2n, and what is added up is kept below 2^(s - 3) n, so that in the last product
//! (a l + b + 2R + R n) / R is below 3/2 n, as [`crate::pairs`] wants it, with a below 2n.

use crate::group::Group;
use crate::modulus::{Form, Modulus};
use crate::pairs::SquareModulus;
use crate::scratch::Scratch;

/// Sums of so many digits of any radix have room in a column.
const ADDENDS_MAX: usize = 1 << 10;
/// With room for fewer, bringing the sum below 2n again would cost what is saved.
const ADDENDS_MIN: usize = 16;

/// The sum of the logarithms of the factors that a group was multiplied by, in each lane.
pub struct Logarithms {
    /// In the second half; digits are sums.
    sum: Group,
    /// Logarithms below 2n that the sum may be of.
    addends: usize,
    addends_max: usize,
    /// R modulo n, in the first half: a product with it is the same number modulo n, and below 2n.
    one: Group,
}

impl Modulus {
    /// No logarithms yet. `None` if this is no square, or its digits have no room for sums: then it takes no factored numbers.
    pub fn logarithms(&self, scratch: &mut Scratch) -> Option<Logarithms> {
        self.check(&[], scratch);
        let square = self.square_form()?;
        let addends_max = addends_max(square)?;
        Some(Logarithms { sum: self.group(), addends: 0, addends_max, one: square.root_one(scratch) })
    }

    /// Makes the pair in each lane factored, for a table: `inverses` are those of the pairs' first halves modulo the root n, times the
    /// R of the root's own [`Modulus`] and in a group of that.
    pub fn factor(&self, pair: &mut Group, inverses: &Group, scratch: &mut Scratch) {
        self.check(&[pair], scratch);
        let square = self.square_form().expect("a square's group");
        square.root().check(inverses);
        square.multiply_second_half(pair, inverses, scratch);
    }

    /// A factored number, as it comes out of a table, becomes the pair to multiply others to.
    pub fn begin_product(&self, number: &mut Group, logarithms: &mut Logarithms, scratch: &Scratch) {
        self.check(&[number, &logarithms.sum], scratch);
        let first = self.digits() / 2 * self.unit().lanes();
        for index in first..2 * first {
            logarithms.sum.set_word(index, number.word(index));
            number.set_word(index, 0);
        }
        logarithms.addends = 1;
    }

    /// a = a * r / R for the factored number r (1 + n)^l, whose l comes to the others.
    pub fn multiply_factored(&self, a: &mut Group, factor: &Group, logarithms: &mut Logarithms, scratch: &mut Scratch) {
        self.check(&[a, factor, &logarithms.sum], scratch);
        let square = self.square_form().expect("a square's group");
        if logarithms.addends + 1 >= logarithms.addends_max {
            square.normalize_second_half(&mut logarithms.sum);
            let Logarithms { sum, one, .. } = logarithms;
            square.multiply_second_half(sum, one, scratch);
            logarithms.addends = 1;
        }
        square.multiply_factored(a, factor, &mut logarithms.sum, scratch);
        logarithms.addends += 1;
    }

    /// a = a * (1 + n)^(l + m) / R for the sum l of the logarithms and an m below n, in limbs, for each lane.
    pub fn end_product<'a>(
        &self,
        a: &mut Group,
        logarithms: &Logarithms,
        multiples: impl IntoIterator<Item = &'a [u64]>,
        scratch: &mut Scratch,
    ) {
        self.check(&[a, &logarithms.sum], scratch);
        let square = self.square_form().expect("a square's group");
        let mut factor = self.group();
        square.load_one_plus(&mut factor, multiples, scratch);
        // Lanes that are left over have no 1; what is in them is nobody's.
        square.add_second_half(&mut factor, &logarithms.sum);
        square.multiply(a, &factor, scratch);
    }

    fn square_form(&self) -> Option<&SquareModulus> {
        match &self.form() {
            Form::Plain(_) => None,
            Form::Pairs(square) => Some(square),
        }
    }
}

/// How many logarithms, the last m among them, may be added up.
fn addends_max(square: &SquareModulus) -> Option<usize> {
    let room = square.root().digits() * square.root().unit.radix() as usize - square.root().bits();
    // Each is below 2n, and the sum below 2^(room - 3) n.
    let addends = 1 << room.checked_sub(4)?.min(ADDENDS_MAX.ilog2() as usize);
    (addends >= ADDENDS_MIN).then_some(addends)
}

/// The caller of these has checked that groups and scratch are the square's.
impl SquareModulus {
    /// `sums` takes the factor's second half.
    fn multiply_factored(&self, a: &mut Group, factor: &Group, sums: &mut Group, scratch: &mut Scratch) {
        let (a, factor, sums) = (a.pointer_mut(), factor.pointer(), sums.pointer_mut());
        // SAFETY: the unit is this processor's; the caller checked that groups and scratch are the square's.
        unsafe { (self.functions.multiply_factored)(&self.raw(), a, factor, sums, scratch.pointer()) }
    }

    /// The second half times the first half of `factor`, or the whole of a group of the root's, divided by R.
    fn multiply_second_half(&self, group: &mut Group, factor: &Group, scratch: &mut Scratch) {
        let (root, half) = (self.root().raw(), self.second_half(group));
        // SAFETY: the unit is this processor's; the half, and what it is multiplied by, hold the root's digits.
        unsafe { (self.root().unit.functions.multiply)(&root, half, factor.pointer(), scratch.pointer()) }
    }

    /// Adds the second half of `sums`, whose digits may be sums.
    fn add_second_half(&self, group: &mut Group, sums: &Group) {
        let (half, digits) = (self.second_half(group), self.root().digits());
        // SAFETY: both halves hold the root's digits.
        unsafe { (self.functions.add)(half, sums.pointer().add(digits * self.root().unit.lanes()), digits) }
    }

    /// Digits that are sums become digits.
    fn normalize_second_half(&self, sums: &mut Group) {
        let nothing = Group::zero(self.words());
        self.add_second_half(sums, &nothing);
    }

    /// R modulo n in the first halves.
    fn root_one(&self, scratch: &mut Scratch) -> Group {
        let (mut one, mut plain_one) = (Group::zero(self.words()), Group::zero(self.words()));
        let lanes = self.root().unit.lanes();
        self.load_first_halves(&mut one, std::iter::repeat_n(self.root().r_squared(), lanes), scratch);
        self.load_first_halves(&mut plain_one, std::iter::repeat_n([1].as_slice(), lanes), scratch);
        let multiply = self.root().unit.functions.multiply;
        // SAFETY: the unit is this processor's; the first halves hold the root's digits.
        unsafe { multiply(&self.root().raw(), one.pointer_mut(), plain_one.pointer(), scratch.pointer()) }
        one
    }

    fn second_half(&self, group: &mut Group) -> *mut u64 {
        let first = self.root().digits() * self.root().unit.lanes();
        assert!(group.lines.len() * 8 >= 2 * first, "a group of another width");
        // SAFETY: the group holds both halves.
        unsafe { group.pointer_mut().add(first) }
    }
}
