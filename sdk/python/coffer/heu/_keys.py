"""Schemas, and what the keys of all of them have."""

from __future__ import annotations

import enum
import struct
from typing import Any, ClassVar

from coffer.heu import _wire
from coffer.heu._values import PheRuntimeError, Plaintext

DEFAULT_BITS = 2048


class SchemaType(enum.Enum):
    """HEU's schemas by their numbers there; ZPaillier and OU are those that are here."""

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
    """A public key of one of the schemas."""

    schema: ClassVar[SchemaType]
    # What an audit calls that which hides the plaintext.
    hidden_name: ClassVar[str]

    # Computes on ciphertexts: of the extension module.
    native: Any
    # Of ciphertexts.
    modulus: int
    # The largest magnitude of a plaintext.
    capacity: int
    # By which ciphertexts know their key.
    fingerprint: bytes

    def encrypt(self, numbers: list[int]) -> bytes:
        """Ciphertexts of `numbers`. Raises PheRuntimeError, which names the element, beyond the capacity."""
        raise NotImplementedError

    def embed(self, numbers: list[int]) -> bytes:
        """The same without obfuscators: they hide nothing."""
        raise NotImplementedError

    def plaintext_bound(self) -> Plaintext:
        """The largest magnitude of a plaintext."""
        return Plaintext(None, self.capacity)

    def checked(self, numbers: list[int]) -> list[int]:
        """Raises PheRuntimeError, which names the element, beyond the capacity."""
        index = next((i for i, m in enumerate(numbers) if abs(m) > self.capacity), None)
        if index is not None:
            bits = self.capacity.bit_length()
            raise PheRuntimeError(f"message number out of range: element {index} is over the key's {bits} bits")
        return numbers

    def serialize(self) -> bytes:
        """As HEU has it."""
        raise NotImplementedError

    @staticmethod
    def load_from(bytes_buffer: bytes) -> PublicKey:
        """What `serialize`, or HEU's, wrote. Raises PheRuntimeError, InvalidKeyError for what is no key."""
        kind = _wire.kind(bytes_buffer)
        for schema in PublicKey.__subclasses__():
            if schema.schema.value == kind:
                return schema.of_wire(_wire.unpack(bytes_buffer, kind))
        raise _wire.wrong()

    @classmethod
    def of_wire(cls, items: list[_wire.Item]) -> PublicKey:
        raise NotImplementedError


class SecretKey:
    """A secret key of one of the schemas. A pickle of it is not encrypted."""

    schema: ClassVar[SchemaType]

    # None: of bytes that do not tell it, until `with_public`.
    public: PublicKey | None

    def decrypt(self, data: bytes) -> list[int]:
        """Ciphertexts that were checked, one after the other, as signed integers."""
        raise NotImplementedError

    def with_public(self, public: PublicKey) -> SecretKey:
        """The same with its public key. Raises PheRuntimeError where it is another key's, InvalidKeyError where the
        numbers are no key."""
        raise NotImplementedError

    def serialize(self) -> bytes:
        """As HEU has it."""
        raise NotImplementedError

    @staticmethod
    def load_from(bytes_buffer: bytes) -> SecretKey:
        """What `serialize`, or HEU's, wrote; for `setup`, beside its public key. Raises PheRuntimeError,
        InvalidKeyError for what is no key."""
        kind = _wire.kind(bytes_buffer)
        for schema in SecretKey.__subclasses__():
            if schema.schema.value == kind:
                return schema.of_wire(_wire.unpack(bytes_buffer, kind))
        raise _wire.wrong()

    @classmethod
    def of_wire(cls, items: list[_wire.Item]) -> SecretKey:
        raise NotImplementedError

    @classmethod
    def generate(cls, bits: int | None) -> SecretKey:
        """A key pair; of the schema's usual length for None. Raises InvalidKeyError for a length that is not made."""
        raise NotImplementedError


def generate(schema: SchemaType, bits: int | None) -> SecretKey:
    """A key pair. Raises PheRuntimeError for a schema that is not here, InvalidKeyError for a length that is not
    made."""
    for kind in SecretKey.__subclasses__():
        if kind.schema is schema:
            return kind.generate(bits)
    raise PheRuntimeError(f"the schema {schema.name} is not here: ZPaillier and OU are")


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
