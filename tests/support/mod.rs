//! What several tests need.

use std::path::Path;

/// Compares a text with a file, or writes the file with `BLESS=1`. Read what you bless: the
/// file is what people will see.
pub fn check_golden(path: &Path, actual: &str) {
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, actual).expect("a golden file can be written");
        return;
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    if expected != actual {
        let diff = similar::TextDiff::from_lines(expected.as_str(), actual);
        panic!(
            "{} differs; BLESS=1 accepts it\n{}",
            path.display(),
            diff.unified_diff().header("expected", "actual")
        );
    }
}
