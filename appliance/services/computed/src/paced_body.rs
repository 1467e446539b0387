//! A request's body that fails when its sender is too slow: for unary calls and uploads alike.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::body::{Body, Buf, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep};
use tonic::Status;

use crate::limits;
use crate::pace::Pace;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Only time that the sender makes the box wait counts: what the box takes slowly is not the sender's slowness.
pub(crate) struct PacedBody<B> {
    body: B,
    pace: Pace,
    /// Since when, and until when.
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl<B> PacedBody<B> {
    pub(crate) fn new(body: B) -> PacedBody<B> {
        PacedBody { body, pace: Pace::new(limits::INTAKE), waiting: None }
    }
}

impl<B: Body + Unpin> Body for PacedBody<B>
where
    B::Error: Into<Failure>,
{
    type Data = B::Data;
    type Error = Failure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) {
            let waited = this.waiting.take().map_or_else(Default::default, |(since, _)| since.elapsed());
            let bytes = match &frame {
                Some(Ok(frame)) => frame.data_ref().map_or(0, Buf::remaining),
                _ => 0,
            };
            this.pace.moved(bytes, waited);
            return Poll::Ready(frame.map(|f| f.map_err(Into::into)));
        }
        let patience = this.pace.patience();
        let (_, until) = this.waiting.get_or_insert_with(|| (Instant::now(), Box::pin(sleep(patience))));
        ready!(until.as_mut().poll(cx));
        let text = match patience == limits::INTAKE.silence {
            true => format!("no message for {} s", patience.as_secs()),
            false => "the request comes too slowly".to_string(),
        };
        Poll::Ready(Some(Err(Status::deadline_exceeded(text).into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http_body_util::BodyExt;
    use hyper::body::Bytes;

    use super::*;

    /// A body of so many frames of a size, each after a pause.
    struct Slow {
        left: usize,
        bytes: usize,
        pause: Pin<Box<Sleep>>,
        each: Duration,
    }

    impl Body for Slow {
        type Data = Bytes;
        type Error = std::io::Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
            if self.left == 0 {
                return Poll::Ready(None);
            }
            ready!(self.pause.as_mut().poll(cx));
            let next = Instant::now() + self.each;
            self.pause.as_mut().reset(next);
            self.left -= 1;
            Poll::Ready(Some(Ok(Frame::data(vec![0; self.bytes].into()))))
        }
    }

    async fn sent(left: usize, bytes: usize, seconds: u64) -> Result<usize, Status> {
        let each = Duration::from_secs(seconds);
        let body = PacedBody::new(Slow { left, bytes, pause: Box::pin(sleep(each)), each });
        let collected = body.collect().await.map_err(Status::from_error)?;
        Ok(collected.to_bytes().len())
    }

    #[tokio::test(start_paused = true)]
    async fn slow_senders_are_cut_off_and_others_are_not() {
        assert_eq!(sent(30, 1 << 20, 19).await.unwrap(), 30 << 20);
        let started = Instant::now();
        let trickle = sent(1000, 1, 19).await.unwrap_err();
        assert_eq!(
            (trickle.code(), trickle.message()),
            (tonic::Code::DeadlineExceeded, "the request comes too slowly")
        );
        assert!(started.elapsed() <= limits::INTAKE.grace + Duration::from_secs(1));
        let silent = sent(1, 1, 21).await.unwrap_err();
        assert_eq!((silent.code(), silent.message()), (tonic::Code::DeadlineExceeded, "no message for 20 s"));
    }
}
