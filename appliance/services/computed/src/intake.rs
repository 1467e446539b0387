//! The messages of a job or an interactive batch: a header, plaintext factors, the operand in blocks of any size.

use proto::v1::submit_request::Part;
use proto::v1::{JobHeader, SubmitRequest};
use tonic::{Status, Streaming};
use zeroize::Zeroizing;

use crate::factors::Factors;
use crate::request_error::RequestError;

pub(crate) struct Intake {
    messages: Streaming<SubmitRequest>,
    /// Read, but not yet anybody's.
    kept: Option<Part>,
    /// Bytes of the operand so far, and how many of the kept chunk are among them.
    received: u64,
    used: usize,
}

impl Intake {
    pub(crate) fn new(messages: Streaming<SubmitRequest>) -> Intake {
        Intake { messages, kept: None, received: 0, used: 0 }
    }

    pub(crate) async fn header(&mut self) -> Result<JobHeader, Status> {
        match self.next().await? {
            Some(Part::Header(header)) => Ok(header),
            _ => Err(RequestError::NoHeader.into()),
        }
    }

    /// The factors that the header announced: its own, or those that come in chunks.
    pub(crate) async fn factors(
        &mut self,
        needed: Option<Factors>,
        in_header: Zeroizing<Vec<u8>>,
    ) -> Result<Zeroizing<Vec<u8>>, Status> {
        let mut bytes = in_header;
        let Some(needed) = needed.filter(|_| bytes.is_empty()) else { return Ok(bytes) };
        while let Some(chunk) = self.factor_chunk(&needed, bytes.len() as u64).await? {
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    /// The next of the factors that come in chunks, after `received` bytes; `None`: all have come, and are as many as they should.
    pub(crate) async fn factor_chunk(
        &mut self,
        needed: &Factors,
        received: u64,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, Status> {
        let width = needed.width as u64;
        match self.next().await? {
            Some(Part::PlaintextChunk(chunk)) => {
                let found = received + chunk.len() as u64;
                if found > needed.bytes_max() {
                    needed.check_count(found.div_ceil(width))?;
                    return Err(RequestError::PlaintextBytes { count: needed.count, width: needed.width }.into());
                }
                Ok(Some(Zeroizing::new(chunk)))
            }
            other => {
                self.kept = other;
                // What ends within a factor has as many as it has begun.
                needed.check_count(received.div_ceil(width))?;
                if !received.is_multiple_of(width) {
                    return Err(Status::invalid_argument("the plaintext factors end within one"));
                }
                Ok(None)
            }
        }
    }

    /// The next `bytes` bytes of an operand of `needed` bytes.
    pub(crate) async fn block(&mut self, bytes: usize, needed: u64) -> Result<Zeroizing<Vec<u8>>, Status> {
        let mut block = Zeroizing::new(Vec::with_capacity(bytes));
        while block.len() < bytes {
            let chunk = match self.next().await? {
                None => return Err(RequestError::Length { found: self.received, needed }.into()),
                Some(Part::Chunk(chunk)) => chunk,
                Some(Part::Header(_)) => return Err(RequestError::SecondHeader.into()),
                Some(Part::PlaintextChunk(_)) => return Err(RequestError::PlaintextChunk.into()),
            };
            let taken = (bytes - block.len()).min(chunk.len() - self.used);
            block.extend_from_slice(&chunk[self.used..][..taken]);
            self.used += taken;
            self.received += taken as u64;
            if self.used < chunk.len() {
                self.kept = Some(Part::Chunk(chunk));
            } else {
                self.used = 0;
            }
        }
        Ok(block)
    }

    /// The operand has come; nothing may follow.
    pub(crate) async fn end(&mut self, needed: u64) -> Result<(), Status> {
        let mut found = self.received;
        loop {
            match self.next().await? {
                None if found == needed => return Ok(()),
                None => return Err(RequestError::Length { found, needed }.into()),
                Some(Part::Chunk(chunk)) => {
                    found += (chunk.len() - self.used) as u64;
                    self.used = 0;
                    // An empty chunk is no fault.
                    if found > needed {
                        return Err(RequestError::Length { found, needed }.into());
                    }
                }
                Some(Part::Header(_)) => return Err(RequestError::SecondHeader.into()),
                Some(Part::PlaintextChunk(_)) => return Err(RequestError::PlaintextChunk.into()),
            }
        }
    }

    /// Nothing may follow, because another job's result is the operand.
    pub(crate) async fn end_without_operand(&mut self) -> Result<(), Status> {
        match self.next().await? {
            None => Ok(()),
            Some(Part::PlaintextChunk(_)) => Err(RequestError::PlaintextChunk.into()),
            Some(_) => Err(Status::invalid_argument("chunks, although another job's result is the operand")),
        }
    }

    async fn next(&mut self) -> Result<Option<Part>, Status> {
        if let Some(kept) = self.kept.take() {
            return Ok(Some(kept));
        }
        // The wait is bounded below: see `PacedBody`.
        match self.messages.message().await? {
            None => Ok(None),
            Some(message) => match message.part {
                Some(part) => Ok(Some(part)),
                None => Err(Status::invalid_argument("a message with nothing in it")),
            },
        }
    }
}
