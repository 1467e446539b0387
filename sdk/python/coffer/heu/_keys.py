"""Schemas and keys."""

from __future__ import annotations

import enum
import math
import struct

from coffer import _native
from coffer._policy import check_public, fingerprint, insecure
from coffer.heu import _wire
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
        flag = bytes([self.native.insecure_for_comparison])
        return public_from_parts, (pack(flag, self.native.n, self.native.hs or b""),)

    def plaintext_bound(self) -> Plaintext:
        """The largest magnitude of a plaintext: n / 2."""
        return Plaintext(None, self.n // 2)

    def serialize(self) -> bytes:
        """As HEU has it. Raises PheRuntimeError for a key without hs, which HEU does not know."""
        if self.native.hs is None:
            raise PheRuntimeError("HEU has no bytes for a public key without hs")
        return _wire.pack([_wire.number(self.n), _wire.number(int.from_bytes(self.native.hs, "big"))], _wire.ZPAILLIER)

    @staticmethod
    def load_from(bytes_buffer: bytes) -> PublicKey:
        """What `serialize`, or HEU's, wrote. Raises PheRuntimeError, InvalidKeyError for what is no key."""
        items = _wire.unpack(bytes_buffer, _wire.ZPAILLIER)
        if len(items) != 2:
            raise _wire.wrong()
        n, hs = map(_wire.to_number, items)
        return _public(n, hs, False)


class SecretKey:
    """p and q. A pickle of it is not encrypted."""

    def __init__(self, public: PublicKey, native: _native.PrivateKey) -> None:
        self.public = public
        self.native = native

    def __reduce__(self) -> tuple[object, tuple[PublicKey, bytes, bytes]]:
        return secret_from_parts, (self.public, self.native.p, self.native.q)

    def serialize(self) -> bytes:
        """As HEU has it: Carmichael's function of n, its inverse modulo n, p and q; without hs."""
        p, q = (int.from_bytes(prime, "big") for prime in (self.native.p, self.native.q))
        exponent = math.lcm(p - 1, q - 1)
        numbers = (exponent, pow(exponent, -1, p * q), p, q)
        return _wire.pack([_wire.number(n) for n in numbers], _wire.ZPAILLIER)

    @staticmethod
    def load_from(bytes_buffer: bytes) -> SecretKey:
        """What `serialize`, or HEU's, wrote. Its public key has no hs and encrypts slowly: `setup` takes another one
        beside. Raises PheRuntimeError, InvalidKeyError for what is no key."""
        items = _wire.unpack(bytes_buffer, _wire.ZPAILLIER)
        if len(items) != 4:
            raise _wire.wrong()
        p, q = map(_wire.to_number, items[2:])
        if p <= 1 or q <= 1:
            raise _wire.wrong()
        return SecretKey.of(_public(p * q, None, False), p, q)

    @staticmethod
    def of(public: PublicKey, p: int, q: int) -> SecretKey:
        """Raises InvalidKeyError where the primes are not the public key's."""
        return secret_from_parts(public, *(prime.to_bytes(-(-prime.bit_length() // 8), "big") for prime in (p, q)))

    def with_public(self, public: PublicKey) -> SecretKey:
        """The same with a public key that may have an hs. Raises InvalidKeyError where it is another key's."""
        return self if public is self.public else secret_from_parts(public, self.native.p, self.native.q)


def generate(schema: SchemaType, bits: int) -> SecretKey:
    """A key pair. Raises PheRuntimeError for another schema, InvalidKeyError for a length that is not made."""
    if schema is not SchemaType.ZPaillier:
        raise PheRuntimeError(f"the schema {schema.name} is not here: ZPaillier is")
    public, private = _native.generate(bits, insecure(bits, False))
    return SecretKey(PublicKey(public), private)


def public_from_parts(data: bytes) -> PublicKey:
    """What a pickled PublicKey becomes. Raises PheRuntimeError, InvalidKeyError."""
    flag, n, hs = unpack(data, 3)
    return _public(int.from_bytes(n, "big"), int.from_bytes(hs, "big") if hs else None, flag == b"\1")


def secret_from_parts(public: PublicKey, p: bytes, q: bytes) -> SecretKey:
    """What a pickled SecretKey becomes. Raises InvalidKeyError where the primes are not the public key's."""
    return SecretKey(public, _native.PrivateKey(public.native, p, q))


def _public(n: int, hs: int | None, wanted: bool) -> PublicKey:
    if n <= 0 or (hs is not None and hs <= 0):
        raise _wire.wrong()
    check_public(n, hs)
    width = -(-n.bit_length() // 8)
    parts = (n.to_bytes(width, "big"), None if hs is None else hs.to_bytes(2 * width, "big"))
    return PublicKey(_native.PublicKey(*parts, insecure(n.bit_length(), wanted)))


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
