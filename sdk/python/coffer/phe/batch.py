"""Many numbers at a time: one call into the extension module, on all cores, without the interpreter's lock.

A list of `EncryptedNumber` in, a list (or one) out; the results equal those of the operators, one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from coffer import _digits, _integers, _numbers
from coffer.errors import BoundError, RangeError, ShapeError
from coffer.packing import Packing
from coffer.phe import bounds
from coffer.phe.encoding import EncodedNumber, Scalar, of_base, power
from coffer.phe.encrypted import EncryptedNumber, base_of, common_base
from coffer.phe.paillier import PaillierPrivateKey, PaillierPublicKey

Numbers = Sequence[EncryptedNumber]


def encrypt(
    key: PaillierPublicKey | PaillierPrivateKey, values: Any, precision: float | None = None
) -> list[EncryptedNumber]:
    """Encrypts each value as `PaillierPublicKey.encrypt` does; with a private key by its factors, twice as fast.

    values: numbers, or a vector of them: numpy's, pandas' or Arrow's, of which integers and floats are encoded without
    a Python object an element. Raises as `EncodedNumber.encode`.
    """
    public = key if isinstance(key, PaillierPublicKey) else key.public_key
    array = None if isinstance(values, (list, tuple)) or not hasattr(values, "__len__") else _numbers.array(values)
    if array is not None and array.ndim != 1:
        raise ShapeError(f"an array of {array.ndim} dimensions; one is needed")
    if array is not None and array.dtype in (np.int64, np.float64) and precision is None:
        significands, exponents = _encode_array(array)
        data = key.native.encrypt(significands.astype(">i8").tobytes(), 8)
        limits: list[int | None] = [(1 << _digits.COARSE_BITS) - 1] * len(array)
        bases = [EncodedNumber.BASE] * len(array)
    else:
        plain = values if array is None else array.tolist()
        encoded = [v if isinstance(v, EncodedNumber) else EncodedNumber.encode(public, v, precision) for v in plain]
        if any(e.public_key.n != public.n for e in encoded):
            raise ValueError("Attempted to encrypt a number encoded for a different public key!")
        exponents, bases = [e.exponent for e in encoded], [e.BASE for e in encoded]
        limits = [bounds.coarse_bound(e) for e in encoded]
        data = key.native.encrypt_residues(
            _integers.to_bytes((e.encoding for e in encoded), public.native.plaintext_bytes)
        )
    ciphertexts = _integers.from_bytes(data, public.native.ciphertext_bytes)
    parts = zip(ciphertexts, exponents, bases, limits, strict=True)
    return [EncryptedNumber._made(public, *part)._marked() for part in parts]


def decrypt(private_key: PaillierPrivateKey, numbers: Numbers) -> list[int | float]:
    """Decrypts and decodes each. Raises and warns as `PaillierPrivateKey.decrypt`."""
    public, numbers = private_key.public_key, _listed(numbers)
    _same_key(public, numbers, "encrypted_number was encrypted against a different key!")
    data = private_key.native.decrypt_residues(_bytes(public, numbers))
    residues = _integers.from_bytes(data, public.native.plaintext_bytes)
    if any(number._bound is None for number in numbers):
        bounds.warn_unknown(2)
    found = []
    for index, (residue, number) in enumerate(zip(residues, numbers, strict=True)):
        encoded = number._encoding(public, residue, number.exponent)
        bounds.check_decrypted(encoded, number._bound, index)
        found.append(encoded.decode())
    return found


def obfuscate(numbers: Numbers) -> list[EncryptedNumber]:
    """Copies that are unlinkable to the originals."""
    numbers = _listed(numbers)
    if not numbers:
        return []
    public = _key_of(numbers)
    data = public.native.obfuscate(_bytes(public, numbers))
    ciphertexts = _integers.from_bytes(data, public.native.ciphertext_bytes)
    made = zip(ciphertexts, numbers, strict=True)
    return [EncryptedNumber._made(public, c, n.exponent, n._base, n._bound)._marked() for c, n in made]


def add(a: Numbers, b: Numbers) -> list[EncryptedNumber]:
    """The sums, one by one."""
    a, b = _listed(a), _listed(b)
    if len(a) != len(b):
        raise ShapeError(f"{len(a)} and {len(b)} numbers; as many are needed")
    if not a:
        return []
    public, base = _key_of([*a, *b]), _base_of([*a, *b]) or _any_base([*a, *b])
    lowest = [min(x.exponent, y.exponent) for x, y in zip(a, b, strict=True)]
    left, left_bounds = _at(public, base, a, lowest)
    right, right_bounds = _at(public, base, b, lowest)
    limits = [_sum_of((x, y), public) for x, y in zip(left_bounds, right_bounds, strict=True)]
    return _numbers_of(public, public.native.add(left, right), lowest, base, limits)


def multiply(numbers: Numbers, factors: Iterable[Scalar]) -> list[EncryptedNumber]:
    """The products with plain numbers, one by one."""
    numbers = _listed(numbers)
    if not numbers:
        return []
    public = _key_of(numbers)
    significands, exponents, base = _factors(public, numbers, factors)
    if len(significands) != len(numbers):
        raise ShapeError(f"{len(numbers)} numbers and {len(significands)} factors; as many are needed")
    limits = [_times_bound(n, f, public) for n, f in zip(numbers, significands, strict=True)]
    data = _times(public, _bytes(public, numbers), significands)
    totals = [n.exponent + e for n, e in zip(numbers, exponents, strict=True)]
    return _numbers_of(public, data, totals, base, limits)


def sum(numbers: Numbers) -> EncryptedNumber:
    """The sum of all; at least one is needed."""
    numbers = _listed(numbers)
    if not numbers:
        raise ShapeError("the sum of no encrypted numbers has no key")
    public, base = _key_of(numbers), _base_of(numbers) or _any_base(numbers)
    lowest = min(n.exponent for n in numbers)
    data, terms = _at(public, base, numbers, [lowest] * len(numbers))
    total = _sum_of(terms, public)
    return _numbers_of(public, public.native.sum_columns(data, 1), [lowest], base, [total])[0]


def dot(numbers: Numbers, factors: Iterable[Scalar]) -> EncryptedNumber:
    """The sum of the products with plain numbers; at least one is needed."""
    numbers = _listed(numbers)
    if not numbers:
        raise ShapeError("the product with no encrypted numbers has no key")
    public = _key_of(numbers)
    significands, exponents, base = _factors(public, numbers, factors)
    if len(significands) != len(numbers):
        raise ShapeError(f"{len(numbers)} numbers and {len(significands)} factors; as many are needed")
    totals = [n.exponent + e for n, e in zip(numbers, exponents, strict=True)]
    lowest = min(totals)
    # The distance of the exponents goes into the plain factors, which costs nothing while they fit a machine word.
    scaled = [
        f * power(public, base or EncodedNumber.BASE, t - lowest) for f, t in zip(significands, totals, strict=True)
    ]
    limit = _sum_of([_times_bound(n, f, public) for n, f in zip(numbers, scaled, strict=True)], public)
    table, words = _bytes(public, numbers), _integers.words(scaled)
    if words is not None:
        data = public.native.plaintext_product(words, table, 1)
    else:
        data = public.native.sum_columns(_times(public, table, scaled), 1)
    return _numbers_of(public, data, [lowest], base, [limit])[0]


def pack(numbers: Numbers, packing: Packing, added: int = 1) -> list[EncryptedNumber]:
    """Whole numbers in the slots of a packing, as `Packing.pack` packs them before they are encrypted; decrypted,
    `packing.unpack(decrypt(key, packed), len(numbers), added)` takes them apart.

    Each is at most the sum of `added` numbers of the packing's. Raises BoundError, which names the element, where its
    bound is larger or is not known (`EncryptedNumber.bounded` says how large a number really is), ValueError for a
    number with another exponent than 0.
    """
    numbers = _listed(numbers)
    if not numbers:
        return []
    public = _key_of(numbers)
    room = added * ((1 << packing.value_bits) - 1)
    for index, number in enumerate(numbers):
        if number.exponent:
            raise ValueError(f"element {index} has the exponent {number.exponent}: whole numbers are packed")
        if number._bound is None or number._bound > room:
            known = "of a magnitude that is not known" if number._bound is None else "of a bound that is over it"
            raise BoundError(
                f"element {index}, {known}, in a slot for {room.bit_length()} bits: say how large it really is "
                "(`bounded(magnitude)`)",
                index,
            )
    data = packing.gather(public.native, _bytes(public, numbers), added)
    count = len(data) // public.native.ciphertext_bytes
    # All slots together are below a third of the modulus that they are for.
    limit = (1 << packing.modulus_bits - 3) - 1
    return _numbers_of(public, data, [0] * count, _any_base(numbers), [limit] * count)


def _listed(numbers: Iterable[EncryptedNumber]) -> list[EncryptedNumber]:
    """Of any vector of them. Raises TypeError, which names the element, for something else."""
    found = list(numbers)
    strange = next((i for i, n in enumerate(found) if not isinstance(n, EncryptedNumber)), None)
    if strange is not None:
        raise TypeError(f"element {strange} is a {type(found[strange]).__name__}, not an EncryptedNumber")
    return found


def _encode_array(values: npt.NDArray[np.int64] | npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.int64], list[int]]:
    """As `EncodedNumber.encode` without a precision."""
    if values.dtype == np.int64:
        return values.astype(np.int64), [0] * len(values)
    try:
        significands, exponents = _digits.split(values.astype(np.float64))
    except RangeError as error:
        # As encoding one by one.
        raise (ValueError if np.isnan(values[error.index or 0]) else OverflowError)(str(error)) from error
    return significands, exponents.tolist()


def _factors(
    public: PaillierPublicKey, numbers: Numbers, factors: Iterable[Scalar]
) -> tuple[list[int], list[int], int | None]:
    """Signed significands, exponents, and the base of the products."""
    if hasattr(factors, "__len__") and not isinstance(factors, (list, tuple)):
        factors = _numbers.array(factors).ravel().tolist()
    base, own = _base_of(numbers), _any_base(numbers)
    encoding = of_base(base or own or EncodedNumber.BASE)
    encoded = [f if isinstance(f, EncodedNumber) else encoding.encode(public, f) for f in factors]
    if any(e.public_key.n != public.n for e in encoded):
        raise ValueError("Attempted to multiply by a number encoded against a different public key!")
    for one in encoded:
        base = common_base(base, base_of(one))
    return [e.significand for e in encoded], [e.exponent for e in encoded], base or own


def _at(
    public: PaillierPublicKey, base: int | None, numbers: Numbers, exponents: list[int]
) -> tuple[bytes, list[int | None]]:
    """The ciphertexts with their exponents lowered to the given ones, and their bounds."""
    data = _bytes(public, numbers)
    factors = [
        power(public, base or EncodedNumber.BASE, n.exponent - e) for n, e in zip(numbers, exponents, strict=True)
    ]
    limits = [_times_bound(n, f, public) for n, f in zip(numbers, factors, strict=True)]
    return data if all(f == 1 for f in factors) else _times(public, data, factors), limits


def _times_bound(number: EncryptedNumber, factor: int, public: PaillierPublicKey) -> int | None:
    return bounds.checked(None if number._bound is None else number._bound * abs(factor), public)


def _sum_of(terms: Iterable[int | None], public: PaillierPublicKey) -> int | None:
    total = 0
    for term in terms:
        if term is None:
            return None
        total += term
    return bounds.checked(total, public)


def _times(public: PaillierPublicKey, data: bytes, factors: list[int]) -> bytes:
    words = _integers.words(factors)
    if words is not None:
        return public.native.multiply(data, words)
    return public.native.multiply_wide(data, *_integers.signed_to_bytes(factors))


def _numbers_of(
    public: PaillierPublicKey, data: bytes, exponents: Iterable[int], base: int | None, limits: Iterable[int | None]
) -> list[EncryptedNumber]:
    ciphertexts = _integers.from_bytes(data, public.native.ciphertext_bytes)
    parts = zip(ciphertexts, exponents, limits, strict=True)
    return [EncryptedNumber._made(public, c, e, base, limit) for c, e, limit in parts]


def _bytes(public: PaillierPublicKey, numbers: Numbers) -> bytes:
    width, square = public.native.ciphertext_bytes, public.nsquare
    return _integers.to_bytes((n.ciphertext(be_secure=False) % square for n in numbers), width)


def _base_of(numbers: Numbers) -> int | None:
    base: int | None = None
    for number in numbers:
        base = common_base(base, base_of(number))
    return base


def _any_base(numbers: Numbers) -> int | None:
    """Of numbers that are the same to every base, the one they were encoded to."""
    return next((n._base for n in numbers if n._base is not None), None)


def _key_of(numbers: Numbers) -> PaillierPublicKey:
    _same_key(numbers[0].public_key, numbers, "Attempted to add numbers encrypted against different public keys!")
    return numbers[0].public_key


def _same_key(public: PaillierPublicKey, numbers: Numbers, message: str) -> None:
    if any(number.public_key != public for number in numbers):
        raise ValueError(message)
