"""HEU beside coffer.heu: bytes both ways, rounding, and what its trees call."""

from __future__ import annotations

import functools
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


# Of keys here and there; HEU's OU makes n some bits longer.
BITS = {"ZPaillier": 2048, "OU": 3072}


@pytest.fixture(scope="module", params=BITS)
def schema(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def key(schema: str) -> Any:
    """One key, HEU's: a kit of each, made of its bytes."""
    (_, theirs), _ = kits(schema)
    made = HEU.phe.setup(theirs.public_key(), theirs.secret_key())
    public, secret = made.public_key().serialize(), made.secret_key().serialize()
    ours = OURS.phe.setup(OURS.phe.PublicKey.load_from(public), OURS.phe.SecretKey.load_from(secret))
    return SimpleNamespace(theirs=made, ours=ours)


@functools.cache
def kits(schema: str = "ZPaillier") -> list[tuple[Any, Any]]:
    return [(side, side.numpy.setup(side.phe.parse_schema_type(schema), BITS[schema])) for side in BOTH]


def test_keys_of_heu_are_read_and_written(key: Any, schema: str) -> None:
    assert key.ours.public_key().serialize() == key.theirs.public_key().serialize()
    assert key.ours.secret_key().serialize() == key.theirs.secret_key().serialize()
    # A key of ours is one to HEU.
    ours = OURS.phe.setup(schema, BITS[schema])
    theirs = HEU.phe.setup(
        HEU.phe.PublicKey.load_from(ours.public_key().serialize()), HEU.phe.SecretKey.load_from(ours.secret_key().serialize())
    )
    largest = min(int(ours.public_key().plaintext_bound()), 1 << 900)
    for number in (0, 1, -1, 1 << 100, -largest, largest):
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
def test_arrays_pass_through_both(values: Any, schema: str) -> None:
    (_, theirs), _ = kits(schema)
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


def test_bucket_sums_are_heus(schema: str) -> None:
    generator = np.random.default_rng(4)
    rows, features, bins = 30, 3, 4
    values = generator.integers(-1000, 1000, (rows, 2))
    groups = [generator.integers(0, 2, rows).astype(np.int8), np.zeros(rows, np.int8)]
    order = generator.integers(0, bins, (rows, features)).astype(np.int8)
    for cumulative in (False, True):
        found = []
        for _, kit in kits(schema):
            plain = kit.array(values)
            for x in (plain, kit.encryptor().encrypt(plain)):
                sums = [
                    kit.evaluator().feature_wise_bucket_sum(x, groups[0], order, bins, cumulative),
                    *kit.evaluator().batch_feature_wise_bucket_sum(x, groups, order, bins, cumulative),
                ]
                sums = sums if x is plain else [kit.decryptor().decrypt(s) for s in sums]
                found.append([s.to_numpy().tolist() for s in sums])
        assert all(f == found[0] for f in found)


def test_selections_are_heus(schema: str) -> None:
    keys = [(), [], ([], [0]), (0,), 0, slice(0, 0), (1, [0, 1]), ([0, 1], 0), (slice(None), -1)]
    found = []
    for _, kit in kits(schema):
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


def test_an_audit_is_what_heus_is(key: Any, schema: str) -> None:
    public = key.ours.public_key()
    hidden_name, width = {"ZPaillier": ("rn", 512), "OU": ("hr", 385)}[schema]
    for kit, phe in ((key.theirs, HEU.phe), (key.ours, OURS.phe)):
        ciphertext, audit = kit.encryptor().encrypt_with_audit(phe.Plaintext(kit.get_schema(), 5))
        parts = dict(part.split(":") for part in audit.split(","))
        assert list(parts) == ["p", hidden_name, "c"] and parts["p"] == "5"
        hidden, shown = int(parts[hidden_name], 16), int(parts["c"], 16)
        # c = (1 + m n) r^n modulo n^2, or G^m H^r modulo n; and the Montgomery form of it.
        plain = 1 + 5 * public.n if schema == "ZPaillier" else pow(public.g, 5, public.n)
        assert shown == plain * hidden % public.modulus
        assert shown.to_bytes(width, "little").rstrip(b"\0") in ciphertext.serialize()
    for _, kit in kits(schema):
        ciphertexts, audits = kit.encryptor().encrypt_with_audit(kit.array([[1], [3]]))
        again = pickle.loads(pickle.dumps(audits))
        assert tuple(again.shape) == (2, 1) and again[1, 0].startswith(f"p:3,{hidden_name}:")
        assert kit.decryptor().decrypt(ciphertexts).to_numpy().tolist() == [[1], [3]]


def test_what_heu_computes_under_ou_decrypts_here_and_the_reverse() -> None:
    (_, theirs), (_, ours) = kits("OU")
    for maker in (theirs, ours):
        public, secret = maker.public_key().serialize(), maker.secret_key().serialize()
        sides = [
            side.numpy.HeKit(side.phe.setup(side.phe.PublicKey.load_from(public), side.phe.SecretKey.load_from(secret)))
            for side in BOTH
        ]
        for (one, other), (_, reader) in ((sides, BOTH), (sides[::-1], BOTH[::-1])):
            a, b = one.array([[3, -4], [1 << 120, 0]]), one.array([[1, 2], [3, -5]])
            evaluator, sealed = one.evaluator(), one.encryptor().encrypt(a)
            for found, expected in [
                (evaluator.add(sealed, b), [[4, -2], [(1 << 120) + 3, -5]]),
                (evaluator.sub(b, sealed), [[-2, 6], [3 - (1 << 120), -5]]),
                (evaluator.mul(sealed, b), [[3, -8], [3 << 120, 0]]),
                (evaluator.matmul(sealed, b), [[-9, 26], [1 << 120, 2 << 120]]),
                (evaluator.matmul(b, sealed), [[3 + (2 << 120), -4], [9 - (5 << 120), -12]]),
            ]:
                clear = other.decryptor().decrypt(reader.numpy.CiphertextArray.load_from(found.serialize()))
                assert clear.to_numpy().tolist() == expected


def test_what_ou_refuses_here_and_heu_does_not() -> None:
    (_, theirs), _ = kits("OU")
    public, secret = theirs.public_key().serialize(), theirs.secret_key().serialize()
    ours = OURS.phe.setup(OURS.phe.PublicKey.load_from(public), OURS.phe.SecretKey.load_from(secret))
    # Above 2^256 whoever learns what comes out learns p.
    beyond = HEU.phe.setup(theirs.public_key(), theirs.secret_key()).encryptor().encrypt_raw(1 << 300)
    with pytest.raises(coffer.errors.DecryptionRangeError):
        ours.decryptor().decrypt_raw(OURS.phe.Ciphertext.load_from(beyond.serialize()))
    with pytest.raises(OURS.phe.PheRuntimeError, match="element 0"):
        ours.encryptor().encrypt_raw(1 << 256)
    short = HEU.phe.setup(HEU.phe.SchemaType.OU, 2048).public_key().serialize()
    with pytest.raises(coffer.errors.InvalidKeyError, match="below 3072"):
        OURS.phe.PublicKey.load_from(short)
