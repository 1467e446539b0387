"""A session with one box: its connection, its jobs, and the calls that everything else is made of."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import grpc

from coffer.client import attesting, fixed, profile, tls
from coffer.client.calls import converted
from coffer.client.jobs import ENDED, Bar, JobInfo
from coffer.client.stub import CALL_WAIT_S, Stub
from coffer.errors import BoxError, BusyError, ClosedError, JobError, NoConnectionError, WaitError
from coffer.evidence import Roots, Verdict
from coffer.v1 import coffer_pb2 as pb

# Bytes of a chunk of an operand.
_CHUNK = 256 * 1024
# Bytes a second.
_SLOWEST_LINE = 64 * 1024
# The box's own pause is trusted up to this.
_RETRY_MAX_S = 30.0

T = TypeVar("T")


class Session:
    """What arrays need of a `Client`, which is one."""

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
        self._profile = box, None if config is None else Path(config)
        enrolment = profile.load(*self._profile)
        self._enrolment = enrolment
        self._address = tls.bare(host or enrolment.host), port or enrolment.port
        self._channel = tls.enrolled_channel(enrolment, *self._address)
        self._stub = Stub(self._channel, "Coffer")
        # Channels from before `attest`, and the certificate (DER) that the evidence was about.
        self._earlier: list[grpc.Channel] = []
        self._attested: bytes | None = None
        self._dropped: deque[str] = deque()
        self._closed = False
        self.progress = progress
        self.fraction_bits = fixed.checked_bits(fraction_bits)
        self.patience = patience
        self.job_timeout = job_timeout

    def close(self) -> None:
        """Ends the connection. Results of handles that were dropped are removed from the box first."""
        if not self._closed:
            self._sweep()
            self._closed = True
            for channel in (self._channel, *self._earlier):
                channel.close()

    def attest(self, *, reference: bytes | None = None, roots: Roots | None = None) -> Verdict:
        """Takes the box's evidence and judges it. Raises UntrustedError if it does not hold.

        The first one says which TPM the box has, and every later one must be the same one's and newer; each certifies
        the key of the connection, which this client keeps to from then on. What the box runs is checked by the
        release's `reference` values and by `roots`, or by those that `coffer keep-reference` kept; without them the
        verdict's `reasons` say what stays unknown.
        """
        if self._closed:
            raise ClosedError("this client is closed: open another coffer.Client")
        certificate = tls.certificate(self._enrolment, *self._address)
        channel = tls.enrolled_channel(self._enrolment, *self._address, only=certificate)
        try:
            stub, nonce = Stub(channel, "Coffer"), attesting.fresh_nonce()
            evidence = self._call(lambda: stub.GetEvidence(pb.GetEvidenceRequest(nonce=nonce))).evidence
            folder = profile.folder_of(*self._profile)
            verdict, key = attesting.judged(
                evidence, nonce, certificate, self._enrolment, folder, reference=reference, roots=roots
            )
            if self._enrolment.attestation_key is None:
                self._enrolment = profile.know_tpm(*self._profile, self._enrolment, key)
            profile.keep_evidence(*self._profile, evidence)
        except BaseException:
            channel.close()
            raise
        # Calls that are under way end on the channel on which they began.
        self._earlier.append(self._channel)
        self._channel, self._stub, self._attested = channel, stub, certificate
        return verdict

    # --- jobs -------------------------------------------------------------------------------------------------------

    def jobs(self, *, all: bool = False) -> list[JobInfo]:
        """This client's jobs in the box, ended ones among them; an administrator may ask for every client's."""
        return [JobInfo.of(j) for j in self._call(lambda: self._stub.ListJobs(pb.ListJobsRequest(all=all))).jobs]

    def job(self, job_id: str) -> JobInfo:
        """One job. Raises UnknownJobError."""
        return JobInfo.of(self._call(lambda: self._stub.GetJob(pb.JobId(id=job_id))))

    def cancel(self, job_id: str) -> JobInfo:
        """Stops a job that has not ended; an administrator may stop anybody's."""
        return JobInfo.of(self._call(lambda: self._stub.CancelJob(pb.JobId(id=job_id))))

    def delete(self, job_id: str) -> None:
        """Removes an ended job and its result."""
        self._call(lambda: self._stub.DeleteJob(pb.JobId(id=job_id)))

    # --- the calls --------------------------------------------------------------------------------------------------

    def _submit(self, header: pb.JobHeader, operand: bytes, plaintexts: bytes = b"") -> str:
        self._sweep()
        wait = _transfer_wait(len(operand) + len(plaintexts))
        submit = self._stub.Submit
        return str(self._patiently(lambda: submit(_parts(header, operand, plaintexts), timeout=wait)).id)

    def _wait(self, job_id: str, timeout: float | None = None) -> JobInfo:
        """Until a job has ended well. The service may be restarted meanwhile: the job outlives it."""
        limit = self.job_timeout if timeout is None else timeout
        deadline = time.monotonic() + limit

        def watch() -> JobInfo:
            info = self.job(job_id)
            with Bar(info.operation, self.progress and info.state not in ENDED) as bar:
                for job in self._stub.WatchJob(pb.JobId(id=job_id), timeout=max(deadline - time.monotonic(), 0.001)):
                    info = JobInfo.of(job)
                    bar.show(info.items_done, info.items)
            return info

        try:
            info = self._call(watch)
        except NoConnectionError as error:
            if time.monotonic() < deadline:
                raise
            raise WaitError(f"job {job_id} has not ended within {limit:g} s; it goes on in the box", job_id) from error
        if info.state == "done":
            return info
        if info.state in ENDED:
            how = f"failed: {info.error}" if info.state == "failed" else "was cancelled"
            raise JobError(f"job {job_id} {how}", job_id, info.state)
        raise JobError(f"job {job_id} has not ended, and the box stopped telling", job_id, "unknown")

    def _fetch(self, info: JobInfo) -> tuple[bytes, int]:
        """The whole result of an ended job, checked against the size that it states; and the bytes of one item."""
        expected = info.rows * info.columns * info.item_bytes
        wait = _transfer_wait(expected)
        data = self._call(lambda: b"".join(c.bytes for c in self._stub.FetchResult(pb.JobId(id=info.id), timeout=wait)))
        if len(data) != expected:
            raise BoxError(f"job {info.id}'s result has {len(data)} bytes, {expected} were announced")
        return data, info.item_bytes

    def _compute(self, header: pb.JobHeader, operand: bytes = b"") -> tuple[bytes, int]:
        """An interactive batch: nothing is kept in the box."""
        shape, ended, chunks = pb.ResultShape(), False, []
        with Bar(header.WhichOneof("operation") or "batch", self.progress) as bar:
            for answer in self._stub.Compute(_parts(header, operand, b""), timeout=self.job_timeout):
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
        if self._closed:
            raise ClosedError("this client is closed: open another coffer.Client")
        try:
            return call()
        except grpc.RpcError as error:
            found = converted(error)
            if isinstance(found, NoConnectionError):
                found = tls.why_not(self._enrolment, *self._address, self._attested) or found
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


def _transfer_wait(size: int) -> float:
    """For so many bytes: over a line that is slow, but moves."""
    return CALL_WAIT_S + size / _SLOWEST_LINE


def _parts(header: pb.JobHeader, operand: bytes, plaintexts: bytes) -> Iterator[pb.SubmitRequest]:
    yield pb.SubmitRequest(header=header)
    for at in range(0, len(plaintexts), _CHUNK):
        yield pb.SubmitRequest(plaintext_chunk=plaintexts[at : at + _CHUNK])
    for at in range(0, len(operand), _CHUNK):
        yield pb.SubmitRequest(chunk=operand[at : at + _CHUNK])
