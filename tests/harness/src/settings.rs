//! What a box is made of, before it is started.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use imager::build::{DISK, VARIABLES};
use imager::disk::fill;
use imager::sectors::enlarge;
use serde_json::{Value, json};

use crate::disk::copy_sparse;
use crate::machine::Ports;
use crate::{Card, HarnessError, Machine, tpm};

const FIRMWARE: &str = "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd";

/// A box to start, any number of times; see [`Machine::settings`].
#[derive(Clone, Debug)]
pub struct Settings {
    pub(crate) image: PathBuf,
    pub(crate) work: PathBuf,
    pub(crate) tpm: PathBuf,
    pub(crate) cards: Vec<Card>,
    networks: Vec<Network>,
    kernel_parameters: Option<String>,
    extra: Vec<String>,
    pub(crate) memory_mib: u32,
    reboots: bool,
    write_log: Option<PathBuf>,
    sector: u64,
    mebibytes: Option<u64>,
    fault: Option<Value>,
    second_disk: Option<PathBuf>,
    pub(crate) banks: Option<String>,
    clock: Option<String>,
}

/// What a network card is plugged into. The cards' names for QEMU are card0, card1, ...; those of their other ends net0, net1, ...
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// DHCP and a router of IPv6; the box's ports are reached by way of the first of these.
    Whole,
    /// A router of IPv6, and nothing of IPv4.
    Ipv6,
    /// A hub of this number, with nothing else on it yet.
    Hub(u32),
}

impl Settings {
    pub(crate) fn new(image: &Path, work: &Path) -> Settings {
        Settings {
            image: image.into(),
            work: work.into(),
            tpm: work.join("tpm"),
            cards: Vec::new(),
            networks: vec![Network::Whole],
            kernel_parameters: None,
            extra: Vec::new(),
            memory_mib: 1024,
            reboots: false,
            write_log: None,
            sector: 512,
            mebibytes: None,
            fault: None,
            second_disk: None,
            banks: Some("sha256".into()),
            clock: None,
        }
    }

    /// What is in the slot for a card.
    #[must_use]
    pub fn card(self, card: Card) -> Settings {
        self.cards(vec![card])
    }

    /// What is in the slots, in the order of their PCI addresses.
    #[must_use]
    pub fn cards(mut self, cards: Vec<Card>) -> Settings {
        self.cards = cards;
        self
    }

    /// What its network cards are plugged into, one card each, in the order of their names.
    #[must_use]
    pub fn networks(mut self, networks: Vec<Network>) -> Settings {
        self.networks = networks;
        self
    }

    /// Another place for the TPM's state: another TPM.
    #[must_use]
    pub fn tpm(mut self, folder: &Path) -> Settings {
        self.tpm = folder.into();
        self
    }

    /// Kernel parameters that come from outside the signed image (SMBIOS type 11), as an attacker with the machine could add.
    #[must_use]
    pub fn kernel_parameters(mut self, text: &str) -> Settings {
        self.kernel_parameters = Some(text.into());
        self
    }

    /// Another argument for QEMU.
    #[must_use]
    pub fn qemu(mut self, argument: &str) -> Settings {
        self.extra.push(argument.into());
        self
    }

    #[must_use]
    pub fn memory_mib(mut self, mebibytes: u32) -> Settings {
        self.memory_mib = mebibytes;
        self
    }

    /// Lets the box restart when it wants to (or when its watchdog does); else that ends the emulator.
    #[must_use]
    pub fn reboots(mut self) -> Settings {
        self.reboots = true;
        self
    }

    /// Records what is written to the disk, in a new file; see [`crate::write_log`].
    #[must_use]
    pub fn write_log(mut self, log: &Path) -> Settings {
        self.write_log = Some(log.into());
        self
    }

    /// The disk's logical sectors: 512 bytes, or 4096.
    #[must_use]
    pub fn sector_size(mut self, bytes: u64) -> Settings {
        self.sector = bytes;
        self
    }

    /// A disk of another size than the image's: larger, and its data partition with it.
    #[must_use]
    pub fn disk_mebibytes(mut self, mebibytes: u64) -> Settings {
        self.mebibytes = Some(mebibytes);
        self
    }

    /// Errors of the disk, by the rules of QEMU's `blkdebug`: a list for its `inject-error`, as [`crate::disk::unreadable`] makes.
    #[must_use]
    pub fn disk_fault(mut self, rules: Value) -> Settings {
        self.fault = Some(rules);
        self
    }

    /// Another disk beside the box's own, which the firmware does not boot from. It has sectors of the same size.
    #[must_use]
    pub fn second_disk(mut self, path: &Path) -> Settings {
        self.second_disk = Some(path.into());
        self
    }

    /// A machine without a TPM.
    #[must_use]
    pub fn without_tpm(mut self) -> Settings {
        self.banks = None;
        self
    }

    /// The PCR banks of a TPM that is made, as swtpm_setup takes them ("sha1").
    #[must_use]
    pub fn tpm_banks(mut self, banks: &str) -> Settings {
        self.banks = Some(banks.into());
        self
    }

    /// What the hardware's clock says at power-on, in UTC ("1970-01-02T00:00:00").
    #[must_use]
    pub fn clock(mut self, time: &str) -> Settings {
        self.clock = Some(time.into());
        self
    }

    /// The box's disk; made from the image at the first start.
    pub fn disk(&self) -> PathBuf {
        self.work.join("disk.img")
    }

    /// Puts the disk and the firmware's variables in place, without starting: a test may change them then.
    pub fn prepare(&self) -> Result<(), HarnessError> {
        fs::create_dir_all(&self.work).map_err(HarnessError::file("make", &self.work))?;
        if !self.disk().exists() {
            self.make_disk()?;
        }
        let variables = self.variables();
        if !variables.exists() {
            fs::copy(self.image.join(VARIABLES), &variables).map_err(HarnessError::file("make", &variables))?;
        }
        if let Some(log) = &self.write_log {
            fs::File::create(log).map_err(HarnessError::file("make", log))?;
        }
        Ok(())
    }

    /// The same machine with another disk, which is to be put in place: its TPM and its firmware's variables, copied.
    pub fn with_disk_in(&self, work: &Path) -> Result<Settings, HarnessError> {
        let other = Settings { work: work.into(), tpm: work.join("tpm"), write_log: None, ..self.clone() };
        tpm::copy(&self.tpm, &other.tpm)?;
        let (from, to) = (self.variables(), other.variables());
        fs::copy(&from, to).map_err(HarnessError::file("copy", from))?;
        Ok(other)
    }

    /// The folder of the box's TPM.
    pub fn tpm_folder(&self) -> &Path {
        &self.tpm
    }

    /// Powers the box on.
    pub fn start(&self) -> Result<Machine, HarnessError> {
        self.prepare()?;
        Machine::start(self)
    }

    fn make_disk(&self) -> Result<(), HarnessError> {
        // Under another name until it is whole.
        let (image, partial) = (self.image.join(DISK), self.work.join("disk.partial"));
        match self.sector {
            512 => copy_sparse(&image, &partial)?,
            _ => enlarge(&image, &partial)?,
        }
        if let Some(mebibytes) = self.mebibytes {
            grow(&partial, mebibytes << 20)?;
        }
        fs::rename(&partial, self.disk()).map_err(HarnessError::file("make", self.disk()))
    }

    pub(crate) fn variables(&self) -> PathBuf {
        self.work.join("vars.fd")
    }

    /// The disk, for QEMU, with the recorder of its writes and with faults where they are wanted.
    fn blockdev(&self) -> String {
        let mut below = file_node(&self.disk());
        if let Some(rules) = &self.fault {
            below = json!({ "driver": "blkdebug", "image": below, "inject-error": rules, "discard": "unmap" });
        }
        if let Some(log) = &self.write_log {
            below = json!({
                "driver": "blklogwrites", "file": below, "log": file_node(log), "log-sector-size": 512,
                "discard": "unmap",
            });
        }
        json!({ "driver": "raw", "node-name": "disk", "discard": "unmap", "file": below }).to_string()
    }

    /// Where the cables go.
    fn network_ends(&self, ports: Ports) -> Vec<String> {
        let forward = |host: u16, guest: u16| format!(",hostfwd=tcp:127.0.0.1:{host}-:{guest}");
        let mut forwards =
            forward(ports.service, 9443) + &forward(ports.enrolment, 9444) + &forward(ports.console, 8443);
        let end = |(number, network): (usize, &Network)| match network {
            Network::Whole => format!("user,id=net{number}{}", std::mem::take(&mut forwards)),
            Network::Ipv6 => format!("user,id=net{number},ipv4=off,ipv6=on"),
            Network::Hub(hub) => format!("hubport,id=net{number},hubid={hub}"),
        };
        self.networks.iter().enumerate().map(end).collect()
    }

    pub(crate) fn arguments(&self, sockets: &Path, ports: Ports) -> Vec<String> {
        let kvm = std::env::var("COFFER_ACCEL").is_ok_and(|v| v == "kvm");
        let (accelerator, interrupts) = if kvm { ("kvm", "split") } else { ("tcg,thread=multi", "off") };
        let memory = self.memory_mib;
        let mut out: Vec<String> = Vec::new();
        let mut add = |words: &[&str]| out.extend(words.iter().map(|w| w.to_string()));
        add(&["-nodefaults", "-no-user-config", "-display", "none", "-name", "coffer"]);
        add(&[
            "-M",
            &format!("q35,smm=on,kernel-irqchip={interrupts}"),
            "-accel",
            accelerator,
            "-cpu",
            "max",
            "-smp",
            "2",
        ]);
        // Shared, so that the card's process can map what the box's IOMMU lets it reach.
        add(&["-m", &format!("{memory}M"), "-machine", "memory-backend=mem"]);
        add(&["-object", &format!("memory-backend-memfd,id=mem,size={memory}M,share=on")]);
        // Secure Boot: variables that only the firmware, in system management mode, can change.
        add(&["-global", "driver=cfi.pflash01,property=secure,value=on"]);
        add(&["-drive", &format!("if=pflash,format=raw,unit=0,readonly=on,file={FIRMWARE}")]);
        add(&["-drive", &format!("if=pflash,format=raw,unit=1,file={}", self.variables().display())]);
        add(&["-device", "intel-iommu,caching-mode=on,intremap=on"]);
        if self.banks.is_some() {
            add(&["-chardev", &format!("socket,id=chrtpm,path={}", sockets.join("tpm").display())]);
            add(&["-tpmdev", "emulator,id=tpm0,chardev=chrtpm", "-device", "tpm-crb,tpmdev=tpm0"]);
        }
        if let Some(clock) = &self.clock {
            add(&["-rtc", &format!("base={clock}")]);
        }
        add(&["-blockdev", &self.blockdev()]);
        let sectors = format!("logical_block_size={0},physical_block_size={0}", self.sector);
        // A kernel that is given from outside (-kernel) comes before it: QEMU makes that number 0.
        add(&["-device", &format!("virtio-blk-pci,drive=disk,bootindex=1,serial=first,{sectors}")]);
        if let Some(path) = &self.second_disk {
            let node = json!({ "driver": "raw", "node-name": "second", "discard": "unmap", "file": file_node(path) });
            add(&["-blockdev", &node.to_string()]);
            add(&["-device", &format!("virtio-blk-pci,drive=second,serial=second,{sectors}")]);
        }
        for (number, end) in self.network_ends(ports).iter().enumerate() {
            add(&["-netdev", end]);
            add(&["-device", &format!("virtio-net-pci,id=card{number},netdev=net{number},romfile=")]);
        }
        add(&["-device", "i6300esb", "-action", "watchdog=reset", "-device", "virtio-rng-pci"]);
        add(&["-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console"]);
        add(&["-qmp", &format!("unix:{},server=on,wait=off", sockets.join("qmp").display())]);
        for (slot, _) in self.cards.iter().enumerate().filter(|(_, card)| **card != Card::None) {
            let socket = card_socket(sockets, slot);
            let device =
                format!(r#"{{"driver":"vfio-user-pci","socket":{{"path":"{}","type":"unix"}}}}"#, socket.display());
            add(&["-device", &device]);
        }
        if let Some(parameters) = &self.kernel_parameters {
            // A comma ends an option of QEMU's, two are one.
            let value = parameters.replace(',', ",,");
            add(&["-smbios", &format!("type=11,value=io.systemd.stub.kernel-cmdline-extra={value}")]);
        }
        if !self.reboots {
            add(&["-no-reboot"]);
        }
        out.extend(self.extra.iter().cloned());
        out
    }
}

fn file_node(path: &Path) -> Value {
    json!({ "driver": "file", "filename": path, "discard": "unmap" })
}

fn grow(disk: &Path, size: u64) -> Result<(), HarnessError> {
    let file = fs::OpenOptions::new().read(true).write(true).open(disk).map_err(HarnessError::file("open", disk))?;
    file.set_len(size).map_err(HarnessError::file("size", disk))?;
    Ok(fill(&file, size)?)
}

/// Where the process of the card in a slot listens.
pub(crate) fn card_socket(sockets: &Path, slot: usize) -> PathBuf {
    sockets.join(format!("card{slot}"))
}

impl Ports {
    /// Those that nobody listens at now. Another program could take one before QEMU does, and then QEMU says so and ends.
    pub(crate) fn free() -> Result<Ports, HarnessError> {
        let listen = || TcpListener::bind(("127.0.0.1", 0)).map_err(HarnessError::file("listen at", "a free port"));
        let (first, second, third) = (listen()?, listen()?, listen()?);
        let port =
            |l: &TcpListener| l.local_addr().map(|a| a.port()).map_err(HarnessError::file("look at", "a free port"));
        Ok(Ports { service: port(&first)?, enrolment: port(&second)?, console: port(&third)? })
    }
}
