//! The suite over the model in a process of its own, through the protocol that the emulator speaks to it. The program is
//! that of the crate card-model: `cargo test -p card-conformance -p card-model` builds it.

#![expect(clippy::unwrap_used, reason = "a test's helpers may fail it like the test itself")]

use std::time::{Duration, Instant};

use card::{Card, CardError, CardFault, CompletionFault};
use card_conformance::{CardProcess, Options, carry_on, context, operands, run};
use vfio_bindings::bindings::vfio::*;

#[test]
fn conforms() {
    let mut model = start(&[]);
    let options = Options { widths: vec![192, 2048], quick: false };
    run(model.connect(8 << 20).unwrap(), &options, &mut |_| {}).unwrap();
    assert!(model.wait().unwrap().success());
}

#[test]
fn the_function_is_what_an_emulator_expects() {
    let model = start(&[]);
    let mut transport = model.connect(1 << 20).unwrap();
    let client = transport.client();
    let mut header = [0; 0x50];
    client.region_read(VFIO_PCI_CONFIG_REGION_INDEX, 0, &mut header).unwrap();
    assert_eq!(header[..4], [0x09, 0x12, 0xfe, 0xc0]);
    assert_eq!(header[0x0a..0x0c], [0x00, 0x12]);
    assert_eq!((header[0x34], header[0x40]), (0x40, 0x11));
    assert_eq!(client.get_irq_info(VFIO_PCI_MSIX_IRQ_INDEX).unwrap().count, 1);
    // A BAR says how large it is when all ones are written.
    client.region_write(VFIO_PCI_CONFIG_REGION_INDEX, 0x10, &[0xff; 4]).unwrap();
    let mut bar = [0; 4];
    client.region_read(VFIO_PCI_CONFIG_REGION_INDEX, 0x10, &mut bar).unwrap();
    assert_eq!(u32::from_le_bytes(bar), 0xffff_f000);
}

#[test]
fn faults_have_their_errors() {
    expect("hang", |e| matches!(e, CardError::Timeout { .. }));
    expect("garbage-completion", |e| matches!(e, CardError::BadCompletion { what: CompletionFault::Malformed(_) }));
    expect("dma-outside", |e| matches!(e, CardError::Locked { fault: CardFault::DmaFault }));
    expect("lost-interrupt", |e| matches!(e, CardError::LostInterrupts { .. }));
    expect("vanish", |e| matches!(e, CardError::Gone));
    expect("die", |e| matches!(e, CardError::Gone));
}

#[test]
fn unmapped_memory_is_out_of_reach() {
    let model = start(&[]);
    let mut transport = model.connect(1 << 20).unwrap();
    // The pages of the first slot: its job's operands are gone for the card.
    transport.client().dma_unmap(0x7_0000_2000, 0x4000).unwrap();
    assert!(matches!(Card::probe(transport).err(), Some(CardError::Locked { fault: CardFault::DmaFault })));
}

fn start(arguments: &[&str]) -> CardProcess {
    CardProcess::start(&CardProcess::built("card-model").unwrap(), arguments).unwrap()
}

fn expect(mode: &str, is_right: impl Fn(&CardError) -> bool) {
    let model = start(&["--fault", mode, "--fault-after", "9"]);
    let mut card = Card::probe(model.connect(1 << 20).unwrap()).unwrap();
    let (id, n) = context(&mut card, 1024).unwrap();
    let a = operands(&n, 5, 16, 1);
    let error = (0..100)
        .find_map(|_| {
            // Long enough that the driver really waits: a completion that it finds at once needs no interrupt.
            let deadline = Instant::now() + Duration::from_secs(3);
            card.modexp(id, &a, &[u64::MAX; 64], deadline, &mut carry_on).err()
        })
        .unwrap_or_else(|| panic!("{mode} went unseen"));
    assert!(is_right(&error), "{mode}: {error:?}");
}
