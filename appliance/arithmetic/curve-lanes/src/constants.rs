//! Constants of the curves, in words of 64 bits (RFC 9496, section 4.1; RFC 7748, section 4.1).

pub(crate) const ONE: [u64; 4] = [1, 0, 0, 0];
/// The square root of -1 that is not negative.
pub(crate) const SQRT_M1: [u64; 4] = [0xc4ee1b274a0ea0b0, 0x2f431806ad2fe478, 0x2b4d00993dfbd7a7, 0x2b8324804fc1df0b];
/// d = -121665 / 121666.
pub(crate) const D: [u64; 4] = [0x75eb4dca135978a3, 0x00700a4d4141d8ab, 0x8cc740797779e898, 0x52036cee2b6ffe73];
pub(crate) const TWO_D: [u64; 4] = [0xebd69b9426b2f159, 0x00e0149a8283b156, 0x198e80f2eef3d130, 0x2406d9dc56dffce7];
/// 1 - d^2.
pub(crate) const ONE_MINUS_D_SQ: [u64; 4] =
    [0xe27c09c1945fc176, 0x2c81a138cd5e350f, 0x9994abddbe70dfe4, 0x029072a8b2b3e0d7];
/// (d - 1)^2.
pub(crate) const D_MINUS_ONE_SQ: [u64; 4] =
    [0x31ad5aaa44ed4d20, 0xd29e4a2cb01e1999, 0x4cdcd32f529b4eeb, 0x5968b37af66c2241];
/// sqrt(a d - 1) for a = -1.
pub(crate) const SQRT_AD_MINUS_ONE: [u64; 4] =
    [0x7e97f6a0497b2e1b, 0xaf9d8e0c1b7854bd, 0x0f3cfcc931f5d1fd, 0x376931bf2b8348ac];
/// 1 / sqrt(a - d).
pub(crate) const INVSQRT_A_MINUS_D: [u64; 4] =
    [0x99c8fdaa805d40ea, 0x9d2f16175a4172be, 0x16c27b91fe01d840, 0x786c8905cfaffca2];
/// c = sqrt(-(A + 2)), which scales the map between the two curves: x = c u / v.
pub(crate) const MAP: [u64; 4] = [0xcc6e04aaff457e06, 0xc5a1d3d14b7d1a82, 0xd27b08dc03fc4f7e, 0x0f26edf460a006bb];
/// c / 2.
pub(crate) const HALF_MAP: [u64; 4] = [0x663702557fa2bf03, 0x62d0e9e8a5be8d41, 0xe93d846e01fe27bf, 0x079376fa3050035d];
/// A of the Montgomery curve.
pub(crate) const A: u32 = 486_662;
