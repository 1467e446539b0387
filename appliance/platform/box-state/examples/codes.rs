//! Prints the handbook's page of codes.

fn main() {
    print!("{}", box_state::handbook::page());
}
