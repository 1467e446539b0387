"""gRPC's errors as this package's."""

from __future__ import annotations

import grpc

from coffer.errors import (
    BoxError,
    BusyError,
    CertificateRefusedError,
    InvalidRequestError,
    NoConnectionError,
    NotAllowedError,
    UnknownJobError,
    UnknownKeyError,
)

# The box asks for a later try with this metadata; without a number, this is taken.
_RETRY_AFTER_S = 2.0

_KINDS: dict[grpc.StatusCode, type[BoxError]] = {
    grpc.StatusCode.UNAUTHENTICATED: CertificateRefusedError,
    grpc.StatusCode.PERMISSION_DENIED: NotAllowedError,
    grpc.StatusCode.INVALID_ARGUMENT: InvalidRequestError,
    grpc.StatusCode.ALREADY_EXISTS: InvalidRequestError,
    grpc.StatusCode.OUT_OF_RANGE: InvalidRequestError,
    grpc.StatusCode.UNAVAILABLE: NoConnectionError,
    grpc.StatusCode.DEADLINE_EXCEEDED: NoConnectionError,
}


def converted(error: grpc.RpcError) -> BoxError:
    """The exception that says what the box said."""
    code, text = error.code(), error.details() or "no reason given"
    if code == grpc.StatusCode.RESOURCE_EXHAUSTED:
        given = next((m.value for m in error.trailing_metadata() or () if m.key == "retry-after-ms"), None)
        # Without it the message itself was too large, which no later try changes.
        return InvalidRequestError(text) if given is None else BusyError(text, _seconds(given))
    if code == grpc.StatusCode.NOT_FOUND:
        return UnknownJobError(text) if text.startswith("no job") else UnknownKeyError(text)
    if code == grpc.StatusCode.DEADLINE_EXCEEDED:
        text = "no answer in time: the box, or the network to it, has gone silent"
    return _KINDS.get(code, BoxError)(text)


def _seconds(milliseconds: str | bytes) -> float:
    try:
        return int(milliseconds) / 1000
    except ValueError:
        return _RETRY_AFTER_S
