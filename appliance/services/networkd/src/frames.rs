//! A link as the DHCP client sees it: frames in and out of two queues.

use std::collections::VecDeque;

use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant;

/// The largest Ethernet frame without a checksum.
pub(crate) const FRAME_MAX: usize = 1514;
/// A burst of more is nobody's honest answer.
const QUEUED_MAX: usize = 16;

#[derive(Default)]
pub(crate) struct Frames {
    received: VecDeque<Vec<u8>>,
    to_send: Vec<Vec<u8>>,
}

impl Frames {
    /// Forgets what is longer than a frame, and what is too much.
    pub(crate) fn put(&mut self, frame: &[u8]) {
        if frame.len() <= FRAME_MAX && self.received.len() < QUEUED_MAX {
            self.received.push_back(frame.into());
        }
    }

    pub(crate) fn forget_received(&mut self) {
        self.received.clear();
    }

    pub(crate) fn take_to_send(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.to_send)
    }
}

impl Device for Frames {
    type RxToken<'a> = Received;
    type TxToken<'a> = ToSend<'a>;

    fn receive(&mut self, _: Instant) -> Option<(Received, ToSend<'_>)> {
        let frame = self.received.pop_front()?;
        Some((Received(frame), ToSend(&mut self.to_send)))
    }

    fn transmit(&mut self, _: Instant) -> Option<ToSend<'_>> {
        (self.to_send.len() < QUEUED_MAX).then_some(ToSend(&mut self.to_send))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        (capabilities.medium, capabilities.max_transmission_unit) = (Medium::Ethernet, FRAME_MAX);
        capabilities
    }
}

pub(crate) struct Received(Vec<u8>);

impl RxToken for Received {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0)
    }
}

pub(crate) struct ToSend<'a>(&'a mut Vec<Vec<u8>>);

impl TxToken for ToSend<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, write: F) -> R {
        let mut frame = vec![0; length];
        let result = write(&mut frame);
        self.0.push(frame);
        result
    }
}
