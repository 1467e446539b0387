//! All that the box can show of itself at a nonce. Everything that the TPM signs is made in one go, on the TPM's lane.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

use attestation::evidence::{FORMAT, NONCE_SIZES, QUOTED_PCRS};
use attestation::own_log::{LOADED_PCR, PHASES, PHASES_PCR, record};
use attestation::{Evidence, Said, ServiceKey, Signed};
use ipc::control::Line;
use ipc::keyd::{DEVICE_RECORD_MAX, Reply};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

use crate::error::{file, invalid};
use crate::identity::BoxIdentity;
use crate::locked::lock;
use crate::tpm::{Certified, Endorsement, SECURITY_VERSIONS, Tpm};
use crate::{KeydError, now};

/// A server's firmware log is some hundred kilobytes.
const FIRMWARE_LOG_MAX: u64 = 1 << 20;
const RECORD: &str = "device-record";

/// What evidence is made of, beside the TPM.
pub(crate) struct Exhibits {
    /// As the firmware left it. Empty: it cannot be had, which the evidence shows.
    firmware_log: Vec<u8>,
    /// What PCR 15 was extended with in this boot.
    measured: Mutex<Vec<Line>>,
    /// Deriving it takes a TPM seconds.
    endorsement: OnceLock<Endorsement>,
    device_record: PathBuf,
    version: String,
    image: String,
}

impl Exhibits {
    pub(crate) fn new(folder: &Path, version: &str, image: &str, measured: Vec<Line>) -> Exhibits {
        Exhibits {
            firmware_log: Vec::new(),
            measured: Mutex::new(measured),
            endorsement: OnceLock::new(),
            device_record: folder.join(RECORD),
            version: version.into(),
            image: image.into(),
        }
    }

    /// The log from its beginning; what is longer than any firmware's is none.
    pub(crate) fn read_firmware_log(&mut self, log: OwnedFd) -> io::Result<()> {
        let mut bytes = Vec::new();
        File::from(log).take(FIRMWARE_LOG_MAX + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > FIRMWARE_LOG_MAX {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "the firmware's log has more than 1 MiB"));
        }
        self.firmware_log = bytes;
        Ok(())
    }

    /// Extends PCR 15, and remembers it.
    pub(crate) fn measure(&self, tpm: &mut Tpm, text: &Line) -> Result<(), KeydError> {
        tpm.extend_text(LOADED_PCR, text.as_str())?;
        lock(&self.measured).push(text.clone());
        Ok(())
    }

    pub(crate) fn keep_device_record(&self, record: &[u8]) -> Result<(), KeydError> {
        if !record.starts_with(b"{") {
            return Err(invalid("a device record is a JWS in JSON"));
        }
        durable_files::replace(&self.device_record, record).map_err(file("writing", &self.device_record))
    }

    /// The evidence's file, sealed.
    pub(crate) fn show(
        &self,
        tpm: &mut Tpm,
        identity: &BoxIdentity,
        nonce: &[u8],
    ) -> Result<(Reply, OwnedFd), KeydError> {
        let bytes = self.collect(tpm, identity, nonce)?.to_bytes().map_err(|e| invalid(e.to_string()))?;
        let memory = sealed(&bytes).map_err(file("keeping", Path::new("evidence")))?;
        Ok((Reply::Evidence { bytes: bytes.len() as u64 }, memory))
    }

    fn collect(&self, tpm: &mut Tpm, identity: &BoxIdentity, nonce: &[u8]) -> Result<Evidence, KeydError> {
        if !NONCE_SIZES.contains(&nonce.len()) {
            let (least, most) = (NONCE_SIZES.start(), NONCE_SIZES.end());
            return Err(invalid(format!("evidence's nonce has {least} to {most} bytes, this one has {}", nonce.len())));
        }
        let key = identity.attestation_key();
        let mut pcrs = std::collections::BTreeMap::new();
        for (index, value) in tpm.pcrs(&QUOTED_PCRS)? {
            let value: [u8; 32] = value.try_into().map_err(|_| crate::tpm::TpmError::NoBank { index })?;
            pcrs.insert(index, value.into());
        }
        let endorsement = match self.endorsement.get() {
            Some(known) => known.clone(),
            None => {
                let found = tpm.endorsement()?;
                self.endorsement.get_or_init(|| found).clone()
            }
        };
        let quote = signed(tpm.quote(key, nonce, &QUOTED_PCRS)?);
        let floor = tpm.certify_index(key, SECURITY_VERSIONS, nonce)?.map(signed);
        let (service, certificate) = identity.service();
        let service_key = ServiceKey {
            public: service.public.clone(),
            certified: Signed::default(),
            certificate: certificate.into(),
        };
        let mut evidence = Evidence {
            format: FORMAT,
            nonce: nonce.into(),
            attestation_key: key.public.clone(),
            quote,
            pcrs,
            firmware_log: self.firmware_log.clone(),
            own_log: self.own_log(),
            endorsement: attestation::Endorsement {
                key: Some(endorsement.public),
                certificate: endorsement.certificate,
                intermediates: endorsement.intermediates.into_iter().map(Into::into).collect(),
            },
            device_record: self.device_record()?,
            service_key: Some(service_key),
            floor,
            said: Said { version: self.version.clone(), image: self.image.clone(), clock: now(), audit_head: None },
        };
        // Last, over all of it.
        let certified = signed(tpm.certify(key, service, &evidence.binding())?);
        evidence.service_key.iter_mut().for_each(|key| key.certified = certified.clone());
        Ok(evidence)
    }

    fn own_log(&self) -> Vec<u8> {
        let phases = PHASES.iter().flat_map(|phase| record(PHASES_PCR, phase));
        let measured = lock(&self.measured);
        phases.chain(measured.iter().flat_map(|text| record(LOADED_PCR, text.as_str()))).collect()
    }

    fn device_record(&self) -> Result<Option<Vec<u8>>, KeydError> {
        let path = &self.device_record;
        let opened = match File::open(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(file("reading", path))?,
        };
        let mut bytes = Vec::new();
        opened.take(DEVICE_RECORD_MAX as u64).read_to_end(&mut bytes).map_err(file("reading", path))?;
        Ok(Some(bytes))
    }
}

fn signed(certified: Certified) -> Signed {
    Signed { attest: certified.attest, signature: certified.signature }
}

fn sealed(bytes: &[u8]) -> io::Result<OwnedFd> {
    let mut memory = File::from(memfd_create("evidence", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?);
    memory.write_all(bytes)?;
    memory.seek(SeekFrom::Start(0))?;
    fcntl_add_seals(&memory, SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL)?;
    Ok(memory.into())
}
