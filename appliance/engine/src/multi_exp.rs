//! Products of powers with small public exponents, the same for many rows of bases.

use std::collections::BinaryHeap;

use crate::modulus::check_reduced;
use crate::{Control, EngineError, Modulus, Numbers, Portable};

/// The multiplications that turn bases x_0, x_1, ... into the product of the x_i ^ e_i.
///
/// The exponents are the same for every row, so the chain is found once, by the method of Bos and Coster ("Addition
/// chain heuristics", CRYPTO 1989; in this form de Rooij, EUROCRYPT 1994): x^a * y^b = x^(a-b) * (xy)^b for the two
/// largest exponents, or squaring when one is more than twice the next. Positive and negative exponents make two
/// products, divided at the end for all rows with one inversion.
pub struct MultiExp {
    positive: Chain,
    negative: Chain,
}

impl MultiExp {
    /// The exponents' magnitudes are below 2^63.
    pub fn new(exponents: &[i64]) -> MultiExp {
        let chain =
            |sign: i64| Chain::new(exponents.iter().map(|e| (sign * e.signum()).max(0) as u64 * e.unsigned_abs()));
        MultiExp { positive: chain(1), negative: chain(-1) }
    }

    /// Multiplications for one row.
    pub fn cost(&self) -> usize {
        self.positive.steps.len() + self.negative.steps.len() + 2
    }

    /// For each row of `width` items, plain: the product. `control` hears of rows.
    pub fn rows(
        &self,
        portable: &Portable,
        modulus: &Modulus,
        items: &Numbers,
        width: usize,
        control: Control<'_>,
    ) -> Result<Numbers, EngineError> {
        check_reduced(modulus, items)?;
        if width == 0 || !items.count().is_multiple_of(width) {
            return Err(EngineError::Shape { what: "the items are no whole number of rows" });
        }
        let rows = items.count() / width;
        let row = |i: usize| &items.words()[i * width * modulus.limbs()..][..width * modulus.limbs()];
        let corrections = [self.positive.correction(modulus), self.negative.correction(modulus)];
        let mut products = Numbers::zero(modulus.limbs(), rows);
        portable.fill(&mut products, control, |i, out| self.positive.run(modulus, row(i), &corrections[0], out))?;
        if self.negative.total == 0 {
            return Ok(products);
        }
        let mut divisors = Numbers::zero(modulus.limbs(), rows);
        portable.fill(&mut divisors, &|_| control(0), |i, out| {
            self.negative.run(modulus, row(i), &corrections[1], out);
        })?;
        crate::invert_all(modulus, &mut divisors)?;
        crate::Backend::mul(portable, modulus, &products, &divisors, &|_| control(0))
    }
}

/// The product of each column of rows of `width` items, plain. `control` hears of columns.
pub fn column_products(
    portable: &Portable,
    modulus: &Modulus,
    items: &Numbers,
    width: usize,
    control: Control<'_>,
) -> Result<Numbers, EngineError> {
    check_reduced(modulus, items)?;
    if width == 0 || !items.count().is_multiple_of(width) {
        return Err(EngineError::Shape { what: "the items are no whole number of rows" });
    }
    let rows = items.count() / width;
    let mut correction = vec![0; modulus.limbs()];
    modulus.mont_pow(modulus.r_squared(), &[rows as u64], &mut correction);
    let mut products = Numbers::zero(modulus.limbs(), width);
    portable.fill(&mut products, control, |column, out| {
        let mut scratch = vec![0; modulus.limbs()];
        out.copy_from_slice(modulus.one());
        for row in 0..rows {
            modulus.mont_mul(out, items.item(row * width + column), &mut scratch);
            out.copy_from_slice(&scratch);
        }
        modulus.mont_mul(out, &correction, &mut scratch);
        modulus.leave(&scratch, out);
    })?;
    Ok(products)
}

/// x_into = x_into * x_from.
struct Step {
    into: u32,
    from: u32,
}

struct Chain {
    /// Registers 0.. are the bases, the one after the last is the product.
    steps: Vec<Step>,
    /// The sum of the exponents.
    total: u128,
}

impl Chain {
    fn new(exponents: impl ExactSizeIterator<Item = u64>) -> Chain {
        let product = exponents.len() as u32;
        let mut total = 0;
        let mut heap = BinaryHeap::new();
        for (i, e) in exponents.enumerate() {
            total += u128::from(e);
            if e > 0 {
                heap.push((e, i as u32));
            }
        }
        let mut steps = Vec::new();
        while let Some((largest, x)) = heap.pop() {
            let (second, y) = heap.peek().copied().unwrap_or((0, product));
            if largest / 2 >= second {
                // Squaring x halves its exponent; an odd one first gives a factor to the product.
                if largest % 2 == 1 {
                    steps.push(Step { into: product, from: x });
                }
                if largest > 1 {
                    steps.push(Step { into: x, from: x });
                    heap.push((largest / 2, x));
                }
            } else {
                steps.push(Step { into: y, from: x });
                if largest > second {
                    heap.push((largest - second, x));
                }
            }
        }
        Chain { steps, total }
    }

    /// Bases come plain, so each factor divides the product by R: R^total puts it right.
    fn correction(&self, modulus: &Modulus) -> Vec<u64> {
        let mut correction = vec![0; modulus.limbs()];
        modulus.mont_pow(modulus.r_squared(), &[self.total as u64, (self.total >> 64) as u64], &mut correction);
        correction
    }

    fn run(&self, modulus: &Modulus, bases: &[u64], correction: &[u64], out: &mut [u64]) {
        let limbs = modulus.limbs();
        let mut registers = [bases, modulus.one()].concat();
        let mut scratch = vec![0; limbs];
        for step in &self.steps {
            let (into, from) = (step.into as usize * limbs, step.from as usize * limbs);
            modulus.mont_mul(&registers[into..][..limbs], &registers[from..][..limbs], &mut scratch);
            registers[into..][..limbs].copy_from_slice(&scratch);
        }
        modulus.mont_mul(&registers[bases.len()..], correction, &mut scratch);
        modulus.leave(&scratch, out);
    }
}
