"""Which keys are taken."""

from __future__ import annotations

import os

from coffer.errors import InvalidKeyError

# Below this only for comparison with others' figures (NIST SP 800-57: 112 bits of strength).
SECURE_BITS = 2048
SWITCH = "COFFER_INSECURE_FOR_COMPARISON"


def insecure(bits: int, wanted: bool) -> bool:
    """Whether a key of so many bits is insecure and wanted all the same; InvalidKeyError if it is not wanted."""
    if bits >= SECURE_BITS:
        return False
    if wanted or os.environ.get(SWITCH) == "1":
        return True
    raise InvalidKeyError(
        f"a key of {bits} bits; below {SECURE_BITS}, for comparisons alone, pass insecure_for_comparison=True "
        f"or set {SWITCH}=1"
    )
