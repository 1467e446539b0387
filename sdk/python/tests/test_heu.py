"""coffer.heu with a script written for HEU, and what the script does not show."""

from __future__ import annotations

import contextlib
import io
import pickle
from pathlib import Path

import numpy as np
import pytest

from coffer.errors import InvalidKeyError
from coffer.heu import numpy as hnp
from coffer.heu import phe

HERE = Path(__file__).parent


def test_a_script_for_heu_runs_with_the_import_changed() -> None:
    script = (HERE / "heu_script.py").read_text().replace("from heu import", "from coffer.heu import")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(script, "heu_script.py", "exec"), {"__name__": "script"})
    assert printed.getvalue() == (HERE / "heu_script.txt").read_text()


def test_the_script_prints_the_same_under_heu_itself() -> None:
    """Where sf-heu is: it has no wheel for the tool root's Python."""
    pytest.importorskip("heu", reason="sf-heu is not installed")
    import subprocess
    import sys

    ran = subprocess.run([sys.executable, HERE / "heu_script.py"], capture_output=True, text=True, check=True)
    lines = [line for line in ran.stdout.splitlines(keepends=True) if "thread_pool" not in line]
    assert "".join(lines) == (HERE / "heu_script.txt").read_text()


def test_errors_name_the_element() -> None:
    kit = hnp.setup()
    bound = int(kit.public_key().plaintext_bound())
    with pytest.raises(phe.PheRuntimeError, match="element 1"):
        kit.encryptor().encrypt(kit.array([1, bound + 1]))
    encrypted = kit.encryptor().encrypt(kit.array([1, 300]))
    with pytest.raises(phe.PheRuntimeError, match="plaintext 1"):
        kit.decryptor().decrypt_in_range(encrypted, 8)


def test_batch_encoders_add_up() -> None:
    kit = phe.setup()
    encoder = kit.batch_integer_encoder()
    pairs = [(5, -7), (-9, 3), (1 << 40, -(1 << 40)), (-1, -1)]
    total = kit.encryptor().encrypt(encoder.encode(0, 0))
    for pair in pairs:
        kit.evaluator().add_inplace(total, kit.encryptor().encrypt(encoder.encode(*pair)))
    assert encoder.decode(kit.decryptor().decrypt(total)) == tuple(np.array(pairs).sum(axis=0).tolist())


def test_what_is_serialized_comes_back_or_is_refused() -> None:
    kit = phe.setup()
    for damaged in (b"", b"\0", kit.public_key().serialize()[:-1], kit.public_key().serialize() + b"x"):
        with pytest.raises(phe.PheRuntimeError):
            phe.PublicKey.load_from(damaged)
    again = phe.setup(kit.public_key(), phe.SecretKey.load_from(kit.secret_key().serialize()))
    assert again.decryptor().decrypt_raw(kit.encryptor().encrypt_raw(-5)) == -5
    array = hnp.HeKit(kit).encryptor().encrypt(hnp.HeKit(kit).array([[1, 2, 3]]))
    for damaged in (b"", array.serialize()[:-1], b"\xff" * 40, b"\0\0\0\4\xff\xff\xff\xff"):
        with pytest.raises(phe.PheRuntimeError):
            hnp.CiphertextArray.load_from(damaged)


def test_other_schemas_and_short_keys_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COFFER_INSECURE_FOR_COMPARISON", raising=False)
    with pytest.raises(phe.PheRuntimeError, match="ElGamal"):
        phe.setup(phe.SchemaType.ElGamal, 2048)
    with pytest.raises(InvalidKeyError, match="below 3072"):
        phe.setup(phe.SchemaType.OU, 2048)
    with pytest.raises(phe.PheRuntimeError):
        phe.parse_schema_type("rot13")
    with pytest.raises(InvalidKeyError):
        phe.setup("paillier", 1024)
    monkeypatch.setenv("COFFER_INSECURE_FOR_COMPARISON", "1")
    assert phe.setup("paillier", 1024).public_key().n.bit_length() == 1024
    short = phe.setup("ou", 2048)
    assert (
        short.public_key().n.bit_length() == 2048
        and short.decryptor().decrypt_raw(short.encryptor().encrypt_raw(-9)) == -9
    )
    again = pickle.loads(pickle.dumps(short.public_key()))
    assert again == short.public_key() and again.native.insecure_for_comparison


@pytest.fixture(scope="module")
def ou() -> phe.HeKit:
    return phe.setup(phe.SchemaType.OU)


def test_ou_computes(ou: phe.HeKit) -> None:
    assert ou.get_schema() is phe.SchemaType.OU and ou.public_key().n.bit_length() == 3072
    kit = hnp.HeKit(ou)
    a, b = np.array([[1, -2, 3], [-4, 5, 6]]), np.array([[7, 8, -9], [10, 11, 12]])
    x, plain, evaluator = kit.encryptor().encrypt(kit.array(a)), kit.array(b), kit.evaluator()
    wide = kit.array(np.array([[1 << 100, -(1 << 100), 1], [0, 1, 1]], dtype=object))
    for found, expected in [
        (evaluator.add(x, plain), a + b),
        (evaluator.sub(plain, x), b - a),
        (evaluator.mul(x, plain), a * b),
        (evaluator.mul(x, wide), a * wide.items),
        (evaluator.matmul(x, kit.array(b.T)), a @ b.T),
        (evaluator.matmul(kit.array(b.T), x), b.T @ a),
        (evaluator.batch_select_sum(x, [[0], ([0, 1], 1)]), np.array([2, 3])),
    ]:
        assert (kit.decryptor().decrypt(found).to_numpy() == expected).all()
    assert int(kit.decryptor().decrypt(evaluator.sum(x))) == a.sum()
    scalar = ou.encryptor().encrypt_raw(5)
    ou.evaluator().mul_inplace(scalar, -(1 << 70))
    assert ou.decryptor().decrypt_raw(ou.evaluator().add(scalar, ou.plaintext(1))) == -5 * (1 << 70) + 1
    assert ou.decryptor().decrypt_raw(ou.evaluator().negate(scalar)) == 5 << 70


def test_ou_holds_its_bound(ou: phe.HeKit) -> None:
    most = int(ou.public_key().plaintext_bound())
    assert most == 1 << 255
    for end in (most, -most):
        assert ou.decryptor().decrypt_raw(ou.encryptor().encrypt_raw(end)) == end
        with pytest.raises(phe.PheRuntimeError, match="element 0"):
            ou.encryptor().encrypt_raw(end + (1 if end > 0 else -1))
    with pytest.raises(phe.PheRuntimeError, match="may need"):
        ou.evaluator().mul(ou.encryptor().encrypt_raw(most), 2)


def test_ou_is_serialized(ou: phe.HeKit) -> None:
    public, secret = ou.public_key(), ou.secret_key()
    key, private = phe.PublicKey.load_from(public.serialize()), phe.SecretKey.load_from(secret.serialize())
    assert key == public and key.serialize() == public.serialize() and private.serialize() == secret.serialize()
    sent = ou.encryptor().encrypt_raw(-77).serialize()
    assert phe.setup(key, private).decryptor().decrypt_raw(phe.Ciphertext.load_from(sent)) == -77
    # Alone it says nothing of G.
    with pytest.raises(phe.PheRuntimeError, match="without its public key"):
        phe.HeKit(private)
    kept = pickle.loads(pickle.dumps((public, secret, private, phe.Ciphertext.load_from(sent))))
    assert phe.setup(kept[0], kept[2]).decryptor().decrypt_raw(kept[3]) == -77
    assert phe.HeKit(kept[1]).decryptor().decrypt_raw(ou.encryptor().encrypt_raw(8)) == 8
    other = phe.setup()
    for wrong in (lambda: phe.setup(other.public_key(), private), lambda: phe.setup(public, other.secret_key())):
        with pytest.raises(phe.PheRuntimeError, match="another public key"):
            wrong()
    with pytest.raises(phe.PheRuntimeError, match="another"):
        other.decryptor().decrypt_raw(phe.Ciphertext.load_from(sent))
    for damaged in (
        public.serialize()[:-1],
        public.serialize()[:-9] + public.serialize()[-8:],
        b"\x90" + bytes([1, *bytes(7)]),
    ):
        with pytest.raises(phe.PheRuntimeError):
            phe.PublicKey.load_from(damaged)


def test_what_heus_trees_call() -> None:
    """Beside HEU itself: tests/peers."""
    kit = hnp.setup()
    values = kit.array([[1, 10], [2, 20], [3, 30], [4, 40]])
    order = np.array([[0], [1], [0], [1]])
    for x in (values, kit.encryptor().encrypt(values)):
        sums = kit.evaluator().feature_wise_bucket_sum(x, np.array([1, 1, 1, 0]), order, 3, cumsum=True)
        found = sums if x is values else kit.decryptor().decrypt(sums)
        assert found.to_numpy().tolist() == [[4, 40], [6, 60], [6, 60]]
    with pytest.raises(phe.PheRuntimeError, match="bucket 1 of 1"):
        kit.evaluator().feature_wise_bucket_sum(values, np.ones(4), order, 1)
    assert hnp.tree_predict([[0.5], [2.0]], [0], [1.0]).tolist() == [[1, 0], [0, 1]]


def test_differences_of_batches_do_not_borrow() -> None:
    encoder = phe.BatchIntegerEncoder(phe.SchemaType.ZPaillier)
    numbers = (0, 1, -1, 5, -5, 1 << 40, -(1 << 40))
    for a, b, c, d in ((a, b, c, d) for a in numbers for b in numbers for c in numbers for d in numbers):
        assert encoder.decode(encoder.encode(a, b) - encoder.encode(c, d)) == (a - c, b - d)
