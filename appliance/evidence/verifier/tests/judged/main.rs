//! Evidence of software TPMs, judged: what must be accepted, and what must not.

mod accepted;
mod altered;
mod mutants;
mod support;
