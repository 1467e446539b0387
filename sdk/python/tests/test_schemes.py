"""Okamoto-Uchiyama, ElGamal, Diffie-Hellman and packing in this process."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from coffer import _integers, diffie_hellman, errors, sums
from coffer.packing import Packing

Pair = tuple[sums.PublicKey, sums.PrivateKey]


@pytest.fixture(scope="module", params=["okamoto-uchiyama", "elgamal"])
def pair(request: pytest.FixtureRequest) -> Pair:
    return sums.generate_okamoto_uchiyama() if request.param == "okamoto-uchiyama" else sums.generate_elgamal()


def test_tables_compute_as_numpys(pair: Pair) -> None:
    public, private = pair
    a = np.array([[1, -2, 3], [-4, 5, 6]])
    weights = np.array([[1, -1], [0, 2], [-5, 4]])
    c = public.encrypt(a)
    for found, expected in [
        (c, a),
        (public.obfuscate(c), a),
        (public.add(c, c), a + a),
        (public.add(c, public.encrypt(a, obfuscate=False)), a + a),
        (public.multiply(c, -3), a * -3),
        (public.multiply(c, [1, 0, -1]), a * [1, 0, -1]),
        (public.sum(c, 0), a.sum(axis=0)),
        (public.sum(c, 1), a.sum(axis=1)),
        (public.matmul(c, weights), a @ weights),
    ]:
        assert (private.decrypt(found) == expected).all()
    assert (public.obfuscate(c) != c).any() and public.accept(c) is c
    for wrong in (lambda: public.add(c, c[0]), lambda: public.sum(c[0], 0), lambda: public.matmul(c, [[1]])):
        with pytest.raises(errors.ShapeError):
            wrong()


def test_the_ends_of_the_range(pair: Pair) -> None:
    public, private = pair
    most = public.capacity
    c = public.encrypt([most, -most])
    assert private.decrypt(c).tolist() == [most, -most]
    for beyond in (most + 1, -most - 1):
        with pytest.raises(errors.RangeError) as bad:
            public.encrypt([0, beyond])
        assert bad.value.index == 1
    with pytest.raises(errors.DecryptionRangeError) as grown:
        private.decrypt(public.multiply(c, [1, 2]))
    assert grown.value.index == 1
    with pytest.raises(errors.RangeError):
        public.multiply(c, 1 << 63)
    with pytest.raises(errors.RangeError):
        public.encrypt(0.5)


def test_ciphertexts_from_outside(pair: Pair) -> None:
    public, private = pair
    c = public.encrypt([1, 2])
    bad = c.copy()
    bad[1] = 255
    for taken in (public.accept, private.decrypt):
        with pytest.raises(errors.CiphertextError, match="ciphertext 1 is none of this key's") as error:
            taken(bad)
        assert error.value.index == 1
    with pytest.raises(errors.ShapeError):
        public.accept(c[:, :-1])


def test_what_okamoto_uchiyama_takes_from_outside_is_a_unit() -> None:
    public, private = sums.generate_okamoto_uchiyama()
    width, p = public.ciphertext_bytes, private.secrets["p"]
    for bad, what in ((0, "it is 0"), (p, "shares a factor"), (public.numbers["n"], "not below n")):
        row = np.frombuffer(bad.to_bytes(width, "big"), np.uint8)
        with pytest.raises(errors.CiphertextError, match=what):
            private.decrypt(np.stack([public.encrypt(1), row]))


def test_keys_are_made_again_from_their_numbers(pair: Pair) -> None:
    public, private = pair
    again = sums.PublicKey(**public.numbers)
    secret = sums.PrivateKey(again, **private.secrets)
    assert again.numbers == public.numbers and secret.secrets == private.secrets
    assert secret.decrypt(public.encrypt([7, -7])).tolist() == [7, -7]
    other = sums.generate_elgamal()[1].secrets if "h" in public.numbers else {"p": 7, "q": 11}
    with pytest.raises(errors.InvalidKeyError):
        sums.PrivateKey(again, **other)
    for numbers in ({}, {"n": 15}, {"n": 15, "g": 2}, {"h": bytes(32)}, {"n": 15, "g": 2, "h": b"1"}):
        with pytest.raises(errors.InvalidKeyError):
            sums.PublicKey(**numbers)  # type: ignore[arg-type]


@pytest.mark.parametrize("group", ["modp2048", "ffdhe3072"])
def test_key_agreement(group: str) -> None:
    one, two = diffie_hellman.PrivateKey(group), diffie_hellman.PrivateKey(group)
    assert one.derive([two.public_value]) == two.derive([one.public_value])
    assert diffie_hellman.PrivateKey(group, one.exponent).public_value == one.public_value
    # Powers commute: private set intersection.
    elements = diffie_hellman.hash_to_group(group, [b"a", b"b"], b"a test")
    assert one.derive(two.derive(elements)) == two.derive(one.derive(elements))
    assert elements == diffie_hellman.hash_to_group(group, [b"a", b"b"], b"a test")
    assert diffie_hellman.hash_to_group(group, [], b"a test") == []


# RFC 3526, section 3: 2^2048 - 2^1984 - 1 + 2^64 * ([2^1918 pi] + 124476), by its first digits of pi.
PI_1918 = (
    "C90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437"
    "4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3D"
    "C2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804"
    "F1746C08CA18217C32905E462E36CE3BE39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE5"
    "15D2261898FA051015728E5A8AACAA68"
)
MODP_2048 = int("FFFFFFFFFFFFFFFF" + PI_1918 + "FFFFFFFFFFFFFFFF", 16)


def test_powers_are_those_of_the_rfcs_group() -> None:
    key = diffie_hellman.PrivateKey("modp2048")
    x = int.from_bytes(key.exponent, "big")
    assert key.public_value == pow(2, x, MODP_2048)
    assert key.derive([4, 9]) == [pow(4, x, MODP_2048), pow(9, x, MODP_2048)]
    for bad in (0, 1, 11, MODP_2048 - 1, MODP_2048 - 4, MODP_2048, MODP_2048 + 4):
        with pytest.raises(errors.CiphertextError, match="element 1 is none of the group's") as error:
            key.derive([4, bad])
        assert error.value.index == 1
    with pytest.raises(errors.RangeError):
        key.derive([-1])
    with pytest.raises(errors.InvalidKeyError, match="modp1024"):
        diffie_hellman.PrivateKey("modp1024")
    with pytest.raises(errors.InvalidKeyError):
        diffie_hellman.PrivateKey("modp2048", bytes(40))


def test_packed_numbers_add_up_under_paillier(ours: Any) -> None:
    public, private = ours
    packing = Packing(public.n.bit_length(), 20, 4)
    values = [(1 << 20) - 1, 1 - (1 << 20), 7, -7, *range(196)]
    plain = packing.pack(values)
    assert len(plain) == 3
    sealed = public.native.encrypt(*_integers.signed_to_bytes(plain))
    summed = public.native.add(sealed, public.native.multiply(sealed, (3).to_bytes(8, "little")))
    clear = _integers.signed_from_bytes(private.native.decrypt(summed), public.native.plaintext_bytes)
    assert packing.unpack(clear, 200, 4) == [4 * v for v in values]
    assert packing.unpack(plain, 200) == values
    with pytest.raises(errors.DecryptionRangeError) as grown:
        packing.unpack([2 * m for m in plain], 200)
    assert grown.value.index == 0
    # As from one encrypted number each.
    single = public.native.encrypt(*_integers.signed_to_bytes(values))
    gathered = packing.gather(public.native, public.native.multiply(single, (3).to_bytes(8, "little")), 4)
    clear = _integers.signed_from_bytes(private.native.decrypt(gathered), public.native.plaintext_bytes)
    assert packing.unpack(clear, 200, 4) == [3 * v for v in values]
    for wrong in (
        lambda: packing.gather(public.native, single, 5),
        lambda: Packing(4096, 20, 4).gather(public.native, single),
    ):
        with pytest.raises(errors.ShapeError):
            wrong()
    for bad in (1 << 20, -(1 << 20), 1 << 63):
        with pytest.raises(errors.RangeError) as error:
            packing.pack([0, bad])
        assert error.value.index == 1
    with pytest.raises(errors.ShapeError):
        packing.unpack(plain, 200, 5)
    with pytest.raises(errors.ShapeError):
        packing.unpack(plain, 400)
    with pytest.raises(errors.ShapeError):
        Packing(2048, 64, 1).pack([1])
