//! The program by itself; what it does as a card is tested in the crate card.

use std::process::Command;

#[test]
fn a_socket_that_exists_is_not_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("card.sock");
    std::fs::write(&socket, b"").unwrap();
    let output =
        Command::new(env!("CARGO_BIN_EXE_card-model")).arg("--socket").arg(&socket).arg("--log").output().unwrap();
    assert!(!output.status.success());
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(text, "card-model: listening on the socket\ncard-model: Socket path already exists\n");
}
