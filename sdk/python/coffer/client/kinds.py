"""Kinds of keys, as requests say them."""

from __future__ import annotations

import operator
from typing import Any

from coffer.errors import InvalidKeyError
from coffer.v1 import coffer_pb2 as pb

KINDS = "paillier", "okamoto-uchiyama", "elgamal", "diffie-hellman"


def kind_wanted(kind: str, bits: int, group: str | None) -> dict[str, Any]:
    """What of a request for a new key says its kind. Raises InvalidKeyError; which lengths are made, the box knows."""
    if group is not None and kind != "diffie-hellman":
        raise InvalidKeyError(f"a group is a Diffie-Hellman key's; of the kind {kind!r} there is none")
    if kind == "paillier":
        return {"paillier_bits": bits}
    if kind == "okamoto-uchiyama":
        return {"okamoto_uchiyama_bits": bits}
    if kind == "elgamal":
        return {"elgamal": True}
    if kind == "diffie-hellman":
        return {"diffie_hellman_group": "ffdhe3072" if group is None else group}
    raise InvalidKeyError(f"the kind {kind!r} is none of {', '.join(KINDS)}")


def other_public_key(n: int | None, hs: int | None, g: int | None, h: bytes | None) -> dict[str, Any]:
    """Okamoto-Uchiyama's n and g, or ElGamal's h. Raises InvalidKeyError for any other numbers beside them."""
    if h is not None:
        if n is not None or hs is not None or g is not None:
            raise InvalidKeyError("h is an ElGamal key by itself: n, hs and g are other kinds' numbers")
        return {"elgamal": pb.ElGamalPublicKey(h=h)}
    if n is None or g is None or hs is not None:
        raise InvalidKeyError("an Okamoto-Uchiyama key is n and g; hs is Paillier's")
    n, g = operator.index(n), operator.index(g)
    if not 0 < g < n:
        raise InvalidKeyError("g is not between 0 and n")
    width = (n.bit_length() + 7) // 8
    numbers = pb.OkamotoUchiyamaPublicKey(n=n.to_bytes(width, "big"), g=g.to_bytes(width, "big"))
    return {"okamoto_uchiyama": numbers}
