//! A job watched by its client: told of each change as it comes, of its progress now and then.

use std::sync::Arc;

use proto::v1;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tonic::Status;

use crate::job::Job;
use crate::limits;
use crate::views;

/// The job now, at every change, and at its end.
pub(crate) fn watch(job: Arc<Job>) -> mpsc::Receiver<Result<v1::Job, Status>> {
    let (sender, receiver) = mpsc::channel(4);
    tokio::spawn(async move {
        let (mut record, mut steps) = (job.follow_record(), job.follow_steps());
        let mut last = None;
        loop {
            record.mark_unchanged();
            steps.mark_unchanged();
            let now = views::job(&job);
            let ended = views::has_ended(&now);
            if last.as_ref() != Some(&now) && sender.send(Ok(now.clone())).await.is_err() {
                return;
            }
            if ended {
                return;
            }
            last = Some(now);
            let next = Instant::now() + limits::PROGRESS;
            let progress = async {
                sleep_until(next).await;
                steps.changed().await
            };
            // The job is held here, so that neither sender can be gone.
            tokio::select! {
                _ = record.changed() => {}
                _ = progress => {}
                () = sender.closed() => return,
            }
        }
    });
    receiver
}

#[cfg(test)]
mod tests {
    use proto::v1::job::State as Shown;

    use super::*;
    use crate::record::{Record, State};
    use crate::request::Spec;
    use crate::work::Work;

    fn job() -> Arc<Job> {
        let work = Work::RowSums { key_id: "k".into() };
        let spec = Spec { work, rows: 9, columns: 9, operand_job: None };
        Arc::new(Job::new("nowhere".into(), Record::new("1".into(), 0, "a", spec, 1, 0)))
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_is_told_at_once_and_progress_now_and_then() {
        let job = job();
        let mut watched = watch(job.clone());
        let mut next = async || watched.recv().await.map(|told| told.unwrap());
        assert_eq!(next().await.unwrap().state(), Shown::Queued);
        let started = Instant::now();
        job.set(|r| r.state = State::Running);
        assert_eq!(next().await.unwrap().state(), Shown::Running);
        assert_eq!(started.elapsed(), std::time::Duration::ZERO);
        // Many steps between two looks are one message.
        (0..40).for_each(|_| job.step(1));
        assert_eq!(next().await.unwrap().items_done, 40);
        assert_eq!(started.elapsed().as_millis() / 10, limits::PROGRESS.as_millis() / 10);
        job.step(1);
        job.set(|r| r.state = State::Done);
        assert_eq!(next().await.unwrap().state(), Shown::Done);
        assert!(next().await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_is_told_once_nobody_listens() {
        let job = job();
        drop(watch(job.clone()));
        tokio::time::sleep(limits::PROGRESS).await;
        assert_eq!(Arc::strong_count(&job), 1);
    }
}
