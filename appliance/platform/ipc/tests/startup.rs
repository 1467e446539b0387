//! A service starts with what the supervisor announced, or not at all.
#![allow(clippy::unwrap_used, reason = "a test that cannot prepare fails")]

use std::os::fd::AsFd;

use box_state::BoxState;
use ipc::control::{BoxFacts, Condition, DataVolume, Jail, Order, Side, Start};
use ipc::{Channel, ChannelError, Instruction, Startup, StartupError, instruction};

fn start(orders: u32) -> Start {
    Start {
        service: "worker".into(),
        facts: BoxFacts {
            version: "0.1.0".into(),
            development: true,
            image: "test".into(),
            secure_boot: true,
            lockdown: "confidentiality".into(),
            data_volume: DataVolume::Created,
            started_ms: 1,
        },
        condition: Condition {
            state: BoxState::Operational,
            degraded: Vec::new(),
            notices: Vec::new(),
            addresses: Vec::new(),
        },
        jail: Jail { filter: "worker".into(), folder: None, listen: Vec::new(), connect: Vec::new() },
        cards: Vec::new(),
        pcr_policy: None,
        measured: Vec::new(),
        orders,
    }
}

fn pair() -> (Channel, Channel) {
    let (a, b) = Channel::pair().unwrap();
    (Channel::from_fd(a), Channel::from_fd(b))
}

fn connect(peer: &str, side: Side) -> Order {
    Order::Connect { peer: peer.into(), side }
}

#[test]
fn channels_and_descriptors_are_told_by_name() {
    let (supervisor, service) = pair();
    let (server, to_server) = pair();
    let (client, to_client) = pair();
    let calls = vec!["sign".to_string()];
    supervisor.send(&start(3)).unwrap();
    supervisor.send_with_fd(&connect("keys", Side::WeCallThem), to_server.as_fd()).unwrap();
    supervisor.send_with_fd(&connect("screen", Side::TheyCallUs { calls }), to_client.as_fd()).unwrap();
    supervisor.send_with_fd(&Order::Descriptor { name: "socket".into() }, to_client.as_fd()).unwrap();
    let mut startup = Startup::receive(&service).unwrap();
    startup.server("keys").unwrap().send(&1u8).unwrap();
    assert_eq!(server.receive::<u8>().unwrap(), 1);
    let (peer, channel) = startup.clients().pop().unwrap();
    assert!(peer.name() == "screen" && peer.may("sign") && !peer.may("destroy"));
    channel.send(&2u8).unwrap();
    assert_eq!(client.receive::<u8>().unwrap(), 2);
    assert!(startup.descriptor("socket").is_ok());
    // Each is given out once.
    assert!(matches!(startup.server("keys"), Err(StartupError::NoServer(_))));
    assert!(matches!(startup.descriptor("socket"), Err(StartupError::NoDescriptor(_))));
}

#[test]
fn an_order_without_its_descriptor_is_refused() {
    let (supervisor, service) = pair();
    supervisor.send(&connect("keys", Side::WeCallThem)).unwrap();
    assert!(matches!(instruction(&service), Err(ChannelError::NoDescriptor)));
    supervisor.send(&Order::NewCode).unwrap();
    assert!(matches!(instruction(&service), Ok(Instruction::NewCode)));
}

#[test]
fn what_does_not_belong_to_a_start_ends_it() {
    let (supervisor, service) = pair();
    supervisor.send(&start(1)).unwrap();
    supervisor.send(&Order::NewCode).unwrap();
    assert!(matches!(Startup::receive(&service), Err(StartupError::Order)));
    supervisor.send(&start(65)).unwrap();
    assert!(matches!(Startup::receive(&service), Err(StartupError::Orders(65))));
}
