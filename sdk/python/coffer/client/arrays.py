"""Arrays of ciphertexts that stay in a box."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from coffer import _numbers
from coffer.client import arranging, fixed, frames, reading
from coffer.client.jobs import JobInfo
from coffer.client.key import Key
from coffer.client.protocols import Protocols
from coffer.client.session import Session
from coffer.client.tables import Shape, header_of
from coffer.errors import ShapeError
from coffer.v1 import coffer_pb2 as pb


class CipherArray(Protocols):
    """The result of a job in the box: an array of 0, 1 or 2 dimensions whose elements only the box can read.

    An operation returns at once; its result is computed meanwhile, and is waited for when it is needed. What went wrong
    in the box is raised then. Elements are integers; with `fraction_bits` they stand for fixed-point numbers, integer
    divided by 2^fraction_bits: sums align them, products add them up. `bound` is the largest magnitude that the
    integers may have, by the types of what was encrypted and by the plain factors; None: unknown (they came from
    outside). What may not fit under the key is refused with BoundError. Both are public, as the shape is.

    Operators: +, - with arrays of this kind and plain ones, *, / and @ with plain ones; sum, mean, indexing, T,
    reshape, and numpy's functions of these names. The results of operations are not obfuscated: see `obfuscate` before
    ciphertexts are given to somebody who knows the operands.
    """

    def __init__(
        self, client: Session, key: Key, job_id: str, shape: Shape, fraction_bits: int, bound: int | None = None
    ) -> None:
        self.client = client
        self.key = key
        self.job_id = job_id
        self.shape = shape
        self.fraction_bits = fraction_bits
        self.bound = bound
        self._done: JobInfo | None = None
        self._needs: tuple[CipherArray, ...] = ()
        # Of another handle of the same job: the one that removes the result in the end.
        self._owner: CipherArray | None = None
        self._owned = True

    def __repr__(self) -> str:
        scale = f", fraction_bits={self.fraction_bits}" if self.fraction_bits else ""
        return f"<CipherArray {self.shape} under {self.key.name!r}, job {self.job_id}{scale}>"

    def __reduce__(self) -> tuple[Any, ...]:
        # The result stays in the box for whoever unpickles the handle: nobody removes it but by `delete`.
        self._origin._owned = False
        self.wait()
        return _again, (self.client, self.key, self.job_id, self.shape, self.fraction_bits, self.bound)

    # --- the job behind it ------------------------------------------------------------------------------------------

    def wait(self, timeout: float | None = None) -> CipherArray:
        """Until the box has computed it. Raises JobError if it failed or was cancelled, WaitError after `timeout`
        seconds (the client's `job_timeout`, unless given); the job goes on then."""
        if self._done is None:
            self._done = self.client._wait(self.job_id, timeout)
            self._needs = ()
        return self

    def info(self) -> JobInfo:
        """How far the box is."""
        return self._done or self.client.job(self.job_id)

    def cancel(self) -> None:
        """Stops the job, if it has not ended. Waiting for it raises JobError from then on."""
        self.client.cancel(self.job_id)

    def delete(self) -> None:
        """Removes the result from the box now. A handle that is dropped is removed in time, unless it was pickled."""
        self._origin._owned = False
        self.client.delete(self.job_id)

    def __del__(self) -> None:
        if getattr(self, "_owned", False):
            self.client._forget(self.job_id)

    # --- out of the box ---------------------------------------------------------------------------------------------

    def decrypt(self, dtype: npt.DTypeLike | None = None, *, like: Any = None) -> Any:
        """The plaintexts, if the key allows it: an array of numpy's; with `like`, a column or table of pandas' or
        Arrow's, in its package with the model's index and names.

        float64 with fraction bits, else int64 (RangeError names an element that is too large for it); dtype=object:
        Python's integers, of any size, without the scale taken out. Warns with UnknownBoundWarning where the numbers
        came from outside; raises DecryptionRangeError for one that is over its bound.
        """
        found = reading.decoded(reading.integers(self), self.shape, self.fraction_bits, dtype)
        return found if like is None else frames.like(found, like)

    def fetch(self) -> npt.NDArray[np.uint8]:
        """The ciphertexts, as wide as the scheme has them, in one more dimension. `Client.upload` is the way back."""
        data, width = self.client._fetch(self.wait().info())
        return np.frombuffer(data, np.uint8).reshape(*self.shape, width)

    def rescale(self, fraction_bits: int | None = None) -> CipherArray:
        """The same numbers with so many fraction bits (the client's, unless given) and the bound of fresh ones: for a
        computation that has grown too large. They are decrypted here and encrypted anew, so the key has to allow it."""
        bits = self.client.fraction_bits if fraction_bits is None else fixed.checked_bits(fraction_bits)
        made = np.empty(self.size, dtype=object)
        made[:] = fixed.fewer_bits(reading.integers(self), self.fraction_bits - bits)
        return encrypted(self.client, self.key, made.reshape(self.shape), 0, bits, obfuscate=True)

    def bounded(self, magnitude: Any) -> CipherArray:
        """The same array, of whose numbers it is known that none is over `magnitude`: nothing is checked before
        decryption, so a wrong claim is a wrong result."""
        most = _numbers.exact(magnitude)
        bound = abs(Fraction(most)) * (1 << self.fraction_bits)
        return self._alias(self.fraction_bits, -(-bound.numerator // bound.denominator))

    # --- computing --------------------------------------------------------------------------------------------------

    def obfuscate(self) -> CipherArray:
        """Other ciphertexts of the same plaintexts, unlinkable to these."""
        return self._submit(self.shape, self.bound, obfuscate=pb.Obfuscate(key_id=self.key.id))

    def __add__(self, other: Any) -> CipherArray:
        if not isinstance(other, CipherArray):
            return self._plus(_numbers.array(other))
        if other.shape != self.shape:
            raise ShapeError(f"arrays of the shapes {self.shape} and {other.shape}")
        if other.key._identity != self.key._identity:
            raise ShapeError(f"arrays under different keys: {self.key.name!r} and {other.key.name!r}")
        bits = max(self.fraction_bits, other.fraction_bits)
        a, b = self._with_bits(bits), other._with_bits(bits)
        bound = None if a.bound is None or b.bound is None else a.bound + b.bound
        work = pb.Add(key_id=a.key.id, addend_job=b.wait().job_id)
        return a._submit(a.shape, bound, what="sum", table=b._table, needs=(b,), add=work)

    __radd__ = __add__

    def __pos__(self) -> CipherArray:
        return self

    def __neg__(self) -> CipherArray:
        return self._times(np.array(-1), 0)

    def __sub__(self, other: Any) -> CipherArray:
        # Plain numbers are negated as whole numbers of any size: an unsigned one has no negative in its own type.
        return self + -other if isinstance(other, CipherArray) else self._plus(_numbers.array(other), sign=-1)

    def __rsub__(self, other: Any) -> CipherArray:
        return (-self).__add__(other)

    def __mul__(self, other: Any) -> CipherArray:
        """Each element times a plain number: one for all, one a column, or one each."""
        if isinstance(other, CipherArray):
            raise TypeError("the product of two encrypted arrays needs a scheme that multiplies ciphertexts")
        if isinstance(other, np.matrix):
            raise TypeError("* with np.matrix means @ to numpy: use @, or np.asarray for element by element")
        numbers = _numbers.array(other)
        return self._times(numbers, fixed.factor_bits(numbers, self.client.fraction_bits))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> CipherArray:
        """By plain numbers. By a power of two exactly; by others times the reciprocal, rounded as a float factor is."""
        if isinstance(other, CipherArray):
            raise TypeError("division by an encrypted array needs a scheme that multiplies ciphertexts")
        numbers = _numbers.array(other)
        if not all(numbers.ravel().tolist()):
            raise ZeroDivisionError("an encrypted array divided by zero")
        reciprocals = np.empty(numbers.shape, dtype=object)
        reciprocals.ravel()[:] = [fixed.reciprocal(v) for v in numbers.ravel().tolist()]
        one = reciprocals.item() if reciprocals.ndim == 0 else Fraction(2)
        if one.numerator == 1 and not one.denominator & (one.denominator - 1):
            return self._alias(self.fraction_bits + one.denominator.bit_length() - 1, self.bound)
        return self * reciprocals

    def __rtruediv__(self, other: Any) -> CipherArray:
        raise TypeError("division by an encrypted array needs a scheme that multiplies ciphertexts")

    def __matmul__(self, weights: Any) -> CipherArray:
        """The matrix product with a plain matrix or vector on the right."""
        return self._product(weights, left=False)

    def __rmatmul__(self, weights: Any) -> CipherArray:
        """The matrix product with a plain matrix or vector on the left."""
        return self._product(weights, left=True)

    def sum(self, axis: int | tuple[int, ...] | None = None) -> CipherArray:
        """The sum along an axis, or of all elements."""
        axes = self._axes(axis)
        if len(axes) != 1:
            total = self
            for along in reversed(axes):
                total = total.sum(axis=along)
            return total
        shape = self.shape[: axes[0]] + self.shape[axes[0] + 1 :]
        bound = None if self.bound is None else self.bound * self.shape[axes[0]]
        # A vector is a column in the box, unless it came out of sums or products as a row.
        if axes[0] == 0 and (self.ndim == 2 or self._table[1] == 1):
            return self._submit(shape, bound, what="sum", column_sums=pb.ColumnSums(key_id=self.key.id))
        return self._submit(shape, bound, what="sum", row_sums=pb.RowSums(key_id=self.key.id))

    def mean(self, axis: int | tuple[int, ...] | None = None) -> CipherArray:
        """The mean along an axis, or of all elements: the sum, divided as `/` divides."""
        count = int(np.prod([self.shape[along] for along in self._axes(axis)], dtype=np.int64))
        return self.sum(axis) / count

    # --- arranging: the ciphertexts go through this program, unread -------------------------------------------------

    def __getitem__(self, index: Any) -> CipherArray:
        """As numpy's, of at most two dimensions."""
        return arranging.arranged(self, arranging.places(self)[index])

    def __iter__(self) -> Iterator[CipherArray]:
        return arranging.rows(self)

    @property
    def T(self) -> CipherArray:
        """Transposed."""
        return self.transpose()

    def transpose(self, *axes: Any) -> CipherArray:
        return arranging.arranged(self, arranging.places(self).transpose(*axes))

    def reshape(self, *shape: Any) -> CipherArray:
        return arranging.arranged(self, arranging.places(self).reshape(shape[0] if len(shape) == 1 else shape))

    def ravel(self) -> CipherArray:
        return self.reshape(-1)

    # --- inside -----------------------------------------------------------------------------------------------------

    def _plus(self, numbers: npt.NDArray[Any], sign: int = 1) -> CipherArray:
        bits = fixed.addend_bits(numbers, self.client.fraction_bits, self.fraction_bits)
        if sign < 0:
            numbers = _numbers.array([-v for v in numbers.ravel().tolist()]).reshape(numbers.shape)
        spread = fixed.scaled(self._spread(numbers), bits)
        if self.bound is not None:
            largest = fixed.largest(spread) << max(self.fraction_bits - bits, 0)
            fixed.checked(self.bound + largest, self.key.capacity, max(self.fraction_bits, bits), "sum")
        return self + fixed.word_by_word(
            spread, lambda w: encrypted(self.client, self.key, w, 0, bits, obfuscate=False, bound=fixed.largest(w))
        )

    def _times(self, numbers: npt.NDArray[Any], bits: int) -> CipherArray:
        factors = fixed.scaled(numbers, bits)
        if self.bound is not None:
            fixed.checked(self.bound * fixed.largest(factors), self.key.capacity, self.fraction_bits + bits, "product")
        return fixed.word_by_word(factors, lambda words: self._times_words(words, bits))

    def _shifted(self, bits: int) -> CipherArray:
        """The integers times 2^bits, of at most a word."""
        return self._times_words(np.array(1 << bits), 0)

    def _times_words(self, words: fixed.Words, bits: int) -> CipherArray:
        if words.ndim == 0 or (words.ndim == 1 and self.ndim == 2 and words.shape[0] in (1, self.shape[1])):
            spread = np.broadcast_to(words, (self._table[1],))
        else:
            spread = self._spread(words)
        bound = None if self.bound is None else self.bound * fixed.largest(words)
        work = pb.Multiply(key_id=self.key.id)
        return self._submit(
            self.shape, bound, what="product", bits=self.fraction_bits + bits, plaintexts=spread, multiply=work
        )

    def _product(self, weights: Any, left: bool) -> CipherArray:
        if isinstance(weights, CipherArray):
            raise TypeError("the product of two encrypted arrays needs a scheme that multiplies ciphertexts")
        numbers = _numbers.array(weights)
        inner = self.shape[-1 if not left else 0] if self.ndim else None
        if numbers.ndim not in (1, 2) or numbers.shape[-1 if left else 0] != inner:
            shapes = (numbers.shape, self.shape) if left else (self.shape, numbers.shape)
            raise ShapeError(f"a matrix product of the shapes {shapes[0]} and {shapes[1]}")
        scale = fixed.factor_bits(numbers, self.client.fraction_bits)
        factors = fixed.scaled(numbers, scale)
        return fixed.word_by_word(factors, lambda words: self._product_words(words, scale, left))

    def _product_words(self, words: fixed.Words, scale: int, left: bool) -> CipherArray:
        outer = words.shape[:-1] if left else words.shape[1:]
        shape = outer + self.shape[1:] if left else self.shape[:-1] + outer
        matrix: npt.NDArray[np.int64] = words.reshape((-1, words.shape[-1]) if left else (len(words), -1))
        bound = None if self.bound is None else self.bound * fixed.most(matrix, axis=1 if left else 0)
        # A vector is multiplied from the side that its place in the box, as a column or a row, asks for.
        from_left = left if self.ndim == 2 else self._table[1] == 1
        if from_left != left:
            matrix = matrix.T
        work = pb.MatrixProduct(key_id=self.key.id)
        if from_left:
            work.side, work.plaintext_rows = pb.MatrixProduct.PLAINTEXT_LEFT, matrix.shape[0]
        else:
            work.plaintext_columns = matrix.shape[1]
        bits = self.fraction_bits + scale
        return self._submit(shape, bound, what="matrix product", bits=bits, plaintexts=matrix, matrix_product=work)

    def _axes(self, axis: int | tuple[int, ...] | None) -> tuple[int, ...]:
        """The axes, from the first to the last."""
        given = tuple(range(self.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        for along in given:
            if not -self.ndim <= along < self.ndim:
                raise ShapeError(f"axis {along} of an array of the shape {self.shape}")
        return tuple(sorted({along % self.ndim for along in given}))

    @property
    def _origin(self) -> CipherArray:
        """The handle that removes the result."""
        return self if self._owner is None else self._owner

    @property
    def _table(self) -> tuple[int, int]:
        """Rows and columns in the box."""
        self.wait()
        info = self.info()
        return info.rows, info.columns

    def _spread(self, plain: npt.NDArray[Any]) -> npt.NDArray[Any]:
        try:
            return np.broadcast_to(plain, self.shape)
        except ValueError as error:
            raise ShapeError(f"plain numbers of the shape {plain.shape} for an array of {self.shape}") from error

    def _with_bits(self, bits: int) -> CipherArray:
        raised = self
        while raised.fraction_bits < bits:
            step = min(bits - raised.fraction_bits, fixed.STEP_BITS)
            product = raised._shifted(step)
            # The same numbers, with a larger scale.
            product.fraction_bits += step
            raised = product
        return raised

    def _alias(self, bits: int, bound: int | None) -> CipherArray:
        """Another view of the same numbers."""
        made = CipherArray(self.client, self.key, self.job_id, self.shape, bits, bound)
        made._done, made._needs, made._owned = self._done, (self, *self._needs), False
        made._owner = self._origin
        return made

    def _submit(
        self,
        shape: Shape,
        bound: int | None,
        *,
        what: str = "result",
        bits: int | None = None,
        table: tuple[int, int] | None = None,
        plaintexts: npt.NDArray[np.int64] | None = None,
        needs: tuple[CipherArray, ...] = (),
        **work: Any,
    ) -> CipherArray:
        """The result of an operation on this array; as a table of so many rows and columns, if not as it is."""
        bits = self.fraction_bits if bits is None else bits
        fixed.checked(bound, self.key.capacity, bits, what)
        rows, columns = table or self._table
        header = pb.JobHeader(version=1, rows=rows, columns=columns, **work)
        operand = b""
        if (rows, columns) == self._table:
            header.operand_job = self.job_id
        else:
            # The box takes its own results as they are; in another arrangement they are sent.
            operand = self.client._fetch(self.info())[0]
        words = b"" if plaintexts is None else plaintexts.astype(">i8").tobytes()
        job_id = self.client._submit(header, operand, words)
        made = CipherArray(self.client, self.key, job_id, shape, bits, bound)
        # The operands are kept until the result has been computed.
        made._needs = (self, *needs)
        return made


def encrypted(
    client: Session,
    key: Key,
    values: npt.NDArray[Any],
    bits: int,
    fraction_bits: int,
    obfuscate: bool,
    bound: int | None = None,
) -> CipherArray:
    """Encrypts plain numbers in the box, times 2^bits; `bound`: of public ones. Raises RangeError for those that do not
    fit 64 bits, and for fractions without bits."""
    words = fixed.to_words(values if bits else _numbers.wholes(values), bits)
    work = pb.Encrypt(key_id=key.id, without_obfuscation=not obfuscate)
    job = client._submit(header_of(values.shape, encrypt=work), words.astype(">i8").tobytes())
    if bound is None:
        # The box refuses what is above the key's capacity.
        bound = min(fixed.value_bound(values, bits), key.capacity)
    return CipherArray(client, key, job, values.shape, fraction_bits, bound)


def _again(client: Session, key: Key, job_id: str, shape: Shape, bits: int, bound: int | None) -> CipherArray:
    """A handle that was pickled: it does not remove the result."""
    made = CipherArray(client, key, job_id, shape, bits, bound)
    made._owned = False
    return made
