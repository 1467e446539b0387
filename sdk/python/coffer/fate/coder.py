"""Numbers as significands with a public exponent to the base 16, as in FATE 2's fixed-point Paillier."""

from __future__ import annotations

import math
import sys
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from coffer import _digits, _numbers, _rounding
from coffer.errors import RangeError
from coffer.fate.plain import Plaintext, PlaintextVector

_BITS_A_DIGIT = _digits.BITS_A_DIGIT
# Whole numbers up to this are floats too.
_FLOAT_WHOLE = 1 << 53
_KINDS = ("float64", "float32", "int64", "int32")


class Coder:
    """Encodes tensors: floats with all of their mantissa, integers exactly with the exponent 0. max_int is n // 2.

    An element is significand * 16^exponent; the exponent of a fraction is negative. What does not fit its type is
    refused with RangeError: no fraction is dropped, in either direction, and no number wraps. Arguments named `dtype`
    are numpy's or torch's; NotImplementedError for any but float64, float32, int64 and int32.

    ring: but int64 is decoded modulo 2^64. FATE's regression on secret shares computes in that ring, and `install`
    makes coders of this kind.
    """

    def __init__(self, n: int, ring: bool = False) -> None:
        self.n = n
        self.ring = ring
        self.max_int = n // 2

    @property
    def coder(self) -> Coder:
        """What FATE's wrapper keeps the coder in."""
        return self

    # --- tensors ----------------------------------------------------------------------------------------------------

    def encode_tensor(self, tensor: Any, dtype: Any = None) -> PlaintextVector:
        """All elements, row by row. A tensor of integers stays one whatever the dtype, as in FATE: it needs no digits
        for a fraction."""
        whole = "int" in str(tensor.dtype)
        return self.encode_vec(tensor.flatten(), tensor.dtype if dtype is None or whole else dtype)

    def decode_tensor(self, tensor: PlaintextVector, dtype: Any, shape: Any = None, device: Any = None) -> Any:
        """A tensor of this shape, without one a vector; on FATE's device of torch's, if one is named."""
        data = self.decode_vec(tensor, dtype)
        data = data if shape is None else data.reshape(shape)
        return data if device is None or not hasattr(data, "to") else data.to(device.to_torch_device())

    def encode_vec(self, vec: Any, dtype: Any = None) -> PlaintextVector:
        array = _array(vec)
        kind = _kind(dtype if dtype is not None else getattr(vec, "dtype", array.dtype))
        if kind == "float32" and array.dtype.kind == "f":
            # Rounded to what the type holds, as in FATE; of a number beyond it infinity, which is refused below.
            with np.errstate(over="ignore"):
                array = array.astype(np.float32).astype(np.float64)
        return self._encode_floats(array) if kind.startswith("float") else self._encode_integers(array, kind)

    def decode_vec(self, vec: PlaintextVector, dtype: Any) -> Any:
        return _tensor(self._decode(vec, _kind(dtype)), dtype)

    def encode(self, val: Any, dtype: Any = None) -> Plaintext:
        """One number; `dtype` says which kind, unless it is a tensor of no dimension."""
        if hasattr(val, "ndim"):
            assert val.ndim == 0, "only scalar supported"
            dtype = val.dtype if dtype is None else dtype
            val = val.item()
        return Plaintext(self.encode_vec([val], dtype))

    def encode_f64(self, val: float) -> Plaintext:
        return self.encode(val, np.float64)

    def encode_f32(self, val: float) -> Plaintext:
        return self.encode(val, np.float32)

    def encode_i64(self, val: int) -> Plaintext:
        return self.encode(val, np.int64)

    def encode_i32(self, val: int) -> Plaintext:
        return self.encode(val, np.int32)

    def decode_f64(self, val: Plaintext) -> float:
        return float(self._decode(val.vector, "float64")[0])

    def decode_f32(self, val: Plaintext) -> float:
        return float(self._decode(val.vector, "float32")[0])

    def decode_i64(self, val: Plaintext) -> int:
        return int(self._decode(val.vector, "int64")[0])

    def decode_i32(self, val: Plaintext) -> int:
        return int(self._decode(val.vector, "int32")[0])

    def encode_f64_vec(self, vec: Any) -> PlaintextVector:
        return self.encode_vec(vec, np.float64)

    def encode_f32_vec(self, vec: Any) -> PlaintextVector:
        return self.encode_vec(vec, np.float32)

    def encode_i64_vec(self, vec: Any) -> PlaintextVector:
        return self.encode_vec(vec, np.int64)

    def encode_i32_vec(self, vec: Any) -> PlaintextVector:
        return self.encode_vec(vec, np.int32)

    def decode_f64_vec(self, vec: PlaintextVector) -> Any:
        return _tensor(self._decode(vec, "float64"))

    def decode_f32_vec(self, vec: PlaintextVector) -> Any:
        return _tensor(self._decode(vec, "float32"))

    def decode_i64_vec(self, vec: PlaintextVector) -> Any:
        return _tensor(self._decode(vec, "int64"))

    def decode_i32_vec(self, vec: PlaintextVector) -> Any:
        return _tensor(self._decode(vec, "int32"))

    # --- several small numbers in one plaintext -----------------------------------------------------------------------

    def pack_u64_vec(self, data: Any, shift_bit: int, num_each_pack: int) -> PlaintextVector:
        """Unsigned integers, `num_each_pack` to a plaintext, `shift_bit` bits apart, the first the highest."""
        numbers: list[int] = _numbers.wholes(_array(data)).tolist()
        if any(v < 0 or v >> shift_bit for v in numbers):
            raise RangeError(
                f"a number that does not fit {shift_bit} bits",
                next(i for i, v in enumerate(numbers) if v < 0 or v >> shift_bit),
            )
        return self._packed(numbers, shift_bit, num_each_pack)

    def unpack_u64_vec(self, data: PlaintextVector, shift_bit: int, num_each_pack: int, total_num: int) -> list[int]:
        """What `pack_u64_vec` packed, or sums of such: none of them may outgrow its bits, which only the first
        shows."""
        mask, found = (1 << shift_bit) - 1, []
        for index, packed in enumerate(data.significands):
            count = min(num_each_pack, total_num - index * num_each_pack)
            if not 0 <= int(packed) < 1 << shift_bit * count:
                raise RangeError(f"pack {index} is negative, or its first number has outgrown {shift_bit} bits", index)
            found += [int(packed) >> shift_bit * (count - 1 - i) & mask for i in range(count)]
        return found

    def pack_floats(self, float_tensor: Any, offset_bit: int, pack_num: int, precision: int) -> PlaintextVector:
        """Floats that are not negative, times 2^precision and rounded, halves up, packed as `pack_u64_vec` does."""
        scaled = []
        for index, number in enumerate(_array(float_tensor).tolist()):
            if isinstance(number, float) and not math.isfinite(number):
                raise RangeError(f"element {index} is {number}", index)
            scaled.append(_rounding.whole(Fraction(number) * (1 << precision), "half-away"))
        return self.pack_u64_vec(scaled, offset_bit, pack_num)

    def unpack_floats(
        self, packed: PlaintextVector, offset_bit: int, pack_num: int, precision: int, total_num: int
    ) -> Any:
        """What `pack_floats` packed, or sums of such: a tensor; torch's of its default type, as in FATE."""
        words = self.unpack_u64_vec(packed, offset_bit, pack_num, total_num)
        found, torch = _rounding.float_quotients(words, 1 << precision), sys.modules.get("torch")
        return found if torch is None else torch.from_numpy(found).to(torch.get_default_dtype())

    def pack_vec(self, vec: Any, num_shift_bit: int, num_elem_each_pack: int) -> PlaintextVector:
        """`pack_u64_vec`, by the name that FATE's tensors call."""
        return self.pack_u64_vec(vec, num_shift_bit, num_elem_each_pack)

    def unpack_vec(self, vec: PlaintextVector, num_shift_bit: int, num_elem_each_pack: int, total_num: int) -> Any:
        """`unpack_u64_vec`, as a tensor of int64."""
        return _tensor(np.array(self.unpack_u64_vec(vec, num_shift_bit, num_elem_each_pack, total_num), dtype=np.int64))

    # --- inside -----------------------------------------------------------------------------------------------------

    def _encode_integers(self, array: npt.NDArray[Any], kind: str) -> PlaintextVector:
        numbers = _numbers.wholes(array)
        words = np.array(self._bounded(numbers.tolist(), kind), dtype=np.int64)
        return PlaintextVector(words, np.zeros(len(words), np.int32))

    def _encode_floats(self, array: npt.NDArray[Any]) -> PlaintextVector:
        if array.dtype.kind == "f" or (array.dtype.kind in "bi" and (np.abs(array) <= _FLOAT_WHOLE).all()):
            significands, exponents = _digits.split(array.astype(np.float64))
            return PlaintextVector(significands, exponents.astype(np.int32))
        # What no float holds: exactly, or not at all.
        parts = [_exactly(number, index) for index, number in enumerate(array.tolist())]
        made = np.empty(len(parts), dtype=object)
        made[:] = [significand for significand, _ in parts]
        return PlaintextVector(made, np.array([exponent for _, exponent in parts], np.int32))

    def _decode(self, vec: PlaintextVector, kind: str) -> npt.NDArray[Any]:
        significands, exponents = vec.significands.tolist(), vec.exponents.tolist()
        if kind.startswith("int"):
            pairs = enumerate(zip(significands, exponents, strict=True))
            whole = [_whole(s, e, index) for index, (s, e) in pairs]
            if self.ring and kind == "int64":
                return np.array([v % (1 << 64) for v in whole], dtype=np.uint64).astype(np.int64)
            return np.array(self._bounded(whole, kind), dtype=kind)
        try:
            floats = _rounding.joined(significands, exponents, "fate")
        except RangeError as error:
            raise RangeError(f"element {error.index} does not fit a float", error.index) from error
        beyond = np.flatnonzero(np.abs(floats) > np.finfo(kind).max)
        if len(beyond):
            raise RangeError(f"element {beyond[0]} does not fit {kind}", int(beyond[0]))
        return floats.astype(kind)

    def _bounded(self, whole: list[int], kind: str) -> list[int]:
        bounds = np.iinfo(kind)
        index = next((i for i, v in enumerate(whole) if not bounds.min <= v <= bounds.max), None)
        if index is not None:
            raise RangeError(f"element {index} does not fit {kind}", index)
        return whole

    def _packed(self, numbers: list[int], shift: int, each: int) -> PlaintextVector:
        packed: list[int] = []
        for at in range(0, len(numbers), each):
            value = 0
            for number in numbers[at : at + each]:
                value = value << shift | number
            if value > self.max_int:
                raise RangeError(f"{each} numbers of {shift} bits do not fit the key", len(packed))
            packed.append(value)
        significands = np.empty(len(packed), dtype=object)
        significands[:] = packed
        return PlaintextVector(significands, np.zeros(len(packed), np.int32), shift * each)


def _kind(dtype: Any) -> str:
    name = str(dtype).removeprefix("torch.") if not isinstance(dtype, type) else np.dtype(dtype).name
    if name not in _KINDS:
        raise NotImplementedError(f"{dtype} not supported")
    return name


def _array(tensor: Any) -> npt.NDArray[Any]:
    """A tensor of either kind, or a sequence, in numpy's hands: as a vector of numbers that are exact."""
    return _numbers.array(tensor.detach().cpu().numpy() if hasattr(tensor, "detach") else tensor).ravel()


def _exactly(number: _numbers.Exact, index: int) -> tuple[int, int]:
    """A significand and an exponent. Raises RangeError for a fraction that has no end to the base 16."""
    if isinstance(number, float) and not math.isfinite(number):
        raise RangeError(f"element {index} is {number}", index)
    ratio = Fraction(number)
    digits = -(-(ratio.denominator.bit_length() - 1) // _BITS_A_DIGIT)
    scaled = ratio * (1 << _BITS_A_DIGIT * digits)
    if scaled.denominator != 1:
        raise RangeError(f"element {index} has no end to the base 16: round it to a float first", index)
    return scaled.numerator, -digits


def _whole(significand: int, exponent: int, index: int) -> int:
    if exponent >= 0:
        return significand << _BITS_A_DIGIT * exponent
    whole, rest = divmod(significand, 1 << -_BITS_A_DIGIT * exponent)
    if rest:
        raise RangeError(f"element {index} has a fraction: decode it to a float type", index)
    return whole


def _tensor(array: npt.NDArray[Any], dtype: Any = None) -> Any:
    """Of the kind that the dtype is of; without one torch's, if the program uses torch."""
    torch = sys.modules.get("torch")
    numpys = isinstance(dtype, (type, np.dtype, str))
    return array if torch is None or numpys else torch.from_numpy(array)
