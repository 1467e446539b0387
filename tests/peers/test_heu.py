"""HEU beside coffer.heu: bytes both ways, rounding, and what its trees call."""

from __future__ import annotations

import pickle
import warnings
from types import SimpleNamespace
from typing import Any

import coffer.errors
import coffer.heu.numpy
import coffer.heu.phe
import heu.numpy
import heu.phe
import numpy as np
import pytest

HEU = SimpleNamespace(phe=heu.phe, numpy=heu.numpy)
OURS = SimpleNamespace(phe=coffer.heu.phe, numpy=coffer.heu.numpy)
BOTH = (HEU, OURS)


@pytest.fixture(scope="module")
def key() -> Any:
    """One key, HEU's: a kit of each, made of its bytes."""
    made = HEU.phe.setup(HEU.phe.SchemaType.ZPaillier, 2048)
    public, secret = made.public_key().serialize(), made.secret_key().serialize()
    ours = OURS.phe.setup(OURS.phe.PublicKey.load_from(public), OURS.phe.SecretKey.load_from(secret))
    return SimpleNamespace(theirs=made, ours=ours)


def kits() -> list[tuple[Any, Any]]:
    return [(side, side.numpy.setup(side.phe.SchemaType.ZPaillier, 2048)) for side in BOTH]


def test_keys_of_heu_are_read_and_written(key: Any) -> None:
    assert key.ours.public_key().serialize() == key.theirs.public_key().serialize()
    assert key.ours.secret_key().serialize() == key.theirs.secret_key().serialize()
    # A key of ours is one to HEU.
    ours = OURS.phe.setup()
    theirs = HEU.phe.setup(
        HEU.phe.PublicKey.load_from(ours.public_key().serialize()), HEU.phe.SecretKey.load_from(ours.secret_key().serialize())
    )
    for number in (0, 1, -1, 1 << 100, -(1 << 900)):
        sent = theirs.encryptor().encrypt(HEU.phe.Plaintext(theirs.get_schema(), number)).serialize()
        with pytest.warns(coffer.errors.UnknownBoundWarning):
            assert int(ours.decryptor().decrypt(OURS.phe.Ciphertext.load_from(sent))) == number
        back = HEU.phe.Ciphertext.load_from(ours.encryptor().encrypt_raw(number).serialize())
        assert int(theirs.decryptor().decrypt(back)) == number


def test_ciphertexts_pass_through_both(key: Any) -> None:
    ours = key.ours
    sum_ = ours.evaluator().add(ours.encryptor().encrypt_raw(-5), ours.encryptor().encrypt_raw(12))
    theirs = HEU.phe.Ciphertext.load_from(sum_.serialize())
    theirs = key.theirs.evaluator().mul(theirs, -1000)
    again = OURS.phe.Ciphertext.load_from(theirs.serialize())
    with pytest.warns(coffer.errors.UnknownBoundWarning):
        assert ours.decryptor().decrypt_raw(again) == -7000
    # What we write ourselves keeps its bound and scale on the way.
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ours.decryptor().decrypt_raw(OURS.phe.Ciphertext.load_from(sum_.serialize())) == 7
        assert ours.decryptor().decrypt_raw(pickle.loads(pickle.dumps(sum_))) == 7


@pytest.mark.parametrize("values", [[[1, -2, 3], [1 << 70, -(1 << 90), 0]], [5, -6, 7], [[8]], 9])
def test_arrays_pass_through_both(values: Any) -> None:
    (_, theirs), _ = kits()
    public = theirs.public_key().serialize()
    ours = OURS.numpy.setup(OURS.phe.PublicKey.load_from(public))
    plain = theirs.array(values)
    read = OURS.numpy.PlaintextArray.load_from(plain.serialize())
    assert read.shape == tuple(plain.shape) and read.serialize() == plain.serialize()
    assert np.array_equal(read.to_numpy(), plain.to_numpy())
    encrypted = ours.encryptor().encrypt(ours.array(values))
    total = ours.evaluator().add(encrypted, OURS.numpy.CiphertextArray.load_from(theirs.encryptor().encrypt(plain).serialize()))
    found = theirs.decryptor().decrypt(HEU.numpy.CiphertextArray.load_from(total.serialize()))
    assert np.array_equal(found.to_numpy(), np.array(values, dtype=object) * 2)


def test_encoders_round_as_heus() -> None:
    generator = np.random.default_rng(3)
    floats = [*(generator.normal(size=200) * 10.0 ** generator.integers(-9, 9, 200)), 0.29, -0.29, 1.999999999, 0.5, -0.5, 1e-7]
    whole = [0, 1, -1, 999999, -999999, 1 << 62, -(1 << 62)]
    for scale in (1, 3, 1000, 10**6, 10**8):
        found = []
        for side in BOTH:
            schema = side.phe.SchemaType.ZPaillier
            encoder, integers = side.phe.FloatEncoder(schema, scale), side.phe.IntegerEncoder(schema, scale)
            plain = [encoder.encode(float(f)) for f in floats]
            kept = [integers.decode(side.phe.Plaintext(schema, w)) for w in whole]
            found.append(([int(p) for p in plain], [encoder.decode(p) for p in plain], kept))
        assert found[0] == found[1], scale


def test_batch_encoders_agree_about_sums_and_differences() -> None:
    found = []
    for side in BOTH:
        encoder = side.phe.BatchIntegerEncoder(side.phe.SchemaType.ZPaillier)
        a, b = encoder.encode(123, 456), encoder.encode(789, 101112)
        results = [encoder.decode(p) for p in (a + b, a - b, encoder.encode(-5, 7), encoder.encode(5, -7), encoder.encode(-5, -7))]
        found.append(([int(a), int(b)], results))
    assert found[0] == found[1]


def test_bucket_sums_are_heus() -> None:
    generator = np.random.default_rng(4)
    rows, features, bins = 30, 3, 4
    values = generator.integers(-1000, 1000, (rows, 2))
    groups = [generator.integers(0, 2, rows).astype(np.int8), np.zeros(rows, np.int8)]
    order = generator.integers(0, bins, (rows, features)).astype(np.int8)
    for cumulative in (False, True):
        found = []
        for _, kit in kits():
            plain = kit.array(values)
            for x in (plain, kit.encryptor().encrypt(plain)):
                sums = [
                    kit.evaluator().feature_wise_bucket_sum(x, groups[0], order, bins, cumulative),
                    *kit.evaluator().batch_feature_wise_bucket_sum(x, groups, order, bins, cumulative),
                ]
                sums = sums if x is plain else [kit.decryptor().decrypt(s) for s in sums]
                found.append([s.to_numpy().tolist() for s in sums])
        assert all(f == found[0] for f in found)


def test_selections_are_heus() -> None:
    keys = [(), [], ([], [0]), (0,), 0, slice(0, 0), (1, [0, 1]), ([0, 1], 0), (slice(None), -1)]
    found = []
    for _, kit in kits():
        plain = kit.array([[1, 2], [3, 4]])
        secret = kit.encryptor().encrypt(plain)
        found.append([int(kit.evaluator().select_sum(plain, k)) for k in keys])
        found.append([int(kit.decryptor().decrypt(kit.evaluator().select_sum(secret, k))) for k in keys])
        found.append([[*plain[k].shape] for k in ((0,), (), [])])
    assert found[:3] == found[3:] and found[0] == found[1]


def test_trees_predict_as_heus() -> None:
    generator = np.random.default_rng(5)
    x = generator.normal(size=(50, 4))
    features = [0, -1, 3, 2, -1, 1, -1]
    points = [0.1, np.inf, -0.3, 0.0, np.inf, 0.7, np.inf]
    nodes, leaves = [0, 1, 2, 5, 6], [3, 4, 11, 12, 13, 14]
    full = [side.numpy.tree_predict(x, features, points).tolist() for side in BOTH]
    part = [side.numpy.tree_predict_with_indices(x, features[:5], points[:5], nodes, leaves).tolist() for side in BOTH]
    assert full[0] == full[1] and part[0] == part[1]
    with pytest.raises(coffer.heu.phe.PheRuntimeError, match="neither a node nor a leaf"):
        OURS.numpy.tree_predict_with_indices(x, features[:5], points[:5], nodes, [3, 4, 11, 12, 13, 15])


def test_an_audit_is_what_heus_is(key: Any) -> None:
    n = key.ours.public_key().n
    for kit, phe in ((key.theirs, HEU.phe), (key.ours, OURS.phe)):
        ciphertext, audit = kit.encryptor().encrypt_with_audit(phe.Plaintext(kit.get_schema(), 5))
        parts = dict(part.split(":") for part in audit.split(","))
        assert list(parts) == ["p", "rn", "c"] and parts["p"] == "5"
        hidden, shown = int(parts["rn"], 16), int(parts["c"], 16)
        # c = (1 + m n) r^n modulo n^2, and the Montgomery form of it.
        assert shown == (1 + 5 * n) * hidden % n**2
        assert shown.to_bytes(512, "little") in ciphertext.serialize() + b"\0"
    for _, kit in kits():
        ciphertexts, audits = kit.encryptor().encrypt_with_audit(kit.array([[1], [3]]))
        again = pickle.loads(pickle.dumps(audits))
        assert tuple(again.shape) == (2, 1) and again[1, 0].startswith("p:3,rn:")
        assert kit.decryptor().decrypt(ciphertexts).to_numpy().tolist() == [[1], [3]]
