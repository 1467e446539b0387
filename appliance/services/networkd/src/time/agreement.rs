//! What more than half of the answers agree on: each is true somewhere within its error, and those whose stretches of time have a moment in
//! common may all be true. A single server can't be contradicted.

use std::time::Duration;

use ipc::control::TimeReport;

use super::question::Answer;

/// Clocks of honest servers differ by a little more than they think.
const SLACK: Duration = Duration::from_millis(100);

/// The time now, by the best of those that agree; `None`: there is no majority.
pub(super) fn of(answers: &[Answer], now: Duration) -> Option<TimeReport> {
    let agreeing = |moment: Duration| answers.iter().filter(move |a| stretch(a, now).contains(&moment));
    // Where most stretches overlap, one of them begins.
    let moments = answers.iter().map(|answer| *stretch(answer, now).start());
    let moment = moments.max_by_key(|moment| agreeing(*moment).count())?;
    let agreed = agreeing(moment).count();
    if agreed * 2 <= answers.len() {
        return None;
    }
    let best = agreeing(moment).min_by_key(|answer| answer.error)?;
    Some(TimeReport {
        unix_ms: u64::try_from(at(best, now).as_millis()).ok()?,
        at_ms: u64::try_from(now.as_millis()).ok()?,
        error_ms: u32::try_from(best.error.as_millis()).unwrap_or(u32::MAX),
        server: best.server,
        agreed: u8::try_from(agreed).unwrap_or(u8::MAX),
    })
}

/// Answers came at different moments.
fn at(answer: &Answer, now: Duration) -> Duration {
    answer.unix + now.saturating_sub(answer.at)
}

fn stretch(answer: &Answer, now: Duration) -> std::ops::RangeInclusive<Duration> {
    let (middle, either_way) = (at(answer, now), answer.error + SLACK);
    middle.saturating_sub(either_way)..=middle + either_way
}
