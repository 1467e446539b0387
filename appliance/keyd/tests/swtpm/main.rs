//! keyd against a software TPM, with openssl as the vendor and tpm2-tools as a second opinion.

mod quotes;
mod serving;
mod support;
mod unsealing;
