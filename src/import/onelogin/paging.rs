//! Where a list of OneLogin's API goes on.
//!
//! developers.onelogin.com, API v2, "Using Query Parameters", and OneLogin's own MCP server
//! (`lib/pagination.js`), read 2026-11-24: the body is a bare array; headers tell the cursor of
//! the next page, URL-encoded, and page numbers. A cursor is sent alone: roles answer 400 to one
//! with other paging arguments, and no list knows an `after_cursor` argument.

use percent_encoding::percent_decode_str;

use crate::scim::http::Paging;

/// A cursor longer than this is no cursor.
const LONGEST: usize = 4096;

/// What follows a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// It was the last one.
    End,
    /// The page at this cursor, which is asked for alone.
    Cursor(String),
    /// The page of this number, asked for as the first one.
    Page(u64),
    /// What is said cannot be followed: why.
    Nowhere(&'static str),
}

/// What follows a page whose headers say this, of the page number that was asked for.
pub(super) fn next(paging: &Paging, asked: u64) -> Next {
    let number = |text: &Option<String>| text.as_ref()?.trim().parse::<u64>().ok();
    let cursor = paging.after_cursor.as_deref().map(str::trim);
    match cursor.filter(|cursor| !cursor.is_empty()) {
        Some(cursor) if cursor.len() > LONGEST => Next::Nowhere("its cursor is too long"),
        Some(cursor) => match percent_decode_str(cursor).decode_utf8() {
            Ok(cursor) => Next::Cursor(cursor.into_owned()),
            Err(_) => Next::Nowhere("its cursor is no text"),
        },
        None => {
            let current = number(&paging.current_page).unwrap_or(asked);
            match number(&paging.total_pages) {
                Some(total) if total > current => Next::Page(current + 1),
                Some(_) | None => Next::End,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(cursor: Option<&str>, current: Option<&str>, total: Option<&str>) -> Paging {
        Paging {
            after_cursor: cursor.map(str::to_owned),
            current_page: current.map(str::to_owned),
            total_pages: total.map(str::to_owned),
            total_count: None,
        }
    }

    #[test]
    fn a_cursor_is_decoded_once() {
        let of = |cursor: &str| next(&headers(Some(cursor), None, None), 1);
        assert_eq!(
            of("eyJpZCI6MX0%3D"),
            Next::Cursor("eyJpZCI6MX0=".to_owned())
        );
        assert_eq!(of("a%252Fb"), Next::Cursor("a%2Fb".to_owned()));
        assert_eq!(of("a+b"), Next::Cursor("a+b".to_owned()));
        assert_eq!(of("100%"), Next::Cursor("100%".to_owned()));
        assert_eq!(of("%ff"), Next::Nowhere("its cursor is no text"));
        assert_eq!(
            of(&"x".repeat(5000)),
            Next::Nowhere("its cursor is too long")
        );
        assert_eq!(of(" "), Next::End);
    }

    #[test]
    fn without_a_cursor_numbers_count() {
        let of = |current, total| next(&headers(None, current, total), 3);
        assert_eq!(of(Some("1"), Some("3")), Next::Page(2));
        assert_eq!(of(Some("3"), Some("3")), Next::End);
        assert_eq!(of(None, Some("4")), Next::Page(4));
        assert_eq!(of(None, None), Next::End);
        assert_eq!(of(Some("x"), Some("y")), Next::End);
    }
}
