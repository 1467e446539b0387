"""coffer.phe's encrypted numbers, many in one ciphertext."""

from __future__ import annotations

from typing import Any

import pytest

from coffer.errors import BoundError, DecryptionRangeError, ShapeError
from coffer.packing import Packing
from coffer.phe import EncryptedNumber, batch


def test_encrypted_numbers_are_packed(ours: Any) -> None:
    public, private = ours
    packing = Packing(public.n.bit_length(), 20, 4)
    values = [(1 << 20) - 1, 1 - (1 << 20), 0, 7, -7, *range(95)]
    numbers = [n.bounded((1 << 20) - 1) for n in batch.encrypt(public, values)]
    packed = batch.pack(numbers, packing)
    assert len(packed) == 2 and packing.unpack(batch.decrypt(private, packed), 100) == values
    # Sums are packed as sums, and packs add up.
    doubled = batch.pack(batch.add(numbers, numbers), packing, 2)
    total = batch.add(doubled, packed)
    assert packing.unpack(batch.decrypt(private, total), 100, 3) == [3 * v for v in values]
    assert batch.pack([], packing) == []


def test_what_may_leave_its_slot_is_refused(ours: Any) -> None:
    public, private = ours
    packing = Packing(public.n.bit_length(), 20, 4)
    fits = public.encrypt(5).bounded(1000)
    foreign = EncryptedNumber(public, fits.ciphertext())
    for strange in (public.encrypt(5), foreign, fits * (1 << 11)):
        with pytest.raises(BoundError, match="element 1") as refused:
            batch.pack([fits, strange], packing)
        assert refused.value.index == 1
    with pytest.raises(ValueError, match="whole numbers"):
        batch.pack([fits, public.encrypt(0.5)], packing)
    with pytest.raises(ShapeError):
        batch.pack([fits], packing, 5)
    with pytest.raises(ShapeError):
        batch.pack([fits], Packing(4096, 20, 4))
    # A claim that is wrong is found where it is unpacked.
    lied = batch.pack([public.encrypt(3 << 19).bounded((1 << 20) - 1), fits], packing)
    with pytest.raises(DecryptionRangeError):
        packing.unpack(batch.decrypt(private, lied), 2)
