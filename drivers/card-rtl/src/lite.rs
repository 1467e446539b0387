//! The master side of the AXI4-Lite port: one access at a time.

use crate::design::{Inputs, Outputs};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Access {
    Read(u32),
    Write(u32, u32),
}

#[derive(Default)]
pub(crate) struct Lite {
    access: Option<Access>,
    /// What of the access the slave has taken already.
    address_taken: bool,
    data_taken: bool,
}

impl Lite {
    pub(crate) fn is_free(&self) -> bool {
        self.access.is_none()
    }

    pub(crate) fn begin(&mut self, access: Access) {
        *self = Self { access: Some(access), ..Self::default() };
    }

    /// Drives the port for the next cycle.
    pub(crate) fn drive(&self, inputs: &mut Inputs) {
        let (read, write) =
            (matches!(self.access, Some(Access::Read(_))), matches!(self.access, Some(Access::Write(..))));
        match self.access {
            Some(Access::Read(offset)) => inputs.axil_araddr = offset as u16,
            Some(Access::Write(offset, value)) => (inputs.axil_awaddr, inputs.axil_wdata) = (offset as u16, value),
            None => {}
        }
        inputs.axil_arvalid = u8::from(read && !self.address_taken);
        inputs.axil_awvalid = u8::from(write && !self.address_taken);
        inputs.axil_wvalid = u8::from(write && !self.data_taken);
        inputs.axil_rready = u8::from(read);
        inputs.axil_bready = u8::from(write);
    }

    /// Takes in a cycle that was driven with `inputs`; gives what an access that has ended read, 0 for a write.
    pub(crate) fn step(&mut self, inputs: &Inputs, outputs: &Outputs) -> Option<u32> {
        self.address_taken |= inputs.axil_arvalid & outputs.axil_arready != 0;
        self.address_taken |= inputs.axil_awvalid & outputs.axil_awready != 0;
        self.data_taken |= inputs.axil_wvalid & outputs.axil_wready != 0;
        let ended = match self.access? {
            Access::Read(_) => (outputs.axil_rvalid != 0).then_some(outputs.axil_rdata),
            Access::Write(..) => (outputs.axil_bvalid != 0).then_some(0),
        };
        if ended.is_some() {
            self.access = None;
        }
        ended
    }
}
