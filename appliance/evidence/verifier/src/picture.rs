//! The chain as a picture: who vouches for whom, from the TPM's maker to the service. Marks and borders say what colours say, so
//! that it can be printed in black and white.

use std::fmt::Write;

use crate::report::{Report, Verdict};

const BOX: (u32, u32) = (168, 64);
const GAP: (u32, u32) = (24, 44);
const MARGIN: u32 = 10;

struct Link {
    title: [&'static str; 2],
    checks: &'static [u8],
}

static ROWS: [[Link; 4]; 2] = [
    [
        link("TPM's maker", "TPM 制造商", &[6]),
        link("this machine's TPM", "本机 TPM", &[5, 7]),
        link("attestation key", "证明密钥", &[3, 4]),
        link("quote", "引用", &[1, 2, 8, 9, 12, 15]),
    ],
    [
        link("firmware's log", "固件日志", &[10]),
        link("release that runs", "运行的发行版", &[11]),
        link("vendor's values", "厂商参考值", &[14]),
        link("service and card", "服务与加速卡", &[13]),
    ],
];

const fn link(english: &'static str, chinese: &'static str, checks: &'static [u8]) -> Link {
    Link { title: [english, chinese], checks }
}

/// Inline SVG.
pub(crate) fn svg(report: &Report, language: usize) -> String {
    let width = 4 * BOX.0 + 3 * GAP.0 + 2 * MARGIN;
    let height = 2 * BOX.1 + GAP.1 + 2 * MARGIN;
    let mut out = format!("<svg viewBox=\"0 0 {width} {height}\" role=\"img\" xmlns=\"http://www.w3.org/2000/svg\">");
    for (row, links) in (0..).zip(&ROWS) {
        for (column, link) in (0..).zip(links) {
            let (x, y) = (MARGIN + column * (BOX.0 + GAP.0), MARGIN + row * (BOX.1 + GAP.1));
            draw(&mut out, report, link, language, (x, y));
            if column < 3 {
                let (from, to, middle) = (x + BOX.0, x + BOX.0 + GAP.0, y + BOX.1 / 2);
                arrow(&mut out, (from, middle), (to, middle));
            }
        }
    }
    // What the quote covers is what the logs explain.
    let (from, to) = (MARGIN + 3 * (BOX.0 + GAP.0) + BOX.0 / 2, MARGIN + BOX.0 / 2);
    let (top, bottom) = (MARGIN + BOX.1, MARGIN + BOX.1 + GAP.1);
    let middle = top + GAP.1 / 2;
    let _ = write!(out, "<path class=\"arrow\" d=\"M{from} {top}V{middle}H{to}V{middle}\"/>");
    arrow(&mut out, (to, middle), (to, bottom));
    out + "</svg>"
}

fn draw(out: &mut String, report: &Report, link: &Link, language: usize, (x, y): (u32, u32)) {
    let verdicts = || report.checks().iter().filter(|c| link.checks.contains(&c.number)).map(|c| &c.verdict);
    let (class, mark) = if verdicts().any(|v| matches!(v, Verdict::Fail(_))) {
        ("fail", "✗")
    } else if verdicts().all(|v| *v == Verdict::Pass) {
        ("pass", "✓")
    } else {
        ("unknown", "?")
    };
    let numbers: Vec<String> = link.checks.iter().map(u8::to_string).collect();
    let middle = x + BOX.0 / 2;
    let _ = write!(
        out,
        "<g class=\"{class}\"><rect x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\" rx=\"6\"/>\
         <text x=\"{middle}\" y=\"{}\">{mark} {}</text><text class=\"small\" x=\"{middle}\" y=\"{}\">{}</text></g>",
        BOX.0,
        BOX.1,
        y + 28,
        link.title[language],
        y + 48,
        numbers.join(" · "),
    );
}

fn arrow(out: &mut String, from: (u32, u32), to: (u32, u32)) {
    let ((x1, y1), (x2, y2)) = (from, to);
    let head = match x1 == x2 {
        true => format!("M{} {}L{x2} {y2}L{} {}", x2 - 5, y2 - 7, x2 + 5, y2 - 7),
        false => format!("M{} {}L{x2} {y2}L{} {}", x2 - 7, y2 - 5, x2 - 7, y2 + 5),
    };
    let _ = write!(out, "<path class=\"arrow\" d=\"M{x1} {y1}L{x2} {y2}{head}\"/>");
}
