//! What PCR 15 is extended with while the box runs, and what of it the service that has the TPM must be told when it starts again. Pure.

use ipc::control::Line;

#[derive(Default)]
pub(crate) struct Measurements {
    /// It is in PCR 15.
    done: Vec<Line>,
    /// It was asked for.
    asked: Vec<Line>,
    waiting: Vec<Line>,
}

impl Measurements {
    /// In PCR 15 before the services began.
    pub(crate) fn began_with(&mut self, done: Vec<Line>) {
        self.done = done;
    }

    /// Each text once.
    pub(crate) fn add(&mut self, text: Line) {
        if ![&self.done, &self.asked, &self.waiting].into_iter().any(|list| list.contains(&text)) {
            self.waiting.push(text);
        }
    }

    pub(crate) fn done(&self) -> &[Line] {
        &self.done
    }

    /// Asks for what waits, as long as there is somebody to ask.
    pub(crate) fn ask(&mut self, mut ask: impl FnMut(&Line) -> bool) {
        while let Some(text) = self.waiting.first() {
            if !ask(text) {
                return;
            }
            self.asked.push(self.waiting.remove(0));
        }
    }

    /// It is in PCR 15 now.
    pub(crate) fn was_done(&mut self, text: Line) {
        self.asked.retain(|asked| *asked != text);
        if !self.done.contains(&text) {
            self.done.push(text);
        }
    }

    /// Who was asked has ended: what it has not reported is asked for again. Had it been done, the log would lack it, and evidence shows that.
    pub(crate) fn asked_in_vain(&mut self) {
        self.waiting.splice(0..0, self.asked.drain(..));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_asked_for_until_it_is_done_and_then_no_more() {
        let line = |text: &str| Line::shortened(text);
        let mut measurements = Measurements::default();
        measurements.began_with(vec![line("a")]);
        ["a", "b", "c", "b"].into_iter().for_each(|text| measurements.add(line(text)));
        let mut asked = Vec::new();
        measurements.ask(|_| false);
        measurements.ask(|text| {
            asked.push(text.to_string());
            true
        });
        assert_eq!(asked, ["b", "c"]);
        measurements.was_done(line("b"));
        measurements.add(line("c"));
        measurements.asked_in_vain();
        asked.clear();
        measurements.ask(|text| {
            asked.push(text.to_string());
            true
        });
        assert_eq!(asked, ["c"]);
        assert_eq!(measurements.done(), [line("a"), line("b")]);
    }
}
