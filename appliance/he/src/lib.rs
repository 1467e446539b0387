//! Homomorphic encryption: Paillier keys, encryption, operations on ciphertexts, encodings
