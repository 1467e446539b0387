"""A session with one box."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import grpc
import numpy as np
import numpy.typing as npt

from coffer import _integers
from coffer.client import profile, tls
from coffer.client.arrays import CipherArray, Shape, table_of, to_words
from coffer.client.calls import converted
from coffer.client.jobs import ENDED, Bar, JobInfo
from coffer.client.stub import Stub
from coffer.errors import BoxError, BusyError, JobError, NoConnectionError, RangeError, ShapeError, UnknownKeyError
from coffer.v1 import coffer_pb2 as pb

# Bytes of a chunk of an operand.
_CHUNK = 256 * 1024
# The box's own pause is trusted up to this.
_RETRY_MAX_S = 30.0

T = TypeVar("T")


@dataclass(frozen=True)
class Key:
    """A Paillier key in the box; of the private half this is all that there is outside."""

    id: str
    name: str
    bits: int
    # Of "encrypt", "decrypt", "evaluate".
    operations: tuple[str, ...]
    uses: int
    imported: bool
    n: int = field(repr=False)
    # h^n mod n^2; None: not known.
    hs: int | None = field(repr=False)

    @classmethod
    def _of(cls, key: pb.Key) -> Key:
        return cls(
            id=key.id,
            name=key.name,
            bits=key.paillier_bits,
            operations=tuple(key.operations),
            uses=key.uses,
            imported=key.imported,
            n=int.from_bytes(key.n, "big"),
            hs=int.from_bytes(key.hs, "big") or None,
        )


@dataclass(frozen=True)
class Status:
    """What a box says about itself. It is a claim: `coffer status` checks a TPM quote, this does not."""

    version: str
    device_id: str
    development: bool
    # Why the box is degraded; empty: operational.
    degraded: tuple[str, ...]
    # What batches run on: "card", "portable", ...
    engine: str
    jobs_queued: int
    jobs_running: int


class Client:
    """A connection to the box that this machine is enrolled at (see `coffer.enrol`).

    box: this machine's name for it. host, port: where it is, if not where it was enrolled. config: the folder of
    enrolments. progress: a bar while a job is waited for, if tqdm is installed. fraction_bits: of floats. patience:
    seconds that a full queue is tried again; after that BusyError.
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
    ) -> None:
        enrolment = profile.load(box, None if config is None else Path(config))
        self._enrolment = enrolment
        self._address = host or enrolment.host, port or enrolment.port
        self._channel = tls.enrolled_channel(enrolment, *self._address)
        self._stub = Stub(self._channel, "Coffer")
        self._dropped: deque[str] = deque()
        self._closed = False
        self.progress = progress
        self.fraction_bits = fraction_bits
        self.patience = patience
        self.status()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection. Results of handles that were dropped are removed from the box first."""
        if not self._closed:
            self._sweep()
            self._closed = True
            self._channel.close()

    def status(self) -> Status:
        """What the box runs and how busy it is."""
        s = self._call(lambda: self._stub.GetStatus(pb.GetStatusRequest(), timeout=tls.CONNECT_WAIT_S))
        return Status(s.version, s.device_id, s.development, tuple(s.degraded), s.engine, s.jobs_queued, s.jobs_running)

    # --- keys -------------------------------------------------------------------------------------------------------

    def keys(self) -> list[Key]:
        """This client's Paillier keys."""
        keys = self._call(lambda: self._stub.ListKeys(pb.ListKeysRequest())).keys
        return [Key._of(key) for key in keys if key.paillier_bits]

    def key(self, name: str) -> Key:
        """The key of this name, or id. Raises UnknownKeyError."""
        keys = self.keys()
        for key in keys:
            if name in (key.name, key.id):
                return key
        raise UnknownKeyError(f"there is no key {name!r}; there are {sorted(key.name for key in keys)}")

    def create_key(self, name: str, bits: int = 3072, operations: Sequence[str] = ()) -> Key:
        """Makes a Paillier key that never leaves the box: n of 2048, 3072 or 4096 bits.

        operations: of "encrypt", "decrypt", "evaluate"; none: all three.
        """
        wanted = pb.CreateKeyRequest(name=name, paillier_bits=bits, operations=operations)
        return Key._of(self._call(lambda: self._stub.CreateKey(wanted)))

    def import_key(self, name: str, n: int, hs: int | None = None, operations: Sequence[str] = ()) -> Key:
        """Gives the box somebody else's public key, to encrypt for them and to compute on what they encrypted.

        hs: h^n mod n^2, if its owner published it; without it encryptions take many times as long.
        """
        width = (n.bit_length() + 7) // 8
        public = pb.PaillierPublicKey(
            n=n.to_bytes(width, "big"), hs=b"" if hs is None else hs.to_bytes(2 * width, "big")
        )
        wanted = pb.ImportKeyRequest(name=name, paillier=public, operations=operations)
        return Key._of(self._call(lambda: self._stub.ImportKey(wanted)))

    def destroy_key(self, key: Key | str) -> None:
        """Destroys a key, for good: what is encrypted under it stays so."""
        wanted = pb.DestroyKeyRequest(id=self._key(key).id)
        self._call(lambda: self._stub.DestroyKey(wanted))

    # --- arrays -----------------------------------------------------------------------------------------------------

    def encrypt(
        self, key: Key | str, values: npt.ArrayLike, *, fraction_bits: int | None = None, obfuscate: bool = True
    ) -> CipherArray:
        """Encrypts an array of integers or floats of at most two dimensions in the box.

        Floats are rounded to `fraction_bits` (the client's, unless given); RangeError names an element that then does
        not fit 64 bits. obfuscate=False hides nothing: for plain values that meet encrypted ones in a sum.
        """
        found, array = self._key(key), np.asarray(values)
        bits = fraction_bits if fraction_bits is not None else self.fraction_bits if array.dtype.kind == "f" else 0
        words = to_words(array, bits)
        work = pb.Encrypt(key_id=found.id, without_obfuscation=not obfuscate)
        job = self._submit(self._header(array.shape, encrypt=work), words.astype(">i8").tobytes())
        return CipherArray(self, found, job, array.shape, bits)

    def upload(self, key: Key | str, ciphertexts: npt.NDArray[np.uint8], fraction_bits: int = 0) -> CipherArray:
        """Ciphertexts from outside (see `CipherArray.fetch`), obfuscated anew in the box, where they stay.

        Raises InvalidRequestError for what is no ciphertext under this key.
        """
        found = self._key(key)
        if ciphertexts.dtype != np.uint8 or not 1 <= ciphertexts.ndim <= 3:
            raise ShapeError("ciphertexts are an array of bytes whose last dimension is one ciphertext")
        shape = ciphertexts.shape[:-1]
        header = self._header(shape, obfuscate=pb.Obfuscate(key_id=found.id))
        return CipherArray(self, found, self._submit(header, ciphertexts.tobytes()), shape, fraction_bits)

    def decrypt(self, array: CipherArray, dtype: npt.DTypeLike | None = None) -> npt.NDArray[Any]:
        """See `CipherArray.decrypt`."""
        return self._decrypt(array, dtype)

    # --- jobs -------------------------------------------------------------------------------------------------------

    def jobs(self) -> list[JobInfo]:
        """This client's jobs in the box, ended ones among them."""
        return [JobInfo.of(j) for j in self._call(lambda: self._stub.ListJobs(pb.ListJobsRequest())).jobs]

    def job(self, job_id: str) -> JobInfo:
        """One job. Raises UnknownJobError."""
        return JobInfo.of(self._call(lambda: self._stub.GetJob(pb.JobId(id=job_id))))

    def cancel(self, job_id: str) -> JobInfo:
        """Stops a job that has not ended."""
        return JobInfo.of(self._call(lambda: self._stub.CancelJob(pb.JobId(id=job_id))))

    def delete(self, job_id: str) -> None:
        """Removes an ended job and its result."""
        self._call(lambda: self._stub.DeleteJob(pb.JobId(id=job_id)))

    # --- the calls --------------------------------------------------------------------------------------------------

    def _submit(self, header: pb.JobHeader, operand: bytes, plaintexts: bytes = b"") -> str:
        self._sweep()
        return str(self._patiently(lambda: self._stub.Submit(_parts(header, operand, plaintexts))).id)

    def _wait(self, job_id: str) -> JobInfo:
        """Until a job has ended well. The service may be restarted meanwhile: the job outlives it."""

        def watch() -> JobInfo:
            info = self.job(job_id)
            with Bar(info.operation, self.progress and info.state not in ENDED) as bar:
                for job in self._stub.WatchJob(pb.JobId(id=job_id)):
                    info = JobInfo.of(job)
                    bar.show(info.items_done, info.items)
            return info

        info = self._call(watch)
        if info.state == "done":
            return info
        if info.state in ENDED:
            how = f"failed: {info.error}" if info.state == "failed" else "was cancelled"
            raise JobError(f"job {job_id} {how}", job_id, info.state)
        raise JobError(f"job {job_id} has not ended, and the box stopped telling", job_id, "unknown")

    def _fetch(self, array: CipherArray) -> tuple[bytes, int]:
        """The whole result, checked against the size that the job states; and the bytes of one item."""
        info = array.info()
        data = self._call(lambda: b"".join(c.bytes for c in self._stub.FetchResult(pb.JobId(id=array.job_id))))
        expected = info.rows * info.columns * info.item_bytes
        if len(data) != expected:
            raise BoxError(f"job {info.id}'s result has {len(data)} bytes, {expected} were announced")
        return data, info.item_bytes

    def _decrypt(self, array: CipherArray, dtype: npt.DTypeLike | None) -> npt.NDArray[Any]:
        rows, columns = array._table
        work = pb.Decrypt(key_id=array.key.id)
        header = pb.JobHeader(version=1, rows=rows, columns=columns, operand_job=array.job_id, decrypt=work)
        data, width = self._patiently(lambda: self._compute(header))
        values = np.empty(array.size, dtype=object)
        values[:] = _integers.signed_from_bytes(data, width)
        wanted = np.dtype(dtype) if dtype is not None else np.dtype(np.float64 if array.fraction_bits else np.int64)
        if wanted.kind == "O":
            return values.reshape(array.shape)
        if wanted.kind == "f":
            scale = 1 << array.fraction_bits
            return np.array([v / scale for v in values], dtype=wanted).reshape(array.shape)
        if array.fraction_bits:
            raise ShapeError(f"an array with {array.fraction_bits} fraction bits decrypts to floats, not to {wanted}")
        try:
            return values.astype(wanted).reshape(array.shape)
        except OverflowError as error:
            bounds = np.iinfo(wanted)
            index = next(i for i, v in enumerate(values) if not bounds.min <= v <= bounds.max)
            raise RangeError(
                f"element {index} does not fit {wanted}: dtype=object has no limit", index=index
            ) from error

    def _compute(self, header: pb.JobHeader) -> tuple[bytes, int]:
        """An interactive batch: nothing is kept in the box."""
        shape, ended, chunks = pb.ResultShape(), False, []
        with Bar("decrypt", self.progress) as bar:
            for answer in self._stub.Compute(_parts(header, b"", b"")):
                part = answer.WhichOneof("part")
                if part == "shape":
                    shape = answer.shape
                elif part == "chunk":
                    chunks.append(answer.chunk)
                elif part == "progress":
                    bar.show(answer.progress.items_done, answer.progress.items)
                ended = part == "summary"
        data = b"".join(chunks)
        if not ended or len(data) != shape.rows * shape.columns * shape.item_bytes:
            raise BoxError("the box's answer is cut short")
        return data, shape.item_bytes

    def _header(self, shape: Shape, **work: Any) -> pb.JobHeader:
        rows, columns = table_of(shape)
        return pb.JobHeader(version=1, rows=rows, columns=columns, **work)

    def _key(self, key: Key | str) -> Key:
        return key if isinstance(key, Key) else self.key(key)

    def _patiently(self, call: Callable[[], T]) -> T:
        """Tries again while the box says that it is busy."""
        deadline = time.monotonic() + self.patience
        while True:
            try:
                return self._call(call)
            except BusyError as busy:
                pause = min(busy.retry_after, _RETRY_MAX_S)
                if time.monotonic() + pause > deadline:
                    raise
                time.sleep(pause)

    def _call(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except grpc.RpcError as error:
            found = converted(error)
            if isinstance(found, NoConnectionError):
                found = tls.why_not(self._enrolment, *self._address) or found
            raise found from error

    def _forget(self, job_id: str) -> None:
        """Of a handle that was dropped: its result is removed at the next submission."""
        self._dropped.append(job_id)

    def _sweep(self) -> None:
        kept: list[str] = []
        while self._dropped and not self._closed:
            job_id = self._dropped.popleft()
            try:
                self._stub.DeleteJob(pb.JobId(id=job_id), timeout=tls.CONNECT_WAIT_S)
            except grpc.RpcError as error:
                # It has not ended, or another job needs it: later. What is gone is gone.
                if error.code() == grpc.StatusCode.FAILED_PRECONDITION:
                    kept.append(job_id)
        self._dropped.extend(kept)


def _parts(header: pb.JobHeader, operand: bytes, plaintexts: bytes) -> Iterator[pb.SubmitRequest]:
    yield pb.SubmitRequest(header=header)
    for at in range(0, len(plaintexts), _CHUNK):
        yield pb.SubmitRequest(plaintext_chunk=plaintexts[at : at + _CHUNK])
    for at in range(0, len(operand), _CHUNK):
        yield pb.SubmitRequest(chunk=operand[at : at + _CHUNK])
