//! Big-endian numbers as clients send them.

/// Without the zeros in front, which ASN.1 puts before a number whose first bit is set; of 0 one byte, and nothing of nothing.
pub(crate) fn without_zeros(mut number: Vec<u8>) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count().min(number.len().saturating_sub(1));
    number.drain(..zeros);
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_in_front_mean_nothing() {
        assert_eq!(without_zeros(vec![0, 0, 7, 0]), [7, 0]);
        assert_eq!(without_zeros(vec![7]), [7]);
        // A number that was sent is not none.
        assert_eq!(without_zeros(vec![0, 0]), [0]);
        assert!(without_zeros(vec![]).is_empty());
    }
}
