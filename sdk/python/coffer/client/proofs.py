"""What a client signs, byte for byte: that it wants something itself, and not only whoever carries its request.

The same as appliance/platform/accounts/src/statement.rs: a title, then each field after its length (four bytes,
big-endian).
"""

from __future__ import annotations

import operator

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_private_key

from coffer.client.key import OpenRequest
from coffer.client.profile import Enrolment
from coffer.v1 import coffer_pb2 as pb


def statement(title: bytes, *fields: bytes) -> bytes:
    """The bytes that are signed."""
    return title + b"".join(len(field).to_bytes(4, "big") + field for field in fields)


def enrolment(csr: bytes, valid_s: int) -> bytes:
    """What is signed with a pairing code's key."""
    return statement(b"coffer enrolment v1", csr, seconds(valid_s))


def proof(own: Enrolment, challenge: bytes, *fields: bytes) -> pb.Proof:
    """With the key of the client's certificate. fields: what is wanted, and with what (see Proof in coffer.proto)."""
    key = load_der_private_key(own.key, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("the enrolment's key is not of an elliptic curve")
    head = (own.device_id.encode(), own.client.encode(), challenge)
    signed = key.sign(statement(b"coffer statement v1", *head, *fields), ec.ECDSA(hashes.SHA256()))
    return pb.Proof(challenge=challenge, signature=signed)


def digest(asked: OpenRequest) -> bytes:
    """Of all that was shown of a request: who agrees to it signs this."""
    head = (asked.id.encode(), asked.deed.encode(), asked.by.encode(), asked.data)
    names = (name.encode() for key in asked.keys for name in key)
    hashed = hashes.Hash(hashes.SHA256())
    hashed.update(statement(b"coffer deed v1", *head, *names))
    return hashed.finalize()


def seconds(valid_s: int) -> bytes:
    """As a field."""
    return operator.index(valid_s).to_bytes(4, "big")
