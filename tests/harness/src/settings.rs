//! What a box is made of, before it is started.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use imager::build::{DISK, VARIABLES};
use serde_json::json;

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
    kernel_parameters: Option<String>,
    extra: Vec<String>,
    memory_mib: u32,
    reboots: bool,
    write_log: Option<PathBuf>,
}

impl Settings {
    pub(crate) fn new(image: &Path, work: &Path) -> Settings {
        Settings {
            image: image.into(),
            work: work.into(),
            tpm: work.join("tpm"),
            cards: Vec::new(),
            kernel_parameters: None,
            extra: Vec::new(),
            memory_mib: 1024,
            reboots: false,
            write_log: None,
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

    /// The box's disk; made from the image at the first start.
    pub fn disk(&self) -> PathBuf {
        self.work.join("disk.img")
    }

    /// Puts the disk and the firmware's variables in place, without starting: a test may change them then.
    pub fn prepare(&self) -> Result<(), HarnessError> {
        fs::create_dir_all(&self.work).map_err(HarnessError::file("make", &self.work))?;
        if !self.disk().exists() {
            copy_sparse(&self.image.join(DISK), &self.disk())?;
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

    /// Powers the box on.
    pub fn start(&self) -> Result<Machine, HarnessError> {
        self.prepare()?;
        Machine::start(self)
    }

    fn variables(&self) -> PathBuf {
        self.work.join("vars.fd")
    }

    /// The disk, for QEMU, with the recorder of its writes where one is wanted.
    fn blockdev(&self) -> String {
        let file = |path: &Path| json!({ "driver": "file", "filename": path, "discard": "unmap" });
        let below = match &self.write_log {
            None => file(&self.disk()),
            Some(log) => json!({
                "driver": "blklogwrites", "file": file(&self.disk()), "log": file(log), "log-sector-size": 512,
                "discard": "unmap",
            }),
        };
        json!({ "driver": "raw", "node-name": "disk", "discard": "unmap", "file": below }).to_string()
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
        add(&["-chardev", &format!("socket,id=chrtpm,path={}", sockets.join("tpm").display())]);
        add(&["-tpmdev", "emulator,id=tpm0,chardev=chrtpm", "-device", "tpm-crb,tpmdev=tpm0"]);
        add(&["-blockdev", &self.blockdev()]);
        add(&["-device", "virtio-blk-pci,drive=disk,bootindex=0"]);
        let forward = |host: u16, guest: u16| format!(",hostfwd=tcp:127.0.0.1:{host}-:{guest}");
        let forwards = forward(ports.service, 9443) + &forward(ports.enrolment, 9444);
        add(&["-netdev", &format!("user,id=net{forwards}"), "-device", "virtio-net-pci,netdev=net,romfile="]);
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

/// Where the process of the card in a slot listens.
pub(crate) fn card_socket(sockets: &Path, slot: usize) -> PathBuf {
    sockets.join(format!("card{slot}"))
}

impl Ports {
    /// Two that nobody listens at now. Another program could take one before QEMU does, and then QEMU says so and ends.
    pub(crate) fn free() -> Result<Ports, HarnessError> {
        let listen = || TcpListener::bind(("127.0.0.1", 0)).map_err(HarnessError::file("listen at", "a free port"));
        let (first, second) = (listen()?, listen()?);
        let port =
            |l: &TcpListener| l.local_addr().map(|a| a.port()).map_err(HarnessError::file("look at", "a free port"));
        Ok(Ports { service: port(&first)?, enrolment: port(&second)? })
    }
}
