//! The VFIO code against a device that nobody here wrote: QEMU's `edu`.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use end_to_end::{BOOT, Box};

#[test]
fn dma_both_ways_and_msi_on_a_foreign_device() {
    let made = Box::test();
    let machine = made.boot(&made.settings().qemu("-device").qemu("edu"));
    let console = machine.console();
    console.send_line("edu").unwrap();
    let (passed, line) = console.wait_for_any(&["edu: passed", "edu: failed"], BOOT).unwrap();
    assert_eq!(passed, 0, "{line}");
    for fact in
        ["edu: identification 0x10000ed", "edu: factorials", "edu: DMA both ways", "edu: nothing from a write beside"]
    {
        assert!(console.find(fact).is_some(), "{fact}: {:#?}", console.lines());
    }
}
