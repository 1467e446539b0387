"""A drop-in for the public interface of python-phe 1.5: `import coffer.phe as phe`.

Ciphertexts are exchanged with python-phe both ways. What differs:

- keys made here carry `hs`, which makes their obfuscators many times cheaper; a `PaillierPublicKey(n)` made from n
  alone (somebody else's, or one that was stored without it) uses full r^n, as python-phe does;
- keys below 2048 bits are refused, unless `insecure_for_comparison=True` is passed or the environment variable
  COFFER_INSECURE_FOR_COMPARISON is 1;
- `coffer.phe.batch` works on many numbers at a time, on all cores.
"""

from coffer.phe import batch, encoding, paillier, util
from coffer.phe.encoding import EncodedNumber
from coffer.phe.encrypted import EncryptedNumber
from coffer.phe.paillier import (
    DEFAULT_KEYSIZE,
    PaillierPrivateKey,
    PaillierPrivateKeyring,
    PaillierPublicKey,
    generate_paillier_keypair,
)

# python-phe's, whose interface this is.
__version__ = "1.5.0"

__all__ = [
    "DEFAULT_KEYSIZE",
    "EncodedNumber",
    "EncryptedNumber",
    "PaillierPrivateKey",
    "PaillierPrivateKeyring",
    "PaillierPublicKey",
    "__version__",
    "batch",
    "encoding",
    "generate_paillier_keypair",
    "paillier",
    "util",
]
