//! Of the command `compute`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Args)]
pub(crate) struct Packing {
    /// Numbers are of magnitude below 2^BITS.
    #[arg(long, value_name = "BITS", value_parser = clap::value_parser!(u32).range(1..=63))]
    pub(crate) value_bits: u32,
    /// Room for sums of so many packed rows.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1 << 32))]
    pub(crate) summands: u64,
}

#[derive(Subcommand)]
pub(crate) enum Compute {
    /// Encrypt a table, compute all column sums and the product with a weight vector on the ciphertexts, decrypt.
    Table {
        /// CSV of numbers.
        file: PathBuf,
        #[arg(long)]
        key: String,
        /// Numbers, one a column: a file, or a list with commas.
        #[arg(long, allow_hyphen_values = true)]
        weights: String,
        /// Bits after the binary point, to which numbers are rounded; with 0 they must be whole.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(0..=63))]
        scale: u32,
        /// Lines to skip at the start of the file.
        #[arg(long, default_value_t = 0)]
        skip_lines: usize,
        /// Columns to drop at the end of each line.
        #[arg(long, default_value_t = 0)]
        drop_columns: usize,
    },
    /// Encrypt a CSV of whole numbers; the ciphertexts stay on the box as a job's result.
    Encrypt {
        file: PathBuf,
        #[arg(long)]
        key: String,
    },
    /// Decrypt an earlier job's result.
    Decrypt {
        job: String,
        #[arg(long)]
        key: String,
    },
    /// Other ciphertexts of the same values as an earlier job's.
    Obfuscate {
        job: String,
        #[arg(long)]
        key: String,
    },
    /// Encrypt a short file with RSA-OAEP (SHA-256); nothing of it stays on the box.
    RsaEncrypt {
        file: PathBuf,
        out: PathBuf,
        #[arg(long)]
        key: String,
    },
    /// Decrypt what rsa-encrypt made.
    RsaDecrypt {
        file: PathBuf,
        out: PathBuf,
        #[arg(long)]
        key: String,
    },
    /// Sign a file of up to 64 KiB with RSA-PSS (SHA-256).
    RsaSign {
        file: PathBuf,
        signature: PathBuf,
        #[arg(long)]
        key: String,
    },
    /// Add two earlier jobs' ciphertexts, item by item.
    Add {
        job: String,
        addend: String,
        #[arg(long)]
        key: String,
    },
    /// The column sums of an earlier job's ciphertexts.
    Sum {
        job: String,
        #[arg(long)]
        key: String,
    },
    /// An earlier job's ciphertexts times a matrix of whole numbers (CSV).
    Matmul {
        job: String,
        matrix: PathBuf,
        #[arg(long)]
        key: String,
    },
    /// Encrypt a CSV of whole numbers under a Paillier key, each row in as few ciphertexts as hold it.
    Pack {
        file: PathBuf,
        #[arg(long)]
        key: String,
        #[command(flatten)]
        packing: Packing,
    },
    /// Decrypt what pack made, or a sum of it.
    Unpack {
        job: String,
        #[arg(long)]
        key: String,
        #[command(flatten)]
        packing: Packing,
        /// Numbers in a row, as they were packed.
        #[arg(long)]
        columns: u32,
        /// Packed rows that were added up [default: as many as there is room for].
        #[arg(long, default_value_t = 0)]
        added: u64,
    },
    /// Powers of group elements, in hexadecimal, with a Diffie-Hellman key: of others' public values the numbers shared with them.
    Derive {
        #[arg(long)]
        key: String,
        #[arg(required = true)]
        elements: Vec<String>,
    },
    /// base^exponent mod modulus, in hexadecimal, for each base given.
    Modexp {
        #[arg(long)]
        modulus: String,
        #[arg(long)]
        exponent: String,
        bases: Vec<String>,
    },
    /// Write an ended job's result to a file, as it is.
    Fetch { job: String, file: PathBuf },
}
