"""The interface of SecretFlow HEU for its ZPaillier: `from coffer.heu import phe, numpy as hnp`.

Scripts written for `heu.phe` and `heu.numpy` run with the import changed, as far as they keep to Paillier and to setup,
the kits, encryptor, evaluator, decryptor, the encoders, arrays and their operators, select_sum. What is serialized here
is read here alone, not by HEU. Keys below 2048 bits are refused unless COFFER_INSECURE_FOR_COMPARISON=1.
"""

from coffer.heu import numpy, phe

__all__ = ["numpy", "phe"]
