//! From an unknown function on the bus to a card that has proved itself.

use crate::{error::CardError, layout::Layout, loaded::LoadedCard, self_test, start::start, transport::Transport};

/// The way to a [`LoadedCard`].
pub struct Card;

impl Card {
    /// Checks that this is a card that the driver knows, resets it, programs the rings and has every operation
    /// compute a known answer.
    pub fn probe<T: Transport>(mut transport: T) -> Result<LoadedCard<T>, CardError> {
        let layout = Layout::new(transport.dma_iova(), transport.dma_len())?;
        let identity = start(&mut transport, layout)?;
        let mut card = LoadedCard::new(transport, layout, identity);
        self_test::run(&mut card)?;
        Ok(card)
    }
}
