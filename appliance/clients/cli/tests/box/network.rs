//! Networks and readers that go away, and addresses.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::desk::{Desk, text};

/// Enough for the upload of a long job, and not for its end.
const CELLS: usize = 1 << 17;

#[test]
fn a_reader_that_has_enough_ends_a_list_without_a_word() {
    let desk = Desk::with_key();
    for arguments in [
        &["jobs", "list"][..],
        &["--json", "keys", "list"],
        &["clients", "list"],
        &["metrics"],
        &["keys", "destroy", "nowhere"],
    ] {
        let mut child = quiet(desk.program().args(arguments)).spawn().unwrap();
        drop(child.stdout.take());
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        let status = child.wait().unwrap();
        assert!(!said.contains("panicked"), "{arguments:?}: {said}");
        assert_eq!(status.success(), !arguments.contains(&"destroy"), "{arguments:?}: {said}");
    }
}

#[test]
fn a_network_that_falls_silent_ends_the_wait_for_a_job() {
    let desk = Desk::with_key();
    let relay = Relay::start("127.0.0.1:0", desk.box_.service);
    let table = desk.write("long.csv", &"1\n".repeat(CELLS));
    let port = relay.address.port().to_string();
    let mut command = desk.program();
    command.args(["--port", &port, "--silence", "2", "compute", "encrypt", &table, "--key", "k"]);
    let mut child = quiet(&mut command).spawn().unwrap();
    let started = Instant::now();
    while relay.carried.load(Ordering::Relaxed) < CELLS * 8 {
        assert!(child.try_wait().unwrap().is_none(), "{}", text(&child.wait_with_output().unwrap()));
        assert!(started.elapsed() < Duration::from_secs(60), "the upload did not come");
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(300));
    relay.silent.store(true, Ordering::Relaxed);
    let silent = Instant::now();
    let output = child.wait_with_output().unwrap();
    let said = text(&output);
    assert!(silent.elapsed() < Duration::from_secs(20), "it waited for {:?}", silent.elapsed());
    assert!(!output.status.success() && said.contains("nothing came from the box"), "{said}");
    assert!(said.contains("coffer jobs watch"), "{said}");
}

#[test]
fn addresses_of_ipv6_go_with_and_without_brackets() {
    let desk = Desk::enrolled();
    let relay = Relay::start("[::1]:0", desk.box_.service);
    let port = relay.address.port().to_string();
    for host in ["::1", "[::1]"] {
        desk.json(&["--host", host, "--port", &port, "jobs", "list"]);
    }
    let said = desk.refused(&["--host", &format!("[::1]:{port}"), "jobs", "list"]);
    assert!(said.contains("--port"), "{said}");
    // Nobody listens there; the address is shown as one text.
    let said = desk.refused(&["--host", "[::1]", "--port", "1", "jobs", "list"]);
    assert!(said.contains("[::1]:1"), "{said}");
}

fn quiet(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped())
}

/// Carries bytes to and fro, until it is silent: then it takes them, and they are gone.
struct Relay {
    address: SocketAddr,
    silent: Arc<AtomicBool>,
    carried: Arc<AtomicUsize>,
}

impl Relay {
    fn start(listen: &str, to: SocketAddr) -> Relay {
        let listener = TcpListener::bind(listen).unwrap();
        let address = listener.local_addr().unwrap();
        let (silent, carried) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let relay = Relay { address, silent: silent.clone(), carried: carried.clone() };
        std::thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let far = TcpStream::connect(to).unwrap();
                for (from, to) in [(near.try_clone().unwrap(), far.try_clone().unwrap()), (far, near)] {
                    let (silent, carried) = (silent.clone(), carried.clone());
                    std::thread::spawn(move || carry(from, to, &silent, &carried));
                }
            }
        });
        relay
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, silent: &AtomicBool, carried: &AtomicUsize) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(read) = from.read(&mut buffer) {
        if read == 0 && !silent.load(Ordering::Relaxed) {
            let _ = to.shutdown(std::net::Shutdown::Write);
            return;
        }
        if silent.load(Ordering::Relaxed) {
            // Nobody hears the end of a connection either.
            if read == 0 {
                std::thread::sleep(Duration::from_secs(60));
                return;
            }
            continue;
        }
        carried.fetch_add(read, Ordering::Relaxed);
        if to.write_all(&buffer[..read]).is_err() {
            return;
        }
    }
}
