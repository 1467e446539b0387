//! A box that works, though not as it should: a full volume, a clock that is wrong, a screen that is stopped, a keyboard that never
//! ends.

use end_to_end::{Box, JOB, checks};

use super::person::Person;
use super::time_server;

#[test]
fn a_box_that_is_full_late_or_typed_at() {
    checks::run("a_box_that_is_full_late_or_typed_at", |checks| {
        let made = Box::test();
        let settings = made.settings();
        checks.step("first_boot_and_enrolment", || {
            let person = Person::switches_on(&settings);
            person.sees("coffer: ready");
            let client = made.enrolled(&person.machine);
            client.call(&["keys", "create", "k"], JOB).unwrap();
            person.awaits("operational");
            full(&person, &client);
            typed_at(&person);
            person.switches_off();
        });
        for (clock, code) in [("2001-01-02T00:00:00", "COF-2101"), ("2060-01-01T00:00:00", "COF-2102")] {
            checks.check(format!("a_clock_that_says_{}", &clock[..4]), || {
                let person = Person::switches_on(&settings.clone().clock(clock));
                person.sees("coffer: ready");
                person.sees(code);
                let client = made.client(&person.machine);
                let status = client.status().unwrap();
                assert!(
                    status.degraded.iter().any(|why| why.contains(code) && why.contains(&clock[..4])),
                    "{status:?}"
                );
                client.call(&["keys", "list"], JOB).unwrap();
                person.types("time 1999-01-01", "is not taken");
                person.types("time 2027-01-01T00:00", "clock 2027-01-01");
                person.awaits("operational");
                client.status().unwrap();
                person.switches_off();
            });
        }
    });
}

/// Its word is taken although the hardware's clock is a quarter of a century away: nobody has vouched for that one.
#[test]
fn a_time_server_sets_a_clock_that_is_wrong() {
    checks::run("a_time_server_sets_a_clock_that_is_wrong", |_| {
        let made = Box::test();
        let person = Person::switches_on(&made.settings().clock("2001-01-02T00:00:00"));
        person.sees("COF-2101");
        person.sees("coffer: ready");
        time_server::start();
        person.types(r#"write-network-file {"format":2,"time-servers":["10.0.2.2"]}"#, "network.json: Ok");
        let line = person.types("kill networkd", " by 10.0.2.2, it was ");
        assert!(line.contains("coffer: clock 20"), "{line}");
        person.types("status", "coffer: status ");
        person.sees("coffer: watchdog armed");
        assert!(person.machine.console().find("degraded: COF-2101").is_none());
    });
}

/// Filled by somebody else: what is there stays, what frees room and what ends something goes on.
fn full(person: &Person, client: &harness::client::Client) {
    person.types("fill", "fault: filled");
    person.sees("COF-2301");
    person.awaits("degraded");
    assert!(client.call(&["keys", "create", "another"], JOB).is_err());
    client.call(&["keys", "destroy", "k"], JOB).unwrap();
    client.call(&["audit", "verify"], JOB).unwrap();
    person.types("unfill", "fault: emptied");
    person.awaits("operational");
    client.call(&["keys", "create", "another"], JOB).unwrap();
}

/// Ctrl-S stops nothing, and after a hundred kilobytes without sense the next command is obeyed.
fn typed_at(person: &Person) {
    person.machine.console().send(b"\x13").unwrap();
    person.awaits("operational");
    for _ in 0..25 {
        person.machine.console().send(&[b'x'; 4096]).unwrap();
    }
    person.machine.console().send(b"\n").unwrap();
    for _ in 0..2000 {
        person.machine.console().send(b"nonsense of a kind\n").unwrap();
    }
    std::thread::sleep(std::time::Duration::from_secs(70));
    person.awaits("operational");
}
