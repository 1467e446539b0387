//! A box on the desk: the service with keys in memory and the modelled card, for trying the client without an emulator.
//! Nothing in it is protected. Ends when standard input ends.

#[path = "../tests/support/mod.rs"]
mod support;

use std::error::Error;

use card_model::FaultPlan;
use engine::{CardBackend, Engine};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let card = card::Card::probe(card_model::in_process(32 << 20, FaultPlan::default())?)?;
    let engine = Engine::with_card(CardBackend::new(card));
    let desk = support::InProcess::start(folder.path(), &support::keyd::SoftwareKeyd::new(), engine);
    println!("service {} enrolment {} code {}", desk.service.port(), desk.enrolment.port(), desk.code("administrator"));
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    Ok(())
}
