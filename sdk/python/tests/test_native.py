"""The extension module by itself: errors with their elements, threads, signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from typing import Any

import numpy as np
import pytest

import coffer
from coffer import _integers, _native
from coffer.errors import CiphertextError, InvalidKeyError, RangeError, ShapeError


def test_errors_name_the_element(ours: Any) -> None:
    native = ours[0].native
    n, width = ours[0].n, native.plaintext_bytes
    with pytest.raises(RangeError) as error:
        native.encrypt_residues(_integers.to_bytes([1, n - 1, n], width))
    assert error.value.index == 2
    with pytest.raises(RangeError) as error:
        native.encrypt(_integers.to_bytes([1, n // 3 + 1], width), width)
    assert error.value.index == 1
    square = native.ciphertext_bytes
    with pytest.raises(CiphertextError) as bad:
        native.accept(_integers.to_bytes([1, n * n], square))
    assert bad.value.index == 1
    with pytest.raises(CiphertextError, match="factor"):
        native.accept(_integers.to_bytes([n], square))
    with pytest.raises(CiphertextError):
        native.add(b"\0" * 5, b"\0" * 5)
    with pytest.raises(ShapeError):
        native.multiply(native.embed(b"\1\2\3", 1), b"\0" * 16)
    with pytest.raises(ShapeError):
        native.multiply(native.embed(b"\1", 1), b"\0" * 7)
    with pytest.raises(InvalidKeyError):
        _native.PublicKey((1 << 2047).to_bytes(256, "big"))
    with pytest.raises(InvalidKeyError):
        _native.PublicKey(((1 << 1023) + 1).to_bytes(128, "big"))
    with pytest.raises(InvalidKeyError):
        _native.PrivateKey(native, b"\x05", b"\x07")
    with pytest.raises(InvalidKeyError):
        _native.generate(2500)


def test_matrices(ours: Any) -> None:
    public, private = ours[0].native, ours[1].native
    generator = np.random.default_rng(2)
    table = generator.integers(-1000, 1000, (5, 3))
    encrypted = public.encrypt(table.astype(">i8").tobytes(), 8)

    def clear(data: bytes) -> list[int]:
        return _integers.signed_from_bytes(private.decrypt(data), public.plaintext_bytes)

    def words(array: Any) -> bytes:
        return bytes(np.ascontiguousarray(array).astype("<i8").tobytes())

    weights, left = generator.integers(-(2**40), 2**40, (3, 2)), generator.integers(-9, 9, (4, 5))
    assert clear(public.sum_columns(encrypted, 3)) == table.sum(axis=0).tolist()
    assert clear(public.sum_rows(encrypted, 3)) == table.sum(axis=1).tolist()
    assert clear(public.matrix_product(encrypted, 3, words(weights), 2)) == (table @ weights).ravel().tolist()
    assert clear(public.plaintext_product(words(left), encrypted, 3)) == (left @ table).ravel().tolist()
    assert clear(public.negate(encrypted)) == (-table).ravel().tolist()
    assert clear(public.multiply(encrypted, words([-3]))) == (-3 * table).ravel().tolist()
    wide, width = _integers.signed_to_bytes([(-1) ** i << 100 for i in range(15)])
    assert clear(public.multiply_wide(encrypted, wide, width)) == [
        m * ((-1) ** i << 100) for i, m in enumerate(table.ravel().tolist())
    ]
    assert clear(private.encrypt(table.astype(">i8").tobytes(), 8)) == table.ravel().tolist()
    # A residue that is embedded is read without a key: 1 + m n.
    assert int.from_bytes(public.embed(b"\x07", 1), "big") == 1 + 7 * ours[0].n


FORKING = """
import os, sys
from coffer import _native

public, private = _native.generate(2048)
zero = bytes(public.plaintext_bytes)
made = [public.encrypt_residues(zero) for _ in range(20)] + [public.obfuscate(public.embed_residues(zero))]
readable, writable = os.pipe()
child = os.fork()
if child == 0:
    for _ in range(10):
        os.write(writable, public.encrypt_residues(zero))
    os._exit(0)
made += [public.encrypt_residues(zero) for _ in range(10)]
os.waitpid(child, 0)
os.close(writable)
sent = open(readable, "rb").read()
made += [sent[at : at + public.ciphertext_bytes] for at in range(0, len(sent), public.ciphertext_bytes)]
assert len(made) == len(set(made)) == 41
assert private.decrypt(b"".join(made)) == bytes(41 * public.plaintext_bytes)
"""


def test_one_at_a_time_no_obfuscator_is_used_twice() -> None:
    """Also not by a forked process, which has what its parent has in memory."""
    subprocess.run([sys.executable, "-P", "-c", FORKING], check=True, timeout=60)


def test_threads(ours: Any) -> None:
    before = coffer.threads()
    try:
        coffer.set_threads(3)
        assert coffer.threads() == 3
        assert ours[1].decrypt(ours[0].encrypt(8)) == 8
        with pytest.raises(coffer.CofferError):
            coffer.set_threads(0)
    finally:
        coffer.set_threads(None)
    assert coffer.threads() == before


def test_the_interpreter_runs_on_and_signals_stop_a_batch(ours: Any) -> None:
    r = os.urandom(255 * 40_000)
    rows = b"".join(b"\0" + r[i : i + 255] for i in range(0, len(r), 255))
    counted = 0
    done = threading.Event()

    def count() -> None:
        nonlocal counted
        while not done.wait(0.01):
            counted += 1

    counter = threading.Thread(target=count)
    counter.start()
    # A process that a shell has put into the background ignores the signal.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            ours[0].native.nth_powers(rows)
    finally:
        signal.signal(signal.SIGINT, before)
        done.set()
        counter.join()
    assert counted > 10
