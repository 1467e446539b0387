"""Whether the box at the other end is the one that this machine enrolled at, by its evidence over this very connection;
and, by reference values and roots that were kept, what it runs. As `coffer status` judges it (cli, appraisal.rs).
"""

from __future__ import annotations

import secrets
from pathlib import Path

from coffer.client import profile
from coffer.client.profile import Enrolment
from coffer.errors import BoxError, UntrustedError
from coffer.evidence import Roots, Verdict, judge

# Bytes of a verifier's nonce.
NONCE = 32


def judged(
    evidence: bytes,
    nonce: bytes,
    certificate: bytes,
    enrolment: Enrolment,
    folder: Path,
    *,
    reference: bytes | None = None,
    roots: Roots | None = None,
) -> tuple[Verdict, str]:
    """The verdict, and the TPM's attestation key. Raises UntrustedError if a check fails or the TPM is another one.

    certificate: that the box showed on the connection by which the evidence came. folder: of the enrolment.
    """
    if reference is None and (folder / profile.REFERENCE).exists():
        reference = (folder / profile.REFERENCE).read_bytes()
    if roots is None:
        kept = folder / profile.ROOTS
        roots = Roots.from_folder(kept) if kept.is_dir() else Roots()
    last = folder / profile.EVIDENCE
    known = enrolment.attestation_key
    verdict = judge(
        evidence,
        reference=reference,
        roots=roots,
        nonce=nonce,
        # That of another TPM says nothing of this one.
        previous=last.read_bytes() if known is not None and last.exists() else None,
        channel=certificate,
        # The claims name a development release as one.
        allow_development=True,
    )
    if verdict.failures:
        raise UntrustedError(f"the box's evidence does not hold: {'; '.join(verdict.failures)}", verdict)
    (found,) = verdict.claims.get("attestation-key") or [""]
    if not found:
        raise BoxError("the box's evidence proves nothing")
    if known is not None and found != known:
        raise UntrustedError(
            f"the box has another TPM than the one that this machine knows ({found}, not {known}): another machine, or "
            "a part of it was changed",
            verdict,
        )
    return verdict, found


def fresh_nonce() -> bytes:
    """Nobody can have prepared an evidence for it."""
    return secrets.token_bytes(NONCE)
