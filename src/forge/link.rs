//! The `Link` header (RFC 8288): where the next page is. Pure.
//!
//! **Invariants.** The address is not followed: its host must be ours, and only its query is
//! taken, so that no answer sends the token anywhere.

use url::Url;

/// What follows a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// It was the last one.
    None,
    /// The next one, by its query.
    Query(Vec<(String, String)>),
    /// It is said to be at another origin.
    Elsewhere(String),
}

/// Reads the header of an answer that came from `base`.
pub(super) fn next(header: Option<&str>, base: &str) -> Next {
    let Some(address) = header.and_then(address_of_next) else {
        return Next::None;
    };
    // Both forges give whole addresses; a relative one means ours.
    let Some(next) = Url::parse(base)
        .ok()
        .and_then(|base| Some((base.join(address).ok()?, base)))
        .and_then(|(next, base)| (next.origin() == base.origin()).then_some(next))
    else {
        let host: String = address.chars().take(100).collect();
        return Next::Elsewhere(host);
    };
    let query = next.query_pairs();
    Next::Query(
        query
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect(),
    )
}

/// The target of the link whose relation is `next`.
fn address_of_next(header: &str) -> Option<&str> {
    let mut rest = header;
    // An address ends with `>` and cannot hold one, so links are told apart by it.
    while let Some((_, from)) = rest.split_once('<') {
        let (address, after) = from.split_once('>')?;
        let parameters = after.split_once('<').map_or(after, |(before, _)| before);
        let is_next = parameters.split([';', ',']).any(|parameter| {
            let Some((name, value)) = parameter.split_once('=') else {
                return false;
            };
            let relations = value.trim().trim_matches('"');
            name.trim().eq_ignore_ascii_case("rel")
                && relations
                    .split_ascii_whitespace()
                    .any(|relation| relation.eq_ignore_ascii_case("next"))
        });
        if is_next {
            return Some(address.trim());
        }
        rest = after;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://forge.example/api/v4";

    fn pages(query: &[(&str, &str)]) -> Next {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Next::Query(query.iter().map(owned).collect())
    }

    #[test]
    fn only_the_query_of_the_next_page_counts() {
        let header = "<https://forge.example/repositories/1/issues/5/comments?per_page=100&page=2>; rel=\"next\", <https://forge.example/x?page=9>; rel=\"last\"";
        assert_eq!(
            next(Some(header), BASE),
            pages(&[("per_page", "100"), ("page", "2")])
        );
        let other = "<https://forge.example/x?page=1>; rel=\"prev\", <https://forge.example/x?page=3&a=b%20c>; title=\"a\"; REL=next";
        assert_eq!(
            next(Some(other), BASE),
            pages(&[("page", "3"), ("a", "b c")])
        );
        assert_eq!(
            next(Some("</x?page=2>; rel=\"next\""), BASE),
            pages(&[("page", "2")])
        );
    }

    #[test]
    fn no_next_is_the_end() {
        for header in [
            None,
            Some(""),
            Some("<https://forge.example/x?page=1>; rel=\"first\""),
            Some("<https://forge.example/x?page=2"),
            Some("rel=\"next\""),
        ] {
            assert_eq!(next(header, BASE), Next::None, "{header:?}");
        }
    }

    #[test]
    fn another_origin_is_no_page_of_ours() {
        for address in [
            "https://evil.example/api/v4?page=2",
            "http://forge.example/api/v4?page=2",
            "https://forge.example:8443/x?page=2",
            "//evil.example/?page=2",
        ] {
            let header = format!("<{address}>; rel=\"next\"");
            assert_eq!(
                next(Some(&header), BASE),
                Next::Elsewhere(address.to_owned())
            );
        }
    }
}
