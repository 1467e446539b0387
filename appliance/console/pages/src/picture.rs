//! A text as a picture that a telephone reads.

use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

/// An SVG without a declaration, to stand in a page. `None`: the text is too long for one.
pub fn picture(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let drawn = code.render::<svg::Color<'_>>().min_dimensions(200, 200).build();
    drawn.split_once("?>").map(|(_, svg)| svg.to_string())
}
