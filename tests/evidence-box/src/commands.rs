//! The few commands of a TPM that an evidence takes, as bytes (TPM 2.0 part 3): so a test can have them in any form, and fast.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

const OWNER: u32 = 0x4000_0001;
const ENDORSEMENT: u32 = 0x4000_000b;
const PASSWORD: u32 = 0x4000_0009;
const NULL: u32 = 0x4000_0007;
/// It was busy with itself.
const TPM_RC_RETRY: u32 = 0x922;
const RETRIES: usize = 10;
pub(crate) const FLOOR: u32 = 0x0180_0110;
const EK_CERTIFICATE: u32 = 0x01c0_0002;
/// TCG EK Credential Profile 2.6, B.3.3 (L-1).
const EK_POLICY: [u8; 32] = [
    0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc, 0x8d, 0x46, 0xa5, 0xd7, 0x24, 0xfd, 0x52, 0xd7,
    0x6e, 0x06, 0x52, 0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa,
];

/// A TPM that is on.
pub struct Tpm(UnixStream);

/// A loaded key.
#[derive(Clone, Debug)]
pub struct Key {
    pub handle: u32,
    /// TPMT_PUBLIC.
    pub public: Vec<u8>,
}

impl Tpm {
    pub(crate) fn new(stream: UnixStream) -> Tpm {
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        Tpm(stream)
    }

    /// The order before the power goes.
    pub fn shutdown(&mut self) {
        self.command(0x145, &[], 0, &[0, 0]);
    }

    pub fn extend(&mut self, pcr: u32, sha256: &[u8; 32]) {
        let digests = [&[0, 0, 0, 1, 0, 0x0b], &sha256[..]].concat();
        self.command(0x182, &[pcr], 1, &digests);
    }

    /// TPM2_PCR_Read of the SHA-256 bank.
    pub fn pcr(&mut self, index: u8) -> [u8; 32] {
        let answer = self.command(0x17e, &[], 0, &[&[0, 0, 0, 1, 0, 0x0b][..], &selection(&[index])].concat());
        answer[answer.len() - 32..].try_into().unwrap()
    }

    /// A signing key (ECDSA P-256) in the endorsement hierarchy.
    pub fn signing_key(&mut self, attributes: u32, policy: &[u8]) -> Key {
        let mut template = vec![0, 0x23, 0, 0x0b];
        template.extend(attributes.to_be_bytes());
        template.extend(sized(policy));
        template.extend([0, 0x10, 0, 0x18, 0, 0x0b, 0, 3, 0, 0x10, 0, 0, 0, 0]);
        self.create_primary(ENDORSEMENT, &template)
    }

    pub fn endorsement_key(&mut self) -> Key {
        let mut template = vec![0, 1, 0, 0x0b, 0, 3, 0, 0xb2];
        template.extend(sized(&EK_POLICY));
        template.extend([0, 6, 0, 0x80, 0, 0x43, 0, 0x10, 8, 0, 0, 0, 0, 0]);
        template.extend(sized(&[0; 256]));
        self.create_primary(ENDORSEMENT, &template)
    }

    fn create_primary(&mut self, hierarchy: u32, template: &[u8]) -> Key {
        let parameters = [&sized(&[0; 4]), &sized(template), &[0; 6][..]].concat();
        let answer = self.command(0x131, &[hierarchy], 1, &parameters);
        let handle = u32::from_be_bytes(answer[..4].try_into().unwrap());
        // The size of the parameters, and then the public area.
        Key { handle, public: first_sized(&answer[8..]).to_vec() }
    }

    pub fn flush(&mut self, key: &Key) {
        self.command(0x165, &[], 0, &key.handle.to_be_bytes());
    }

    /// TPMS_ATTEST and TPMT_SIGNATURE. `bank`: the algorithm of the PCRs.
    pub fn quote(&mut self, key: &Key, qualifying: &[u8], bank: u16, pcrs: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let mut parameters = sized(qualifying);
        parameters.extend([0, 0x10, 0, 0, 0, 1]);
        parameters.extend(bank.to_be_bytes());
        parameters.extend(selection(pcrs));
        attested(&self.command(0x158, &[key.handle], 1, &parameters))
    }

    /// TPM2_Certify.
    pub fn certify(&mut self, key: &Key, by: &Key, qualifying: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let parameters = [&sized(qualifying)[..], &[0, 0x10]].concat();
        attested(&self.command(0x148, &[key.handle, by.handle], 2, &parameters))
    }

    /// The index of security versions, with this floor.
    pub fn define_floor(&mut self, floor: u32) {
        let mut public = FLOOR.to_be_bytes().to_vec();
        public.extend([0, 0x0b, 0x02, 0x06, 0, 0x22, 0, 0, 0, 8]);
        self.command(0x12a, &[OWNER], 1, &[&[0, 0][..], &sized(&public)].concat());
        self.raise_floor(floor);
    }

    /// Another index, with contents of its own kind.
    pub fn define_ordinary(&mut self, index: u32, contents: &[u8]) {
        let mut public = index.to_be_bytes().to_vec();
        public.extend([0, 0x0b, 0x02, 0x06, 0, 0x02, 0, 0]);
        public.extend((contents.len() as u16).to_be_bytes());
        self.command(0x12a, &[OWNER], 1, &[&[0, 0][..], &sized(&public)].concat());
        self.command(0x137, &[OWNER, index], 1, &[&sized(contents)[..], &[0, 0]].concat());
    }

    pub fn raise_floor(&mut self, floor: u32) {
        self.command(0x135, &[OWNER, FLOOR], 1, &(1u64 << floor).to_be_bytes());
    }

    /// TPM2_NV_Certify of eight bytes.
    pub fn certify_index(&mut self, index: u32, by: &Key, qualifying: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let parameters = [&sized(qualifying)[..], &[0, 0x10, 0, 8, 0, 0]].concat();
        attested(&self.command(0x184, &[by.handle, OWNER, index], 2, &parameters))
    }

    /// The certificate of the RSA endorsement key, DER.
    pub fn endorsement_certificate(&mut self) -> Vec<u8> {
        let answer = self.command(0x169, &[EK_CERTIFICATE], 0, &[]);
        let public = first_sized(&answer);
        let size = u16::from_be_bytes(public[public.len() - 2..].try_into().unwrap());
        let mut certificate = Vec::new();
        while certificate.len() < usize::from(size) {
            let offset = certificate.len() as u16;
            let count = (size - offset).min(512);
            let parameters = [count.to_be_bytes(), offset.to_be_bytes()].concat();
            let answer = self.command(0x14e, &[OWNER, EK_CERTIFICATE], 1, &parameters);
            certificate.extend(first_sized(&answer[4..]));
        }
        certificate
    }

    /// The answer to a credential challenge: TPM2_ActivateCredential, with the policy that the endorsement key's template has.
    pub fn activate(&mut self, attestation: &Key, endorsement: &Key, blob: &[u8], secret: &[u8]) -> Vec<u8> {
        let mut parameters = sized(&[0; 32]);
        parameters.extend([0, 0, 1, 0, 0x10, 0, 0x0b]);
        let answer = self.command(0x176, &[NULL, NULL], 0, &parameters);
        let session = u32::from_be_bytes(answer[..4].try_into().unwrap());
        self.command(0x151, &[ENDORSEMENT, session], 1, &[0; 10]);
        let parameters = [sized(blob), sized(secret)].concat();
        let handles = [attestation.handle, endorsement.handle];
        let answer = self.exchange(0x147, &handles, &[PASSWORD, session], &parameters).expect("the TPM opens it");
        first_sized(&answer[4..]).to_vec()
    }

    fn command(&mut self, code: u32, handles: &[u32], passwords: usize, parameters: &[u8]) -> Vec<u8> {
        let answer = self.exchange(code, handles, &vec![PASSWORD; passwords], parameters);
        answer.unwrap_or_else(|rc| panic!("command {code:#x}: the TPM says {rc:#x}"))
    }

    fn exchange(&mut self, code: u32, handles: &[u32], sessions: &[u32], parameters: &[u8]) -> Result<Vec<u8>, u32> {
        let mut body: Vec<u8> = handles.iter().flat_map(|h| h.to_be_bytes()).collect();
        if !sessions.is_empty() {
            body.extend((9 * sessions.len() as u32).to_be_bytes());
            for session in sessions {
                // An empty nonce, and an empty authorization value.
                body.extend([&session.to_be_bytes()[..], &[0, 0, 0, 0, 0]].concat());
            }
        }
        body.extend(parameters);
        let tag: u16 = if sessions.is_empty() { 0x8001 } else { 0x8002 };
        let size = 10 + body.len() as u32;
        let command = [&tag.to_be_bytes()[..], &size.to_be_bytes(), &code.to_be_bytes(), &body].concat();
        for _ in 0..RETRIES {
            match self.once(&command) {
                Err(TPM_RC_RETRY) => {}
                other => return other,
            }
        }
        Err(TPM_RC_RETRY)
    }

    fn once(&mut self, command: &[u8]) -> Result<Vec<u8>, u32> {
        self.0.write_all(command).unwrap();
        let mut header = [0; 10];
        self.0.read_exact(&mut header).unwrap();
        let number = |at: usize| u32::from_be_bytes(header[at..at + 4].try_into().unwrap());
        let mut answer = vec![0; number(2) as usize - 10];
        self.0.read_exact(&mut answer).unwrap();
        if number(6) == 0 { Ok(answer) } else { Err(number(6)) }
    }
}

fn sized(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u16).to_be_bytes()[..], bytes].concat()
}

fn first_sized(bytes: &[u8]) -> &[u8] {
    let size = usize::from(u16::from_be_bytes(bytes[..2].try_into().unwrap()));
    &bytes[2..2 + size]
}

fn selection(pcrs: &[u8]) -> [u8; 4] {
    let mut bits = [3, 0, 0, 0];
    pcrs.iter().for_each(|pcr| bits[1 + usize::from(pcr / 8)] |= 1 << (pcr % 8));
    bits
}

/// The size of the parameters, the attestation, and the signature up to the sessions' answers.
fn attested(answer: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let size = u32::from_be_bytes(answer[..4].try_into().unwrap()) as usize;
    let parameters = &answer[4..4 + size];
    let attest = first_sized(parameters);
    (attest.to_vec(), parameters[2 + attest.len()..].to_vec())
}
