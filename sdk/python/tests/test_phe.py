"""What coffer.phe has of its own: exchange with python-phe, short keys refused, batches."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import phe as python_phe
import pytest

import coffer.phe as phe
from coffer.errors import InvalidKeyError, ShapeError
from coffer.phe import batch


def test_ciphertexts_are_exchanged_both_ways(ours: Any, theirs: Any) -> None:
    public, private = ours
    their_public, their_private = theirs
    for value in (0, 1, -1, 10**50, 3.14159, -1e-7):
        sent = public.encrypt(value) * 3 + 1
        received = python_phe.EncryptedNumber(their_public, sent.ciphertext(), sent.exponent)
        assert their_private.decrypt(received) == private.decrypt(sent)
        answered = (their_public.encrypt(value) + received) * 0.5
        back = phe.EncryptedNumber(public, answered.ciphertext(), answered.exponent)
        assert private.decrypt(back) == their_private.decrypt(answered)


def test_python_phes_own_key_works_here() -> None:
    their_public, their_private = python_phe.generate_paillier_keypair(n_length=2048)
    public = phe.PaillierPublicKey(their_public.n)
    assert public.hs is None
    number = public.encrypt(-2.75)
    assert (
        their_private.decrypt(python_phe.EncryptedNumber(their_public, number.ciphertext(), number.exponent)) == -2.75
    )
    private = phe.PaillierPrivateKey(public, their_private.p, their_private.q)
    assert batch.decrypt(private, batch.encrypt(public, [1, 2.5])) == [1, 2.5]


def test_own_keys_have_short_obfuscators_and_keep_them(ours: Any) -> None:
    public, private = ours
    assert public.hs is not None
    # hs is an n-th residue, as an obfuscator has to be: it decrypts to 0.
    assert private.raw_decrypt(public.hs) == 0
    again = pickle.loads(pickle.dumps(public))
    assert again.hs == public.hs
    assert private.decrypt(again.encrypt(5)) == 5


def test_short_keys_are_refused_unless_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COFFER_INSECURE_FOR_COMPARISON", raising=False)
    with pytest.raises(InvalidKeyError, match="1024 bits"):
        phe.generate_paillier_keypair(n_length=1024)
    public, private = phe.generate_paillier_keypair(n_length=1024, insecure_for_comparison=True)
    assert public.n.bit_length() == 1024
    assert private.decrypt(pickle.loads(pickle.dumps(public.encrypt(2.5)))) == 2.5
    with pytest.raises(ValueError, match="1024 bits"):
        phe.PaillierPublicKey(public.n)
    monkeypatch.setenv("COFFER_INSECURE_FOR_COMPARISON", "1")
    assert private.decrypt(phe.PaillierPublicKey(public.n).encrypt(3)) == 3
    with pytest.raises(InvalidKeyError):
        phe.generate_paillier_keypair(n_length=2050)


def test_the_default_length_is_3072() -> None:
    keyring = phe.PaillierPrivateKeyring()
    public, private = phe.generate_paillier_keypair(keyring)
    assert public.n.bit_length() == 3072
    assert keyring[public] is private
    assert keyring.decrypt(public.encrypt(-1)) == -1


def test_the_public_side_has_no_decryptor(ours: Any) -> None:
    public = pickle.loads(pickle.dumps(ours[0]))
    assert not [name for name in dir(public) if "decrypt" in name]
    assert not [name for name in dir(public.native) if "decrypt" in name or name in ("p", "q")]


def test_batches_equal_the_operators(ours: Any, theirs: Any) -> None:
    public, private = ours
    generator = np.random.default_rng(1)
    x = np.concatenate([generator.normal(size=20), [0.0, -0.0, 5e-324, 1e300, -1e-300]])
    y = generator.integers(-(2**62), 2**62, len(x))
    for key in (public, private):
        a, b = batch.encrypt(key, x), batch.encrypt(key, y)
        assert [n.exponent for n in a] == [phe.EncodedNumber.encode(public, v).exponent for v in x.tolist()]
        assert batch.decrypt(private, a) == x.tolist()
        assert batch.decrypt(private, b) == y.tolist()
        assert len({n.ciphertext(False) for n in a + b}) == len(a + b)
    assert [theirs[1].raw_decrypt(n.ciphertext()) for n in a[:3]] == [
        private.raw_decrypt(n.ciphertext()) for n in a[:3]
    ]
    extreme, a, x, b, y = a, a[:22], x[:22], b[:22], y[:22]
    for statement in (
        lambda: batch.add(extreme[-3:-2], extreme[-2:-1]),
        lambda: batch.sum(extreme),
        lambda: extreme[-2] + extreme[-3],
    ):
        with pytest.raises(ValueError, match="needs to be within"):
            statement()
    for got, wanted in (
        (batch.add(a, b), [u + v for u, v in zip(a, b, strict=True)]),
        (batch.multiply(a, y.tolist()), [u * v for u, v in zip(a, y.tolist(), strict=True)]),
        (batch.multiply(b, x.tolist()), [u * v for u, v in zip(b, x.tolist(), strict=True)]),
        ([batch.sum(a)], [sum(a[1:], a[0])]),
        ([batch.dot(b, y.tolist())], [sum((u * v for u, v in zip(b, y.tolist(), strict=True)), 0)]),
        (
            [batch.dot(a[:20], x.tolist()[:20])],
            [sum((u * v for u, v in zip(a[:20], x.tolist()[:20], strict=True)), 0.0)],
        ),
    ):
        assert [n.exponent for n in got] == [n.exponent for n in wanted]
        assert batch.decrypt(private, got) == [private.decrypt(n) for n in wanted]
    fresh = batch.obfuscate(a)
    assert batch.decrypt(private, fresh) == x.tolist()
    assert not {n.ciphertext(False) for n in fresh} & {n.ciphertext(False) for n in a}


def test_batches_say_what_does_not_fit(ours: Any, other_key: Any) -> None:
    public, private = ours
    assert batch.encrypt(public, []) == [] and batch.decrypt(private, []) == [] and batch.add([], []) == []
    one = batch.encrypt(public, [1])
    with pytest.raises(ShapeError):
        batch.add(one, one + one)
    with pytest.raises(ShapeError):
        batch.sum([])
    with pytest.raises(ValueError, match="element 1 is nan"):
        batch.encrypt(public, np.array([1.0, np.nan]))
    with pytest.raises(TypeError):
        batch.encrypt(public, ["x"])  # type: ignore[list-item]
    foreign = batch.encrypt(other_key[0], [1])
    with pytest.raises(ValueError, match="different key"):
        batch.decrypt(private, foreign)
    with pytest.raises(ValueError, match="different public keys"):
        batch.add(one, foreign)
    overflowing = [phe.EncryptedNumber(public, public.raw_encrypt(public.n // 2), 0)]
    with pytest.raises(OverflowError):
        batch.decrypt(private, overflowing)


@pytest.mark.parametrize("bits", [1030, 2050])
def test_keys_of_python_phe_of_any_length(bits: int) -> None:
    """Its lengths are even numbers of bits, and not of words."""
    theirs, their_private = python_phe.generate_paillier_keypair(n_length=bits)
    public = phe.PaillierPublicKey(theirs.n, insecure_for_comparison=True)
    private = phe.PaillierPrivateKey(public, their_private.p, their_private.q)
    numbers = [1.5, -2, 3e-7, 10**30]
    found = phe.batch.encrypt(public, numbers)
    total = phe.batch.sum(found) * 3 - 1
    assert private.decrypt(total) == pytest.approx(sum(numbers) * 3 - 1)
    sent = python_phe.EncryptedNumber(theirs, total.ciphertext(), total.exponent)
    assert their_private.decrypt(sent) == pytest.approx(sum(numbers) * 3 - 1)
    back = phe.EncryptedNumber(public, theirs.encrypt(-7).ciphertext(), 0, bound=10)
    assert private.decrypt(back) == -7
    assert [private.decrypt(n) for n in phe.batch.multiply(found, [2, 3, 4, 5])] == [3.0, -6, 12e-7, 5 * 10**30]
