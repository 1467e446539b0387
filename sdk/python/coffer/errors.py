"""What can go wrong, as exceptions. Each says which element, job or key is at fault."""

from __future__ import annotations

from typing import Any


class CofferError(Exception):
    """Anything that this package raises itself."""


class EvidenceError(CofferError, ValueError):
    """There is nothing to judge: no evidence, or roots that can't be read."""


# --- arithmetic in this process -------------------------------------------------------------------------------------


class InvalidKeyError(CofferError, ValueError):
    """A key that is too short, malformed, or whose halves do not belong together."""


class ShapeError(CofferError, ValueError):
    """Operands that do not fit each other in number, shape or width."""


class KeyMismatchError(ShapeError):
    """Ciphertexts of one key, and another key or ciphertexts of another one."""


class ElementError(CofferError):
    """One element is at fault: number `index` of the batch, row by row; None where a batch of one is meant."""

    def __init__(self, message: str, index: int | None = None) -> None:
        super().__init__(message)
        self.index = index


class RangeError(ElementError, OverflowError):
    """A plaintext that does not fit the key or the encoding."""


class MissingValueError(ElementError, ValueError):
    """A value that is masked, null or not available."""


class DecryptionRangeError(ElementError, OverflowError):
    """A decrypted number outside the range of plaintexts: a sum or product overflowed, or the key is another one."""


class BoundError(RangeError):
    """A result that may not fit under the key: its operands' bounds say so. What was meant to be done is not done."""


class UnknownBoundWarning(UserWarning):
    """What is decrypted was computed from numbers whose magnitude is not known here: it may have overflowed unseen."""


class CiphertextError(ElementError, ValueError):
    """Bytes or a number that are no ciphertext under this key."""


# --- a box ----------------------------------------------------------------------------------------------------------


class BoxError(CofferError):
    """The box refused, failed or could not be reached."""


class ClosedError(BoxError, RuntimeError):
    """The client was closed: open another `coffer.Client`."""


class NotEnrolledError(BoxError):
    """This machine has no certificate of that box: see `coffer.enrol`."""


class PairingError(BoxError, ValueError):
    """A pairing code that is misspelt, used up, or another box's."""


class NoConnectionError(BoxError, ConnectionError):
    """No connection: nobody listens there, or whoever does is not the box that this client is enrolled at."""


class CertificateRefusedError(BoxError, PermissionError):
    """The box does not accept this client's certificate (any more): revoked, expired or unknown."""


class UntrustedError(BoxError, PermissionError):
    """A box whose evidence does not hold, or that has another TPM than it had: `verdict` says what was checked."""

    def __init__(self, message: str, verdict: Any) -> None:
        super().__init__(message)
        self.verdict = verdict


class NotAllowedError(BoxError, PermissionError):
    """The client's role, or the key's list of operations, does not allow this."""


class UnknownKeyError(BoxError, LookupError):
    """The client has no such key in the box."""


class UnknownJobError(BoxError, LookupError):
    """The client has no such job in the box."""


class InvalidRequestError(BoxError, ValueError):
    """The box found something wrong with what it was sent; its words say what."""


class BusyError(BoxError):
    """The box's queue is full; it asks to be tried again after `retry_after` seconds."""

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class JobError(BoxError):
    """A job that did not end well: `state` is "failed", "cancelled" or "unknown"."""

    def __init__(self, message: str, job_id: str, state: str) -> None:
        super().__init__(message)
        self.job_id = job_id
        self.state = state


class WaitError(BoxError, TimeoutError):
    """A job that has not ended in the time that was given to it. It goes on in the box."""

    def __init__(self, message: str, job_id: str) -> None:
        super().__init__(message)
        self.job_id = job_id
