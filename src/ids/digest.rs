//! What names a content: `sha256:` and its hash in hexadecimal, the form of every fingerprint
//! in a plan, a report and a snapshot.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// The fingerprint of some bytes.
pub fn of(bytes: impl AsRef<[u8]>) -> String {
    written(Sha256::new_with_prefix(bytes))
}

/// The fingerprint of what was hashed piece by piece.
pub fn written(hash: Sha256) -> String {
    let mut text = "sha256:".to_owned();
    for byte in hash.finalize() {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_is_the_published_vector() {
        let abc = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(super::of("abc"), abc);
    }
}
