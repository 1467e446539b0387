//! The person at the screen.

use std::time::Duration;

use end_to_end::{BOOT, POWER_OFF};
use harness::{Machine, Settings};

/// What is asked at the console is answered within a breath; the bound is for a busy machine.
const ANSWER: Duration = Duration::from_secs(60);

pub(super) struct Person {
    pub(super) machine: Machine,
}

impl Person {
    /// Switches the box on. It may neither restart nor end by itself.
    pub(super) fn switches_on(settings: &Settings) -> Person {
        Person { machine: settings.start().unwrap() }
    }

    /// Waits until the box is locked, with this code, and says so in both languages.
    pub(super) fn finds_it_locked(&self, code: &str) {
        let console = self.machine.console();
        // The last line is awaited, so that the others are whole.
        console
            .wait_for_any(&["what is typed does not appear here", "type help for what can be done here"], BOOT)
            .unwrap();
        let line = console.find("data volume stays closed").unwrap();
        assert!(line.contains(code), "{line}");
        assert!(console.find("下一步").is_some(), "and in Chinese");
        assert_eq!(self.status(), "locked");
    }

    /// Types a line, and waits for this in what comes after it; gives the line.
    pub(super) fn types(&self, line: &str, answer: &str) -> String {
        let console = self.machine.console();
        console.mark();
        console.send_line(line).unwrap();
        console.wait_for(answer, BOOT).unwrap()
    }

    /// The state that `status` says, and every line of it is there.
    pub(super) fn status(&self) -> String {
        let line = self.types("status", "coffer: status ");
        self.machine.console().wait_for("coffer: watchdog", ANSWER).unwrap();
        line.split("coffer: status ").nth(1).unwrap().split(',').next().unwrap().to_string()
    }

    /// Waits until `status` says this.
    pub(super) fn awaits(&self, state: &str) {
        for _ in 0..60 {
            if self.status() == state {
                return;
            }
            std::thread::sleep(Duration::from_secs(1));
        }
        panic!("it is {}, not {state}: {:#?}", self.status(), self.machine.console().lines());
    }

    pub(super) fn sees(&self, text: &str) -> String {
        self.machine.console().wait_for(text, BOOT).unwrap()
    }

    /// The watchdog's time goes by, and the box is still on.
    pub(super) fn switches_off(mut self) {
        assert!(self.machine.is_on());
        self.machine.power_off(POWER_OFF).unwrap();
        assert!(self.machine.console().find("coffer: power off").is_some());
    }

    /// Presses the power button.
    pub(super) fn presses_the_button(mut self) {
        self.machine.control("system_powerdown").unwrap();
        self.machine.wait_exit(POWER_OFF).unwrap();
        assert!(self.machine.console().find("the power button was pressed").is_some());
        assert!(self.machine.console().find("coffer: power off").is_some());
    }
}
