//! The Verilated design, a clock cycle at a time. All of the crate's unsafe code is here.

use std::ptr::NonNull;

/// What the surroundings drive in a cycle; `Inputs` of shim.cpp.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct Inputs {
    pub(crate) host_rdata: u64,
    pub(crate) mem_rdata: u64,
    pub(crate) axil_wdata: u32,
    pub(crate) axil_awaddr: u16,
    pub(crate) axil_araddr: u16,
    pub(crate) rst_n: u8,
    pub(crate) axil_awvalid: u8,
    pub(crate) axil_wvalid: u8,
    pub(crate) axil_bready: u8,
    pub(crate) axil_arvalid: u8,
    pub(crate) axil_rready: u8,
    pub(crate) host: ToMaster,
    pub(crate) mem: ToMaster,
}

/// What the slave side of an AXI4 port drives, but for the read data.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct ToMaster {
    pub(crate) awready: u8,
    pub(crate) wready: u8,
    pub(crate) bid: u8,
    pub(crate) bresp: u8,
    pub(crate) bvalid: u8,
    pub(crate) arready: u8,
    pub(crate) rid: u8,
    pub(crate) rresp: u8,
    pub(crate) rlast: u8,
    pub(crate) rvalid: u8,
}

/// What the design drives before the cycle's edge; `Outputs` of shim.cpp.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct Outputs {
    pub(crate) host_wide: FromMasterWide,
    pub(crate) mem_wide: FromMasterWide,
    pub(crate) axil_rdata: u32,
    pub(crate) irq: u8,
    pub(crate) axil_awready: u8,
    pub(crate) axil_wready: u8,
    pub(crate) axil_bvalid: u8,
    pub(crate) axil_arready: u8,
    pub(crate) axil_rvalid: u8,
    pub(crate) host: FromMaster,
    pub(crate) mem: FromMaster,
}

#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct FromMasterWide {
    pub(crate) awaddr: u64,
    pub(crate) wdata: u64,
    pub(crate) araddr: u64,
}

#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct FromMaster {
    pub(crate) awid: u8,
    pub(crate) awlen: u8,
    pub(crate) awvalid: u8,
    pub(crate) wstrb: u8,
    pub(crate) wlast: u8,
    pub(crate) wvalid: u8,
    pub(crate) bready: u8,
    pub(crate) arid: u8,
    pub(crate) arlen: u8,
    pub(crate) arvalid: u8,
    pub(crate) rready: u8,
}

pub(crate) struct Design(NonNull<Opaque>);

#[repr(C)]
struct Opaque {
    _private: [u8; 0],
}

unsafe extern "C" {
    fn card_rtl_new(seed: i32) -> *mut Opaque;
    fn card_rtl_delete(design: *mut Opaque);
    fn card_rtl_sizes() -> u32;
    fn card_rtl_cycle(design: *mut Opaque, inputs: *const Inputs, outputs: *mut Outputs);
    fn card_rtl_corrupt_context(design: *mut Opaque);
}

// SAFETY: a design has no ties to the thread that made it, and is used by one thread at a time: it is not Sync.
unsafe impl Send for Design {}

impl Design {
    /// A design whose registers without a reset hold numbers that follow from `seed`.
    pub(crate) fn new(seed: i32) -> Self {
        // SAFETY: a function without arguments or effects.
        let sizes = unsafe { card_rtl_sizes() } as usize;
        assert_eq!(sizes, size_of::<Inputs>() << 16 | size_of::<Outputs>(), "shim.cpp and design.rs differ");
        // SAFETY: gives a new design, or ends the program where there is no memory.
        Self(NonNull::new(unsafe { card_rtl_new(seed) }).expect("operator new does not give null"))
    }

    pub(crate) fn cycle(&mut self, inputs: &Inputs) -> Outputs {
        let mut outputs = Outputs::default();
        // SAFETY: the design lives until `drop`; both structures have the layout that `new` compared, and outlive the call.
        unsafe { card_rtl_cycle(self.0.as_ptr(), inputs, &raw mut outputs) };
        outputs
    }

    /// Flips a bit of the first key context's modulus where the engine keeps it.
    pub(crate) fn corrupt_context(&mut self) {
        // SAFETY: the design lives until `drop`.
        unsafe { card_rtl_corrupt_context(self.0.as_ptr()) };
    }
}

impl Drop for Design {
    fn drop(&mut self) {
        // SAFETY: made by `card_rtl_new`, and not used again.
        unsafe { card_rtl_delete(self.0.as_ptr()) };
    }
}
