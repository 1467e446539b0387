//! A service that says what it may, and one that says anything.
#![allow(clippy::unwrap_used, reason = "a test that cannot prepare fails")]

use std::io::{PipeWriter, Write, pipe};
use std::time::Duration;

use ipc::control::{Dhcp, Line, LinkName, LinkReport, Report};
use ipc::{Channel, List};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use service_process::{Heard, Hearing};
use service_table::Table;

/// Our ear, and the service's two mouths.
struct Bench {
    hearing: Hearing,
    control: Channel,
    output: PipeWriter,
}

fn bench(rights: &str) -> Bench {
    let json = format!(
        r#"{{ "format": 1, "services": [{{ "name": "talker", "program": "/bin/x", "uid": 101, "filter": "x",
             "memory-mib": 1, "restart-group": "x", "states": ["operational"] {rights} }}] }}"#
    );
    let table = Table::parse(json.as_bytes()).unwrap();
    let (ours, theirs) = Channel::pair().unwrap();
    let (read, output) = pipe().unwrap();
    for end in [&read as &dyn std::os::fd::AsFd, &output] {
        fcntl(end.as_fd(), FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).unwrap();
    }
    let control = Channel::from_fd(theirs);
    control.set_timeout(Some(Duration::from_millis(1))).unwrap();
    Bench { hearing: Hearing::new(table.row("talker").unwrap(), Channel::from_fd(ours), read), control, output }
}

fn line(text: &str) -> Heard {
    Heard::Line(text.into())
}

fn link(why: &str) -> LinkReport {
    LinkReport {
        link: LinkName::shortened("eth0"),
        addresses: List::default(),
        taken: List::default(),
        vlans: List::default(),
        dhcp: Dhcp::Refused { why: Line::shortened(why) },
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn only_what_the_row_allows_is_heard_and_the_rest_is_counted() {
    let all = [
        Report::screen("code"),
        Report::card("0000:01:00.0 in service"),
        Report::Link(link("a \u{1b}[2Jwhy")),
        Report::network_file("why"),
        Report::no_time("why"),
        Report::degraded("why"),
        Report::Ready,
    ];
    let mut nobody = bench("");
    all.iter().for_each(|report| nobody.control.send(report).unwrap());
    assert_eq!(nobody.hearing.hear(SECOND), [Heard::Degraded("why".into())]);
    assert!(nobody.hearing.is_ready());
    assert_eq!(nobody.hearing.hear(2 * SECOND), [line("talker: 5 lines left out")]);

    let mut anybody = bench(r#", "screen": true, "network": true, "devices": ["cards"]"#);
    all.iter().for_each(|report| anybody.control.send(report).unwrap());
    let expected = [
        line("code"),
        Heard::Card("0000:01:00.0 in service".into()),
        Heard::Link(link("a ?[2Jwhy")),
        Heard::NetworkFile("why".into()),
        Heard::NoTime("why".into()),
        Heard::Degraded("why".into()),
    ];
    assert_eq!(anybody.hearing.hear(SECOND), expected);
}

#[test]
fn what_steers_a_terminal_does_not_come_through() {
    let mut bench = bench(r#", "screen": true"#);
    bench.control.send(&Report::screen("\u{1b}[2Jcoffer: power off\r\n\u{7}")).unwrap();
    bench.control.send(&Report::degraded("\u{1b}]0;x\u{7}\u{202e}")).unwrap();
    bench.output.write_all(b"\x1b[31mred\xff\n").unwrap();
    let expected = [line("?[2Jcoffer: power off???"), Heard::Degraded("?]0;x??".into()), line("talker: ?[31mred?")];
    assert_eq!(bench.hearing.hear(SECOND), expected);
}

#[test]
fn what_is_no_report_is_left_out_and_the_next_one_is_heard() {
    let mut bench = bench("");
    bench.control.send(&vec![0xffu8; 100]).unwrap();
    bench.control.send(&Report::degraded("why")).unwrap();
    assert_eq!(bench.hearing.hear(SECOND), [Heard::Degraded("why".into())]);
}

/// Says as much as it can for ten seconds; how many lines came through.
fn flood(bench: &mut Bench, mut say: impl FnMut(&mut Bench)) -> usize {
    let mut heard = 0;
    for tenth in 0..100 {
        say(bench);
        heard += bench.hearing.hear(tenth * SECOND / 10).len();
    }
    heard
}

#[test]
fn a_flood_is_a_trickle_and_who_floods_waits() {
    let mut reports = bench("");
    let heard = flood(&mut reports, |bench| while bench.control.send(&Report::degraded("why")).is_ok() {});
    assert!((20..60).contains(&heard), "{heard}");
    let mut lines = bench("");
    let heard = flood(&mut lines, |bench| while bench.output.write(b"line\n").is_ok() {});
    assert!((20..60).contains(&heard), "{heard}");
    // While it is not heard it is not waited for either: it can't keep its supervisor busy.
    assert!(lines.hearing.sources(10 * SECOND - SECOND / 10).is_empty());
    assert_eq!(lines.hearing.sources(12 * SECOND).len(), 2);
}

#[test]
fn a_line_without_an_end_is_heard_when_the_service_ends() {
    let mut bench = bench("");
    bench.output.write_all(&[b'x'; 10_000]).unwrap();
    assert!(bench.hearing.hear(SECOND).is_empty());
    let [Heard::Line(last)] = &bench.hearing.last_words(SECOND)[..] else { panic!("one line") };
    assert!(last.starts_with("talker: xxx") && last.ends_with("x...") && last.len() < 250, "{last}");
}

#[test]
fn who_hung_up_is_not_waited_for() {
    let Bench { mut hearing, control, output } = bench("");
    drop(control);
    assert!(hearing.hear(SECOND).is_empty());
    assert_eq!(hearing.hung_up_for(3 * SECOND), Some(2 * SECOND));
    assert_eq!(hearing.sources(SECOND).len(), 1);
    drop(output);
    hearing.hear(SECOND);
    assert!(hearing.sources(SECOND).is_empty());
}
