"""ZPaillier's keys."""

from __future__ import annotations

import math
from typing import ClassVar

from coffer import _integers, _native
from coffer._policy import check_public, fingerprint, insecure
from coffer.heu import _wire
from coffer.heu._keys import DEFAULT_BITS, PublicKey, SchemaType, SecretKey, pack, unpack
from coffer.heu._values import PheRuntimeError


class PaillierPublicKey(PublicKey):
    """n, and hs = h^n mod n^2 if it is known. Plaintexts are of magnitude up to n / 2."""

    schema: ClassVar[SchemaType] = SchemaType.ZPaillier
    hidden_name: ClassVar[str] = "rn"

    def __init__(self, native: _native.PublicKey) -> None:
        self.native: _native.PublicKey = native
        self.n = int.from_bytes(native.n, "big")
        self.modulus = self.n**2
        self.capacity = self.n // 2
        self.fingerprint = fingerprint(native.n)

    def __str__(self) -> str:
        return f"Z-paillier PK: n={self.n:X}[{self.n.bit_length()}bits]"

    def __eq__(self, other: object) -> bool:
        return self.n == other.n if isinstance(other, PaillierPublicKey) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.n)

    def __reduce__(self) -> tuple[object, tuple[bytes]]:
        flag = bytes([self.native.insecure_for_comparison])
        return public_from_parts, (pack(flag, self.native.n, self.native.hs or b""),)

    def encrypt(self, numbers: list[int]) -> bytes:
        return self.native.encrypt_residues(self._residues(numbers))

    def embed(self, numbers: list[int]) -> bytes:
        return self.native.embed_residues(self._residues(numbers))

    def serialize(self) -> bytes:
        """As HEU has it. Raises PheRuntimeError for a key without hs, which HEU does not know."""
        if self.native.hs is None:
            raise PheRuntimeError("HEU has no bytes for a public key without hs")
        numbers = [_wire.number(self.n), _wire.number(int.from_bytes(self.native.hs, "big"))]
        return _wire.pack(numbers, self.schema.value)

    @classmethod
    def of_wire(cls, items: list[_wire.Item]) -> PaillierPublicKey:
        if len(items) != 2:
            raise _wire.wrong()
        n, hs = map(_wire.to_number, items)
        return _public(n, hs, False)

    def _residues(self, numbers: list[int]) -> bytes:
        return _integers.to_bytes((m % self.n for m in self.checked(numbers)), self.native.plaintext_bytes)


class PaillierSecretKey(SecretKey):
    """p and q."""

    schema: ClassVar[SchemaType] = SchemaType.ZPaillier

    def __init__(self, public: PaillierPublicKey, native: _native.PrivateKey) -> None:
        self.public: PaillierPublicKey = public
        self.native = native

    def __reduce__(self) -> tuple[object, tuple[PaillierPublicKey, bytes, bytes]]:
        return secret_from_parts, (self.public, self.native.p, self.native.q)

    def decrypt(self, data: bytes) -> list[int]:
        n = self.public.n
        found = _integers.from_bytes(self.native.decrypt_residues(data), self.public.native.plaintext_bytes)
        return [m - n if m > n // 2 else m for m in found]

    def with_public(self, public: PublicKey) -> PaillierSecretKey:
        if public is self.public:
            return self
        if not isinstance(public, PaillierPublicKey) or public != self.public:
            raise PheRuntimeError("the secret key is another public key's")
        return secret_from_parts(public, self.native.p, self.native.q)

    def serialize(self) -> bytes:
        """As HEU has it: Carmichael's function of n, its inverse modulo n, p and q; without hs."""
        p, q = (int.from_bytes(prime, "big") for prime in (self.native.p, self.native.q))
        exponent = math.lcm(p - 1, q - 1)
        numbers = (exponent, pow(exponent, -1, p * q), p, q)
        return _wire.pack([_wire.number(n) for n in numbers], self.schema.value)

    @classmethod
    def of_wire(cls, items: list[_wire.Item]) -> PaillierSecretKey:
        """Its public key has no hs, and encrypts slowly: `setup` takes another one beside."""
        if len(items) != 4:
            raise _wire.wrong()
        p, q = map(_wire.to_number, items[2:])
        if p <= 1 or q <= 1:
            raise _wire.wrong()
        primes = (prime.to_bytes(-(-prime.bit_length() // 8), "big") for prime in (p, q))
        return secret_from_parts(_public(p * q, None, False), *primes)

    @classmethod
    def generate(cls, bits: int | None) -> PaillierSecretKey:
        length = DEFAULT_BITS if bits is None else bits
        public, private = _native.generate(length, insecure(length, False))
        return cls(PaillierPublicKey(public), private)


def public_from_parts(data: bytes) -> PaillierPublicKey:
    """What a pickled public key becomes. Raises PheRuntimeError, InvalidKeyError."""
    flag, n, hs = unpack(data, 3)
    return _public(int.from_bytes(n, "big"), int.from_bytes(hs, "big") if hs else None, flag == b"\1")


def secret_from_parts(public: PaillierPublicKey, p: bytes, q: bytes) -> PaillierSecretKey:
    """What a pickled secret key becomes. Raises InvalidKeyError where the primes are not the public key's."""
    return PaillierSecretKey(public, _native.PrivateKey(public.native, p, q))


def _public(n: int, hs: int | None, wanted: bool) -> PaillierPublicKey:
    if n <= 0 or (hs is not None and hs <= 0):
        raise _wire.wrong()
    check_public(n, hs)
    width = -(-n.bit_length() // 8)
    parts = (n.to_bytes(width, "big"), None if hs is None else hs.to_bytes(2 * width, "big"))
    return PaillierPublicKey(_native.PublicKey(*parts, insecure(n.bit_length(), wanted)))
