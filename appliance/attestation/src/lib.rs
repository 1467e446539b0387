//! Reading TPM quotes and checking them against what was expected
