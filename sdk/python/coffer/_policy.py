"""Which keys are taken."""

from __future__ import annotations

import hashlib
import math
import os

from coffer.errors import InvalidKeyError

# Below this only for comparison with others' figures (NIST SP 800-57: 112 bits of strength).
SECURE_BITS = 2048
# The same for n = p^2 q, whose primes are a third of it each.
OU_SECURE_BITS = 3072
# Below this not even for that.
LEAST_BITS = 512
# Above this nothing is computed.
MOST_BITS = 4096
SWITCH = "COFFER_INSECURE_FOR_COMPARISON"


def insecure(bits: int, wanted: bool, secure: int = SECURE_BITS) -> bool:
    """Whether a key of so many bits is insecure and wanted all the same; InvalidKeyError if it is not wanted."""
    if bits >= secure:
        return False
    if wanted or os.environ.get(SWITCH) == "1":
        return True
    raise InvalidKeyError(
        f"a key of {bits} bits; below {secure}, for comparisons alone, pass insecure_for_comparison=True "
        f"or set {SWITCH}=1"
    )


def check_public(n: int, hs: int | None) -> None:
    """Of a public key from outside. Raises InvalidKeyError.

    An hs that is 1, or 1 modulo n, would encrypt nothing; one that is no unit gives n's factors away. That hs is h^n
    for an h that generates enough, only whoever made the key knows.
    """
    bits = n.bit_length()
    if n % 2 == 0:
        raise InvalidKeyError("n is even: it is no product of two large primes")
    if not LEAST_BITS <= bits <= MOST_BITS:
        raise InvalidKeyError(
            f"an n of {bits} bits: from {LEAST_BITS} to {MOST_BITS} are taken, as 2048, 3072 and 4096"
        )
    if hs is None:
        return
    rest = hs % n
    if not 0 < hs < n * n or rest in (0, 1, n - 1) or math.gcd(rest, n) != 1:
        raise InvalidKeyError("hs has to be a unit modulo n^2, and not 0, 1 or -1 modulo n: it would hide nothing")
    if bits % 128:
        raise InvalidKeyError(f"hs beside an n of {bits} bits: with one, n has a multiple of 128")


def fingerprint(n: bytes) -> bytes:
    """By which ciphertexts know their key."""
    return hashlib.sha256(n.lstrip(b"\0")).digest()[:16]
