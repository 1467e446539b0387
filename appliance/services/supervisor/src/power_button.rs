//! The machine's power button, which the kernel shows as a key.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// struct input_event of a 64-bit kernel: two times of 8 bytes, a type, a code, a value.
const EVENT: usize = 24;
const EV_KEY: u16 = 1;
const KEY_POWER: u16 = 116;
const PRESSED: i32 = 1;

pub(crate) struct PowerButton(Receiver<()>);

impl PowerButton {
    /// Follows every device that ACPI calls a power button; a machine without one never presses it.
    pub(crate) fn follow() -> PowerButton {
        let (sender, pressed) = sync_channel(1);
        for entry in fs::read_dir("/sys/class/input").into_iter().flatten().flatten() {
            let name = fs::read_to_string(entry.path().join("device/name")).unwrap_or_default();
            if name.trim() == "Power Button"
                && let Ok(device) = File::open(Path::new("/dev/input").join(entry.file_name()))
            {
                let sender = sender.clone();
                thread::spawn(move || read(device, &sender));
            }
        }
        PowerButton(pressed)
    }

    /// Whether it was pressed since this was last asked.
    pub(crate) fn was_pressed(&self) -> bool {
        self.0.try_recv().is_ok()
    }
}

fn read(mut device: impl Read, pressed: &SyncSender<()>) {
    let mut event = [0; EVENT];
    while device.read_exact(&mut event).is_ok() {
        if is_press(&event) {
            // One that waits is as good as two.
            let _ = pressed.try_send(());
        }
    }
}

fn is_press(event: &[u8; EVENT]) -> bool {
    let [.., t0, t1, c0, c1, v0, v1, v2, v3] = *event;
    (u16::from_ne_bytes([t0, t1]), u16::from_ne_bytes([c0, c1]), i32::from_ne_bytes([v0, v1, v2, v3]))
        == (EV_KEY, KEY_POWER, PRESSED)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: u16, code: u16, value: i32) -> [u8; EVENT] {
        let mut event = [7; EVENT];
        event[16..18].copy_from_slice(&kind.to_ne_bytes());
        event[18..20].copy_from_slice(&code.to_ne_bytes());
        event[20..].copy_from_slice(&value.to_ne_bytes());
        event
    }

    #[test]
    fn only_the_pressed_power_key_counts() {
        assert!(is_press(&event(EV_KEY, KEY_POWER, PRESSED)));
        assert!(!is_press(&event(EV_KEY, KEY_POWER, 0)), "released");
        assert!(!is_press(&event(EV_KEY, 30, PRESSED)), "another key");
        assert!(!is_press(&event(0, KEY_POWER, PRESSED)), "another kind");
        let (sender, pressed) = sync_channel(1);
        let stream = [event(EV_KEY, KEY_POWER, PRESSED), event(0, 0, 0), event(EV_KEY, KEY_POWER, PRESSED)].concat();
        read(&stream[..], &sender);
        assert!(pressed.try_recv().is_ok() && pressed.try_recv().is_err());
    }
}
