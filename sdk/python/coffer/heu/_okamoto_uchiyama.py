"""OU's keys (Okamoto and Uchiyama).

HEU's are numbers n = p^2 q, G of an order t p modulo p^2, where t is a prime factor of p - 1, and H, whose powers hide
plaintexts there. Here powers of G^n do, as in the paper, and H goes along for HEU alone. A key made here has p - 1 for
t. Plaintexts stay below 2^256 in magnitude, whatever the key says, and what decrypts to more is refused: whoever could
have it decrypted would have p (see the scheme's text in the crate `he`).
"""

from __future__ import annotations

import hashlib
from typing import ClassVar

from coffer import _integers, _native
from coffer._policy import OU_SECURE_BITS, insecure
from coffer.errors import InvalidKeyError
from coffer.heu import _wire
from coffer.heu._keys import PublicKey, SchemaType, SecretKey, pack, unpack
from coffer.heu._values import PheRuntimeError

# Of keys made here: what HEU encrypts under them decrypts here, too.
_BOUND_BITS = 255
# Of plaintexts, two's complement.
_WIDTH = 40


class OkamotoUchiyamaPublicKey(PublicKey):
    """n, G, H, and how many bits plaintexts have."""

    schema: ClassVar[SchemaType] = SchemaType.OU
    hidden_name: ClassVar[str] = "hr"

    def __init__(self, native: _native.SumPublicKey, h: int, bits: int) -> None:
        self.native: _native.SumPublicKey = native
        self.n, self.g = (int.from_bytes(number, "big") for number in native.numbers)
        self.h, self.bits = h, bits
        self.modulus = self.n
        self.capacity = min(1 << min(bits, native.plaintext_bits), (1 << native.plaintext_bits) - 1)
        self.fingerprint = hashlib.sha256(b"OU" + b"".join(_bytes(x, native) for x in (self.n, self.g))).digest()[:16]

    def __str__(self) -> str:
        parts = (f"{name}={x:X}[{x.bit_length()}bits]" for name, x in (("n", self.n), ("G", self.g), ("H", self.h)))
        return f"OU PK: {', '.join(parts)}, max_plaintext={self.capacity:X}[~{self.bits}bits]"

    def __eq__(self, other: object) -> bool:
        return self._numbers() == other._numbers() if isinstance(other, OkamotoUchiyamaPublicKey) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._numbers())

    def __reduce__(self) -> tuple[object, tuple[bytes]]:
        flag = bytes([self.native.insecure_for_comparison])
        numbers = (_bytes(x, self.native) for x in (self.n, self.g, self.h))
        return public_from_parts, (pack(flag, *numbers, self.bits.to_bytes(4, "big")),)

    def encrypt(self, numbers: list[int]) -> bytes:
        return self.native.encrypt(self._signed(numbers), _WIDTH)

    def embed(self, numbers: list[int]) -> bytes:
        return self.native.encrypt(self._signed(numbers), _WIDTH, False)

    def serialize(self) -> bytes:
        return _wire.pack([*map(_wire.number, self._numbers()), self.bits], self.schema.value)

    @classmethod
    def of_wire(cls, items: list[_wire.Item]) -> OkamotoUchiyamaPublicKey:
        if len(items) != 4 or not isinstance(items[3], int):
            raise _wire.wrong()
        n, g, h = map(_wire.to_number, items[:3])
        return _public(n, g, h, items[3], False)

    def _numbers(self) -> tuple[int, int, int]:
        return self.n, self.g, self.h

    def _signed(self, numbers: list[int]) -> bytes:
        return b"".join([m.to_bytes(_WIDTH, "big", signed=True) for m in self.checked(numbers)])


class OkamotoUchiyamaSecretKey(SecretKey):
    """p, q and t. HEU's bytes of it say nothing of G: it decrypts once it has its public key."""

    schema: ClassVar[SchemaType] = SchemaType.OU

    def __init__(
        self,
        public: OkamotoUchiyamaPublicKey | None,
        numbers: tuple[int, int, int, int],
        native: _native.SumPrivateKey | None,
    ) -> None:
        self.public: OkamotoUchiyamaPublicKey | None = public
        self._p, self._q, self._t, self._inverse = numbers
        self._native = native

    def __reduce__(self) -> tuple[object, tuple[OkamotoUchiyamaPublicKey | None, int, int, int, int]]:
        return secret_from_parts, (self.public, self._p, self._q, self._t, self._inverse)

    def decrypt(self, data: bytes) -> list[int]:
        if self._native is None:
            raise PheRuntimeError("a secret key without its public key: set both up together")
        return _integers.signed_from_bytes(*self._native.decrypt(data))

    def with_public(self, public: PublicKey) -> OkamotoUchiyamaSecretKey:
        if public is self.public:
            return self
        if not isinstance(public, OkamotoUchiyamaPublicKey) or public.n != self._p**2 * self._q:
            raise PheRuntimeError("the secret key is another public key's")
        return secret_from_parts(public, self._p, self._q, self._t, self._inverse)

    def serialize(self) -> bytes:
        p, q = self._p, self._q
        numbers = (p, q, self._t, self._inverse, p * p, p // 2, p * p * q)
        return _wire.pack([_wire.number(n) for n in numbers], self.schema.value)

    @classmethod
    def of_wire(cls, items: list[_wire.Item]) -> OkamotoUchiyamaSecretKey:
        if len(items) != 7:
            raise _wire.wrong()
        p, q, t, inverse = map(_wire.to_number, items[:4])
        # What follows is of p and q: HEU computes with it, and we do not.
        if (
            min(p, q, t, inverse) <= 1
            or t >= p
            or (p - 1) % t
            or [*map(_wire.to_number, items[4:])] != [p * p, p // 2, p * p * q]
        ):
            raise _wire.wrong()
        return cls(None, (p, q, t, inverse), None)

    @classmethod
    def generate(cls, bits: int | None) -> OkamotoUchiyamaSecretKey:
        length = OU_SECURE_BITS if bits is None else bits
        public, private = _native.SumPrivateKey.generate_okamoto_uchiyama(
            length, insecure(length, False, OU_SECURE_BITS)
        )
        n, g = (int.from_bytes(number, "big") for number in public.numbers)
        p, q = (int.from_bytes(number, "big") for number in private.secrets)
        numbers = (p, q, p - 1, _inverse(p, g, p - 1))
        return cls(OkamotoUchiyamaPublicKey(public, pow(g, n, n), _BOUND_BITS), numbers, private)


def public_from_parts(data: bytes) -> OkamotoUchiyamaPublicKey:
    """What a pickled public key becomes. Raises PheRuntimeError, InvalidKeyError."""
    flag, *numbers = unpack(data, 5)
    n, g, h, bits = (int.from_bytes(number, "big") for number in numbers)
    return _public(n, g, h, bits, flag == b"\1")


def secret_from_parts(
    public: OkamotoUchiyamaPublicKey | None, p: int, q: int, t: int, inverse: int
) -> OkamotoUchiyamaSecretKey:
    """What a pickled secret key becomes. Raises InvalidKeyError where the numbers are not the public key's."""
    if public is None:
        return OkamotoUchiyamaSecretKey(None, (p, q, t, inverse), None)
    # As with ZPaillier: programs send it to each of their processes, and the test takes seconds.
    native = _native.SumPrivateKey.okamoto_uchiyama(
        public.native, _bytes(p, public.native), _bytes(q, public.native), test_primes=False
    )
    if _inverse(p, public.g, t) != inverse:
        raise InvalidKeyError("the secret key's t and 1/L(g^(p-1)) are not those of p and G")
    return OkamotoUchiyamaSecretKey(public, (p, q, t, inverse), native)


def _public(n: int, g: int, h: int, bits: int, wanted: bool) -> OkamotoUchiyamaPublicKey:
    if n <= 0 or not (0 < g < n and 0 < h < n and 0 < bits < n.bit_length()):
        raise _wire.wrong()
    width = -(-n.bit_length() // 8)
    allowed = insecure(n.bit_length(), wanted, OU_SECURE_BITS)
    native = _native.SumPublicKey.okamoto_uchiyama(n.to_bytes(width, "big"), g.to_bytes(width, "big"), allowed)
    return OkamotoUchiyamaPublicKey(native, h, bits)


def _inverse(p: int, g: int, t: int) -> int:
    """1 / L(G^t) modulo p, with L(u) = (u - 1) / p. Raises InvalidKeyError where there is none."""
    power = pow(g, t, p * p)
    try:
        return pow((power - 1) // p, -1, p) if power % p == 1 else 0
    except ValueError as error:
        raise InvalidKeyError("p does not divide the order of G") from error


def _bytes(number: int, native: _native.SumPublicKey) -> bytes:
    return number.to_bytes(native.ciphertext_bytes, "big")
