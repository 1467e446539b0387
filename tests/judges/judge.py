"""What libraries that nobody here wrote say of an evidence and of its result: judge.py FOLDER

FOLDER is one of evidence-box's example `desk`, with the evidence unpacked in parts/ and the signed result in ear.jwt.
"""

import base64
import hashlib
import json
import struct
import sys
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from keylime.tpm import tpm_util

NONCE = b"\xa5" * 32
EV_NO_ACTION = 3
HASHES = {4: 20, 0x0B: 32, 0x0C: 48, 0x0D: 64}


def main(folder: Path) -> None:
    parts = folder / "parts"
    values = json.loads((parts / "evidence.json").read_text())["pcrs"]
    quote(parts, values)
    replayed = replay((parts / "event.log").read_bytes())
    for index, value in values.items():
        assert replayed.get(int(index), bytes(32)).hex() == value, f"PCR {index}"
    signatures(folder)
    print("judges: Keylime, PyJWT and a replay of our own agree")


def quote(parts: Path, values: dict[str, str]) -> None:
    """Keylime's check of the quote: signature, nonce, PCR values."""
    public = (parts / "attestation-key.pub").read_bytes()
    x, y = public[-66:-34], public[-32:]
    numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(x, "big"), int.from_bytes(y, "big"), ec.SECP256R1())
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = numbers.public_key().public_bytes(serialization.Encoding.PEM, spki)
    attest, signature, pcrs = ((parts / n).read_bytes() for n in ("quote.attest", "quote.signature", "pcr-values"))

    def check(nonce: bytes, signature: bytes, pcrs: bytes) -> dict:
        return tpm_util.checkquote(pem, base64.b64encode(nonce).decode(), signature, attest, pcrs, "sha256")

    found = check(NONCE, signature, pcrs)
    assert {int(i): v.removeprefix("0x") for i, v in found.items()} == {int(i): v for i, v in values.items()}, found
    flipped = bytes([*signature[:-1], signature[-1] ^ 1])
    other = bytes([*pcrs[:140], pcrs[140] ^ 1, *pcrs[141:]])
    for nonce, sig, blob in ((bytes(32), signature, pcrs), (NONCE, flipped, pcrs), (NONCE, signature, other)):
        refused("a quote", lambda n=nonce, s=sig, b=blob: check(n, s, b))


def replay(log: bytes) -> dict[int, bytes]:
    """The SHA-256 bank of a crypto agile event log, by the specification alone."""
    (size,) = struct.unpack_from("<I", log, 28)
    at, pcrs = 32 + size, {}
    while at < len(log):
        pcr, kind, count = struct.unpack_from("<III", log, at)
        at, digests = at + 12, {}
        for _ in range(count):
            (algorithm,) = struct.unpack_from("<H", log, at)
            digests[algorithm] = log[at + 2 : at + 2 + HASHES[algorithm]]
            at += 2 + HASHES[algorithm]
        (size,) = struct.unpack_from("<I", log, at)
        at += 4 + size
        if kind != EV_NO_ACTION:
            pcrs[pcr] = hashlib.sha256(pcrs.get(pcr, bytes(32)) + digests[0x0B]).digest()
    return pcrs


def signatures(folder: Path) -> None:
    """The result is a JWT, and what the vendor signed is a JWS (RFC 7515): PyJWT reads both."""
    auditor = (folder / "auditor.pem").read_text()
    ear = jwt.decode((folder / "ear.jwt").read_text().strip(), auditor, algorithms=["ES256"])
    assert ear["ear_status"] == "affirming" and ear["submods"]["coffer"]["ear_status"] == "affirming", ear
    assert base64.urlsafe_b64decode(ear["eat_nonce"] + "=") == NONCE
    statements = (("reference.json", "release.pem"), ("parts/device-record.json", "device-record.pem"))
    for name, key in statements:
        flat = json.loads((folder / name).read_text())
        compact = ".".join((flat["protected"], flat["payload"], flat["signature"]))
        public = (folder / "roots" / key).read_text()
        assert json.loads(jwt.PyJWS().decode(compact, public, algorithms=["ES256"]))["format"] == 1
        refused(name, lambda c=compact: jwt.PyJWS().decode(c, auditor, algorithms=["ES256"]))


def refused(what: str, check) -> None:
    try:
        check()
    except Exception:  # noqa: BLE001 - each library has its own
        return
    raise SystemExit(f"judges: {what} that is wrong was taken")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
