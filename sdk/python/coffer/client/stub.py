"""A service's calls, made from its description in coffer.proto: generated stubs hold a server's half as well."""

from __future__ import annotations

from functools import partial
from typing import Any

import grpc
from google.protobuf.message_factory import GetMessageClass

from coffer.v1 import coffer_pb2 as pb

# What is asked and answered in one message; a key of 4096 bits takes longest. Streams are given their own.
CALL_WAIT_S = 120.0


class Stub:
    """A method for each of the service's calls: requests in, answers out, streams as iterators. Each call has a
    `timeout`: of streams it has to be given."""

    def __init__(self, channel: grpc.Channel, service: str) -> None:
        described = pb.DESCRIPTOR.services_by_name[service]
        for method in described.methods:
            sides = "stream" if method.client_streaming else "unary", "stream" if method.server_streaming else "unary"
            call = getattr(channel, "_".join(sides))(
                f"/{described.full_name}/{method.name}",
                request_serializer=GetMessageClass(method.input_type).SerializeToString,
                response_deserializer=GetMessageClass(method.output_type).FromString,
            )
            streams = method.client_streaming or method.server_streaming
            setattr(self, method.name, call if streams else partial(_one, call))

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"the service has no call {name!r}")


def _one(call: Any, request: Any, timeout: float = CALL_WAIT_S) -> Any:
    return call(request, timeout=timeout)
