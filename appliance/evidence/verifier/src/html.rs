//! The result for people: one page without scripts or references, to be read and printed, in English and in Chinese.

use std::fmt::Write;

use attestation::Hash;
use data_encoding::HEXLOWER;

use crate::chain::date;
use crate::picture;
use crate::reason::Words;
use crate::report::{Check, Outcome, Report, Verdict};
use crate::titles::TITLES;

const STYLE: &str = include_str!("report.css");

/// What the page itself says, English and Chinese.
struct Page {
    code: &'static str,
    title: &'static str,
    outcomes: [&'static str; 3],
    headings: [&'static str; 4],
    verdicts: [&'static str; 3],
    claims: [&'static str; 3],
    checks: [&'static str; 4],
    nothing: &'static str,
    rests_on: &'static str,
    inputs: [&'static str; 5],
}

static PAGES: [Page; 2] = [
    Page {
        code: "en",
        title: "What this box is",
        outcomes: [
            "Affirming: every check passed",
            "Not affirming: not everything could be checked",
            "Not affirming: at least one check failed",
        ],
        headings: ["Who vouches for whom", "What is proven", "The fifteen checks", "What this report was made from"],
        verdicts: ["pass", "unknown", "FAIL"],
        claims: ["claim", "value", "rests on checks"],
        checks: ["no.", "check", "result", "what was found"],
        nothing: "Nothing is proven.",
        rests_on: "rests on: ",
        inputs: [
            "evidence (SHA-256)",
            "reference values (SHA-256)",
            "earlier evidence (SHA-256)",
            "nonce, as the TPM signed it",
            "your clock",
        ],
    },
    Page {
        code: "zh",
        title: "这台设备是什么",
        outcomes: ["肯定:全部检查通过", "不肯定:并非所有检查都能进行", "不肯定:至少一项检查未通过"],
        headings: ["谁为谁担保", "已证明的事实", "十五项检查", "本报告的依据"],
        verdicts: ["通过", "未知", "未通过"],
        claims: ["事实", "值", "依据的检查"],
        checks: ["编号", "检查", "结果", "所见"],
        nothing: "没有任何事实得到证明。",
        rests_on: "依据:",
        inputs: ["证据(SHA-256)", "参考值(SHA-256)", "先前的证据(SHA-256)", "TPM 所签署的随机数", "您的时钟"],
    },
];

impl Report {
    pub fn html(&self) -> String {
        let mut out = format!(
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
             <title>Coffer</title><style>{STYLE}</style></head><body>\n"
        );
        for (language, page) in PAGES.iter().enumerate() {
            self.page(&mut out, language, page);
        }
        out + "</body></html>\n"
    }

    fn page(&self, out: &mut String, language: usize, page: &Page) {
        let (class, outcome) = match self.outcome() {
            Outcome::Affirming => ("pass", page.outcomes[0]),
            Outcome::Unknown => ("unknown", page.outcomes[1]),
            Outcome::Contraindicated => ("fail", page.outcomes[2]),
        };
        put(
            out,
            &format!(
                "<section lang=\"{}\"><h1>{}</h1><p class=\"outcome {class}\">{outcome}</p>",
                page.code, page.title
            ),
        );
        let reasons = self.reasons().into_iter().map(|(number, reason)| {
            let text = escaped(in_language(&reason.words(), language));
            format!("<li>{number}: {text}</li>")
        });
        put(out, &format!("<ul>{}</ul>", reasons.collect::<String>()));
        put(out, &format!("<h2>{}</h2>{}", page.headings[0], picture::svg(self, language)));
        self.claims_table(out, language, page);
        put(out, &format!("<h2>{}</h2>", page.headings[2]));
        table_head(out, &page.checks);
        for check in &self.checks {
            row(out, check, language, page);
        }
        put(out, "</table>");
        self.inputs_table(out, page);
        put(out, "</section>");
    }

    fn claims_table(&self, out: &mut String, language: usize, page: &Page) {
        put(out, &format!("<h2>{}</h2>", page.headings[1]));
        if self.claims.is_empty() {
            return put(out, &format!("<p>{}</p>", page.nothing));
        }
        table_head(out, &page.claims);
        for claim in &self.claims {
            let on: Vec<String> = claim.rests_on.iter().map(u8::to_string).collect();
            let words = claim.subject.words();
            let name = escaped(in_language(&words, language));
            put(
                out,
                &format!(
                    "<tr><td>{name}</td><td class=\"value\">{}</td><td>{}</td></tr>",
                    escaped(&claim.value),
                    on.join(" ")
                ),
            );
        }
        put(out, "</table>");
    }

    fn inputs_table(&self, out: &mut String, page: &Page) {
        let inputs = &self.inputs;
        let of = |hash: Option<Hash>| hash.map_or("-".into(), |hash| hash.to_string());
        let values = [
            inputs.evidence.to_string(),
            of(inputs.reference),
            of(inputs.previous),
            HEXLOWER.encode(&self.nonce),
            date(inputs.now),
        ];
        put(out, &format!("<h2>{}</h2><table>", page.headings[3]));
        for (name, value) in page.inputs.iter().zip(values) {
            put(out, &format!("<tr><td>{name}</td><td class=\"value\">{value}</td></tr>"));
        }
        put(out, &format!("</table><p>{}</p>", concat!("verifier ", env!("CARGO_PKG_VERSION"))));
    }
}

fn row(out: &mut String, check: &Check, language: usize, page: &Page) {
    let title = &TITLES[usize::from(check.number - 1)];
    let (class, verdict, reason) = match &check.verdict {
        Verdict::Pass => ("pass", page.verdicts[0], None),
        Verdict::Unknown(reason) => ("unknown", page.verdicts[1], Some(reason)),
        Verdict::Fail(reason) => ("fail", page.verdicts[2], Some(reason)),
    };
    let reason = reason.map(|r| escaped(in_language(&r.words(), language)));
    let found: Vec<String> = reason.into_iter().chain(check.evidence.iter().map(|e| escaped(e))).collect();
    let _ = write!(
        out,
        "<tr class=\"{class}\"><td>{}</td><td>{}<br><small>{}{}</small></td><td>{verdict}</td><td class=\"value\">{}</td></tr>",
        check.number,
        title.name[language],
        page.rests_on,
        title.rests_on[language],
        found.join("<br>"),
    );
}

fn table_head(out: &mut String, columns: &[&str]) {
    let cells: String = columns.iter().map(|c| format!("<th>{c}</th>")).collect();
    put(out, &format!("<table><tr>{cells}</tr>"));
}

fn in_language(words: &Words, language: usize) -> &str {
    if language == 0 { &words.english } else { &words.chinese }
}

fn put(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

/// What came out of an evidence is text, and never markup.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
