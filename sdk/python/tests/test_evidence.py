"""Evidence of a software TPM (evidence-box's example desk), judged."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from coffer.client import profile
from coffer.client.attesting import judged
from coffer.client.profile import Enrolment
from coffer.errors import EvidenceError, UntrustedError
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


def enrolled(config: Path) -> Enrolment:
    enrolment = Enrolment("box", 9443, "CF-0001", "analyst", "operator", b"a", b"c", b"k")
    profile.save("default", config, enrolment)
    return enrolment


def test_the_first_evidence_says_which_tpm_a_box_has(desk: Path, tmp_path: Path) -> None:
    enrolment, folder = enrolled(tmp_path), tmp_path / "default"
    evidence, service = (desk / "evidence.cbor").read_bytes(), (desk / "evidence.der").read_bytes()
    verdict, key = judged(evidence, NONCE, service, enrolment, folder)
    assert not verdict.affirming and verdict.failures == []
    assert [c["number"] for c in verdict.checks if c["verdict"] == "pass"] == [1, 2, 3, 4, 8, 9, 10]
    profile.know_tpm("default", tmp_path, enrolment, key)
    profile.keep_evidence("default", tmp_path, evidence)
    known = profile.load("default", tmp_path)
    assert known == Enrolment(**{**enrolment.__dict__, "attestation_key": key})
    later = (desk / "later.cbor").read_bytes()
    assert judged(later, NONCE, (desk / "later.der").read_bytes(), known, folder)[1] == key
    profile.keep_evidence("default", tmp_path, later)
    with pytest.raises(UntrustedError, match="check 12"):
        judged(evidence, NONCE, service, known, folder)
    (folder / profile.EVIDENCE).unlink()
    with pytest.raises(UntrustedError, match="another TPM"):
        judged(evidence, NONCE, service, Enrolment(**{**known.__dict__, "attestation_key": "00" * 32}), folder)


def test_what_does_not_hold_is_not_believed(desk: Path, tmp_path: Path) -> None:
    enrolment, folder = enrolled(tmp_path), tmp_path / "default"
    evidence, service = (desk / "evidence.cbor").read_bytes(), (desk / "evidence.der").read_bytes()
    for nonce, certificate, check in ((bytes(32), service, "check 1"), (NONCE, b"another's", "check 13")):
        with pytest.raises(UntrustedError, match=check) as refused:
            judged(evidence, nonce, certificate, enrolment, folder)
        assert not refused.value.verdict.affirming


def test_what_was_kept_is_what_it_is_judged_by(desk: Path, tmp_path: Path) -> None:
    enrolment, folder = enrolled(tmp_path), tmp_path / "default"
    (folder / profile.REFERENCE).write_bytes((desk / "reference.json").read_bytes())
    (folder / profile.ROOTS).symlink_to(desk / "roots")
    evidence, service = (desk / "evidence.cbor").read_bytes(), (desk / "evidence.der").read_bytes()
    verdict, _ = judged(evidence, NONCE, service, enrolment, folder)
    assert verdict.affirming and verdict.claims["release"] == ["0.1.0 (release)"]
