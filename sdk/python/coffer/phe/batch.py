"""Many numbers at a time: one call into the extension module, on all cores, without the interpreter's lock.

A list of `EncryptedNumber` in, a list (or one) out; the results equal those of the operators, one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from coffer import _integers
from coffer.errors import ShapeError
from coffer.phe.encoding import EncodedNumber, Scalar
from coffer.phe.paillier import EncryptedNumber, PaillierPrivateKey, PaillierPublicKey

Numbers = Sequence[EncryptedNumber]


def encrypt(
    key: PaillierPublicKey | PaillierPrivateKey,
    values: Iterable[Scalar] | npt.NDArray[np.int64] | npt.NDArray[np.float64],
    precision: float | None = None,
) -> list[EncryptedNumber]:
    """Encrypts each value as `PaillierPublicKey.encrypt` does; with a private key by its factors, twice as fast.

    Arrays of int64 and float64 are encoded without a Python object an element. Raises as `EncodedNumber.encode`.
    """
    public = key if isinstance(key, PaillierPublicKey) else key.public_key
    if isinstance(values, np.ndarray) and values.ndim != 1:
        raise ShapeError(f"an array of {values.ndim} dimensions; one is needed")
    if isinstance(values, np.ndarray) and values.dtype in (np.int64, np.float64) and precision is None:
        significands, exponents = _encode_array(values)
        data = key.native.encrypt(significands.astype(">i8").tobytes(), 8)
    else:
        plain = values.tolist() if isinstance(values, np.ndarray) else values
        encoded = [v if isinstance(v, EncodedNumber) else EncodedNumber.encode(public, v, precision) for v in plain]
        exponents = [e.exponent for e in encoded]
        residues = _integers.to_bytes((e.encoding for e in encoded), public.native.plaintext_bytes)
        data = key.native.encrypt_residues(residues)
    ciphertexts = _integers.from_bytes(data, public.native.ciphertext_bytes)
    return [EncryptedNumber._obfuscated(public, c, e) for c, e in zip(ciphertexts, exponents, strict=True)]


def decrypt(private_key: PaillierPrivateKey, numbers: Numbers) -> list[int | float]:
    """Decrypts and decodes each. Raises as `PaillierPrivateKey.decrypt`."""
    public = private_key.public_key
    _same_key(public, numbers, "encrypted_number was encrypted against a different key!")
    data = private_key.native.decrypt_residues(_bytes(public, numbers))
    residues = _integers.from_bytes(data, public.native.plaintext_bytes)
    return [EncodedNumber(public, r, number.exponent).decode() for r, number in zip(residues, numbers, strict=True)]


def obfuscate(numbers: Numbers) -> list[EncryptedNumber]:
    """Copies that are unlinkable to the originals."""
    if not numbers:
        return []
    public = _key_of(numbers)
    data = public.native.obfuscate(_bytes(public, numbers))
    ciphertexts = _integers.from_bytes(data, public.native.ciphertext_bytes)
    return [EncryptedNumber._obfuscated(public, c, n.exponent) for c, n in zip(ciphertexts, numbers, strict=True)]


def add(a: Numbers, b: Numbers) -> list[EncryptedNumber]:
    """The sums, one by one."""
    if len(a) != len(b):
        raise ShapeError(f"{len(a)} and {len(b)} numbers; as many are needed")
    if not a:
        return []
    public = _key_of([*a, *b])
    lowest = [min(x.exponent, y.exponent) for x, y in zip(a, b, strict=True)]
    data = public.native.add(_at(public, a, lowest), _at(public, b, lowest))
    return _numbers(public, data, lowest)


def multiply(numbers: Numbers, factors: Iterable[Scalar]) -> list[EncryptedNumber]:
    """The products with plain numbers, one by one."""
    if not numbers:
        return []
    public = _key_of(numbers)
    significands, exponents = _factors(public, list(factors))
    if len(significands) != len(numbers):
        raise ShapeError(f"{len(numbers)} numbers and {len(significands)} factors; as many are needed")
    data = _times(public, _bytes(public, numbers), significands)
    return _numbers(public, data, [n.exponent + e for n, e in zip(numbers, exponents, strict=True)])


def sum(numbers: Numbers) -> EncryptedNumber:
    """The sum of all; at least one is needed."""
    if not numbers:
        raise ShapeError("the sum of no encrypted numbers has no key")
    public = _key_of(numbers)
    lowest = min(n.exponent for n in numbers)
    data = public.native.sum_columns(_at(public, numbers, [lowest] * len(numbers)), 1)
    return _numbers(public, data, [lowest])[0]


def dot(numbers: Numbers, factors: Iterable[Scalar]) -> EncryptedNumber:
    """The sum of the products with plain numbers; at least one is needed."""
    if not numbers:
        raise ShapeError("the product with no encrypted numbers has no key")
    public = _key_of(numbers)
    significands, exponents = _factors(public, list(factors))
    if len(significands) != len(numbers):
        raise ShapeError(f"{len(numbers)} numbers and {len(significands)} factors; as many are needed")
    totals = [n.exponent + e for n, e in zip(numbers, exponents, strict=True)]
    lowest = min(totals)
    # The distance of the exponents goes into the plain factors, which costs nothing while they fit a machine word.
    scaled = [f * _digits(public, t - lowest) for f, t in zip(significands, totals, strict=True)]
    table, words = _bytes(public, numbers), _integers.words(scaled)
    if words is not None:
        data = public.native.plaintext_product(words, table, 1)
    else:
        data = public.native.sum_columns(_times(public, table, scaled), 1)
    return _numbers(public, data, [lowest])[0]


def _encode_array(values: npt.NDArray[np.int64] | npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.int64], list[int]]:
    """As `EncodedNumber.encode` without a precision: significands of at most 57 bits, and exponents."""
    if values.dtype == np.int64:
        return values.astype(np.int64), [0] * len(values)
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        kind = ValueError if np.isnan(values[bad[0]]) else OverflowError
        raise kind(f"element {bad[0]} is {values[bad[0]]}")
    fraction, binary = np.frexp(values)
    bits = EncodedNumber.FLOAT_MANTISSA_BITS
    mantissa = np.ldexp(fraction, bits).astype(np.int64)
    lowest = binary.astype(np.int64) - bits
    exponents = lowest // 4
    return mantissa << (lowest - 4 * exponents), exponents.tolist()


def _factors(public: PaillierPublicKey, factors: list[Scalar]) -> tuple[list[int], list[int]]:
    """Signed significands and exponents."""
    encoded = [f if isinstance(f, EncodedNumber) else EncodedNumber.encode(public, f) for f in factors]
    border = public.n - public.max_int
    return [e.encoding - public.n if e.encoding >= border else e.encoding for e in encoded], [
        e.exponent for e in encoded
    ]


def _at(public: PaillierPublicKey, numbers: Numbers, exponents: list[int]) -> bytes:
    """The ciphertexts with their exponents lowered to the given ones."""
    data = _bytes(public, numbers)
    factors = [_digits(public, n.exponent - e) for n, e in zip(numbers, exponents, strict=True)]
    return data if all(f == 1 for f in factors) else _times(public, data, factors)


def _digits(public: PaillierPublicKey, count: int) -> int:
    """BASE ** count, refused where the operators refuse it: exponents too far apart for the key."""
    factor = int(EncodedNumber.BASE**count)
    if factor > public.max_int:
        raise ValueError(f"Integer needs to be within +/- {public.max_int}")
    return factor


def _times(public: PaillierPublicKey, data: bytes, factors: list[int]) -> bytes:
    words = _integers.words(factors)
    if words is not None:
        return public.native.multiply(data, words)
    return public.native.multiply_wide(data, *_integers.signed_to_bytes(factors))


def _numbers(public: PaillierPublicKey, data: bytes, exponents: Iterable[int]) -> list[EncryptedNumber]:
    ciphertexts = _integers.from_bytes(data, public.native.ciphertext_bytes)
    return [EncryptedNumber(public, c, e) for c, e in zip(ciphertexts, exponents, strict=True)]


def _bytes(public: PaillierPublicKey, numbers: Numbers) -> bytes:
    width, square = public.native.ciphertext_bytes, public.nsquare
    return _integers.to_bytes((n.ciphertext(be_secure=False) % square for n in numbers), width)


def _key_of(numbers: Numbers) -> PaillierPublicKey:
    _same_key(numbers[0].public_key, numbers, "Attempted to add numbers encrypted against different public keys!")
    return numbers[0].public_key


def _same_key(public: PaillierPublicKey, numbers: Numbers, message: str) -> None:
    if any(number.public_key != public for number in numbers):
        raise ValueError(message)
