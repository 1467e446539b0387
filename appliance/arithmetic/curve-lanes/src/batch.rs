//! Whole batches, group of lanes by group of lanes, in blocks that share an inversion.

use zeroize::Zeroize;

use crate::constants::ONE;
use crate::field::{Field, invert_all};
use crate::ristretto::{Affine, SCALAR_BITS, decode, elligator, encode, recover};

/// Groups of a block: an inversion costs a twelfth of a product, a sixteenth of it is nothing.
const GROUPS: usize = 16;
/// Lanes of the widest unit.
const LANES_MAX: usize = 8;

type Word4 = [u64; 4];

/// X25519 of each u-coordinate (RFC 7748, section 5), by a scalar that is clamped here.
///
/// # Safety
/// As for [`Field`]; `out` is as long as `us`.
#[inline(always)]
pub(crate) unsafe fn x25519<F: Field>(scalar: &[u8; 32], us: &[[u8; 32]], out: &mut [[u8; 32]]) {
    let mut clamped = *scalar;
    clamped[0] &= 0xf8;
    clamped[31] = clamped[31] & 0x7f | 0x40;
    let block = GROUPS * F::LANES;
    for (us, out) in us.chunks(block).zip(out.chunks_mut(block)) {
        // SAFETY: the caller's, as for `Field`.
        unsafe {
            let one = F::constant(&ONE);
            let zero = F::constant(&[0; 4]);
            let (mut xs, mut zs, mut prefixes) = ([one; GROUPS], [one; GROUPS], [one; GROUPS]);
            let mut infinite = [F::all_lanes(0); GROUPS];
            let groups = us.len().div_ceil(F::LANES);
            for (g, us) in us.chunks(F::LANES).enumerate() {
                let (x, z) = F::ladder(&clamped, 255, load::<F>(us)).multiple;
                infinite[g] = z.is_zero();
                (xs[g], zs[g]) = (x, F::select(infinite[g], one, z));
            }
            invert_all(&mut zs[..groups], &mut prefixes[..groups]);
            for (g, out) in out.chunks_mut(F::LANES).enumerate() {
                let u = F::carry(F::mul(xs[g], zs[g]));
                store(F::select(infinite[g], zero, u), out);
            }
        }
    }
    clamped.zeroize();
}

/// Twice `half` times each point: decoded, multiplied, encoded. `false` in `valid` where there is no point to decode. The identity
/// becomes itself.
///
/// # Safety
/// As for [`Field`]; `out` and `valid` are as long as `points`, which are below p and not negative.
#[inline(always)]
pub(crate) unsafe fn multiply<F: Field>(
    half: &[u8; 32],
    points: &[[u8; 32]],
    out: &mut [[u8; 32]],
    valid: &mut [bool],
) {
    let block = GROUPS * F::LANES;
    for ((points, out), valid) in points.chunks(block).zip(out.chunks_mut(block)).zip(valid.chunks_mut(block)) {
        // SAFETY: the caller's, as for `Field`.
        unsafe {
            let one = F::constant(&ONE);
            let start = Affine { u: one, v: one };
            let mut starts = [start; GROUPS];
            let mut identities = [F::all_lanes(0); GROUPS];
            for (g, points) in points.chunks(F::LANES).enumerate() {
                let s = load::<F>(points);
                identities[g] = s.is_zero();
                let (affine, bad) = decode::decode(F::select(identities[g], one, s));
                starts[g] = affine;
                let bad = bad & !F::bits(identities[g]);
                for (lane, valid) in valid.iter_mut().skip(g * F::LANES).take(points.len()).enumerate() {
                    *valid = bad >> lane & 1 == 0;
                }
            }
            multiply_and_encode(half, &starts, &identities, out);
        }
    }
}

/// Twice `half` times the point of each 64 uniform bytes (RFC 9496, section 4.3.4), encoded.
///
/// # Safety
/// As for [`Field`]; `out` is as long as `uniform`.
#[inline(always)]
pub(crate) unsafe fn hash<F: Field>(half: &[u8; 32], uniform: &[[u8; 64]], out: &mut [[u8; 32]]) {
    let block = GROUPS * F::LANES;
    for (uniform, out) in uniform.chunks(block).zip(out.chunks_mut(block)) {
        // SAFETY: the caller's, as for `Field`.
        unsafe {
            let one = F::constant(&ONE);
            let nothing = elligator::pending([one; 3]).0;
            let (mut pending, mut inverses, mut prefixes) = ([nothing; GROUPS], [one; GROUPS], [one; GROUPS]);
            let groups = uniform.len().div_ceil(F::LANES);
            for (g, uniform) in uniform.chunks(F::LANES).enumerate() {
                let halves = [0, 32].map(|at| {
                    let mut bytes = [[0; 32]; LANES_MAX];
                    for (half, whole) in bytes.iter_mut().zip(uniform) {
                        half.copy_from_slice(&whole[at..at + 32]);
                    }
                    bytes
                });
                let first = elligator::map(load::<F>(&halves[0]));
                let second = elligator::map(load::<F>(&halves[1]));
                (pending[g], inverses[g]) = elligator::pending(elligator::sum(first, second));
            }
            invert_all(&mut inverses[..groups], &mut prefixes[..groups]);
            let mut starts = [Affine { u: one, v: one }; GROUPS];
            let mut identities = [F::all_lanes(0); GROUPS];
            for g in 0..groups {
                starts[g] = elligator::to_montgomery(pending[g], inverses[g]);
                identities[g] = pending[g].identity;
            }
            multiply_and_encode(half, &starts, &identities, out);
        }
    }
}

/// The second half of both: what a lane of an identity holds does not matter.
#[inline(always)]
unsafe fn multiply_and_encode<F: Field>(
    half: &[u8; 32],
    starts: &[Affine<F>; GROUPS],
    identities: &[F::Mask; GROUPS],
    out: &mut [[u8; 32]],
) {
    // SAFETY: the caller's, as for `Field`.
    unsafe {
        let (one, zero) = (F::constant(&ONE), F::constant(&[0; 4]));
        let groups = out.len().div_ceil(F::LANES);
        let (mut inverses, mut prefixes) = ([one; GROUPS], [one; GROUPS]);
        let mut pending = [None; GROUPS];
        for g in 0..groups {
            let product = recover(starts[g], F::ladder(half, SCALAR_BITS, starts[g].u));
            let (waiting, divisor) = encode::pending(product);
            (pending[g], inverses[g]) = (Some(waiting), divisor);
        }
        invert_all(&mut inverses[..groups], &mut prefixes[..groups]);
        for (g, out) in out.chunks_mut(F::LANES).enumerate() {
            if let Some(waiting) = pending[g] {
                let encoded = encode::encode_double(waiting, inverses[g]);
                store(F::select(identities[g], zero, encoded), out);
            }
        }
    }
}

/// As many as there are lanes, or fewer: the bit above 2^255 is ignored.
#[inline(always)]
unsafe fn load<F: Field>(bytes: &[[u8; 32]]) -> F {
    let mut words: [Word4; LANES_MAX] = [[0; 4]; LANES_MAX];
    for (words, bytes) in words.iter_mut().zip(bytes) {
        for (word, chunk) in words.iter_mut().zip(bytes.as_chunks().0) {
            *word = u64::from_le_bytes(*chunk);
        }
        words[3] &= u64::MAX >> 1;
    }
    // SAFETY: the caller's, as for `Field`.
    unsafe { F::from_words(&words) }
}

#[inline(always)]
unsafe fn store<F: Field>(element: F, out: &mut [[u8; 32]]) {
    let mut words: [Word4; LANES_MAX] = [[0; 4]; LANES_MAX];
    // SAFETY: the caller's, as for `Field`.
    unsafe { element.to_words(&mut words) };
    for (words, bytes) in words.iter().zip(out) {
        for (word, chunk) in words.iter().zip(bytes.as_chunks_mut().0) {
            *chunk = word.to_le_bytes();
        }
    }
}
