"""Every method that FATE's tensors and histograms call, ours beside FATE's own on the same numbers, and FATE's tensors on top of both."""

from __future__ import annotations

import io
import pickle
from types import SimpleNamespace
from typing import Any

import coffer.fate
import pytest
import torch
from fate.arch import Context
from fate.arch.context._cipher import PHECipherBuilder
from fate.arch.federation.api._serdes import TableRemotePersistentUnpickler
from fate.arch.histogram.values._cipher import HistogramEncryptedValues
from fate.arch.tensor import _custom_ops

F4, F8, I4, I8 = torch.float32, torch.float64, torch.int32, torch.int64
X = torch.tensor([[1.5, -2.25, 1e-3], [0.0, 7.125, -1e6], [3.0, 1 / 3, 2.0**-40], [5.0, -0.1, 12345.678]], dtype=F8)


@pytest.fixture(scope="module")
def kits() -> dict[str, Any]:
    """A cipher of each kind, as FATE's context sets one up."""
    coffer.fate.install()
    return {kind: PHECipherBuilder(None, kind, 2048 if kind == "coffer" else 1024).setup() for kind in ("paillier", "coffer")}


def encrypted(kit: Any, values: torch.Tensor) -> Any:
    return kit.pk.encrypt_encoded(kit.coder.encode_tensor(values), obfuscate=True)


def decrypted(kit: Any, vec: Any, dtype: Any = F8) -> list[Any]:
    return kit.coder.decode_tensor(kit.sk.decrypt_to_encoded(vec), dtype).tolist()


OTHER = torch.flip(X, (0,)) * 3
IN_PLACE = {
    "i_add": lambda e, k, a, b: e.i_add(k.pk, a, b),
    "i_add, parts": lambda e, k, a, b: e.i_add(k.pk, a, b, 2, 5, 4),
    "i_sub": lambda e, k, a, b: e.i_sub(k.pk, a, b),
    "i_sub, parts": lambda e, k, a, b: e.i_sub(k.pk, a, b, 1, 7, 3),
    "i_shuffle": lambda e, k, a, b: e.i_shuffle(k.pk, a, [3, 1, 0, 2, 11, 10, 4, 5, 6, 9, 8, 7]),
    "i_update": lambda e, k, a, b: e.i_update(k.pk, a, b, [[0, 3], [1, 3], [2], [0, 1, 2]], 3),
    "i_update_with_masks": lambda e, k, a, b: e.i_update_with_masks(k.pk, a, b, [[0, 3], [2]], [True, False, False, True], 3),
    "chunking_cumsum_with_step": lambda e, k, a, b: e.chunking_cumsum_with_step(k.pk, a, [4, 2, 6], 2),
}
RESULTS = {
    "add": lambda e, k, a, b: e.add(a, b, k.pk),
    "sub": lambda e, k, a, b: e.sub(a, b, k.pk),
    "rsub": lambda e, k, a, b: e.rsub(a, b, k.pk),
    "add_plain": lambda e, k, a, b: e.add_plain(a, OTHER, k.pk, k.coder),
    "sub_plain": lambda e, k, a, b: e.sub_plain(a, OTHER, k.pk, k.coder, F8),
    "rsub_plain": lambda e, k, a, b: e.rsub_plain(a, OTHER, k.pk, k.coder, F8),
    "mul_plain": lambda e, k, a, b: e.mul_plain(a, OTHER, k.pk, k.coder, F8),
    "mul_plain, integers": lambda e, k, a, b: e.mul_plain(a, OTHER.to(I8), k.pk, k.coder, F8),
    "add_plain_scalar": lambda e, k, a, b: e.add_plain_scalar(a, 0.1, k.pk, k.coder, F8),
    "add_plain_scalar, float32": lambda e, k, a, b: e.add_plain_scalar(a, 0.1, k.pk, k.coder, F4),
    "sub_plain_scalar": lambda e, k, a, b: e.sub_plain_scalar(a, 3, k.pk, k.coder, I8),
    "rsub_plain_scalar": lambda e, k, a, b: e.rsub_plain_scalar(a, torch.tensor(0.3), k.pk, k.coder, F4),
    "mul_plain_scalar": lambda e, k, a, b: e.mul_plain_scalar(a, -1 / 3, k.pk, k.coder, F4),
    "matmul": lambda e, k, a, b: e.matmul(a, OTHER.T, (4, 3), (3, 4), k.pk, k.coder, F8),
    "rmatmul": lambda e, k, a, b: e.rmatmul(a, OTHER.T, (4, 3), (3, 4), k.pk, k.coder, F8),
    "rmatmul, integers": lambda e, k, a, b: e.rmatmul(a, OTHER.T.to(I8), (4, 3), (3, 4), k.pk, k.coder, F8),
    "zeros": lambda e, k, a, b: e.add(e.zeros(12, F8), a, k.pk),
    "slice": lambda e, k, a, b: e.slice(a, 2, 5),
    "shuffle": lambda e, k, a, b: e.shuffle(k.pk, a, [3, 1, 0, 2, 11, 10, 4, 5, 6, 9, 8, 7]),
    "intervals_slice": lambda e, k, a, b: e.intervals_slice(a, [(0, 4), (6, 12)]),
    "cat": lambda e, k, a, b: e.cat([a, b, a]),
    "cat of tolist": lambda e, k, a, b: a.tolist()[0].cat(a.tolist()[1:]),
}


@pytest.mark.parametrize("name", [*RESULTS, *IN_PLACE])
def test_methods_give_what_fates_give(kits: dict[str, Any], name: str) -> None:
    found = []
    for kit in kits.values():
        a, b = encrypted(kit, X), encrypted(kit, OTHER)
        result = RESULTS[name](kit.evaluator, kit, a, b) if name in RESULTS else IN_PLACE[name](kit.evaluator, kit, a, b)
        found.append(decrypted(kit, a if name in IN_PLACE else result))
    theirs, ours = found
    assert ours == theirs


@pytest.mark.parametrize("dtype", [F4, F8, I4, I8], ids=str)
def test_tensors_of_every_type_come_back(kits: dict[str, Any], dtype: Any) -> None:
    values = (X * 1000).to(dtype)
    for kit in kits.values():
        again = kit.coder.decode_tensor(kit.sk.decrypt_to_encoded(encrypted(kit, values)), dtype, values.shape, Context().device)
        # FATE's int32 comes back as int64.
        assert again.dtype == (I8 if (kit.kind, dtype) == ("paillier", I4) else dtype)
        assert torch.equal(again, values.to(again.dtype))


@pytest.mark.parametrize("numbers", [[0.25, 0.75, 1.25, 2.0, 0.1, 1 / 3], [0.0, 1e-20, 3.999999, 1.5, 2.5, 0.2]])
def test_packs(kits: dict[str, Any], numbers: list[float]) -> None:
    """Of floats, squeezed, and as sums: rounded as FATE rounds."""
    found = []
    for kit in kits.values():
        packed = kit.pk.encrypt_encoded(kit.coder.pack_floats(torch.tensor(numbers), 20, 2, 12), obfuscate=True)
        kit.evaluator.i_add(kit.pk, packed, packed) if kit.kind == "coffer" else packed.idouble(kit.pk.pk)
        squeezed = kit.evaluator.pack_squeeze(packed, 3, 40, kit.pk)
        unpacked = kit.coder.unpack_floats(kit.sk.decrypt_to_encoded(squeezed), 20, 6, 12, 6)
        assert unpacked.dtype == torch.get_default_dtype()
        found.append((len(squeezed.tolist()), unpacked.tolist()))
    assert found[0] == found[1]


def test_fates_tensors(kits: dict[str, Any]) -> None:
    """Operators of PHETensor, torch's among them."""
    other = OTHER.clone()
    found = []
    for kit in kits.values():
        secret = kit.get_tensor_encryptor().encrypt_tensor(X, obfuscate=True)
        results = [
            secret + secret, secret - other, other - secret, secret * other, 0.5 * secret, secret + 1, secret * torch.tensor(3),
            secret @ other.T, torch.matmul(other.T, secret), _custom_ops.slice_f(secret, 2),
        ]  # fmt: skip
        open_ = kit.get_tensor_decryptor()
        found.append([open_.decrypt_tensor(r) for r in results])
    for theirs, ours in zip(*found):
        assert ours.shape == theirs.shape and ours.dtype == theirs.dtype and torch.equal(ours, theirs)


def test_what_fates_tensors_encrypt_is_hidden(kits: dict[str, Any]) -> None:
    """Its distributed tensors call the encryptor without a word about obfuscation, and theirs then leaves it out."""
    kit = kits["coffer"]
    encryptor = kit.get_tensor_encryptor()
    assert torch.equal(kit.get_tensor_decryptor().decrypt_tensor(encryptor.encrypt_tensor(X)), X)
    for key in (kit.pk, restricted(pickle.dumps(kit.pk))):
        open_ = key.embed(kit.coder.encode_tensor(X)).data.tobytes()
        sent = [key.encrypt_encoded(kit.coder.encode_tensor(X), obfuscate=False).data.tobytes() for _ in range(2)]
        assert sent[0] != sent[1] and open_ not in sent


def test_histograms(kits: dict[str, Any]) -> None:
    found = []
    for kit in kits.values():
        empty = lambda size: HistogramEncryptedValues.zeros(kit.pk, kit.evaluator, size, kit.coder, F8, 2)  # noqa: E731
        hist, weak = empty(4), empty(4)
        hist.i_update(encrypted(kit, X), [[0, 1], [2], [3], [0], [1], [1]])
        weak.i_update_with_masks(encrypted(kit, X), [[0], [3]], [True, False, False, False, True, False])
        child = hist.compute_child(weak, [(0, 2, 2, 4, 0, 2, 0, 2)], 4)
        hist.iadd(weak)
        hist.i_chunking_cumsum([2, 2])
        parts = (child, hist, hist.intervals_slice([(1, 3)]), hist.slice(0, 2))
        found.append([p.decrypt(kit.sk).decode(kit.coder, F8).data.tolist() for p in parts])
    assert found[0] == found[1]


def test_the_kind_is_fates(kits: dict[str, Any]) -> None:
    kit = kits["coffer"]
    assert (kit.kind, kit.key_size, kit.can_support_pack, kit.can_support_squeeze, kit.can_support_negative_number) == (
        "coffer", 2048, True, True, True,
    )  # fmt: skip
    assert not hasattr(kit.to_public(), "sk")
    # Twice does nothing.
    coffer.fate.install()
    context = Context()
    context.cipher.set_phe(context.device, {"kind": "coffer", "key_length": 3072})
    assert context.cipher.phe.setup().key_size == 3072
    with pytest.raises(coffer.errors.InvalidKeyError, match="1024 bits"):
        context.cipher.phe.setup({"kind": "coffer", "key_length": 1024})


def test_the_default_kind() -> None:
    """After install(default=True) of a context that was told nothing."""
    import subprocess
    import sys

    program = "import coffer.fate; coffer.fate.install(default=True); from fate.arch import Context; print(Context().cipher.phe.setup().kind)"
    assert subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout == "coffer\n"


def restricted(data: bytes) -> Any:
    party = SimpleNamespace()
    return TableRemotePersistentUnpickler(None, party, "name", "tag", party, io.BytesIO(data)).load()


def test_messages_pass_fates_restricted_reader(kits: dict[str, Any]) -> None:
    kit = kits["coffer"]
    public = restricted(pickle.dumps([kit.pk, kit.coder, kit.evaluator, encrypted(kit, X)]))
    assert public[0].fingerprint == kit.pk.fingerprint and public[2] is kit.evaluator
    assert decrypted(kit, public[3]) == X.flatten().tolist()
    # One key for all tensors that come with it.
    assert restricted(pickle.dumps(kit.pk)) is restricted(pickle.dumps(kit.pk)) is public[0]
    # And nothing else of this package is called by a message.
    for other in (coffer.fate.keygen, coffer.fate.install, kit.sk):
        with pytest.raises(ValueError, match="Deserialization is restricted"):
            restricted(pickle.dumps(other))
