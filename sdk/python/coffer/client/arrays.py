"""Arrays of ciphertexts that stay in a box."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from coffer import _integers
from coffer.client.jobs import JobInfo
from coffer.client.key import Key
from coffer.client.session import Session
from coffer.client.tables import Shape, header_of, to_words
from coffer.errors import RangeError, ShapeError
from coffer.v1 import coffer_pb2 as pb


class CipherArray:
    """The result of a job in the box: an array of 0, 1 or 2 dimensions whose elements only the box can read.

    An operation returns at once; its result is computed meanwhile, and is waited for when it is needed. What went wrong
    in the box is raised then. Elements are integers; with `fraction_bits` they stand for fixed-point numbers, integer
    divided by 2^fraction_bits: sums align them, products add them up.

    Operators: +, - with arrays of this kind and plain ones, * and @ with plain ones; sum. The results of operations are
    not obfuscated: see `obfuscate` before ciphertexts are given to somebody who knows the operands.
    """

    # numpy leaves the operators to this class.
    __array_ufunc__ = None

    def __init__(self, client: Session, key: Key, job_id: str, shape: Shape, fraction_bits: int) -> None:
        self.client = client
        self.key = key
        self.job_id = job_id
        self.shape = shape
        self.fraction_bits = fraction_bits
        self._done: JobInfo | None = None
        self._needs: tuple[CipherArray, ...] = ()
        self._owned = True

    def __repr__(self) -> str:
        scale = f", fraction_bits={self.fraction_bits}" if self.fraction_bits else ""
        return f"<CipherArray {self.shape} under {self.key.name!r}, job {self.job_id}{scale}>"

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("an array without dimensions has no length")
        return self.shape[0]

    @property
    def size(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def ndim(self) -> int:
        return len(self.shape)

    # --- the job behind it ------------------------------------------------------------------------------------------

    def wait(self) -> CipherArray:
        """Until the box has computed it. Raises JobError if it failed or was cancelled."""
        if self._done is None:
            self._done = self.client._wait(self.job_id)
            self._needs = ()
        return self

    def info(self) -> JobInfo:
        """How far the box is."""
        return self._done or self.client.job(self.job_id)

    def cancel(self) -> None:
        """Stops the job, if it has not ended. Waiting for it raises JobError from then on."""
        self.client.cancel(self.job_id)

    def delete(self) -> None:
        """Removes the result from the box now. A handle that is dropped is removed in time."""
        self._owned = False
        self.client.delete(self.job_id)

    def __del__(self) -> None:
        if getattr(self, "_owned", False):
            self.client._forget(self.job_id)

    # --- out of the box ---------------------------------------------------------------------------------------------

    def decrypt(self, dtype: npt.DTypeLike | None = None) -> npt.NDArray[Any]:
        """The plaintexts, if the key allows it.

        float64 with fraction bits, else int64 (RangeError names an element that is too large for it); dtype=object:
        Python's integers, of any size, without the scale taken out.
        """
        rows, columns = self._table
        work = pb.Decrypt(key_id=self.key.id)
        header = pb.JobHeader(version=1, rows=rows, columns=columns, operand_job=self.job_id, decrypt=work)
        data, width = self.client._patiently(lambda: self.client._compute(header))
        values = np.empty(self.size, dtype=object)
        values[:] = _integers.signed_from_bytes(data, width)
        wanted = np.dtype(dtype) if dtype is not None else np.dtype(np.float64 if self.fraction_bits else np.int64)
        if wanted.kind == "O":
            return values.reshape(self.shape)
        if wanted.kind == "f":
            scale = 1 << self.fraction_bits
            return np.array([v / scale for v in values], dtype=wanted).reshape(self.shape)
        if self.fraction_bits:
            raise ShapeError(f"an array with {self.fraction_bits} fraction bits decrypts to floats, not to {wanted}")
        try:
            return values.astype(wanted).reshape(self.shape)
        except OverflowError as error:
            bounds = np.iinfo(wanted)
            index = next(i for i, v in enumerate(values) if not bounds.min <= v <= bounds.max)
            raise RangeError(
                f"element {index} does not fit {wanted}: dtype=object has no limit", index=index
            ) from error

    def fetch(self) -> npt.NDArray[np.uint8]:
        """The ciphertexts: big-endian, as wide as n^2, in one more dimension. See `Client.upload` for the way back."""
        data, width = self.client._fetch(self.wait().info())
        return np.frombuffer(data, np.uint8).reshape(*self.shape, width)

    # --- computing --------------------------------------------------------------------------------------------------

    def obfuscate(self) -> CipherArray:
        """Other ciphertexts of the same plaintexts, unlinkable to these."""
        return self._submit(self.shape, obfuscate=pb.Obfuscate(key_id=self.key.id))

    def __add__(self, other: Any) -> CipherArray:
        if not isinstance(other, CipherArray):
            plain = np.broadcast_to(np.asarray(other), self.shape)
            return self + encrypted(self.client, self.key, plain, self._bits_of(other), obfuscate=False)
        if other.shape != self.shape:
            raise ShapeError(f"arrays of the shapes {self.shape} and {other.shape}")
        if other.key.id != self.key.id:
            raise ShapeError(f"arrays under different keys: {self.key.name!r} and {other.key.name!r}")
        bits = max(self.fraction_bits, other.fraction_bits)
        a, b = self._with_bits(bits), other._with_bits(bits)
        work = pb.Add(key_id=a.key.id, addend_job=b.wait().job_id)
        return a._submit(a.shape, table=b._table, needs=(b,), add=work)

    __radd__ = __add__

    def __neg__(self) -> CipherArray:
        return self._times(np.asarray(-1), self.fraction_bits)

    def __sub__(self, other: Any) -> CipherArray:
        return self.__add__(-other)

    def __rsub__(self, other: Any) -> CipherArray:
        return (-self).__add__(other)

    def __mul__(self, other: Any) -> CipherArray:
        """Each element times a plain number: one for all, one a column, or one each."""
        if isinstance(other, CipherArray):
            raise TypeError("the product of two encrypted arrays needs another scheme than Paillier")
        bits = self._bits_of(other)
        return self._times(np.asarray(other), self.fraction_bits + bits, bits)

    __rmul__ = __mul__

    def __matmul__(self, weights: Any) -> CipherArray:
        """The matrix product with a plain matrix or vector on the right."""
        return self._product(np.asarray(weights), left=False)

    def __rmatmul__(self, weights: Any) -> CipherArray:
        """The matrix product with a plain matrix or vector on the left."""
        return self._product(np.asarray(weights), left=True)

    def sum(self, axis: int | None = None) -> CipherArray:
        """The sum along an axis, or of all elements."""
        if axis is None:
            table = self.sum(axis=1) if self.ndim == 2 else self
            return table.sum(axis=0) if table.ndim else table
        if not -self.ndim <= axis < self.ndim:
            raise ShapeError(f"axis {axis} of an array of the shape {self.shape}")
        axis %= self.ndim
        shape = self.shape[:axis] + self.shape[axis + 1 :]
        # A vector is a column in the box, unless it came out of sums or products as a row.
        down = axis == 0 and (self.ndim == 2 or self._table[1] == 1)
        if down:
            return self._submit(shape, column_sums=pb.ColumnSums(key_id=self.key.id))
        return self._submit(shape, row_sums=pb.RowSums(key_id=self.key.id))

    def _times(self, factors: npt.NDArray[Any], bits: int, scale: int = 0) -> CipherArray:
        words = to_words(factors, scale)
        if words.ndim == 0 or (words.ndim == 1 and self.ndim == 2):
            words = np.broadcast_to(words, (self._table[1],))
        else:
            words = np.broadcast_to(words, self.shape)
        return self._submit(self.shape, bits=bits, plaintexts=words, multiply=pb.Multiply(key_id=self.key.id))

    def _product(self, weights: npt.NDArray[Any], left: bool) -> CipherArray:
        inner = self.shape[-1 if not left else 0] if self.ndim else None
        if weights.ndim not in (1, 2) or weights.shape[-1 if left else 0] != inner:
            shapes = (weights.shape, self.shape) if left else (self.shape, weights.shape)
            raise ShapeError(f"a matrix product of the shapes {shapes[0]} and {shapes[1]}")
        scale = self._bits_of(weights)
        words = to_words(weights, scale)
        outer = words.shape[:-1] if left else words.shape[1:]
        shape = outer + self.shape[1:] if left else self.shape[:-1] + outer
        matrix: npt.NDArray[np.int64] = words.reshape((-1, words.shape[-1]) if left else (len(words), -1))
        # A vector is multiplied from the side that its place in the box, as a column or a row, asks for.
        from_left = left if self.ndim == 2 else self._table[1] == 1
        if from_left != left:
            matrix = matrix.T
        work = pb.MatrixProduct(key_id=self.key.id)
        if from_left:
            work.side, work.plaintext_rows = pb.MatrixProduct.PLAINTEXT_LEFT, matrix.shape[0]
        else:
            work.plaintext_columns = matrix.shape[1]
        return self._submit(shape, bits=self.fraction_bits + scale, plaintexts=matrix, matrix_product=work)

    @property
    def _table(self) -> tuple[int, int]:
        """Rows and columns in the box."""
        self.wait()
        info = self.info()
        return info.rows, info.columns

    def _with_bits(self, bits: int) -> CipherArray:
        if bits == self.fraction_bits:
            return self
        return self._times(np.asarray(1 << (bits - self.fraction_bits), dtype=object), bits)

    def _bits_of(self, plain: Any) -> int:
        """Whole numbers stay whole; others get the client's fraction bits."""
        return 0 if np.asarray(plain).dtype.kind in "biuO" else self.client.fraction_bits

    def _submit(
        self,
        shape: Shape,
        *,
        bits: int | None = None,
        table: tuple[int, int] | None = None,
        plaintexts: npt.NDArray[np.int64] | None = None,
        needs: tuple[CipherArray, ...] = (),
        **work: Any,
    ) -> CipherArray:
        """The result of an operation on this array; as a table of so many rows and columns, if not as it is."""
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
        made = CipherArray(self.client, self.key, job_id, shape, self.fraction_bits if bits is None else bits)
        # The operands are kept until the result has been computed.
        made._needs = (self, *needs)
        return made


def encrypted(client: Session, key: Key, values: npt.NDArray[Any], fraction_bits: int, obfuscate: bool) -> CipherArray:
    """Encrypts plain numbers in the box. Raises RangeError for those that do not fit 64 bits."""
    words = to_words(values, fraction_bits)
    work = pb.Encrypt(key_id=key.id, without_obfuscation=not obfuscate)
    job = client._submit(header_of(values.shape, encrypt=work), words.astype(">i8").tobytes())
    return CipherArray(client, key, job, values.shape, fraction_bits)
