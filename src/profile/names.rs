//! Names as providers keep them.

use unicode_normalization::UnicodeNormalization as _;

use super::NameModel;

/// Why a provider would not accept a group of this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GroupNameFault {
    /// Nothing of the name is left in the id.
    #[error("nothing of it is left once the id is made of it")]
    EmptyId,
    /// The id is a reserved word.
    #[error("its id would be `{id}`, a reserved word")]
    Reserved {
        /// The id.
        id: String,
    },
    /// The id is too long.
    #[error("its id would have {length} characters, {max} are allowed")]
    TooLong {
        /// How long it would be.
        length: usize,
        /// How long it may be.
        max: usize,
    },
    /// The id starts with a character an id must not start with.
    #[error("its id would be `{id}`, which does not start with a letter or `_`")]
    BadStart {
        /// The id.
        id: String,
    },
}

impl NameModel {
    /// Whether a live display name is what the desired one becomes at this provider.
    ///
    /// The comparison is on what the server is known to keep: NFC, white space collapsed,
    /// characters it may sanitise removed. Anything finer could differ for ever.
    pub fn same_display_name(self, desired: &str, live: &str) -> bool {
        // Almost everybody, and nothing has to be folded for them.
        desired == live
            || match self {
                NameModel::DisplayNameOnly { dropped, .. } => {
                    kept(desired, dropped) == kept(live, dropped)
                }
                NameModel::Full => desired.nfc().eq(live.nfc()),
                NameModel::NotKept => true,
            }
    }
}

impl NameModel {
    /// The name as the server is known to keep it.
    pub fn kept(self, name: &str) -> String {
        match self {
            NameModel::DisplayNameOnly { dropped, .. } => kept(name, dropped),
            NameModel::Full => name.to_owned(),
            NameModel::NotKept => String::new(),
        }
    }
}

fn kept(name: &str, dropped: &[char]) -> String {
    let mut text = String::with_capacity(name.len());
    for word in name.split_whitespace() {
        let mut word = word.nfc().filter(|c| !dropped.contains(c)).peekable();
        if word.peek().is_some() {
            if !text.is_empty() {
                text.push(' ');
            }
            text.extend(word);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_may_sanitise_is_no_difference() {
        let model = NameModel::DisplayNameOnly {
            dropped: &[':', '<'],
            max_chars: 255,
        };
        assert!(model.same_display_name("Ada <Love:lace", "Ada Lovelace"));
        assert!(model.same_display_name("Ada  < Lovelace ", "Ada Lovelace"));
        assert!(model.same_display_name("Jose\u{301} X", "Jos\u{e9} X"));
        assert!(!model.same_display_name("Ada Lovelace", "ada lovelace"));
        assert!(!NameModel::Full.same_display_name("Ada  L", "Ada L"));
    }
}
