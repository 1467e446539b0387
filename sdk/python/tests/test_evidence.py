"""Evidence of a software TPM (evidence-box's example desk), judged."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from coffer.errors import EvidenceError
from coffer.evidence import Roots, judge

REPOSITORY = Path(__file__).resolve().parents[3]
NONCE = b"\xa5" * 32


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("desk")
    command = ["cargo", "run", "-q", "--locked", "-p", "evidence-box", "--example", "desk", "--", str(folder)]
    subprocess.run(command, cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL)
    return folder


def test_an_evidence_is_judged_as_coffer_verify_judges_it(desk: Path) -> None:
    evidence, reference = (desk / "evidence.cbor").read_bytes(), (desk / "reference.json").read_bytes()
    roots = Roots.from_folder(desk / "roots")
    good = judge(evidence, reference=reference, roots=roots, nonce=NONCE, serial="CF-0001")
    assert good.affirming and good.reasons == []
    assert [check["verdict"] for check in good.checks] == ["pass"] * 15
    assert good.claims["serial"] == ["CF-0001"] and good.claims["release"] == ["0.1.0 (release)"]

    other = judge(evidence, reference=reference, roots=roots, nonce=bytes(32))
    assert not other.affirming and other.reasons[0].startswith("check 1: ") and other.claims == {}
    channel = judge(evidence, reference=reference, roots=roots, nonce=NONCE, channel=b"somebody else's")
    assert [c["number"] for c in channel.checks if c["verdict"] == "fail"] == [13]
    unknown = judge(evidence, reference=reference, roots=Roots(release_keys=roots.release_keys), nonce=NONCE)
    assert not unknown.affirming


def test_what_is_no_evidence_is_an_error(desk: Path) -> None:
    roots = Roots.from_folder(desk / "roots")
    for evidence, nonce in ((b"", NONCE), (b"\x00" * (3 << 20), NONCE), ((desk / "evidence.cbor").read_bytes(), b"")):
        with pytest.raises(EvidenceError):
            judge(evidence, reference=b"", roots=roots, nonce=nonce)
    with pytest.raises(EvidenceError):
        judge(b"", reference=b"", roots=Roots(makers=[b"x"]), nonce=NONCE)
