//! What the formulas ask of a vector unit: elements of GF(2^255-19), one in each lane.

/// Both u-coordinates that a ladder ends with, X/Z each: of k P, and of (k + 1) P. Z is 0 at infinity.
pub(crate) struct Ends<F> {
    pub(crate) multiple: (F, F),
    pub(crate) next: (F, F),
}

/// One element a lane, *reduced*: what a multiplication takes. It is below 2^255 + 2^253, and has more than one form.
///
/// Sums stand in [`Field::Wide`]: columns that were not carried. Each operation says how large columns may be, and in a debug build looks.
/// Nothing branches on, or addresses memory by, what is in a lane.
///
/// # Safety
/// Every method may be called only where the processor has the implementor's instructions, and in a function that is compiled for
/// them (`#[target_feature]`): most are inlined there. Those that take and give reduced elements alone are functions of their own, since
/// formulas are made of hundreds of them; the ladder is made of the others.
pub(crate) unsafe trait Field: Copy {
    const LANES: usize;
    type Wide: Copy;
    /// A bit a lane.
    type Mask: Copy;

    /// From LANES numbers below 2^255, in words of 64 bits.
    unsafe fn from_words(words: &[[u64; 4]]) -> Self;
    /// The numbers below p.
    unsafe fn to_words(self, words: &mut [[u64; 4]]);
    /// The same number below 2^255 in each lane.
    unsafe fn constant(words: &[u64; 4]) -> Self;

    /// The columns of a product: small enough for [`Field::sub`]'s right side.
    unsafe fn mul(self, other: Self) -> Self::Wide;
    unsafe fn square(self) -> Self::Wide;
    /// Times a constant below 2^17: small enough for [`Field::sub`]'s right side, and added to a product.
    unsafe fn mul_small(self, factor: u32) -> Self::Wide;
    unsafe fn wide(self) -> Self::Wide;
    unsafe fn add(a: Self::Wide, b: Self::Wide) -> Self::Wide;
    /// `b` is one product, or less; `a` is at most two of them.
    unsafe fn sub(a: Self::Wide, b: Self::Wide) -> Self::Wide;
    /// Of at most three products, and what `sub` adds.
    unsafe fn carry(columns: Self::Wide) -> Self;

    /// `a` where the mask is set, `b` elsewhere.
    unsafe fn select(mask: Self::Mask, a: Self, b: Self) -> Self;
    unsafe fn select_wide(mask: Self::Mask, a: Self::Wide, b: Self::Wide) -> Self::Wide;
    /// All lanes alike, by a bit that is 0 or 1.
    unsafe fn all_lanes(bit: u64) -> Self::Mask;
    unsafe fn or(a: Self::Mask, b: Self::Mask) -> Self::Mask;
    /// Bit l is lane l's.
    unsafe fn bits(mask: Self::Mask) -> u8;
    unsafe fn is_zero(self) -> Self::Mask;
    /// Whether the number below p is odd (RFC 9496, 3.1).
    unsafe fn is_negative(self) -> Self::Mask;

    /// a b.
    unsafe fn product(self, other: Self) -> Self;
    /// a^(2^count).
    unsafe fn square_times(self, count: usize) -> Self;
    /// a + b.
    unsafe fn sum(self, other: Self) -> Self;
    /// a - b.
    unsafe fn difference(self, other: Self) -> Self;
    /// [`crate::ladder::ladder`].
    unsafe fn ladder(scalar: &[u8; 32], bits: usize, u: Self) -> Ends<Self>;
}

/// What a debug build says where a bound does not hold.
#[cold]
#[inline(never)]
pub(crate) fn out_of_bounds(bound: u64) -> ! {
    panic!("a lane is not below {bound:x}")
}

/// The functions of their own of a [`Field`], in its implementation.
macro_rules! own_functions {
    ($features:literal) => {
        #[target_feature(enable = $features)]
        unsafe fn product(self, other: Self) -> Self {
            // SAFETY: the caller's, as for the whole trait.
            unsafe { Self::carry(self.mul(other)) }
        }

        #[target_feature(enable = $features)]
        unsafe fn square_times(mut self, count: usize) -> Self {
            for _ in 0..count {
                // SAFETY: the caller's, as for the whole trait.
                self = unsafe { Self::carry(self.square()) };
            }
            self
        }

        #[target_feature(enable = $features)]
        unsafe fn sum(self, other: Self) -> Self {
            // SAFETY: the caller's, as for the whole trait.
            unsafe { Self::carry(Self::add(self.wide(), other.wide())) }
        }

        #[target_feature(enable = $features)]
        unsafe fn difference(self, other: Self) -> Self {
            // SAFETY: the caller's, as for the whole trait.
            unsafe { Self::carry(Self::sub(self.wide(), other.wide())) }
        }

        #[target_feature(enable = $features)]
        unsafe fn ladder(scalar: &[u8; 32], bits: usize, u: Self) -> Ends<Self> {
            // SAFETY: the caller's, as for the whole trait.
            unsafe { ladder(scalar, bits, u) }
        }
    };
}
pub(crate) use own_functions;

/// a b.
#[inline(always)]
pub(crate) unsafe fn mul<F: Field>(a: F, b: F) -> F {
    // SAFETY: the caller's, as for `Field`.
    unsafe { a.product(b) }
}

/// a^2.
#[inline(always)]
pub(crate) unsafe fn square<F: Field>(a: F) -> F {
    // SAFETY: the caller's, as for `Field`.
    unsafe { a.square_times(1) }
}

/// a + b.
#[inline(always)]
pub(crate) unsafe fn add<F: Field>(a: F, b: F) -> F {
    // SAFETY: the caller's, as for `Field`.
    unsafe { a.sum(b) }
}

/// a - b.
#[inline(always)]
pub(crate) unsafe fn sub<F: Field>(a: F, b: F) -> F {
    // SAFETY: the caller's, as for `Field`.
    unsafe { a.difference(b) }
}

/// -a.
#[inline(always)]
pub(crate) unsafe fn negate<F: Field>(a: F) -> F {
    // SAFETY: the caller's, as for `Field`.
    unsafe { sub(F::constant(&[0; 4]), a) }
}

/// a or -a, by the mask.
#[inline(always)]
pub(crate) unsafe fn negate_where<F: Field>(mask: F::Mask, a: F) -> F {
    // SAFETY: the caller's, as for `Field`.
    unsafe { F::select(mask, negate(a), a) }
}

/// Whether a = b.
#[inline(always)]
pub(crate) unsafe fn equal<F: Field>(a: F, b: F) -> F::Mask {
    // SAFETY: the caller's, as for `Field`.
    unsafe { sub(a, b).is_zero() }
}

/// a^(2^250 - 1) and a^11: what both chains below begin with.
#[inline(always)]
unsafe fn pow_250<F: Field>(a: F) -> (F, F) {
    // SAFETY: the caller's, as for `Field`.
    unsafe {
        let a2 = square(a);
        let a9 = mul(a2.square_times(2), a);
        let a11 = mul(a9, a2);
        let ones_5 = mul(square(a11), a9);
        let ones_10 = mul(ones_5.square_times(5), ones_5);
        let ones_20 = mul(ones_10.square_times(10), ones_10);
        let ones_40 = mul(ones_20.square_times(20), ones_20);
        let ones_50 = mul(ones_40.square_times(10), ones_10);
        let ones_100 = mul(ones_50.square_times(50), ones_50);
        let ones_200 = mul(ones_100.square_times(100), ones_100);
        (mul(ones_200.square_times(50), ones_50), a11)
    }
}

/// 1/a, and 0 of 0: a^(p-2) = a^(2^255 - 21).
#[inline(always)]
pub(crate) unsafe fn invert<F: Field>(a: F) -> F {
    // SAFETY: the caller's, as for `Field`.
    unsafe {
        let (ones_250, a11) = pow_250(a);
        mul(ones_250.square_times(5), a11)
    }
}

/// a^((p-5)/8) = a^(2^252 - 3).
#[inline(always)]
pub(crate) unsafe fn pow_p58<F: Field>(a: F) -> F {
    // SAFETY: the caller's, as for `Field`.
    unsafe {
        let (ones_250, _) = pow_250(a);
        mul(ones_250.square_times(2), a)
    }
}

/// The inverses of all, in place, none of which is 0; by one inversion (P. Montgomery's trick). `prefixes` is as long.
#[inline(always)]
pub(crate) unsafe fn invert_all<F: Field>(elements: &mut [F], prefixes: &mut [F]) {
    // SAFETY: the caller's, as for `Field`.
    unsafe {
        let mut product = F::constant(&[1, 0, 0, 0]);
        for (element, prefix) in elements.iter().zip(prefixes.iter_mut()) {
            *prefix = product;
            product = mul(product, *element);
        }
        let mut inverse = invert(product);
        for (element, prefix) in elements.iter_mut().zip(prefixes.iter()).rev() {
            let this = mul(inverse, *prefix);
            inverse = mul(inverse, *element);
            *element = this;
        }
    }
}
