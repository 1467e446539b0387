"""What is known of the magnitude of encrypted numbers, so that none overflows unseen.

A bound is on the significand. Up to n - max_int an overflow is seen at decryption; beyond, a number that is too large
looks like another one. So what may go beyond is refused where it is computed.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

from coffer._digits import coarse
from coffer.errors import BoundError, CiphertextError, DecryptionRangeError, UnknownBoundWarning
from coffer.phe.encoding import EncodedNumber, PlaintextSpace

if TYPE_CHECKING:
    from coffer.phe.paillier import PaillierPublicKey


def limit(key: PlaintextSpace) -> int:
    """The largest bound."""
    return key.n - key.max_int - 1


def rounded(bound: int | None, key: PlaintextSpace) -> int | None:
    """A bound that may be shown: it tells so many words, and nothing of factors."""
    if bound is None:
        return None
    return min((1 << coarse(bound.bit_length())) - 1, key.max_int if bound <= key.max_int else limit(key))


def coarse_bound(encoding: EncodedNumber) -> int | None:
    """Of what is encrypted; None where it is no number that was encoded."""
    key = encoding.public_key
    magnitude = min(encoding.encoding, key.n - encoding.encoding)
    return rounded(max(magnitude, 1), key) if 0 <= magnitude <= key.max_int else None


def checked(bound: int | None, key: PlaintextSpace) -> int | None:
    """The bound of a result. Raises BoundError where the result may not fit."""
    if bound is not None and bound > limit(key):
        raise BoundError(
            f"the result may need {bound.bit_length()} bits, and this key holds {key.max_int.bit_length()}: every "
            "product with a float adds its digits. Rescale the number: decrypt and encrypt it anew, or take factors "
            "with fewer digits (EncodedNumber.encode with a precision) or a longer key; or say how large the number "
            "really is (`bounded(magnitude)`)"
        )
    return bound


def check_decrypted(number: EncodedNumber, bound: int | None, index: int | None = None) -> None:
    """Raises DecryptionRangeError for a number over its bound. One that `decode` refuses is left to it."""
    magnitude = min(number.encoding, number.public_key.n - number.encoding)
    if bound is not None and bound < magnitude <= number.public_key.max_int:
        raise DecryptionRangeError(
            "a decrypted number is over its bound: what was claimed of its magnitude is wrong, or its key is another",
            index,
        )


def warn_unknown(level: int) -> None:
    """That nobody can tell whether an overflow was missed."""
    warnings.warn(
        "a number was computed from ciphertexts whose magnitude is not known here: it may have overflowed. "
        "EncryptedNumber(..., bound=) and bounded(magnitude) say what is known of them",
        UnknownBoundWarning,
        stacklevel=level + 1,
    )


def check_ciphertext(key: PaillierPublicKey, ciphertext: int) -> None:
    """Of one from outside. Raises CiphertextError for what is none: 0, n, n^2, and whatever has a factor of n."""
    if not 0 < ciphertext < key.nsquare or math.gcd(ciphertext % key.n, key.n) != 1:
        raise CiphertextError("no ciphertext under this key: not between 0 and n^2, or it has a factor of n")
