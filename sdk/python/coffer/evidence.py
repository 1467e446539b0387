"""A box's evidence, judged in this process by the code of coffer-verify: nothing of the box's is taken on trust.

`judge(evidence, reference=..., roots=Roots.from_folder("roots"), nonce=...)` says what it comes to, and why.
"""

from __future__ import annotations

import json
import time
from base64 import b64decode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from coffer import _native
from coffer.errors import EvidenceError

_CERTIFICATE = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----")
_KEY = ("-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----")


@dataclass
class Roots:
    """What you trust: certificates in DER, the vendor's public keys in PEM."""

    makers: list[bytes] = field(default_factory=list)
    intermediates: list[bytes] = field(default_factory=list)
    release_keys: list[str] = field(default_factory=list)
    device_record_keys: list[str] = field(default_factory=list)

    @classmethod
    def from_folder(cls, folder: str | Path) -> Roots:
        """The folder that coffer-verify takes: tpm/, tpm-intermediates/, release.pem, device-record.pem."""
        folder = Path(folder)
        records = folder / "device-record.pem"
        return cls(
            makers=_certificates(folder / "tpm"),
            intermediates=_certificates(folder / "tpm-intermediates"),
            release_keys=_blocks((folder / "release.pem").read_text(), _KEY),
            device_record_keys=_blocks(records.read_text(), _KEY) if records.exists() else [],
        )


@dataclass(frozen=True)
class Verdict:
    """What an evidence comes to. `result` is the whole: an EAT attestation result."""

    result: dict[str, Any]

    @property
    def affirming(self) -> bool:
        """Every check passed. One that could not be made has not."""
        return bool(self.result["ear_status"] == "affirming")

    @property
    def checks(self) -> list[dict[str, Any]]:
        """The fifteen, in order: number, title, verdict (pass, fail, unknown), reason, evidence."""
        return list(self.result["submods"]["coffer"]["coffer_checks"])

    @property
    def claims(self) -> dict[str, list[str]]:
        """What is proven, by subject ("serial", "release", ...)."""
        found: dict[str, list[str]] = {}
        for claim in self.result["submods"]["coffer"]["coffer_claims"]:
            found.setdefault(claim["subject"], []).append(claim["value"])
        return found

    @property
    def reasons(self) -> list[str]:
        """Why it is not affirming."""
        return [f"check {c['number']}: {c['reason']}" for c in self.checks if c["verdict"] != "pass"]

    @property
    def failures(self) -> list[str]:
        """What is wrong, and not only unknown."""
        return [f"check {c['number']}: {c['reason']}" for c in self.checks if c["verdict"] == "fail"]


def judge(
    evidence: bytes,
    *,
    reference: bytes | None,
    roots: Roots,
    nonce: bytes,
    previous: bytes | None = None,
    serial: str | None = None,
    channel: bytes | None = None,
    allow_development: bool = False,
    now: float | None = None,
) -> Verdict:
    """Judges an evidence. EvidenceError: there is nothing to judge.

    `reference`: the release's values as the vendor signed them; without them what the box runs stays unknown.
    `channel`: the certificate (DER) that the service showed to you; `previous`: an earlier evidence of the box.
    """
    result = _native.judge_evidence(
        evidence,
        reference,
        nonce,
        int(time.time() if now is None else now),
        maker_roots=roots.makers,
        maker_intermediates=roots.intermediates,
        release_keys=roots.release_keys,
        device_record_keys=roots.device_record_keys,
        previous=previous,
        serial=serial,
        channel=channel,
        allow_development=allow_development,
    )
    return Verdict(json.loads(result))


def _certificates(folder: Path) -> list[bytes]:
    found = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        content = path.read_bytes()
        blocks = _blocks(content.decode("ascii", "replace"), _CERTIFICATE)
        if not blocks and content[:1] != b"\x30":
            raise EvidenceError(f"{path} is no certificate")
        found += [b64decode("".join(block.splitlines()[1:-1])) for block in blocks] or [content]
    return found


def _blocks(text: str, marks: tuple[str, str]) -> list[str]:
    begin, end = marks
    return [f"{begin}{part.split(end)[0]}{end}\n" for part in text.split(begin)[1:]]
