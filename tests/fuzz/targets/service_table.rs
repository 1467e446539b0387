//! A table of services from anywhere: one that is taken for good starts whole, in one go, servers first.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use service_table::{Plan, Table};

fuzz_target!(|json: &[u8]| {
    let Ok(table) = Table::parse(json) else { return };
    let rows = table.rows().to_vec();
    for state in box_state::BoxState::ALL {
        let mut plan = Plan::new(Table::parse(json).expect("it was good just now"));
        plan.enter(state, Duration::ZERO);
        let started = plan.start(Duration::ZERO).rows;
        assert_eq!(started.len(), rows.iter().filter(|row| row.states.contains(&state)).count());
        for row in started {
            plan.ended(&row.name, Duration::ZERO, Duration::ZERO);
        }
    }
});
