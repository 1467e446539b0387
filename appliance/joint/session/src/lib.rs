//! Around a core of a joint protocol: attaching, and that both sides saw the same.
//!
//! A [`Session`] is a [`Party`] itself. Before its core starts, the two sides agree on the job and on the last unit that both have
//! done, and compare the transcripts up to there. Afterwards each frame carries a digest of what came before it on its channel.
//!
//! **Why the digest is here.** The cores are semi-honest: a masked point with a flipped bit is often another point, and a flipped bit
//! of a truncated one always another value, so that a core would find an intersection too small, and no error. TLS keeps
//! strangers from flipping anything on the line; what happens before it and after it (memory, a proxy, a shell that confuses channels)
//! is found by the digest, on the first frame that is not what the core on the other side gave, whatever the protocol is. It is no
//! defence against the partner, who can compute it: that is what the protocols' malicious variants are for.
//!
//! A frame of a session: unit (4 bytes, little-endian), tag (16), the core's frame. The digest at the end is the receipt's.
#![forbid(unsafe_code)]

use bytes::Bytes;
use party::{Channel, Checkpoint, Expectation, Found, Frame, Input, Output, Party, ProtocolError, Role, Seed, Unit};

use attach::{Agreement, Attachment};
use transcript::{DIGEST, Transcript};

mod attach;
mod transcript;

/// Digest of the job, which both sides signed: it keys everything.
pub type JobDigest = [u8; DIGEST];

/// The session's own channel; cores use the others.
const CONTROL: Channel = Channel(0);
/// Bytes that a session adds to a core's frame.
pub const OVERHEAD: usize = transcript::HEADER;

/// A core, attached to its peer.
pub struct Session<C> {
    core: C,
    role: Role,
    job: JobDigest,
    stage: Stage,
    transcript: Transcript,
    /// Of each unit that is done: the transcript's digest and the core's state.
    history: Vec<Checkpoint>,
}

enum Stage {
    Idle,
    /// The other side's attachment is awaited.
    Attaching(Seed),
    /// So many units are common; the other side's digest is awaited.
    Agreeing(Seed, usize),
    Running,
}

impl<C: Party> Session<C> {
    /// A core that was not started yet. `history` is every checkpoint that an earlier session of this job wrote, in order: none at the
    /// job's first attach.
    pub fn new(core: C, role: Role, job: JobDigest, history: Vec<Checkpoint>) -> Session<C> {
        Session { core, role, job, stage: Stage::Idle, transcript: Transcript::new(&job, role), history }
    }

    /// The digest of all frames of the units that are done: the same on both sides.
    pub fn digest(&self) -> [u8; DIGEST] {
        self.digest_after(self.history.len())
    }

    fn digest_after(&self, units: usize) -> [u8; DIGEST] {
        let last = units.checked_sub(1).and_then(|last| self.history.get(last));
        last.and_then(|checkpoint| checkpoint.state.first_chunk().copied()).unwrap_or([0; DIGEST])
    }

    fn control(&mut self, bytes: Vec<u8>) -> Output {
        Output::Send(self.transcript.seal(Frame { channel: CONTROL, unit: Unit::FIRST, bytes: bytes.into() }))
    }

    fn attach(&mut self, seed: Seed) -> Vec<Output> {
        let done = self.history.len() as u32;
        self.stage = Stage::Attaching(seed);
        vec![self.control(Attachment { role: self.role, job: self.job, done }.to_bytes())]
    }

    fn on_control(&mut self, bytes: &[u8]) -> Result<Vec<Output>, ProtocolError> {
        match std::mem::replace(&mut self.stage, Stage::Idle) {
            Stage::Attaching(seed) => {
                let theirs = Attachment::read(bytes)?;
                theirs.check(self.role.other(), &self.job)?;
                let common = self.history.len().min(theirs.done as usize);
                let digest = self.digest_after(common);
                self.stage = Stage::Agreeing(seed, common);
                Ok(vec![self.control(Agreement { digest }.to_bytes())])
            }
            Stage::Agreeing(seed, common) => {
                if Agreement::read(bytes)?.digest != self.digest_after(common) {
                    return Err(attach::breach("transcript of the units that both have done", Found::Differs));
                }
                self.stage = Stage::Running;
                self.history.truncate(common);
                let input = match self.history.last() {
                    Some(Checkpoint { unit, state }) => {
                        Input::Resume { seed, from: Checkpoint { unit: *unit, state: state.slice(DIGEST..) } }
                    }
                    None => Input::Start { seed },
                };
                let mut outputs = vec![Output::Restore { units: common as u32 }];
                outputs.extend(self.on_core(input)?);
                Ok(outputs)
            }
            Stage::Idle | Stage::Running => Err(attach::breach("a frame on the control channel", Found::Unexpected)),
        }
    }

    fn on_core(&mut self, input: Input) -> Result<Vec<Output>, ProtocolError> {
        let outputs = self.core.advance(input)?;
        outputs.into_iter().map(|output| self.wrap(output)).collect()
    }

    fn wrap(&mut self, output: Output) -> Result<Output, ProtocolError> {
        match output {
            Output::Send(frame) if frame.channel == CONTROL => Err(ProtocolError::fault("a core sent on channel 0")),
            Output::Send(frame) => Ok(Output::Send(self.transcript.seal(frame))),
            Output::Checkpoint(Checkpoint { unit, state }) => {
                if unit.0 as usize != self.history.len() {
                    return Err(ProtocolError::fault("a core's units are done out of order"));
                }
                let digest = self.transcript.close(unit, &self.digest());
                let checkpoint = Checkpoint { unit, state: Bytes::from([&digest[..], &state].concat()) };
                self.history.push(checkpoint.clone());
                Ok(Output::Checkpoint(checkpoint))
            }
            other => Ok(other),
        }
    }
}

impl<C: Party> Party for Session<C> {
    /// Starts with [`Input::Start`] in any case: the history says whether the core resumes.
    fn advance(&mut self, input: Input) -> Result<Vec<Output>, ProtocolError> {
        match (input, &self.stage) {
            (Input::Start { seed }, Stage::Idle) => Ok(self.attach(seed)),
            (Input::Start { .. } | Input::Resume { .. }, _) => Err(ProtocolError::fault("a session starts once")),
            (Input::Frame(frame), _) => {
                let at_most = self.expects(frame.channel).at_most();
                let at_most = at_most.ok_or(attach::breach("a channel", Found::Unexpected))?;
                if frame.bytes.len() > at_most {
                    return Err(attach::breach("a frame", Found::TooLong { found: frame.bytes.len(), at_most }));
                }
                let frame = self.transcript.open(frame)?;
                // Its chain is closed: the same frame again would begin one that looks right.
                if frame.channel != CONTROL && (frame.unit.0 as usize) < self.history.len() {
                    return Err(attach::breach("a frame of a unit that is done", Found::Unexpected));
                }
                match (frame.channel, &self.stage) {
                    (CONTROL, _) => self.on_control(&frame.bytes),
                    (_, Stage::Running) => self.on_core(Input::Frame(frame)),
                    _ => Err(ProtocolError::fault("a frame came before its time")),
                }
            }
            (input, Stage::Running) => self.on_core(input),
            _ => Err(ProtocolError::fault("an answer to what was not asked")),
        }
    }

    fn expects(&self, channel: Channel) -> Expectation {
        let added = |at_most: usize| at_most + OVERHEAD;
        match (channel, &self.stage) {
            (CONTROL, Stage::Attaching(_)) => Expectation::Now { at_most: added(Attachment::BYTES) },
            (CONTROL, Stage::Agreeing(..)) => Expectation::Now { at_most: added(Agreement::BYTES) },
            (CONTROL, Stage::Idle) => Expectation::Later { at_most: added(Attachment::BYTES) },
            (CONTROL, Stage::Running) => Expectation::Never,
            (channel, stage) => match self.core.expects(channel) {
                Expectation::Now { at_most } if matches!(stage, Stage::Running) => {
                    Expectation::Now { at_most: added(at_most) }
                }
                Expectation::Now { at_most } | Expectation::Later { at_most } => {
                    Expectation::Later { at_most: added(at_most) }
                }
                Expectation::Never => Expectation::Never,
            },
        }
    }
}
