"""The names that a cipher module of FATE 2 has: SK, PK, Coder, evaluator and keygen, and the vectors they work on.

In FATE: `install()` makes it the cipher kind "coffer", with no change of FATE's own files.
Tensors are torch's if torch is there, numpy arrays otherwise. Keys below 2048 bits, FATE's default of 1024 among them,
are refused unless `keygen(bits, insecure_for_comparison=True)` or COFFER_INSECURE_FOR_COMPARISON=1 asks for them.
"""

from coffer.fate.coder import Coder
from coffer.fate.evaluator import evaluator
from coffer.fate.install import install
from coffer.fate.keys import PK, SK, keygen
from coffer.fate.plain import Plaintext, PlaintextVector
from coffer.fate.vectors import Ciphertext, CiphertextVector

__all__ = [
    "PK",
    "SK",
    "Ciphertext",
    "CiphertextVector",
    "Coder",
    "Plaintext",
    "PlaintextVector",
    "evaluator",
    "install",
    "keygen",
]
