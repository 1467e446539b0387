"""The interface of SecretFlow HEU for its ZPaillier and OU: `from coffer.heu import phe, numpy as hnp`.

Scripts written for `heu.phe` and `heu.numpy` run with the import changed, as far as they keep to these two. Keys,
ciphertexts and arrays that are serialized here are read by HEU 0.5, and its by this; pickles are read here alone. Keys
of ZPaillier below 2048 bits, and of OU below 3072, are refused unless COFFER_INSECURE_FOR_COMPARISON=1.
"""

from coffer.heu import numpy, phe

__all__ = ["numpy", "phe"]
