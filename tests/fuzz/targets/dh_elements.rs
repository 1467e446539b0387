//! Elements from outside.
#![no_main]

use std::sync::OnceLock;

use engine::Engine;
use he::diffie_hellman::{Group, GroupName};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    static SHARED: OnceLock<Option<(Engine, Group)>> = OnceLock::new();
    let shared = SHARED.get_or_init(|| Some((Engine::without_card("fuzzing"), Group::new(GroupName::Ffdhe2048).ok()?)));
    let Some((engine, group)) = shared else { return };
    if let Ok(elements) = group.accept(engine, data) {
        assert_eq!(elements.to_be(), data);
    }
});
