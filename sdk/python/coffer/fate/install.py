"""Makes this package's cipher one of FATE's own."""

from __future__ import annotations

from typing import Any

from coffer.fate.coder import Coder
from coffer.fate.evaluator import evaluator
from coffer.fate.keys import keygen

KIND = "coffer"
DEFAULT_BITS = 2048
# What parties send each other, for FATE's restricted reader: a name here is one that anybody's message may call.
SENT = {
    "coffer.fate.coder": {"Coder"},
    "coffer.fate.evaluator": {"evaluator"},
    "coffer.fate.keys": {"received_public"},
    "coffer.fate.plain": {"Plaintext", "PlaintextVector"},
    "coffer.fate.vectors": {"Ciphertext", "CiphertextVector"},
}


def install(*, default: bool = False) -> None:
    """Registers the cipher kind "coffer" in FATE 2.2, in this process; every party has to call it. Again does nothing.

    From then on `ctx.cipher.set_phe(ctx.device, {"kind": "coffer", "key_length": 2048})` chooses it for what a context
    encrypts, and messages of it are read. default: it is also what a context takes that was told nothing, with 2048
    bits. The key's length may be 2048, 3072 or 4096. Raises ImportError without pyfate, RuntimeError for one whose
    parts are not where those of 2.2 are.
    """
    from fate.arch.context import _cipher
    from fate.arch.federation.api import _serdes

    builder, kit, reader = _cipher.PHECipherBuilder, _cipher.CipherKit, _serdes.TableRemotePersistentUnpickler
    allowed = getattr(reader, "_TableRemotePersistentUnpickler__ALLOW_CLASSES", None)
    if not isinstance(allowed, dict) or not hasattr(builder, "setup") or not hasattr(kit, "_set_default_phe"):
        raise RuntimeError("this pyfate is not one of 2.2: its cipher kinds are registered in another way")
    for module, names in SENT.items():
        allowed.setdefault(module, set()).update(names)
    if not getattr(builder.setup, "_coffer", False):
        builder.setup = _with_kind(builder.setup)
    if default and not getattr(kit._set_default_phe, "_coffer", False):
        kit._set_default_phe = _with_default(kit._set_default_phe)


def _with_kind(theirs: Any) -> Any:
    """PHECipherBuilder.setup, which knows one kind more."""

    def setup(self: Any, options: dict[str, Any] | None = None) -> Any:
        given = options or {}
        # FATE's trees ask for its Paillier by name where nobody has set up a cipher for them; that is left to FATE.
        if given.get("kind", self.kind) != KIND:
            return theirs(self, options)
        bits = given.get("key_length", self.key_length)
        return _cipher(DEFAULT_BITS if bits is None else bits)

    setup._coffer = True  # type: ignore[attr-defined]
    return setup


def _with_default(theirs: Any) -> Any:
    """CipherKit._set_default_phe, with this kind for a device for which none was chosen."""

    def set_default(self: Any) -> None:
        chosen = self._cipher_mapping.setdefault("phe", {})
        chosen.setdefault(self._device, {"kind": KIND, "key_length": DEFAULT_BITS})
        theirs(self)

    set_default._coffer = True  # type: ignore[attr-defined]
    return set_default


def _cipher(bits: int) -> Any:
    from fate.arch.context._cipher import PHECipher
    from fate.arch.tensor.phe import PHETensorCipher

    sk, pk, _ = keygen(bits, always=True)
    coder = Coder(pk.n, ring=True)
    tensors = PHETensorCipher.from_raw_cipher(pk, coder, sk, evaluator)
    # What it can do: negative numbers, several packs in one ciphertext, several numbers in one plaintext.
    return PHECipher(KIND, bits, pk, sk, evaluator, coder, tensors, True, True, True)
