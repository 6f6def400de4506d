//! Addresses that look alike.
//!
//! The table holds the Cyrillic and Greek letters that most fonts draw exactly as a Latin
//! one (a part of Unicode's `confusables.txt`): enough to find a pasted homoglyph, and small
//! enough to read.

use unicode_normalization::UnicodeNormalization as _;

use crate::ids::fold;

const CONFUSABLE: &[(char, char)] = &[
    ('а', 'a'),
    ('в', 'b'),
    ('с', 'c'),
    ('ԁ', 'd'),
    ('е', 'e'),
    ('һ', 'h'),
    ('і', 'i'),
    ('ј', 'j'),
    ('к', 'k'),
    ('ӏ', 'l'),
    ('м', 'm'),
    ('н', 'h'),
    ('о', 'o'),
    ('р', 'p'),
    ('ԛ', 'q'),
    ('ѕ', 's'),
    ('т', 't'),
    ('у', 'y'),
    ('ѵ', 'v'),
    ('ԝ', 'w'),
    ('х', 'x'),
    ('α', 'a'),
    ('ε', 'e'),
    ('ι', 'i'),
    ('κ', 'k'),
    ('ν', 'v'),
    ('ο', 'o'),
    ('ρ', 'p'),
    ('τ', 't'),
    ('υ', 'u'),
    ('χ', 'x'),
    ('ı', 'i'),
    ('ɑ', 'a'),
    ('ɡ', 'g'),
];

/// The compatibility form: full-width letters and ligatures become plain ones.
pub(crate) fn compatible(folded: &str) -> String {
    fold(&folded.nfkc().collect::<String>())
}

/// The text as it looks: letters of other alphabets become the Latin ones they resemble.
pub(super) fn skeleton(compatible: &str) -> String {
    compatible
        .chars()
        .map(|c| {
            CONFUSABLE
                .iter()
                .find(|(foreign, _)| *foreign == c)
                .map_or(c, |(_, latin)| *latin)
        })
        .collect()
}

/// The two alphabets that one part of an address mixes, if it does. Parts are what stands
/// between `@`, `.`, `-`, `_` and `+`: a Cyrillic name at a Latin domain is no mixture.
pub(super) fn mixed_alphabets(email: &str) -> Option<&'static str> {
    email.split(['@', '.', '-', '_', '+']).find_map(|part| {
        let has = |range: &[std::ops::RangeInclusive<char>]| {
            part.chars()
                .any(|c| range.iter().any(|range| range.contains(&c)))
        };
        let latin = has(&['a'..='z', 'A'..='Z']);
        let cyrillic = has(&['\u{400}'..='\u{52f}']);
        let greek = has(&['\u{370}'..='\u{3ff}']);
        match (latin, cyrillic, greek) {
            (true, true, _) => Some("Latin and Cyrillic"),
            (true, false, true) => Some("Latin and Greek"),
            (false, true, true) => Some("Cyrillic and Greek"),
            (true, false, false) | (false, true, false) | (false, false, _) => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn homoglyphs_have_the_skeleton_of_what_they_imitate() {
        assert_eq!(skeleton("аdа@x.io"), "ada@x.io");
        assert_eq!(compatible("ａｄａ@x.io"), "ada@x.io");
        assert_eq!(mixed_alphabets("аda@x.io"), Some("Latin and Cyrillic"));
        assert_eq!(mixed_alphabets("ада@example.com"), None);
        assert_eq!(mixed_alphabets("josé@x.io"), None);
    }
}
