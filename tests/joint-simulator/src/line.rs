//! Frames on their way.

use std::collections::{BTreeMap, VecDeque};

use party::{Channel, Frame};

use crate::schedule::Side;

/// In order on each channel in each direction.
#[derive(Default)]
pub(crate) struct Line {
    queues: [BTreeMap<Channel, VecDeque<Frame>>; 2],
}

impl Line {
    pub(crate) fn send(&mut self, to: Side, frame: Frame) {
        self.queues[to as usize].entry(frame.channel).or_default().push_back(frame);
    }

    /// Channels on which something waits.
    pub(crate) fn waiting(&self, to: Side) -> impl Iterator<Item = (Channel, &Frame)> {
        self.queues[to as usize].iter().filter_map(|(channel, queue)| Some((*channel, queue.front()?)))
    }

    pub(crate) fn take(&mut self, to: Side, channel: Channel) -> Option<Frame> {
        self.queues[to as usize].get_mut(&channel)?.pop_front()
    }

    pub(crate) fn cut(&mut self) {
        *self = Line::default();
    }
}
