"""Every notebook in examples/ runs from top to bottom in a process of its own, and is committed without outputs.

Their code is plain Python: it runs without a Jupyter kernel, which would bring some thirty packages.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from desk import Desk

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook(path: Path, tmp_path: Path) -> None:
    notebook = json.loads(path.read_text())
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert cells
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells)
    program = tmp_path / f"{path.stem}.py"
    program.write_text("\n\n".join("".join(cell["source"]) for cell in cells))
    desk = Desk() if "coffer.enrol" in program.read_text() else None
    environment = dict(os.environ)
    try:
        if desk:
            environment |= {
                "COFFER_HOST": "127.0.0.1",
                "COFFER_CODE": desk.code,
                "COFFER_PORT": str(desk.port),
                "COFFER_ENROLMENT_PORT": str(desk.enrolment_port),
            }
        ran = subprocess.run(
            [sys.executable, "-P", program], env=environment, capture_output=True, text=True, timeout=200, cwd=tmp_path
        )
    finally:
        if desk:
            desk.stop()
    assert ran.returncode == 0, ran.stderr


def test_there_are_notebooks() -> None:
    assert {path.stem for path in NOTEBOOKS} >= {"box_session", "local_paillier", "vertical_logistic_regression"}
