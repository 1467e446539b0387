"""The box as a client of it sees it: keys, and arrays that are computed on in it."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
import numpy.typing as npt

from coffer import _numbers
from coffer._policy import check_public
from coffer.client import fixed, tls
from coffer.client.arrays import CipherArray, encrypted
from coffer.client.key import Key, OpenRequest
from coffer.client.kinds import kind_wanted, other_public_key
from coffer.client.packed import PackedArray, Packing, packed
from coffer.client.pairing import PairingCode
from coffer.client.proofs import digest, proof, seconds
from coffer.client.session import Session
from coffer.client.tables import header_of
from coffer.errors import RangeError, ShapeError, UnknownKeyError
from coffer.v1 import coffer_pb2 as pb


@dataclass(frozen=True)
class Status:
    """What a box says about itself. It is its word: `Client.attest` has it proven."""

    version: str
    device_id: str
    development: bool
    # Why the box is degraded; empty: operational.
    degraded: tuple[str, ...]
    # What batches run on: "card", "portable", ...
    engine: str
    jobs_queued: int
    jobs_running: int


class Client(Session):
    """A connection to the box that this machine is enrolled at (see `coffer.enrol`).

    box: this machine's name for it. host, port: where it is, if not where it was enrolled. config: the folder of
    enrolments. progress: a bar while a job is waited for, if tqdm is installed. fraction_bits: of floats. patience:
    seconds that a full queue is tried again; after that BusyError. job_timeout: seconds that a job is waited for; after
    that WaitError.

    Pickled, it is the enrolment's name: unpickled, a connection with the enrolment of that name on that machine.
    """

    def __init__(
        self,
        box: str = "default",
        *,
        host: str | None = None,
        port: int | None = None,
        config: Path | str | None = None,
        progress: bool = True,
        fraction_bits: int = 24,
        patience: float = 60.0,
        job_timeout: float = 24 * 3600.0,
    ) -> None:
        options = {
            "host": host,
            "port": port,
            "config": config,
            "progress": progress,
            "fraction_bits": fraction_bits,
            "patience": patience,
            "job_timeout": job_timeout,
        }
        super().__init__(box, **options)  # type: ignore[arg-type]
        self._opened = box, *options.items()
        self.status()
        _OPEN.setdefault(self._opened, self)

    def __reduce__(self) -> tuple[Any, ...]:
        # The enrolment, with its key, stays on this machine: whoever unpickles it opens a connection with their own.
        return _reopened, (self._opened,)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def status(self) -> Status:
        """What the box runs and how busy it is."""
        s = self._call(lambda: self._stub.GetStatus(pb.GetStatusRequest(), timeout=tls.CONNECT_WAIT_S))
        return Status(s.version, s.device_id, s.development, tuple(s.degraded), s.engine, s.jobs_queued, s.jobs_running)

    # --- keys -------------------------------------------------------------------------------------------------------

    def keys(self) -> list[Key]:
        """This client's keys, but for RSA's."""
        keys = self._call(lambda: self._stub.ListKeys(pb.ListKeysRequest())).keys
        return [Key.of(key) for key in keys if not key.rsa_bits]

    def key(self, name: str) -> Key:
        """The key of this name, or id. Raises UnknownKeyError."""
        keys = self.keys()
        for key in keys:
            if name in (key.name, key.id):
                return key
        raise UnknownKeyError(f"there is no key {name!r}; there are {sorted(key.name for key in keys)}")

    def create_key(
        self,
        name: str,
        bits: int = 3072,
        operations: Sequence[str] = (),
        *,
        kind: str = "paillier",
        group: str | None = None,
        uses_max: int = 0,
        expires: int | datetime | None = None,
        dual_control: bool = False,
    ) -> Key:
        """Makes a key that never leaves the box.

        kind: "paillier", with n of 2048, 3072 or 4096 bits; "okamoto-uchiyama", with n of 3072 or 4608 bits, for
        numbers below 2^256; "elgamal", on ristretto255, for numbers below 2^32; "diffie-hellman", in the `group`
        "modp2048", "modp3072", "modp4096" (RFC 3526), "ffdhe2048", "ffdhe3072" or "ffdhe4096" (RFC 7919): see
        `derive`. The last two have no `bits` of their own. operations: of "encrypt", "decrypt", "evaluate", of a
        Diffie-Hellman key "derive"; none: all that there are. uses_max: so many jobs or batches may decrypt
        with it, and then none does any more; 0: any number. expires: from then on, by the box's clock, it is for
        nothing (a datetime with its time zone, or seconds since 1970). dual_control: to destroy it takes a second
        person, an administrator.
        """
        wanted = pb.CreateKeyRequest(
            name=name,
            operations=operations,
            uses_max=uses_max,
            expires=_seconds(expires),
            dual_control=dual_control,
            **kind_wanted(kind, bits, group),
        )
        return Key.of(self._call(lambda: self._stub.CreateKey(wanted)))

    def import_key(
        self,
        name: str,
        n: int | None = None,
        hs: int | None = None,
        operations: Sequence[str] = (),
        *,
        g: int | None = None,
        h: bytes | None = None,
    ) -> Key:
        """Gives the box somebody else's public key, to encrypt for them and to compute on what they encrypted.

        Of Paillier n, and hs: h^n mod n^2, if its owner published it; without it encryptions take many times as long.
        Of Okamoto-Uchiyama n and g. Of ElGamal h, an encoded point (RFC 9496).
        """
        if g is not None or h is not None:
            public_key = other_public_key(n, hs, g, h)
            other = pb.ImportKeyRequest(name=name, operations=operations, **public_key)
            return Key.of(self._call(lambda: self._stub.ImportKey(other)))
        if n is None:
            raise TypeError("import_key takes n, n and g, or h")
        n, hs = operator.index(n), None if hs is None else operator.index(hs)
        check_public(n, hs)
        width = (n.bit_length() + 7) // 8
        public = pb.PaillierPublicKey(
            n=n.to_bytes(width, "big"), hs=b"" if hs is None else hs.to_bytes(2 * width, "big")
        )
        wanted = pb.ImportKeyRequest(name=name, paillier=public, operations=operations)
        return Key.of(self._call(lambda: self._stub.ImportKey(wanted)))

    def destroy_key(self, key: Key | str) -> OpenRequest | None:
        """Destroys a key, for good: what is encrypted under it stays so.

        A key under dual control is destroyed once another person, an administrator, agrees: then this is what that
        person approves of (see `approve`).
        """
        key_id = self._key(key).id
        wanted = pb.DestroyKeyRequest(id=key_id, proof=self._proof(b"destroy key", key_id.encode()))
        answer = self._call(lambda: self._stub.DestroyKey(wanted))
        return OpenRequest.of(answer.asked) if answer.HasField("asked") else None

    def derive(self, key: Key | str, elements: Sequence[int]) -> list[int]:
        """Elements of a Diffie-Hellman key's group, each to the power of the key's private exponent.

        Of others' public values these are the numbers that the two share (SP 800-56A, 5.7.1.1): derive keys from them,
        they are none. Raises InvalidRequestError, which names the element, for one that is not in 2 to p - 2, or not
        of the order (p - 1) / 2.
        """
        found = self._key(key)
        width = len(found.public_value)
        if found.kind != "diffie-hellman":
            raise ShapeError(f"{found.name!r} is no Diffie-Hellman key, but one of the kind {found.kind}")
        numbers = [operator.index(element) for element in elements]
        index = next((i for i, v in enumerate(numbers) if not 0 <= v < 1 << 8 * width), None)
        if index is not None:
            raise RangeError(f"element {index} is negative, or wider than the group's prime", index)
        if not numbers:
            return []
        header = header_of((len(numbers),), group_exponentiation=pb.GroupExponentiation(key_id=found.id))
        operand = b"".join(v.to_bytes(width, "big") for v in numbers)
        data, width = self._patiently(lambda: self._compute(header, operand))
        return [int.from_bytes(data[at : at + width], "big") for at in range(0, len(data), width)]

    # --- clients, for administrators --------------------------------------------------------------------------------

    def invite(self, name: str, role: str = "operator", valid_for: int = 24 * 3600) -> str:
        """A pairing code for one more client. It is made here: the box learns its public key alone.

        name: one that no client has or had. role: "administrator", "operator" or "auditor". valid_for: seconds that
        the code is good, a minute to a week.
        """
        code = PairingCode.new(tls.pin(self._enrolment, *self._address))
        public = code.key().public_key().public_bytes_raw()
        fields = (name.encode(), role.encode(), public, seconds(valid_for))
        wanted = pb.NewPairingCodeRequest(
            role=role,
            client_name=name,
            code_key=public,
            valid_s=valid_for,
            proof=self._proof(b"new code", *fields),
        )
        self._call(lambda: self._stub.NewPairingCode(wanted))
        return code.text()

    def revoke(self, serial: str) -> None:
        """Ends the client that has this certificate, for good: its name is nobody's any more."""
        wanted = pb.RevokeClientRequest(serial=serial, proof=self._proof(b"revoke", serial.encode()))
        self._call(lambda: self._stub.RevokeClient(wanted))

    def requests(self) -> list[OpenRequest]:
        """What waits for a second person."""
        answer = self._call(lambda: self._stub.ListRequests(pb.ListRequestsRequest()))
        return [OpenRequest.of(asked) for asked in answer.requests]

    def approve(self, asked: OpenRequest) -> None:
        """Agrees to what somebody else asked for, exactly as it is shown. Backups and restores: `coffer approve`."""
        if asked.deed != "destroy":
            raise ValueError(f"a {asked.deed} takes a half of its key: use coffer approve")
        wanted = pb.ApproveRequest(id=asked.id, proof=self._proof(b"approve", digest(asked), b""))
        self._call(lambda: self._stub.Approve(wanted))

    # --- arrays -----------------------------------------------------------------------------------------------------

    def encrypt(
        self, key: Key | str, values: Any, *, fraction_bits: int | None = None, obfuscate: bool = True
    ) -> CipherArray:
        """Encrypts an array of integers or floats of at most two dimensions in the box; pandas' and Arrow's columns and
        tables are arrays too, and so are Decimals and Fractions.

        Floats are rounded to `fraction_bits` (the client's, unless given); RangeError names an element that then does
        not fit 64 bits. obfuscate=False hides nothing: for plain values that meet encrypted ones in a sum.
        """
        found, array = self._key(key), _numbers.array(values)
        if fraction_bits is not None:
            bits = fixed.checked_bits(fraction_bits)
        else:
            bits = 0 if _numbers.is_whole(array) else self.fraction_bits
        return encrypted(self, found, array, bits, bits, obfuscate)

    def upload(
        self,
        key: Key | str,
        ciphertexts: npt.NDArray[np.uint8],
        fraction_bits: int = 0,
        *,
        bound: int | float | None = None,
    ) -> CipherArray:
        """Ciphertexts from outside (see `CipherArray.fetch`), obfuscated anew in the box, where they stay.

        bound: no encrypted number is over it, as whoever encrypted them says; without it nobody can tell whether a
        result has overflowed, and decryption warns. Raises InvalidRequestError for what is no ciphertext under this
        key.
        """
        found = self._key(key)
        if ciphertexts.dtype != np.uint8 or not 1 <= ciphertexts.ndim <= 3:
            raise ShapeError("ciphertexts are an array of bytes whose last dimension is one ciphertext")
        shape, fraction_bits = ciphertexts.shape[:-1], fixed.checked_bits(fraction_bits)
        header = header_of(shape, obfuscate=pb.Obfuscate(key_id=found.id))
        made = CipherArray(self, found, self._submit(header, ciphertexts.tobytes()), shape, fraction_bits)
        return made if bound is None else made.bounded(bound)

    def encrypt_packed(self, key: Key | str, values: Any, *, value_bits: int, summands: int) -> PackedArray:
        """Encrypts integers of magnitude below 2^value_bits, many in a Paillier ciphertext: a row, or a table of rows.

        summands: room for sums of so many packed rows. Raises RangeError, which names the element, for one that is
        too large.
        """
        return packed(self, self._key(key), values, Packing(value_bits, summands))

    def decrypt(self, array: CipherArray, dtype: npt.DTypeLike | None = None, *, like: Any = None) -> Any:
        """See `CipherArray.decrypt`."""
        return array.decrypt(dtype, like=like)

    def _proof(self, *fields: bytes) -> pb.Proof:
        challenge = self._call(lambda: self._stub.GetChallenge(pb.GetChallengeRequest())).challenge
        return proof(self._enrolment, challenge, *fields)

    def _key(self, key: Key | str) -> Key:
        return key if isinstance(key, Key) else self.key(key)


# Clients of this process by what they were opened with, so that handles that are unpickled share one.
_OPEN: WeakValueDictionary[Any, Client] = WeakValueDictionary()


def _reopened(opened: tuple[Any, ...]) -> Client:
    found = _OPEN.get(opened)
    if found is not None and not found._closed:
        return found
    _OPEN.pop(opened, None)
    return Client(opened[0], **dict(opened[1:]))


def _seconds(moment: int | datetime | None) -> int:
    if isinstance(moment, datetime):
        if moment.tzinfo is None:
            raise ValueError("expires: a datetime needs its time zone")
        return int(moment.timestamp())
    return moment or 0
