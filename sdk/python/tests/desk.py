"""A box on the desk: the true service as a process, with keys in memory (the example desk_box of computed)."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]


class Desk:
    """Runs until `stop`, or until this process ends."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [program()], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._process.stdout is not None
        # "service PORT enrolment PORT code CODE"
        words = self._process.stdout.readline().split()
        self.port, self.enrolment_port, self.code = int(words[1]), int(words[3]), words[5]

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def program() -> str:
    """COFFER_DESK_BOX, or what cargo has built."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    built = [target / profile / "examples" / "desk_box" for profile in ("release", "debug")]
    for path in [os.environ.get("COFFER_DESK_BOX"), *built]:
        if path and Path(path).exists():
            return str(path)
    raise FileNotFoundError("no desk_box: cargo build --release -p computed --example desk_box")
