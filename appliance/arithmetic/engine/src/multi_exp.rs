//! Products of powers with small public exponents, the same for many rows of bases.

use std::collections::BinaryHeap;

use crate::control::Control;
use crate::cpu::Cpu;
use crate::error::EngineError;
use crate::modulus::Modulus;
use crate::modulus::check_reduced;
use crate::numbers::Numbers;
use crate::pow::ones;
use crate::products::montgomery_power;

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
        cpu: &Cpu,
        modulus: &Modulus,
        items: &Numbers,
        width: usize,
        control: Control<'_>,
    ) -> Result<Numbers, EngineError> {
        check_reduced(modulus, items)?;
        if width == 0 || !items.count().is_multiple_of(width) {
            return Err(EngineError::Shape { what: "the items are no whole number of rows" });
        }
        let products = self.positive.run(cpu, modulus, items, width, control)?;
        if self.negative.total == 0 {
            return Ok(products);
        }
        let mut divisors = self.negative.run(cpu, modulus, items, width, &|_| control(0))?;
        crate::invert_each(cpu, modulus, &mut divisors, &|_| control(0))?;
        crate::products::pairs(cpu, modulus, &products, &divisors, &|_| control(0))
    }
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

    /// The product of each row, as many rows at a time as there are lanes.
    fn run(
        &self,
        cpu: &Cpu,
        modulus: &Modulus,
        items: &Numbers,
        width: usize,
        control: Control<'_>,
    ) -> Result<Numbers, EngineError> {
        let (m, lanes) = (modulus.powers(cpu.unit()), cpu.unit().lanes());
        let rows = items.count() / width;
        let mut out = Numbers::zero(modulus.limbs(), rows);
        let state = || {
            let mut scratch = m.scratch();
            // Bases come plain, so each factor divides the product by R: R^total puts it right.
            let correction = montgomery_power(m, self.total, &mut scratch);
            let (one, plain_one) = ones(m, &mut scratch);
            let registers: Vec<_> = (0..=width).map(|_| m.group()).collect();
            (registers, correction, one, plain_one, scratch)
        };
        cpu.blocks(
            &mut out,
            lanes,
            control,
            state,
            |(registers, correction, one, plain_one, scratch), first, words| {
                for (column, register) in registers[..width].iter_mut().enumerate() {
                    m.load(
                        register,
                        (first..rows.min(first + lanes)).map(|row| items.item(row * width + column)),
                        scratch,
                    );
                }
                registers[width].copy_from(one);
                for step in &self.steps {
                    let (into, from) = (step.into as usize, step.from as usize);
                    match registers.get_disjoint_mut([into, from]) {
                        Ok([into, from]) => m.multiply(into, from, scratch),
                        Err(_) => m.square(&mut registers[into], scratch),
                    }
                }
                let product = &mut registers[width];
                m.multiply(product, correction, scratch);
                m.multiply(product, plain_one, scratch);
                m.store(product, words, scratch);
            },
        )?;
        Ok(out)
    }
}
