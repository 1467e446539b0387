//! What the box says of itself, in the words of a page.

use box_state::{BoxState, Code, Reason};
use ipc::control::{DataVolume, Line};
use onboarding::Step;
use pages::Facts;
use texts::{Language, Texts};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use crate::console::Console;
use crate::steps::now;

/// As the supervisor and this boot say.
pub(crate) fn facts(console: &Console, texts: &Texts) -> Facts {
    let condition = console.condition();
    let said = |lines: &[Line]| lines.iter().map(|line| sentence(line.as_str(), texts.language())).collect();
    let facts = &console.facts;
    Facts {
        state: match condition.state {
            BoxState::Unprovisioned => texts.state_unprovisioned(),
            BoxState::Operational => texts.state_operational(),
            BoxState::Degraded => texts.state_degraded(),
            BoxState::Locked => texts.state_locked(),
        },
        version: format!("{} {}", facts.image, facts.version),
        secure_boot: facts.secure_boot,
        lockdown: facts.lockdown.clone(),
        volume: match facts.data_volume {
            DataVolume::Closed => texts.volume_closed(),
            DataVolume::Created => texts.volume_created(),
            DataVolume::Unsealed => texts.volume_unsealed(),
            DataVolume::Recovery => texts.volume_recovery(),
        },
        addresses: condition.addresses.iter().map(ToString::to_string).collect(),
        clock: time(now()),
        warnings: said(&condition.degraded),
        notices: said(&condition.notices),
    }
}

/// Whether the screen still shows the recovery key, because nobody said that it is written down.
pub(crate) fn is_recovery_key_open(console: &Console) -> bool {
    let code = Code::RecoveryKeyNotConfirmed.to_string();
    console.condition().notices.iter().any(|line| line.as_str().starts_with(&code))
}

/// UTC, to the minute; `seconds`: since 1970.
pub(crate) fn time(seconds: u64) -> String {
    written(seconds, format_description!("[year]-[month]-[day] [hour]:[minute]Z"))
}

/// UTC, to the second.
pub(crate) fn time_of_day(seconds: u64) -> String {
    written(seconds, format_description!("[year]-[month]-[day] [hour]:[minute]:[second]Z"))
}

fn written(seconds: u64, format: &[BorrowedFormatItem<'_>]) -> String {
    let time = i64::try_from(seconds).ok().and_then(|s| OffsetDateTime::from_unix_timestamp(s).ok());
    time.and_then(|time| time.format(format).ok()).unwrap_or_else(|| seconds.to_string())
}

/// Titles of the steps that were left out, and are still to be done.
pub(crate) fn left_out(console: &Console, texts: &Texts) -> Vec<String> {
    let steps: Vec<Step> = console.steps.look(|steps| steps.left_out().collect());
    steps.into_iter().map(|step| title(step, texts)).collect()
}

fn title(step: Step, texts: &Texts) -> String {
    match step {
        Step::Presence => texts.presence_title(),
        Step::Administrators => texts.administrators_title(),
        Step::Checks => texts.checks_title(),
        Step::RecoveryKey => texts.recovery_title(),
        Step::Program => texts.program_title(),
        Step::Summary => texts.summary_title(),
    }
}

/// In this language, with what to do next. The supervisor's own sentence is English: in Chinese its code's words stand for it.
fn sentence(line: &str, language: Language) -> String {
    let Some(code) = Code::ALL.iter().copied().find(|code| line.starts_with(&code.to_string())) else {
        return line.into();
    };
    match language {
        Language::English => format!("{line} {}", code.english().next),
        Language::Chinese => {
            let detail = line.split_once(": ").map_or("", |(_, said)| said);
            let happened = Reason::new(code).detail(detail).happened(box_state::Language::Chinese);
            format!("{code} {happened} {}", code.chinese().next)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_is_said_in_both_languages() {
        for code in Code::ALL {
            let line = Reason::new(*code).detail("x").sentence();
            for (language, next) in [(Language::English, code.english().next), (Language::Chinese, code.chinese().next)]
            {
                let said = sentence(&line, language);
                assert!(said.starts_with(&code.to_string()) && said.ends_with(next), "{said}");
            }
        }
        assert_eq!(sentence("no code at all", Language::Chinese), "no code at all");
        assert_eq!(time(1_796_000_000), "2026-11-30 00:53Z");
    }
}
