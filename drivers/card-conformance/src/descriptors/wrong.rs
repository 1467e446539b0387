//! Descriptors, keys, operands and vectors that are wrong in one place each.

use card::Transport;
use card_csr::{
    CompletionStatus::{BadContext, BadDescriptor, BadLength, BadOperand, Ok as Good},
    NO_ITEM, Operation,
};
use num_bigint::BigUint;

use crate::{
    descriptors::bench::{BAD, Bench, EMPTY, EXPONENT_BITS, LIMBS, in_context, with},
    numbers::to_limbs,
    problem::Problem,
};

impl<T: Transport> Bench<'_, T> {
    pub(crate) fn wrong_descriptors(&mut self) -> Result<(), Problem> {
        let modmul = self.job(Operation::Modmul, 0);
        let modexp = self.job(Operation::Modexp, 1);
        for code in [0, 8, 15, 0xff] {
            self.expect("an unknown operation", with(modmul, 0, 0, 8, code), BadDescriptor)?;
        }
        self.expect("a flag", with(modmul, 0, 8, 8, 1), BadDescriptor)?;
        for (word, bit) in [(1, 48), (1, 63), (5, 0), (6, 31), (7, 63)] {
            self.expect("a reserved bit", with(modmul, word, bit, 1, 1), BadDescriptor)?;
        }
        for word in [2, 3, 4] {
            let address = modmul[word] + 4;
            self.expect("an unaligned address", with(modmul, word, 0, 64, address), BadDescriptor)?;
        }
        for context in [self.contexts, u16::MAX] {
            self.expect("a context that the card does not have", in_context(modmul, context), BadContext)?;
        }
        self.expect("a context that is not loaded", in_context(modmul, EMPTY), BadContext)?;
        self.expect("a vector that is not there", self.job(Operation::MultiplyAccumulate, 1), BadContext)?;
        self.expect("no items", with(modmul, 0, 48, 16, 0), BadLength)?;
        if self.max_items < u16::MAX {
            let more = u64::from(self.max_items) + 1;
            self.expect("too many items", with(modmul, 0, 48, 16, more), BadLength)?;
        }
        for limbs in [0, 2, 4, 97] {
            self.expect("another width than the context's", with(modmul, 1, 0, 16, limbs), BadLength)?;
        }
        for limbs in [0, 97] {
            self.expect("the width of an exponent", with(modexp, 1, 16, 16, limbs), BadLength)?;
        }
        self.wrong_keys()?;
        self.wrong_operands()?;
        self.wrong_vectors()
    }

    fn wrong_keys(&mut self) -> Result<(), Problem> {
        let key = self.load(EMPTY, BAD);
        let n = self.n.clone();
        self.put_key(BAD, &n, &(&n >> 1u32))?;
        self.expect("two keys in one job", with(key, 0, 48, 16, 2), BadLength)?;
        for limbs in [0, 97] {
            self.expect("the width of a key", with(key, 1, 0, 16, limbs), BadLength)?;
        }
        self.expect("a table larger than the card's memory", with(key, 1, 32, 16, 0xffff), BadLength)?;
        self.put_key(BAD, &(&n - 1u32), &BigUint::from(2u32))?;
        self.expect("an even modulus", key, BadOperand)?;
        self.put_key(BAD, &BigUint::from(1u32), &BigUint::ZERO)?;
        self.expect("the modulus 1", key, BadOperand)?;
        self.put_key(BAD, &n, &n)?;
        self.expect("a base that is the modulus", key, BadOperand)?;
        self.put_key(BAD, &n, &BigUint::from(2u32))?;
        self.raw.transport.dma_write(BAD + LIMBS * 8, &to_limbs(&n, LIMBS))?;
        self.expect("an R^2 that is the modulus", key, BadOperand)?;
        self.expect("a job of a key that was refused", in_context(self.job(Operation::Modmul, 0), EMPTY), BadContext)
    }

    fn wrong_operands(&mut self) -> Result<(), Problem> {
        let n = self.n.clone();
        for wrong in [n.clone(), (BigUint::from(1u32) << (64 * LIMBS)) - 1u32] {
            self.raw.transport.dma_write(BAD, &to_limbs(&wrong, LIMBS))?;
            let bad = self.raw.iova(BAD);
            for (operation, word) in [(Operation::Modmul, 2), (Operation::Modmul, 3), (Operation::Modexp, 2)] {
                let job = self.job(operation, u16::from(operation == Operation::Modexp));
                let one = with(with(job, word, 0, 64, bad), 0, 48, 16, 1);
                self.expect("an operand that is not below the modulus", one, BadOperand)?;
            }
        }
        self.raw.transport.dma_write(BAD, &[1 << EXPONENT_BITS, 0])?;
        let power = with(self.job(Operation::FixedBase, 1), 0, 48, 16, 1);
        let long = with(power, 2, 0, 64, self.raw.iova(BAD));
        self.expect("an exponent longer than the table", long, BadOperand)?;
        self.raw.transport.dma_write(BAD, &[(1 << EXPONENT_BITS) - 1, 0])?;
        self.expect("the longest exponent of the table", long, Good)?;
        self.expect("the same in two words", with(long, 1, 16, 16, 2), Good)
    }

    fn wrong_vectors(&mut self) -> Result<(), Problem> {
        let load = with(self.job(Operation::LoadVector, 0), 4, 0, 64, 0);
        self.expect("a vector that begins with a gap", with(load, 4, 0, 64, 1), BadOperand)?;
        self.expect("a vector", with(load, 0, 48, 16, 4), Good)?;
        self.expect("a gap after four items", with(load, 4, 0, 64, 5), BadOperand)?;
        let far = u64::from(u32::MAX);
        for index in [4, far - 1, u64::from(NO_ITEM) << 32 | 4, 7 << 32] {
            self.raw.transport.dma_write(BAD, &[index])?;
            let list = with(self.job(Operation::MultiplyAccumulate, 1), 2, 0, 64, self.raw.iova(BAD));
            self.expect("an index out of range", with(list, 0, 48, 16, 1), BadOperand)?;
        }
        self.expect("more items of a vector", with(with(load, 4, 0, 64, 4), 0, 48, 16, 1), Good)?;
        self.raw.transport.dma_write(BAD, &[u64::from(NO_ITEM) << 32 | 4])?;
        let list = with(self.job(Operation::MultiplyAccumulate, 1), 2, 0, 64, self.raw.iova(BAD));
        self.expect("the last item of the vector", with(list, 0, 48, 16, 1), Good)
    }
}
