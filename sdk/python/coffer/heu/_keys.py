"""Schemas and keys."""

from __future__ import annotations

import enum
import struct

from coffer import _native
from coffer._policy import check_public, fingerprint, insecure
from coffer.heu._values import PheRuntimeError, Plaintext

DEFAULT_BITS = 2048


class SchemaType(enum.Enum):
    """HEU's schemas by their numbers there; ZPaillier is the one that is here."""

    Mock = 0
    OU = 1
    IPCL = 2
    ZPaillier = 4
    FPaillier = 5
    IcPaillier = 6
    ElGamal = 9
    DGK = 10
    DJ = 11


def parse_schema_type(name: str) -> SchemaType:
    """By name, large or small letters. Raises PheRuntimeError."""
    plain = name.lower().replace("-", "").replace("_", "")
    for schema in SchemaType:
        if plain == schema.name.lower() or (plain == "paillier" and schema is SchemaType.ZPaillier):
            return schema
    raise PheRuntimeError(f"there is no schema {name!r}")


class PublicKey:
    """n, and hs = h^n mod n^2 if it is known."""

    def __init__(self, native: _native.PublicKey) -> None:
        self.native = native
        self.n = int.from_bytes(native.n, "big")
        self.fingerprint = fingerprint(native.n)

    def __str__(self) -> str:
        return f"Z-paillier PK: n={self.n:X}[{self.n.bit_length()}bits]"

    def __eq__(self, other: object) -> bool:
        return self.n == other.n if isinstance(other, PublicKey) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.n)

    def __reduce__(self) -> tuple[object, tuple[bytes]]:
        return PublicKey.load_from, (self.serialize(),)

    def plaintext_bound(self) -> Plaintext:
        """The largest magnitude of a plaintext: n / 2."""
        return Plaintext(None, self.n // 2)

    def serialize(self) -> bytes:
        return pack(bytes([self.native.insecure_for_comparison]), self.native.n, self.native.hs or b"")

    @staticmethod
    def load_from(bytes_buffer: bytes) -> PublicKey:
        """What `serialize` wrote. Raises PheRuntimeError, InvalidKeyError for what is no key."""
        flag, n, hs = unpack(bytes_buffer, 3)
        check_public(int.from_bytes(n, "big"), int.from_bytes(hs, "big") if hs else None)
        return PublicKey(_native.PublicKey(n, hs or None, insecure(8 * len(n), flag == b"\1")))


class SecretKey:
    """p and q. A pickle of it is not encrypted."""

    def __init__(self, public: PublicKey, native: _native.PrivateKey) -> None:
        self.public = public
        self.native = native

    def __reduce__(self) -> tuple[object, tuple[bytes]]:
        return SecretKey.load_from, (self.serialize(),)

    def serialize(self) -> bytes:
        return pack(self.public.serialize(), self.native.p, self.native.q)

    @staticmethod
    def load_from(bytes_buffer: bytes) -> SecretKey:
        """What `serialize` wrote. Raises PheRuntimeError."""
        public_bytes, p, q = unpack(bytes_buffer, 3)
        public = PublicKey.load_from(public_bytes)
        return SecretKey(public, _native.PrivateKey(public.native, p, q))


def generate(schema: SchemaType, bits: int) -> SecretKey:
    """A key pair. Raises PheRuntimeError for another schema, InvalidKeyError for a length that is not made."""
    if schema is not SchemaType.ZPaillier:
        raise PheRuntimeError(f"the schema {schema.name} is not here: ZPaillier is")
    public, private = _native.generate(bits, insecure(bits, False))
    return SecretKey(PublicKey(public), private)


def pack(*parts: bytes) -> bytes:
    """Parts with their lengths."""
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)


def unpack(data: bytes, count: int) -> list[bytes]:
    """What `pack` packed. Raises PheRuntimeError."""
    parts: list[bytes] = []
    at = 0
    while at < len(data) and len(parts) < count:
        if at + 4 > len(data):
            break
        (size,) = struct.unpack_from(">I", data, at)
        parts.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    if len(parts) != count or at != len(data):
        raise PheRuntimeError("the bytes are not what was serialized here")
    return parts
