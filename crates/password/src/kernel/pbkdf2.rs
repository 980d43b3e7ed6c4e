//! PBKDF2-HMAC-SHA256 (RFC 8018), the PBKDF2 that nearly everybody uses.
//!
//! HMAC's two keyed states are kept, and each iteration is two compressions of one block: a quarter less time than an
//! HMAC made anew from its parts. The compression is the crate's, with the processor's own instructions where there are.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256, block_api::compress256};

const BLOCK_BYTES: usize = 64;
const DIGEST_BYTES: usize = 32;
/// FIPS 180-4 §5.3.3.
const INITIAL: State =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

type State = [u32; 8];

/// Fills `out` with the key that `password` gives.
pub(crate) fn pbkdf2_sha256(password: &[u8], salt: &[u8], iterations: u32, out: &mut [u8]) {
    let key = key_block(password);
    let [inner, outer] = [0x36, 0x5c].map(|pad| compressed(INITIAL, &key.map(|byte| byte ^ pad)));
    for (number, part) in (1_u32..).zip(out.chunks_mut(DIGEST_BYTES)) {
        let first = first_digest(&key, salt, number);
        let mut sum = first;
        // One block with the digest of the step before, the bit that ends it, and the length of key and digest in bits.
        let mut block = [0; BLOCK_BYTES];
        let (digest, padding) = block.split_at_mut(DIGEST_BYTES);
        digest.copy_from_slice(&first);
        padding.copy_from_slice(&PADDING);
        for _ in 1..iterations {
            for keyed in [inner, outer] {
                write_digest(compressed(keyed, &block), &mut block);
            }
            sum.iter_mut().zip(&block).for_each(|(sum, byte)| *sum ^= byte);
        }
        part.iter_mut().zip(sum).for_each(|(byte, sum)| *byte = sum);
    }
}

/// What follows a digest in the second block of an HMAC.
const PADDING: [u8; BLOCK_BYTES - DIGEST_BYTES] = {
    let mut padding = [0; BLOCK_BYTES - DIGEST_BYTES];
    padding[0] = 0x80;
    padding[30] = 0x03;
    padding
};

/// The key of HMAC (RFC 2104 §2): as it is, or its digest if it is longer than a block.
fn key_block(password: &[u8]) -> [u8; BLOCK_BYTES] {
    let mut key = [0; BLOCK_BYTES];
    let digest;
    let short = if password.len() > BLOCK_BYTES {
        digest = Sha256::digest(password);
        digest.as_slice()
    } else {
        password
    };
    key.iter_mut().zip(short).for_each(|(byte, from)| *byte = *from);
    key
}

/// U1 of RFC 8018 §5.2.
fn first_digest(key: &[u8; BLOCK_BYTES], salt: &[u8], number: u32) -> [u8; DIGEST_BYTES] {
    let mut mac = Hmac::<Sha256>::new(key.into());
    mac.update(salt);
    mac.update(&number.to_be_bytes());
    mac.finalize().into_bytes().into()
}

fn compressed(mut state: State, block: &[u8; BLOCK_BYTES]) -> State {
    compress256(&mut state, std::slice::from_ref(block));
    state
}

fn write_digest(state: State, block: &mut [u8; BLOCK_BYTES]) {
    for (bytes, word) in block.as_chunks_mut().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
}
