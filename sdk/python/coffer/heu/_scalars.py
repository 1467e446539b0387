"""Kits, and what they hand out for numbers one at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from coffer import _integers
from coffer.heu import _encoders as encoders
from coffer.heu import _wire
from coffer.heu._keys import (
    PublicKey,
    SchemaType,
    SecretKey,
    generate,
    pack,
    parse_schema_type,
    unpack,
)
from coffer.heu._state import State, encrypted
from coffer.heu._values import PheRuntimeError, Plaintext, integer


class Ciphertext:
    """An encrypted number: big-endian bytes, as wide as n^2, and what is public of it."""

    def __init__(self, data: bytes, state: State | None = None) -> None:
        self.data = data
        self.state = State() if state is None else state

    def __str__(self) -> str:
        return str(int.from_bytes(self.data, "big"))

    def __eq__(self, other: object) -> bool:
        return self.data == other.data if isinstance(other, Ciphertext) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[object, tuple[bytes]]:
        foreign = bytes([self.state.schema if self.state.foreign else 0])
        return load_ciphertext, (pack(foreign, self.data, *self.state.serialize()),)

    def serialize(self) -> bytes:
        """As HEU has it; scale and bound, which it does not know, go along for whoever reads it here. Raises
        PheRuntimeError where the key is not known."""
        return to_wire(self.state.abroad(self.data, len(self.data))[0], self.state)

    @staticmethod
    def load_from(bytes_buffer: bytes) -> Ciphertext:
        """What `serialize`, or HEU's, wrote; checked when it meets its key. Of HEU's neither scale nor bound is known.
        Raises PheRuntimeError."""
        number, state = from_wire(bytes_buffer)
        return Ciphertext(number.to_bytes(-(-max(number, 1).bit_length() // 8), "big"), state)

    def under(self, key: PublicKey) -> bytes:
        """The bytes, for a computation. Raises as `State.under`."""
        data = self.state.at_home(key, self.data, len(self.data))
        self.data, self.state = data, self.state.under(key, data)
        return self.data


def load_ciphertext(data: bytes) -> Ciphertext:
    """What a pickled Ciphertext becomes. Raises PheRuntimeError."""
    foreign, rows, *state = unpack(data, 5)
    return Ciphertext(rows, abroad_again(State.load(*state), foreign))


def abroad_again(state: State, foreign: bytes) -> State:
    """With what a pickle says of ciphertexts as HEU keeps them: their schema, or 0."""
    return replace(state, foreign=foreign != b"\0", schema=int.from_bytes(foreign, "big"))


def to_wire(number: int, state: State, first: bool = True) -> bytes:
    """A ciphertext as HEU has it, with what is public of it where it is the first."""
    public = [pack(*state.serialize())] if first else []
    return _wire.pack([_wire.number(number), *public], state.schema)


def from_wire(data: bytes) -> tuple[int, State]:
    """What `to_wire`, or HEU, wrote. Raises PheRuntimeError."""
    schema = _wire.kind(data)
    items = _wire.unpack(data, schema)
    number = _wire.to_number(items[0]) if items else -1
    if number < 0 or len(items) > 2 or (len(items) == 2 and not isinstance(items[1], bytes)):
        raise _wire.wrong()
    state = State.load(*unpack(items[1], 3)) if len(items) == 2 else State()  # type: ignore[arg-type]
    return number, replace(state, foreign=True, schema=schema)


class Encryptor:
    """Encrypts under a public key."""

    def __init__(self, key: PublicKey) -> None:
        self._key = key

    def encrypt(self, plaintext: Plaintext) -> Ciphertext:
        """Raises PheRuntimeError beyond the key's plaintext bound."""
        number = [int(plaintext)]
        data = self._key.encrypt(number)
        return Ciphertext(data, encrypted(self._key, number, plaintext.scale))

    def encrypt_raw(self, cleartext: int) -> Ciphertext:
        return self.encrypt(Plaintext(None, integer(cleartext)))

    def encrypt_with_audit(self, plaintext: Plaintext) -> tuple[Ciphertext, str]:
        """And what shows that it was encrypted so: plaintext, obfuscator and ciphertext, the last two as
        HEU keeps them, in hexadecimal digits: `p:5,rn:...,c:...`, under OU `hr` for `rn`.
        Whoever has that text knows the plaintext."""
        ciphertext = self.encrypt(plaintext)
        return ciphertext, audits(self._key, [int(plaintext)], ciphertext.data, ciphertext.state)[0]


def audits(key: PublicKey, numbers: list[int], data: bytes, state: State) -> list[str]:
    """Of each ciphertext its plaintext, what hides it (the ciphertext less the plaintext, which encrypts 0) and itself;
    as HEU keeps them."""
    hidden = key.native.add(data, key.embed([-m for m in numbers]))
    found = (state.abroad(part, key.native.ciphertext_bytes) for part in (hidden, data))
    return [f"p:{m},{key.hidden_name}:{r:X},c:{c:X}" for m, r, c in zip(numbers, *found, strict=True)]


class Decryptor:
    """Decrypts."""

    def __init__(self, key: SecretKey) -> None:
        self._key = key

    def decrypt(self, ciphertext: Ciphertext) -> Plaintext:
        """Raises PheRuntimeError for a ciphertext of another key."""
        found = self._key.decrypt(ciphertext.under(bound_public(self._key)))
        ciphertext.state.check(found)
        return Plaintext(None, found[0], ciphertext.state.scale)

    def decrypt_raw(self, ciphertext: Ciphertext) -> int:
        return int(self.decrypt(ciphertext))

    def decrypt_in_range(self, ciphertext: Ciphertext, range_bits: int = 128) -> Plaintext:
        """Raises PheRuntimeError for a magnitude of more bits."""
        found = self.decrypt(ciphertext)
        if found.bit_count() > range_bits:
            raise PheRuntimeError(f"a plaintext of {found.bit_count()} bits, where {range_bits} may be")
        return found


class Evaluator:
    """Computes under a public key. Results are not obfuscated."""

    def __init__(self, key: PublicKey) -> None:
        self._key = key

    def add(self, a: Ciphertext | Plaintext, b: Ciphertext | Plaintext) -> Ciphertext:
        x, y = self._encrypted(a, b), self._encrypted(b, a)
        left, right = x.under(self._key), y.under(self._key)
        state = x.state.plus(y.state, self._key)
        return Ciphertext(self._key.native.add(left, right), state)

    def sub(self, a: Ciphertext | Plaintext, b: Ciphertext | Plaintext) -> Ciphertext:
        return self.add(a, self.negate(b) if isinstance(b, Ciphertext) else -b)

    def mul(self, ciphertext: Ciphertext | int | Plaintext, times: Ciphertext | int | Plaintext) -> Ciphertext:
        if not isinstance(ciphertext, Ciphertext):
            ciphertext, times = times, ciphertext
        if not isinstance(ciphertext, Ciphertext) or isinstance(times, Ciphertext):
            raise TypeError(f"mul of {type(ciphertext)} and {type(times)}: a ciphertext and an int are needed")
        factor = int(times) if isinstance(times, Plaintext) else integer(times)
        scale, native = getattr(times, "scale", None), self._key.native
        data = ciphertext.under(self._key)
        state = ciphertext.state.times(scale, abs(factor), self._key)
        words = _integers.words([factor])
        if words is not None:
            return Ciphertext(native.multiply(data, words), state)
        return Ciphertext(native.multiply_wide(data, *_integers.signed_to_bytes([factor])), state)

    def negate(self, a: Ciphertext) -> Ciphertext:
        data = self._key.native.negate(a.under(self._key))
        return Ciphertext(data, a.state)

    def add_inplace(self, a: Ciphertext, b: Ciphertext | Plaintext) -> None:
        self._replace(a, self.add(a, b))

    def sub_inplace(self, a: Ciphertext, b: Ciphertext | Plaintext) -> None:
        self._replace(a, self.sub(a, b))

    def mul_inplace(self, ciphertext: Ciphertext, times: int) -> None:
        self._replace(ciphertext, self.mul(ciphertext, times))

    def negate_inplace(self, a: Ciphertext) -> None:
        self._replace(a, self.negate(a))

    @staticmethod
    def _replace(a: Ciphertext, by: Ciphertext) -> None:
        a.data, a.state = by.data, by.state

    def _encrypted(self, a: Ciphertext | Plaintext, other: Any) -> Ciphertext:
        if isinstance(a, Ciphertext):
            return a
        if isinstance(a, Plaintext) and isinstance(other, Ciphertext):
            data = self._key.embed([int(a)])
            return Ciphertext(data, encrypted(self._key, [int(a)], a.scale, secret=False))
        raise TypeError(f"{type(a)}: a ciphertext, or a plaintext beside one, is needed")


class Kit:
    """What both kits have."""

    def __init__(self, key: PublicKey) -> None:
        self._public = key

    def public_key(self) -> PublicKey:
        return self._public

    def get_schema(self) -> SchemaType:
        return self._public.schema

    def plaintext(self, int_num: int) -> Plaintext:
        return Plaintext(self.get_schema(), int_num)

    def bigint_encoder(self) -> encoders.BigintEncoder:
        return encoders.BigintEncoder(self.get_schema())

    def integer_encoder(self, scale: int = encoders.DEFAULT_SCALE) -> encoders.IntegerEncoder:
        return encoders.IntegerEncoder(self.get_schema(), scale)

    def float_encoder(self, scale: int = encoders.DEFAULT_SCALE) -> encoders.FloatEncoder:
        return encoders.FloatEncoder(self.get_schema(), scale)

    def batch_integer_encoder(self, scale: int = 1, padding_bits: int = 32) -> encoders.BatchIntegerEncoder:
        return encoders.BatchIntegerEncoder(self.get_schema(), scale, padding_bits)

    def batch_float_encoder(
        self, scale: int = encoders.DEFAULT_SCALE, padding_bits: int = 32
    ) -> encoders.BatchFloatEncoder:
        return encoders.BatchFloatEncoder(self.get_schema(), scale, padding_bits)


class DestinationHeKit(Kit):
    """The side that has a public key alone. It has no decryptor."""

    def encryptor(self) -> Encryptor:
        return Encryptor(self._public)

    def evaluator(self) -> Evaluator:
        return Evaluator(self._public)


class HeKit(DestinationHeKit):
    """The side that made the key."""

    def __init__(self, key: SecretKey) -> None:
        super().__init__(bound_public(key))
        self._secret = key

    def secret_key(self) -> SecretKey:
        return self._secret

    def decryptor(self) -> Decryptor:
        return Decryptor(self._secret)


def setup(schema: SchemaType | str | PublicKey = SchemaType.ZPaillier, key: int | SecretKey | None = None) -> Any:
    """A HeKit with a new key (schema, bits) or a given one (public, secret); of a public key a DestinationHeKit."""
    if isinstance(schema, PublicKey):
        return HeKit(key.with_public(schema)) if isinstance(key, SecretKey) else DestinationHeKit(schema)
    if isinstance(key, SecretKey):
        raise TypeError("a secret key comes with its public key")
    return HeKit(generate(parse_schema_type(schema) if isinstance(schema, str) else schema, key))


def bound_public(key: SecretKey) -> PublicKey:
    """Raises PheRuntimeError where the secret key came alone and is of no use so."""
    if key.public is None:
        raise PheRuntimeError("a secret key without its public key: set both up together")
    return key.public
