"""Keys that all tests of a run share: making them takes longest."""

from __future__ import annotations

import phe as python_phe
import pytest

import coffer.phe as phe

KeyPair = tuple[phe.PaillierPublicKey, phe.PaillierPrivateKey]
TheirPair = tuple["python_phe.PaillierPublicKey", "python_phe.PaillierPrivateKey"]


@pytest.fixture(scope="session")
def ours() -> KeyPair:
    return phe.generate_paillier_keypair(n_length=2048)


@pytest.fixture(scope="session")
def other_key() -> KeyPair:
    return phe.generate_paillier_keypair(n_length=2048)


@pytest.fixture(scope="session")
def theirs(ours: KeyPair) -> TheirPair:
    """The same key in python-phe's hands."""
    public = python_phe.PaillierPublicKey(ours[0].n)
    return public, python_phe.PaillierPrivateKey(public, ours[1].p, ours[1].q)
