"""FATE's own programs learn the same with Coffer's cipher as with FATE's own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tables

HERE = Path(__file__).parent
KINDS = ("paillier", "coffer")


@pytest.mark.parametrize("algorithm", ["lr", "secureboost", "sshe"])
def test_the_same_model_comes_out(algorithm: str, tmp_path: Path) -> None:
    """To the last bit: what is computed on is exact with both, and rounded alike. On secret shares all but the last bits,
    which are random there."""
    tables.write(tmp_path / "tables", 80)
    # At the same time: most of the time is spent on loading FATE.
    running = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", HERE / "training.py", algorithm, kind, tmp_path / "tables", tmp_path / kind],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for kind in KINDS
    ]
    for kind, process in zip(KINDS, running):
        said, _ = process.communicate(timeout=900)
        assert process.returncode == 0, f"{kind}: {said}"
    theirs, ours = (dict(learned(tmp_path / kind)) for kind in KINDS)
    if algorithm == "sshe":
        theirs = {path: pytest.approx(v, abs=1e-5) if isinstance(v, float) else v for path, v in theirs.items()}
    assert ours == theirs
    # And something was learned of what the host has.
    numbers = [v for path, v in ours.items() if path.startswith("/host") and isinstance(v, float)]
    assert any(abs(v) > 1e-3 for v in numbers)


def learned(folder: Path) -> Iterator[tuple[str, Any]]:
    """Every value of what the parties learned, by where it stands."""
    for role, found in json.loads((folder / "model.json").read_text()).items():
        yield from flat(found["model"], f"/{role}")


def flat(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if items is None:
        yield path, value
        return
    for key, inner in items:
        yield from flat(inner, f"{path}/{key}")
