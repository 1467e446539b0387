//! Streamed answers: read in small steps that hold no thread, and sent at the pace at which the client takes them.

use std::fs::File;

use ipc::auditd::Reader;
use listener::Hangup;
use proto::v1::{AuditLine, ResultChunk};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tonic::Status;

use crate::audit::{Audit, Page};
use crate::limits;
use crate::pace::Pace;
use crate::shares::Place;
use crate::status::{audit_status, disk};

pub(crate) type Answers<T> = mpsc::Receiver<Result<T, Status>>;

/// The sending end of an answer.
pub(crate) struct Answer<T> {
    sender: mpsc::Sender<Result<T, Status>>,
    pace: Pace,
    hangup: Hangup,
}

/// Why an answer goes no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotTaken {
    /// The client is gone, or has ended the call.
    Gone,
    /// It takes too little. What it has not taken fills the connection's buffers, so the connection ends with it.
    TooSlow,
}

impl<T> Answer<T> {
    pub(crate) fn new(hangup: Hangup) -> (Answer<T>, Answers<T>) {
        let (sender, receiver) = mpsc::channel(2);
        (Answer { sender, pace: Pace::new(limits::ANSWERS), hangup }, receiver)
    }

    /// Waits for the client to take what was sent before; `bytes`: of this part.
    pub(crate) async fn send(&mut self, part: Result<T, Status>, bytes: usize) -> Result<(), NotTaken> {
        let since = Instant::now();
        match timeout(self.pace.patience(), self.sender.send(part)).await {
            Ok(Ok(())) => {
                self.pace.moved(bytes, since.elapsed());
                Ok(())
            }
            Ok(Err(_)) => Err(NotTaken::Gone),
            Err(_) => {
                self.hangup.hang_up();
                Err(NotTaken::TooSlow)
            }
        }
    }

    /// Another end, for what may be left out.
    pub(crate) fn sender(&self) -> mpsc::Sender<Result<T, Status>> {
        self.sender.clone()
    }
}

/// A result in chunks; `place` is free again when it is sent, or given up.
pub(crate) fn result(file: File, hangup: Hangup, place: Place) -> Answers<ResultChunk> {
    let (mut answer, receiver) = Answer::new(hangup);
    let mut file = tokio::fs::File::from_std(file);
    file.set_max_buf_size(limits::CHUNK);
    tokio::spawn(async move {
        let _place = place;
        loop {
            let mut bytes = vec![0; limits::CHUNK];
            let chunk = match file.read(&mut bytes).await {
                Ok(0) => return,
                Ok(size) => {
                    bytes.truncate(size);
                    Ok(ResultChunk { bytes })
                }
                Err(e) => Err(disk(&e)),
            };
            let (failed, size) = (chunk.is_err(), chunk.as_ref().map_or(0, |c| c.bytes.len()));
            if answer.send(chunk, size).await.is_err() || failed {
                return;
            }
        }
    });
    receiver
}

/// The audit log from a page on, line by line.
pub(crate) fn log(audit: Audit, first: Page, hangup: Hangup, place: Place) -> Answers<AuditLine> {
    let (mut answer, receiver) = Answer::new(hangup);
    tokio::spawn(async move {
        let _place = place;
        let mut page = first;
        loop {
            let mut lines = BufReader::new(tokio::fs::File::from_std(page.file)).lines();
            while let Some(line) = lines.next_line().await.transpose() {
                let line = line.map(|line| AuditLine { line }).map_err(|e| disk(&e));
                let (failed, size) = (line.is_err(), line.as_ref().map_or(0, |l| l.line.len()));
                if answer.send(line, size).await.is_err() || failed {
                    return;
                }
            }
            if page.next >= page.end {
                return;
            }
            page = match audit.read(page.next, Reader::Token(page.token)).await {
                Ok(page) => page,
                // The client is told that the log goes on.
                Err(e) => {
                    let _ = answer.send(Err(audit_status(&e)), 0).await;
                    return;
                }
            };
        }
    });
    receiver
}

#[cfg(test)]
mod tests {
    use std::io::{Seek, Write};
    use std::time::Duration;

    use super::*;
    use crate::shares::Shares;

    fn file(bytes: usize) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&vec![7; bytes]).unwrap();
        file.rewind().unwrap();
        file
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_read_loses_its_connection_and_its_place() {
        let (shares, hangup) = (Shares::new(1, 1), Hangup::default());
        let mut answers = result(file(10 * limits::CHUNK), hangup.clone(), shares.enter("a").unwrap());
        assert!(answers.recv().await.is_some() && !hangup.is_over());
        let started = Instant::now();
        hangup.cancelled().await;
        assert!(started.elapsed() <= limits::ANSWERS.silence + Duration::from_secs(1));
        while answers.recv().await.is_some() {}
        assert_eq!(shares.count(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn who_reads_slowly_and_steadily_gets_all() {
        let hangup = Hangup::default();
        let mut answers = result(file(10 * limits::CHUNK + 5), hangup.clone(), Shares::new(1, 1).enter("a").unwrap());
        let mut read = 0;
        while let Some(chunk) = answers.recv().await {
            read += chunk.unwrap().bytes.len();
            tokio::time::sleep(Duration::from_secs(10)).await;
        }
        assert!(read == 10 * limits::CHUNK + 5 && !hangup.is_over());
    }
}
