//! What a loaded card computes: each operation checks its operands and becomes a batch.

use std::time::Instant;

use card_csr::{MAX_LIMBS, NO_ITEM, Operation};

use crate::{
    CardError, ContextId, LoadedCard, Transport, Unverified,
    batch::{Aux, Batch, Progress},
    limbs::{fits, less_than},
};

impl<T: Transport> LoadedCard<T> {
    /// Each base to the one exponent, whose value, but not whose width in limbs, is secret.
    pub fn modexp(
        &mut self,
        context: ContextId,
        bases: &[u64],
        exponent: &[u64],
        deadline: Instant,
        progress: Progress<'_>,
    ) -> Result<Unverified<Vec<u64>>, CardError> {
        let (index, limbs) = self.check_operands(context, bases)?;
        if exponent.is_empty() || exponent.len() * 64 > self.identity.max_bits {
            return Err(CardError::Argument { what: "the width of the exponent" });
        }
        let batch = Batch {
            operation: Operation::Modexp,
            context: index,
            limbs,
            exponent_limbs: exponent.len(),
            source: bases,
            source_limbs: limbs,
            aux: Aux::Shared(exponent),
            items: bases.len() / limbs,
            into_vector: None,
        };
        self.run(context, &batch, deadline, progress)
    }

    /// The context's base to each exponent of `exponent_limbs` limbs.
    pub fn fixed_base(
        &mut self,
        context: ContextId,
        exponents: &[u64],
        exponent_limbs: usize,
        deadline: Instant,
        progress: Progress<'_>,
    ) -> Result<Unverified<Vec<u64>>, CardError> {
        self.in_service()?;
        let loaded = self.context(context)?;
        let (index, limbs, bits) = (loaded.index, loaded.modulus.len(), loaded.exponent_bits);
        let refuse = |what| Err(CardError::Argument { what });
        if bits == 0 {
            return refuse("the context has no fixed base");
        }
        if exponent_limbs == 0 || exponent_limbs * 64 > self.identity.max_bits {
            return refuse("the width of the exponents");
        }
        if !exponents.len().is_multiple_of(exponent_limbs) {
            return refuse("the exponents end within an item");
        }
        if !exponents.chunks_exact(exponent_limbs).all(|exponent| fits(exponent, bits)) {
            return refuse("an exponent is longer than the table");
        }
        let batch = Batch {
            operation: Operation::FixedBase,
            context: index,
            limbs,
            exponent_limbs,
            source: exponents,
            source_limbs: exponent_limbs,
            aux: Aux::None,
            items: exponents.len() / exponent_limbs,
            into_vector: None,
        };
        self.run(context, &batch, deadline, progress)
    }

    /// The products of a's and b's items.
    pub fn modmul(
        &mut self,
        context: ContextId,
        a: &[u64],
        b: &[u64],
        deadline: Instant,
        progress: Progress<'_>,
    ) -> Result<Unverified<Vec<u64>>, CardError> {
        let (index, limbs) = self.check_operands(context, a)?;
        self.check_operands(context, b)?;
        if a.len() != b.len() {
            return Err(CardError::Argument { what: "the factors differ in number" });
        }
        let batch = Batch {
            operation: Operation::Modmul,
            context: index,
            limbs,
            exponent_limbs: 0,
            source: a,
            source_limbs: limbs,
            aux: Aux::PerItem(b),
            items: a.len() / limbs,
            into_vector: None,
        };
        self.run(context, &batch, deadline, progress)
    }

    /// Puts items, below the modulus, into the context's vector in the card's memory, from index `first` on; no index is
    /// left out. They stay until the context is unloaded.
    pub fn load_vector(
        &mut self,
        context: ContextId,
        first: usize,
        items: &[u64],
        deadline: Instant,
        progress: Progress<'_>,
    ) -> Result<(), CardError> {
        let (index, limbs) = self.check_operands(context, items)?;
        let (count, loaded) = (items.len() / limbs, self.context(context)?.vector_items);
        if first > loaded {
            return Err(CardError::Argument { what: "the first index leaves a gap in the vector" });
        }
        let room = (self.identity.vector_bytes / (limbs * 8)).min(u32::MAX as usize - 1);
        let Some(end) = first.checked_add(count).filter(|end| *end <= room) else {
            return Err(CardError::Argument { what: "the vector does not fit the card's memory" });
        };
        let batch = Batch {
            operation: Operation::LoadVector,
            context: index,
            limbs,
            exponent_limbs: 0,
            source: items,
            source_limbs: limbs,
            aux: Aux::None,
            items: count,
            into_vector: Some(first),
        };
        // Nothing comes back that could be verified.
        self.run(context, &batch, deadline, progress)?.verify(|_| Ok::<(), CardError>(()))?;
        let context = self.context_mut(context)?;
        context.vector_items = context.vector_items.max(end);
        Ok(())
    }

    /// For each list the product of the vector's items at its indices. Each list has `list_words` words of two indices, the
    /// first in the low half; [`NO_ITEM`] is the factor 1, with which lists are made equally long.
    pub fn multiply_accumulate(
        &mut self,
        context: ContextId,
        lists: &[u64],
        list_words: usize,
        deadline: Instant,
        progress: Progress<'_>,
    ) -> Result<Unverified<Vec<u64>>, CardError> {
        self.in_service()?;
        let loaded = self.context(context)?;
        let (index, limbs, items) = (loaded.index, loaded.modulus.len(), loaded.vector_items);
        let refuse = |what| Err(CardError::Argument { what });
        if items == 0 {
            return refuse("the context has no vector");
        }
        if !(1..=MAX_LIMBS).contains(&list_words) || !lists.len().is_multiple_of(list_words) {
            return refuse("the length of the index lists");
        }
        let known = |index: u32| index == NO_ITEM || (index as usize) < items;
        if !lists.iter().all(|pair| known(*pair as u32) && known((pair >> 32) as u32)) {
            return refuse("an index is not below the number of items loaded");
        }
        let batch = Batch {
            operation: Operation::MultiplyAccumulate,
            context: index,
            limbs,
            exponent_limbs: list_words,
            source: lists,
            source_limbs: list_words,
            aux: Aux::None,
            items: lists.len() / list_words,
            into_vector: None,
        };
        self.run(context, &batch, deadline, progress)
    }

    fn check_operands(&self, context: ContextId, operands: &[u64]) -> Result<(u16, usize), CardError> {
        self.in_service()?;
        let context = self.context(context)?;
        let limbs = context.modulus.len();
        if !operands.len().is_multiple_of(limbs) {
            return Err(CardError::Argument { what: "the operands end within an item" });
        }
        if !operands.chunks_exact(limbs).all(|operand| less_than(operand, &context.modulus)) {
            return Err(CardError::Argument { what: "an operand is not below the modulus" });
        }
        Ok((context.index, limbs))
    }
}
