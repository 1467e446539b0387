"""What this machine keeps about a box, in the folder that the command line program `coffer` uses too.

box.json (address, device, client, role, the TPM's attestation key), authority.der, client.der (X.509) and client.key
(PKCS #8), readable to the owner alone: appliance/clients/cli/src/profile.rs.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from coffer.errors import BoxError, NotEnrolledError

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")


@dataclass(frozen=True)
class Enrolment:
    """One box, as this machine knows it."""

    host: str
    port: int
    device_id: str
    client: str
    role: str
    # DER.
    authority: bytes = field(repr=False)
    certificate: bytes = field(repr=False)
    key: bytes = field(repr=False)
    # Of the TPM that the box showed first: hexadecimal. None: no evidence of it was judged yet.
    attestation_key: str | None = None


def load(box: str, config: Path | None) -> Enrolment:
    """Raises NotEnrolledError if there is no such enrolment."""
    folder = folder_of(box, config)
    try:
        address = json.loads((folder / "box.json").read_text())
        values: dict[str, Any] = {name: address[name] for name in _ADDRESS}
        values["attestation_key"] = address.get("attestation_key")
        values.update({name: (folder / file).read_bytes() for name, file in _FILES.items()})
        return Enrolment(**values)
    except FileNotFoundError as error:
        raise NotEnrolledError(f"this machine is not enrolled at the box {box!r}: see coffer.enrol") from error
    except (ValueError, KeyError, OSError) as error:
        raise BoxError(f"the enrolment in {folder} is unreadable") from error


def check_writable(box: str, config: Path | None) -> None:
    """Raises BoxError where an enrolment could not be kept."""
    folder = folder_of(box, config)
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # In the folder of folders: the enrolment's own is made in it, or moved aside.
        with tempfile.NamedTemporaryFile(dir=folder.parent, prefix=".enrol-"):
            pass
    except OSError as error:
        raise BoxError(f"an enrolment can't be kept in {folder.parent}: {error.strerror or error}") from error


def set_aside(box: str, config: Path | None) -> None:
    """Moves an enrolment to a folder of its own, beside: its key is the only way back to its name on the box."""
    folder = folder_of(box, config)
    if folder.exists():
        folder.rename(folder.with_name(f"{folder.name}.until-{int(time.time())}"))


def save(box: str, config: Path | None, enrolment: Enrolment) -> Path:
    """Kept only when all of it is written: box.json, which `load` begins with, is the last file."""
    folder = folder_of(box, config)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    values = asdict(enrolment)
    for name in ("key", "certificate", "authority"):
        _write(folder / _FILES[name], values[name])
    _write_address(folder, enrolment)
    return folder


def know_tpm(box: str, config: Path | None, enrolment: Enrolment, attestation_key: str) -> Enrolment:
    """From now on the box is the one with this TPM."""
    known = replace(enrolment, attestation_key=attestation_key)
    _write_address(folder_of(box, config), known)
    return known


def keep_evidence(box: str, config: Path | None, evidence: bytes) -> None:
    """The one that was judged last: the next must be newer."""
    _write(folder_of(box, config) / EVIDENCE, evidence)


def folder_of(box: str, config: Path | None) -> Path:
    """The folder of an enrolment; it may not exist yet."""
    if not _NAME.fullmatch(box):
        raise BoxError(f"the box's name {box!r}: letters, digits, '-', '_' and '.' are allowed")
    if config is not None:
        return config / box
    base = os.environ.get("XDG_CONFIG_HOME") or (os.environ.get("HOME") and os.path.join(os.environ["HOME"], ".config"))
    if not base:
        raise BoxError("neither HOME nor XDG_CONFIG_HOME is set: give config")
    return Path(base) / "coffer" / box


_ADDRESS = ("host", "port", "device_id", "client", "role")
# What evidence is judged by, if `coffer keep-reference` kept it; and the last one that was judged.
REFERENCE, ROOTS, EVIDENCE = "reference.json", "roots", "evidence.cbor"
_FILES = {"authority": "authority.der", "certificate": "client.der", "key": "client.key"}


def _write_address(folder: Path, enrolment: Enrolment) -> None:
    values = asdict(enrolment)
    address = {name: values[name] for name in (*_ADDRESS, "attestation_key") if values[name] is not None}
    _write(folder / "box.json", json.dumps(address, indent=2).encode())


def _write(path: Path, data: bytes) -> None:
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
