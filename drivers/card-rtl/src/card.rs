//! The design with all that it is wired to, in a thread of its own: the clock runs while the card has something to do.

use std::{
    io,
    sync::{
        Arc,
        mpsc::{Receiver, Sender, TryRecvError, channel},
    },
    thread::{self, JoinHandle},
};

use card_csr::{
    Register,
    regs::{self, CardState},
};
use card_function::{Board, Device};

use crate::{
    axi::Port,
    design::{Design, Inputs},
    fault::{FaultMode, FaultPlan},
    lite::{Access, Lite},
    memories::{CardMemory, HostMemory},
};

/// Cycles without a sign of life after which the card is asked whether it has anything to do. More than a sweep of an
/// engine's memories takes, and more than the card waits for a memory, neither of which shows on a bus.
const QUIET: u64 = 32_768;
/// How often the host's accesses are looked for.
const LOOK: u64 = 16;
const RESET_CYCLES: u64 = 16;
/// Cycles from one interrupt of a storm to the next.
const STORM: u64 = 2_000;

/// The parameters that the design was compiled with, as the environment named them at build time.
pub const PARAMETERS: [(&str, &str); 9] = [
    ("Engines", env!("CARD_RTL_ENGINES")),
    ("Slots", env!("CARD_RTL_SLOTS")),
    ("Columns", env!("CARD_RTL_COLUMNS")),
    ("WA", env!("CARD_RTL_WA")),
    ("WB", env!("CARD_RTL_WB")),
    ("Contexts", env!("CARD_RTL_CONTEXTS")),
    ("TableLog2", env!("CARD_RTL_TABLELOG2")),
    ("VectorLog2", env!("CARD_RTL_VECTORLOG2")),
    ("PatienceLog2", env!("CARD_RTL_PATIENCELOG2")),
];

/// The RTL as a card; its clock stops when this is dropped.
pub struct RtlCard {
    accesses: Option<Sender<(Access, Sender<u32>)>>,
    clock: Option<JoinHandle<()>>,
}

impl RtlCard {
    /// Powers a card up. What its registers without a reset hold then follows from `seed`.
    pub fn new(board: Arc<dyn Board>, faults: FaultPlan, seed: i32) -> io::Result<Self> {
        let (accesses, asked) = channel();
        let bytes = parameter("Contexts") * ((1 << parameter("TableLog2")) + (1 << parameter("VectorLog2")));
        let simulation = Simulation {
            design: Design::new(seed),
            host_port: Port::new(),
            card_port: Port::new(),
            host: HostMemory::new(board.clone()),
            memory: CardMemory::new(bytes),
            lite: Lite::default(),
            inputs: Inputs::default(),
            board,
            asked,
            answer: None,
            own: 0,
            faults,
            resets: 0,
            done: false,
            in_reset: 0,
            holdoff: 0,
            cycle: 0,
            last_sign: 0,
        };
        let clock = thread::Builder::new().name("clock".into()).spawn(move || simulation.run())?;
        Ok(Self { accesses: Some(accesses), clock: Some(clock) })
    }

    /// All ones where the simulation is gone, as from a function that is off the bus.
    fn access(&self, access: Access) -> u32 {
        let (answer, answered) = channel();
        let sent = self.accesses.as_ref().is_some_and(|accesses| accesses.send((access, answer)).is_ok());
        if sent { answered.recv().unwrap_or(u32::MAX) } else { u32::MAX }
    }
}

impl Device for RtlCard {
    fn read(&self, offset: u32) -> u32 {
        self.access(Access::Read(offset))
    }

    fn write(&self, offset: u32, value: u32) {
        self.access(Access::Write(offset, value));
    }
}

impl Drop for RtlCard {
    fn drop(&mut self) {
        // The clock stops when nobody can ask it for anything any more.
        self.accesses = None;
        if let Some(clock) = self.clock.take() {
            let _ = clock.join();
        }
    }
}

struct Simulation {
    design: Design,
    host_port: Port,
    card_port: Port,
    host: HostMemory,
    memory: CardMemory,
    lite: Lite,
    inputs: Inputs,
    board: Arc<dyn Board>,
    asked: Receiver<(Access, Sender<u32>)>,
    /// Who waits for the access that is going on; None while it is the simulation's own look at the state.
    answer: Option<(Access, Sender<u32>)>,
    /// What its own look read.
    own: u32,
    faults: FaultPlan,
    /// Since the fault began.
    resets: u64,
    /// A fault that comes once has come.
    done: bool,
    /// Cycles of a reset in the middle of work that are left.
    in_reset: u64,
    /// Cycles for which the card may keep an interrupt back.
    holdoff: u64,
    cycle: u64,
    /// The cycle in which anything moved last.
    last_sign: u64,
}

impl Simulation {
    fn run(mut self) {
        for _ in 0..RESET_CYCLES {
            self.tick();
        }
        self.inputs.rst_n = 1;
        loop {
            if self.lite.is_free() && self.cycle.is_multiple_of(LOOK) {
                match self.asked.try_recv() {
                    Ok((access, answer)) => self.begin(access, answer),
                    Err(TryRecvError::Disconnected) => return,
                    Err(TryRecvError::Empty) if self.cycle - self.last_sign > QUIET + self.holdoff => {
                        if self.is_busy() {
                            self.last_sign = self.cycle;
                        } else if let Ok((access, answer)) = self.asked.recv() {
                            self.begin(access, answer);
                        } else {
                            return;
                        }
                    }
                    Err(TryRecvError::Empty) => {}
                }
            }
            self.tick();
        }
    }

    /// One clock cycle of the design and of everything around it.
    fn tick(&mut self) {
        let (to_host, host_data) = self.host_port.driven();
        let (to_memory, memory_data) = self.card_port.driven();
        (self.inputs.host, self.inputs.host_rdata) = (to_host, host_data);
        (self.inputs.mem, self.inputs.mem_rdata) = (to_memory, memory_data);
        self.lite.drive(&mut self.inputs);
        let outputs = self.design.cycle(&self.inputs);
        self.cycle += 1;
        let host = self.host_port.step(&outputs.host, &outputs.host_wide, &mut self.host);
        let memory = self.card_port.step(&outputs.mem, &outputs.mem_wide, &mut self.memory);
        if host || memory || !self.lite.is_free() {
            self.last_sign = self.cycle;
        }
        if let Some(value) = self.lite.step(&self.inputs, &outputs) {
            match self.answer.take() {
                // Who asked may have given up.
                Some((access, answer)) => drop(answer.send(self.answered(access, value))),
                None => self.own = value,
            }
        }
        if outputs.irq != 0 && self.fault() != Some(FaultMode::LostInterrupt) {
            self.board.interrupt();
        }
        if self.faults.mode.is_some() {
            self.misbehave();
        }
    }

    fn begin(&mut self, access: Access, answer: Sender<u32>) {
        self.last_sign = self.cycle;
        if self.fault() == Some(FaultMode::Vanish) {
            let _ = answer.send(u32::MAX);
            return;
        }
        if let Access::Write(offset, value) = access {
            self.host.note_register(offset, value);
            if offset == regs::InterruptHoldoff::OFFSET {
                self.holdoff = 64 * u64::from(value & 0xffff);
            }
            let reset = regs::Control::default().with_reset(true).to_bits();
            if offset == regs::Control::OFFSET && value & reset != 0 {
                self.holdoff = 0;
                self.resets += u64::from(self.fault().is_some());
            }
        }
        self.lite.begin(access);
        self.answer = Some((access, answer));
    }

    /// Asks the card itself, as the host would.
    fn is_busy(&mut self) -> bool {
        self.lite.begin(Access::Read(regs::Status::OFFSET));
        while !self.lite.is_free() {
            self.tick();
        }
        let found = self.own;
        let status = regs::Status::from_bits(found);
        let storm = self.fault() == Some(FaultMode::InterruptStorm);
        status.busy() != 0 || status.state() == Ok(CardState::Resetting) || storm
    }

    fn answered(&self, access: Access, value: u32) -> u32 {
        match access {
            Access::Read(regs::MapVersion::OFFSET) if self.faults.mode == Some(FaultMode::WrongVersion) => {
                let version = regs::MapVersion::from_bits(value);
                version.with_major(version.major() + 1).to_bits()
            }
            _ => value,
        }
    }

    fn fault(&self) -> Option<FaultMode> {
        self.faults.now(self.host.completions, self.resets)
    }

    fn misbehave(&mut self) {
        let fault = self.fault();
        self.host.fault = fault;
        let resetting = fault == Some(FaultMode::PowerReset) && (!self.done || self.in_reset > 0);
        self.host_port.silent = fault == Some(FaultMode::Hang) || resetting;
        self.card_port.silent = fault == Some(FaultMode::CardMemoryHang);
        self.memory.failing = fault == Some(FaultMode::CardMemoryError);
        match fault {
            Some(FaultMode::CorruptContext) if !self.done => {
                self.design.corrupt_context();
                self.done = true;
            }
            Some(FaultMode::HostUnasked) if !self.done => {
                self.host_port.unasked = true;
                self.done = true;
            }
            Some(FaultMode::PowerReset) if !self.done && self.host_port.owes() => {
                (self.done, self.in_reset) = (true, RESET_CYCLES);
            }
            Some(FaultMode::InterruptStorm) if self.cycle.is_multiple_of(STORM) => self.board.interrupt(),
            Some(FaultMode::Die) => self.board.die(),
            _ => {}
        }
        self.power_reset();
    }

    /// The rest of a reset in the middle of work. What the host's memory owes it gives a card that has forgotten it.
    fn power_reset(&mut self) {
        if self.in_reset > 0 {
            self.host_port.forget_writes();
            self.card_port.forget_writes();
            self.in_reset -= 1;
            // What the host was asking for meanwhile it asks again.
            if !self.lite.is_free() {
                let asked = self.answer.as_ref().map_or(Access::Read(regs::Status::OFFSET), |(access, _)| *access);
                self.lite.begin(asked);
            }
            self.inputs.rst_n = u8::from(self.in_reset == 0);
        }
    }
}

fn parameter(name: &str) -> usize {
    let value = PARAMETERS.iter().find(|(parameter, _)| *parameter == name).map_or("", |(_, value)| value);
    value.parse().expect("build.rs checked that it is a number")
}
