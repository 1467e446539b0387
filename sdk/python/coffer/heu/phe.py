"""`heu.phe`: numbers one at a time."""

# Their keys are found by schema.
from coffer.heu import _okamoto_uchiyama as _okamoto_uchiyama
from coffer.heu import _paillier as _paillier
from coffer.heu._encoders import (
    BatchFloatEncoder,
    BatchFloatEncoderParams,
    BatchIntegerEncoder,
    BatchIntegerEncoderParams,
    BigintDecoder,
    BigintEncoder,
    BigintEncoderParams,
    FloatEncoder,
    FloatEncoderParams,
    IntegerEncoder,
    IntegerEncoderParams,
)
from coffer.heu._keys import PublicKey, SchemaType, SecretKey, parse_schema_type
from coffer.heu._scalars import Ciphertext, Decryptor, DestinationHeKit, Encryptor, Evaluator, HeKit, setup
from coffer.heu._values import PheRuntimeError, Plaintext

__all__ = [
    "BatchFloatEncoder",
    "BatchFloatEncoderParams",
    "BatchIntegerEncoder",
    "BatchIntegerEncoderParams",
    "BigintDecoder",
    "BigintEncoder",
    "BigintEncoderParams",
    "Ciphertext",
    "Decryptor",
    "DestinationHeKit",
    "Encryptor",
    "Evaluator",
    "FloatEncoder",
    "FloatEncoderParams",
    "HeKit",
    "IntegerEncoder",
    "IntegerEncoderParams",
    "PheRuntimeError",
    "Plaintext",
    "PublicKey",
    "SchemaType",
    "SecretKey",
    "parse_schema_type",
    "setup",
]
