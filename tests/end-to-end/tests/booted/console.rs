//! From the rack to the first job: what a customer does with the screen, a browser and a telephone, and nothing else.

use std::net::SocketAddr;

use end_to_end::{BOOT, Box, POWER_OFF, checks, compute};
use form_browser::{Browser, Page, Telephone};
use harness::Machine;

const PASSWORD: &str = "correct horse battery";
const ADDRESS: &str = "console https://";
const FINGERPRINT: &str = "coffer: console certificate SHA-256 ";

#[test]
fn a_customer_sets_a_box_up_with_a_browser() {
    checks::run("a_customer_sets_a_box_up_with_a_browser", |checks| {
        let made = Box::test();
        let settings = made.settings();
        let mut machine = checks.step("first_boot", || made.boot(&settings));
        let recovery = machine.console().wait_value("coffer: recovery key ", BOOT).unwrap();
        // A moment after the box is ready.
        let code = machine.console().wait_value("coffer: pairing code ", BOOT).unwrap();
        let mut browser = checks.step("the_screen_says_where_the_console_is", || {
            let line = machine.console().wait_for(ADDRESS, BOOT).unwrap();
            assert!(line.contains(":8443"), "{line}");
            at(&machine)
        });
        // A Chinese browser is answered in Chinese, and proposes three administrators.
        browser.headers[0].1 = "zh-CN,zh;q=0.9".into();
        let telephone = checks.step("whoever_stands_before_the_box_is_its_first_person", || {
            let page = browser.get("/").unwrap();
            assert!(page.path == "/set-up/presence" && page.title().contains("设备旁"), "{}", page.text());
            let groups: Vec<&str> = code.split('-').collect();
            let last = groups[groups.len() - 3..].join("-");
            let page = browser.post("/set-up/presence", &[("code", &last)]).unwrap();
            assert!(page.text().contains("value=\"yes\" checked"), "{}", page.text());
            machine.console().wait_for("has typed the code of this screen", BOOT).unwrap();
            founds(&mut browser, &page)
        });
        checks.check("it_is_provisioned_then_and_the_screen_offers_no_code_any_more", || {
            machine.console().mark();
            machine.console().send_line("status").unwrap();
            machine.console().wait_for("status operational", BOOT).unwrap();
        });
        checks.check("the_console_is_killed_and_the_set_up_goes_on", || {
            machine.console().mark();
            machine.console().send_line("kill consoled").unwrap();
            machine.console().wait_for("service consoled was killed by SIGKILL", BOOT).unwrap();
            machine.console().wait_for("coffer: ready", BOOT).unwrap();
            looks(&mut browser, &machine);
            // Its session is keyd's.
            let page = browser.get("/set-up/checks").unwrap();
            assert!(page.status == 200 && page.text().contains("10.0.2.15"), "{}", page.text());
            assert_eq!(browser.post("/set-up/checks", &[]).unwrap().path, "/set-up/recovery-key");
        });
        checks.check("the_recovery_key_counts_as_written_down_by_its_last_characters", || {
            let wrong = browser.post("/set-up/recovery-key", &[("last", "0000")]).unwrap();
            assert_eq!(wrong.status, 422, "{}", wrong.text());
            let last: String = recovery.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
            let page = browser.post("/set-up/recovery-key", &[("last", &last)]).unwrap();
            assert_eq!(page.path, "/set-up/program", "{}", page.text());
            machine.console().wait_for("the recovery key is confirmed", BOOT).unwrap();
        });
        checks.step("a_program_comes_in_with_the_code_that_the_page_shows", || {
            let page = browser.post("/set-up/program", &[("name", "payroll"), ("role", "operator")]).unwrap();
            let line = page.of_class("secret shown").unwrap();
            let code = line.split("--code ").nth(1).unwrap().to_string();
            let client = made.client_named("payroll", &machine);
            client.enrol(&code).unwrap();
            compute(&machine, &client, &made, 4);
        });

        checks.step("the_power_is_cut", || machine.power_cut());
        let mut machine = checks.step("second_boot", || made.boot(&settings));
        checks.check("its_person_signs_in_and_finds_the_last_step", || {
            assert!(machine.console().value("coffer: pairing code ").is_none(), "somebody can sign in");
            assert!(machine.console().value("coffer: recovery key ").is_none(), "it was written down");
            looks(&mut browser, &machine);
            browser.forget_cookie("__Host-session");
            browser.get("/sign-in").unwrap();
            let code = telephone.shows();
            let page = browser.post("/sign-in", &[("name", "an"), ("password", PASSWORD), ("code", &code)]).unwrap();
            assert_eq!(page.path, "/set-up/summary", "{}", page.text());
            let page = browser.post("/set-up/summary", &[]).unwrap();
            assert!(page.path == "/" && page.title() == "概览", "{}", page.text());
        });
        checks.step("power_off", || machine.power_off(POWER_OFF).unwrap());
    });
}

/// Fills the account in.
fn founds(browser: &mut Browser, page: &Page) -> Telephone {
    let telephone = Telephone::scanned(&page.of_class("secret").unwrap());
    let (authenticator, code) = (page.hidden("authenticator").unwrap(), telephone.shows());
    let fields = [
        ("three", "yes"),
        ("name", "an"),
        ("password", PASSWORD),
        ("again", PASSWORD),
        ("authenticator", &authenticator),
        ("code", &code),
    ];
    let page = browser.post("/set-up/administrators", &fields).unwrap();
    assert_eq!(page.path, "/set-up/checks", "{}", page.text());
    telephone
}

/// A browser whose person compares what the screen shows.
fn at(machine: &Machine) -> Browser {
    Browser::new(address(machine), &fingerprint(machine))
}

fn looks(browser: &mut Browser, machine: &Machine) {
    browser.look_at_the_screen(address(machine), &fingerprint(machine));
}

/// The last one that was shown.
fn fingerprint(machine: &Machine) -> String {
    // It comes after it.
    machine.console().wait_for(ADDRESS, BOOT).unwrap();
    let lines = machine.console().lines();
    let (_, shown) = lines.iter().rev().find_map(|line| line.split_once(FINGERPRINT)).unwrap();
    // A development image says what it is after it.
    shown.chars().take_while(|c| c.is_ascii_hexdigit() || *c == ' ').collect()
}

fn address(machine: &Machine) -> SocketAddr {
    ([127, 0, 0, 1], machine.ports().console).into()
}
