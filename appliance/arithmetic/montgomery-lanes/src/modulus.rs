//! An odd modulus, and arithmetic on groups of numbers modulo it.

use crate::group::Group;
use crate::pairs::SquareModulus;
use crate::plain::PlainModulus;
use crate::scratch::Scratch;
use crate::unit::Unit;

/// An odd modulus, which may be secret, for one vector unit. Wiped on drop.
///
/// Products are a * b / R ("Montgomery products") for an R that is a power of 2; how numbers look in a [`Group`] is this
/// crate's affair. Factors are below 2n and so is the product. The time that anything takes depends on widths and counts
/// alone.
pub struct Modulus(Form);

/// What a number is in a group.
pub(crate) enum Form {
    Plain(PlainModulus),
    Pairs(Box<SquareModulus>),
}

impl Modulus {
    /// `n` in 64-bit limbs without leading zero limbs. `None` if it is even or has fewer than 64 or more than 8192 bits.
    pub fn new(unit: Unit, n: &[u64]) -> Option<Modulus> {
        Some(Modulus(Form::Plain(PlainModulus::new(unit, n)?)))
    }

    /// The square of `root`, as for [`Modulus::new`] of 64 to 4096 bits: arithmetic modulo the square for two thirds of the
    /// price (see [`crate::pairs`]). `None` also if the unit does not have it.
    pub fn square_of(unit: Unit, root: &[u64]) -> Option<Modulus> {
        Some(Modulus(Form::Pairs(Box::new(SquareModulus::new(PlainModulus::new(unit, root)?)?))))
    }

    pub fn unit(&self) -> Unit {
        match &self.0 {
            Form::Plain(plain) => plain.unit,
            Form::Pairs(square) => square.root().unit,
        }
    }

    pub fn bits(&self) -> usize {
        match &self.0 {
            Form::Plain(plain) => plain.bits(),
            Form::Pairs(square) => square.bits(),
        }
    }

    /// Digits of a number; of a pair's halves together.
    pub fn digits(&self) -> usize {
        match &self.0 {
            Form::Plain(plain) => plain.digits(),
            Form::Pairs(square) => square.digits(),
        }
    }

    /// 64-bit limbs of a number.
    pub fn limbs(&self) -> usize {
        match &self.0 {
            Form::Plain(plain) => plain.limbs().len(),
            Form::Pairs(square) => square.limbs().len(),
        }
    }

    pub fn group(&self) -> Group {
        Group::zero(self.words())
    }

    pub fn scratch(&self) -> Scratch {
        Scratch::of(self.words())
    }

    /// a = a * b / R in each lane.
    pub fn multiply(&self, a: &mut Group, b: &Group, scratch: &mut Scratch) {
        self.check(&[a, b], scratch);
        match &self.0 {
            Form::Plain(plain) => plain.multiply(a, b, scratch),
            Form::Pairs(square) => square.multiply(a, b, scratch),
        }
    }

    /// a = a * a / R in each lane.
    pub fn square(&self, a: &mut Group, scratch: &mut Scratch) {
        self.check(&[a], scratch);
        match &self.0 {
            Form::Plain(plain) => plain.square(a, scratch),
            Form::Pairs(square) => square.square(a, scratch),
        }
    }

    /// Puts numbers, in limbs and below 2n, into the lanes; the lanes that are left over become zero. For a square numbers may
    /// be of any width, and each root's width more costs a multiplication.
    pub fn load<'a>(&self, group: &mut Group, numbers: impl IntoIterator<Item = &'a [u64]>, scratch: &mut Scratch) {
        self.check(&[group], scratch);
        match &self.0 {
            Form::Plain(plain) => plain.load(group, numbers, scratch),
            Form::Pairs(square) => {
                let numbers: Vec<&[u64]> = numbers.into_iter().take(self.unit().lanes()).collect();
                square.load(group, &numbers, scratch);
            }
        }
    }

    /// The numbers in the first lanes, in limbs, below n; as many as `out` holds, one after another. For a square they must
    /// come out of a multiplication.
    pub fn store(&self, group: &Group, out: &mut [u64], scratch: &mut Scratch) {
        self.check(&[group], scratch);
        match &self.0 {
            Form::Plain(plain) => plain.store(group, out, scratch),
            Form::Pairs(square) => square.store(group, out, scratch),
        }
    }

    /// Puts one number, in limbs and below 2n, into all lanes.
    pub fn set_all(&self, group: &mut Group, number: &[u64], scratch: &mut Scratch) {
        self.load(group, std::iter::repeat_n(number, self.unit().lanes()), scratch);
    }

    /// Whether this is a square, so that numbers of any width may be loaded.
    pub fn takes_any_width(&self) -> bool {
        matches!(self.0, Form::Pairs(_))
    }

    /// Puts 1 + m * root into each lane, for a square's root and numbers m below it, in limbs; false if this is no square.
    pub fn load_one_plus<'a>(
        &self,
        group: &mut Group,
        multiples: impl IntoIterator<Item = &'a [u64]>,
        scratch: &mut Scratch,
    ) -> bool {
        self.check(&[group], scratch);
        match &self.0 {
            Form::Plain(_) => false,
            Form::Pairs(square) => {
                square.load_one_plus(group, multiples, scratch);
                true
            }
        }
    }

    /// R^2 modulo n, in limbs: the factor that brings a plain number into Montgomery form.
    pub fn r_squared(&self) -> &[u64] {
        match &self.0 {
            Form::Plain(plain) => plain.r_squared(),
            Form::Pairs(square) => square.r_squared(),
        }
    }

    pub(crate) fn form(&self) -> &Form {
        &self.0
    }

    pub(crate) fn registers(&self) -> usize {
        self.digits().next_multiple_of(self.unit().lanes())
    }

    /// Panics where a group or scratch is another modulus's: memory safety hangs on it.
    pub(crate) fn check(&self, groups: &[&Group], scratch: &Scratch) {
        scratch.check(self.words(), groups);
    }

    /// Words of a group.
    fn words(&self) -> usize {
        self.registers() * self.unit().lanes()
    }
}
