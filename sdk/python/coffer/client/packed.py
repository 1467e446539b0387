"""Many bounded integers in one Paillier ciphertext: one addition serves all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from coffer import _integers, _numbers
from coffer.client import fixed
from coffer.client.key import Key
from coffer.client.session import Session
from coffer.errors import BoundError, RangeError, ShapeError
from coffer.v1 import coffer_pb2 as pb


@dataclass(frozen=True)
class Packing:
    """Numbers of magnitude below 2^value_bits (1 to 63), and room for sums of `summands` (1 to 2^32) of them.

    A slot has value_bits, bits for the summands, a sign and a guard bit; a ciphertext holds as many as fit the bits of
    the key's n.
    """

    value_bits: int
    summands: int

    def message(self) -> pb.Packing:
        if not 1 <= self.value_bits <= 63 or not 1 <= self.summands <= 1 << 32:
            raise ShapeError(f"{self}: numbers have 1 to 63 bits, and sums 1 to 2^32 of them")
        return pb.Packing(value_bits=self.value_bits, summands=self.summands)


class PackedArray:
    """Rows of packed integers in the box: added to each other, summed over the rows, multiplied by a plain integer.

    `added` is how many rows lie on each other at most, a product by w counted as |w|: an operation after which there
    may be more than the packing has room for raises BoundError. The box keeps the result as long as this lives.
    """

    def __init__(
        self, client: Session, key: Key, packing: Packing, job_id: str, shape: tuple[int, ...], added: int
    ) -> None:
        self.client, self.key, self.packing = client, key, packing
        self.job_id, self.shape, self.added = job_id, shape, added
        self._needs: tuple[PackedArray, ...] = ()

    def __repr__(self) -> str:
        room = f"{self.added} of {self.packing.summands} summands"
        return f"<PackedArray {self.shape} under {self.key.name!r}, {room}, job {self.job_id}>"

    def __del__(self) -> None:
        if hasattr(self, "job_id"):
            self.client._forget(self.job_id)

    def __add__(self, other: Any) -> PackedArray:
        if not isinstance(other, PackedArray):
            return NotImplemented
        if (other.shape, other.packing) != (self.shape, self.packing):
            raise ShapeError(f"packed arrays that differ: {self} and {other}")
        if other.key._identity != self.key._identity:
            raise ShapeError(f"packed arrays under different keys: {self.key.name!r} and {other.key.name!r}")
        self.client._wait(other.job_id)
        work = pb.Add(key_id=self.key.id, addend_job=other.job_id)
        return self._submit(self.shape, self.added + other.added, (self, other), add=work)

    def __mul__(self, factor: Any) -> PackedArray:
        """By one plain integer for all."""
        number = _numbers.array(factor)
        if number.ndim or not _numbers.is_whole(number):
            raise ShapeError("a packed array is multiplied by one whole number")
        words = fixed.to_words(number, 0)
        columns = self._table[1]
        work = pb.Multiply(key_id=self.key.id, plaintexts=[int(words)] * columns)
        return self._submit(self.shape, self.added * abs(int(words)), (self,), multiply=work)

    __rmul__ = __mul__

    def sum(self) -> PackedArray:
        """Over the rows: one row."""
        if len(self.shape) != 2:
            raise ShapeError("a single packed row has no rows to sum")
        work = pb.ColumnSums(key_id=self.key.id)
        return self._submit(self.shape[1:], self.added * self.shape[0], (self,), column_sums=work)

    def decrypt(self) -> npt.NDArray[np.int64]:
        """The sums, if the key allows it. Raises RangeError for one that does not fit 64 bits."""
        rows, columns = self._table
        work = pb.PackedDecrypt(
            key_id=self.key.id, packing=self.packing.message(), columns=self.shape[-1], added=max(self.added, 1)
        )
        header = pb.JobHeader(version=1, rows=rows, columns=columns, operand_job=self.job_id, packed_decrypt=work)
        data, width = self.client._patiently(lambda: self.client._compute(header))
        numbers = _integers.signed_from_bytes(data, width)
        index = next((i for i, v in enumerate(numbers) if not -(1 << 63) <= v < 1 << 63), None)
        if index is not None:
            raise RangeError(f"element {index} does not fit 64 bits", index)
        return np.array(numbers, dtype=np.int64).reshape(self.shape)

    @property
    def _table(self) -> tuple[int, int]:
        info = self.client._wait(self.job_id)
        return info.rows, info.columns

    def _submit(self, shape: tuple[int, ...], added: int, needs: tuple[PackedArray, ...], **work: Any) -> PackedArray:
        if added > self.packing.summands:
            raise BoundError(
                f"{added} packed rows on each other, and the packing has room for {self.packing.summands}: pack with "
                "more summands"
            )
        rows, columns = self._table
        header = pb.JobHeader(version=1, rows=rows, columns=columns, operand_job=self.job_id, **work)
        job_id = self.client._submit(header, b"")
        made = PackedArray(self.client, self.key, self.packing, job_id, shape, added)
        # The operands are kept until the result has been computed.
        made._needs = needs
        return made


def packed(client: Session, key: Key, values: Any, packing: Packing) -> PackedArray:
    """Encrypts integers, a row or a table of rows."""
    numbers = _numbers.array(values)
    if numbers.ndim not in (1, 2) or not numbers.size:
        raise ShapeError(f"an array of the shape {numbers.shape}: a row, or a table of rows, is packed")
    words = fixed.to_words(_numbers.wholes(numbers), 0)
    table = words.reshape(-1, words.shape[-1])
    work = pb.PackedEncrypt(key_id=key.id, packing=packing.message())
    # 2^63 itself is no word.
    most = (1 << packing.value_bits) - 1
    beyond = np.flatnonzero((words > most) | (words < -most))
    if beyond.size:
        index = int(beyond[0])
        raise RangeError(f"element {index} is not between -2^{packing.value_bits} and 2^{packing.value_bits}", index)
    header = pb.JobHeader(version=1, rows=table.shape[0], columns=table.shape[1], packed_encrypt=work)
    job_id = client._submit(header, table.astype(">i8").tobytes())
    return PackedArray(client, key, packing, job_id, words.shape, 1)
