//! Who has what, as a table for a spreadsheet, a page or a ticket.
//!
//! **Invariants.** No cell can become a formula, a tag or markup: foreign text is escaped for
//! each format.

use std::fmt::Write as _;

use super::escape::terminal;
use super::style::count;
use crate::ids::TargetName;
use crate::manifest::decl::UserStatus;
use crate::plan::review::{Review, Row};

const COLUMNS: [&str; 15] = [
    "group", "person", "email", "name", "status", "role", "through", "owners", "since", "commit",
    "author", "until", "reason", "place", "live",
];

/// The cells of a row, in the order of [`COLUMNS`].
fn cells(row: &Row) -> [String; 15] {
    let Row {
        group,
        key,
        email,
        name,
        status,
        role,
        through,
        owners,
        grant,
        until,
        reason,
        live,
    } = row;
    let written = grant.as_ref().and_then(|line| line.written.as_ref());
    let of = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let status = match status {
        None => "not declared",
        Some(UserStatus::Active) => "active",
        Some(UserStatus::Suspended) => "suspended",
        Some(UserStatus::Absent) => "absent",
    };
    [
        group.to_string(),
        of(key.as_ref().map(|key| key.as_str())),
        email.to_string(),
        name.clone(),
        status.to_owned(),
        role.as_ref()
            .map_or_else(|| "none".to_owned(), ToString::to_string),
        of(through.as_ref().map(|role| role.as_str())),
        owners.join(" "),
        of(written.map(|written| written.date.as_str())),
        of(written.map(|written| written.commit.as_str())),
        of(written.map(|written| written.author.as_str())),
        until.map(|until| until.to_string()).unwrap_or_default(),
        of(reason.as_deref()),
        grant
            .as_ref()
            .map(|line| line.place.to_string())
            .unwrap_or_default(),
        live.word().to_owned(),
    ]
}

/// RFC 4180, with cells that a spreadsheet would compute made texts.
pub fn csv(review: &Review) -> String {
    let mut out = COLUMNS.join(",");
    out.push_str("\r\n");
    for row in &review.rows {
        out.push_str(&csv_row(row));
        out.push_str("\r\n");
    }
    out
}

/// The same of several targets, with the target in a first column.
pub fn csv_of_targets(reviews: &[(&TargetName, &Review)]) -> String {
    let mut out = format!("target,{}\r\n", COLUMNS.join(","));
    for (name, review) in reviews {
        for row in &review.rows {
            let _ = write!(out, "{},{}\r\n", csv_cell(name.as_str()), csv_row(row));
        }
    }
    out
}

fn csv_row(row: &Row) -> String {
    let cells: Vec<String> = cells(row).iter().map(|cell| csv_cell(cell)).collect();
    cells.join(",")
}

fn csv_cell(text: &str) -> String {
    // CWE-1236: a leading character of these starts a formula.
    let computes = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    // Whoever prints it on a terminal gets no escape sequence, and no line that runs backwards.
    let text = terminal(text);
    let text = if computes {
        format!("'{text}")
    } else {
        text.into_owned()
    };
    if text.contains(['"', ',', '\n', '\r']) || computes {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

/// A table of GitHub's Markdown, which other renderers take too.
pub fn markdown(review: &Review) -> String {
    let mut out = format!(
        "# {}\n\n{}\n\n",
        title(review),
        markdown_cell(&summary(review))
    );
    let _ = writeln!(out, "| {} |", COLUMNS.join(" | "));
    let _ = writeln!(out, "|{}", "---|".repeat(COLUMNS.len()));
    for row in &review.rows {
        let cells: Vec<String> = cells(row).iter().map(|cell| markdown_cell(cell)).collect();
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
    out
}

fn markdown_cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in terminal(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // An at sign would notify whoever is called so, a hash or scheme link somewhere.
            '@' => out.push_str("&#64;"),
            '#' => out.push_str("&#35;"),
            ':' => out.push_str("&#58;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '!' | '|' | '~' | '$' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// A page by itself: no script, nothing loaded from anywhere.
pub fn html(review: &Review) -> String {
    let title = html_text(&title(review));
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n<p>{}</p>\n<table>\n<thead>\n<tr>",
        html_text(&summary(review))
    );
    for column in COLUMNS {
        let _ = write!(out, "<th scope=\"col\">{column}</th>");
    }
    out.push_str("</tr>\n</thead>\n<tbody>\n");
    for row in &review.rows {
        let class = match (row.role.is_some(), row.live) {
            (false, _) => " class=\"undeclared\"",
            (true, crate::plan::review::LiveStanding::No) => " class=\"missing\"",
            (true, _) => "",
        };
        let _ = write!(out, "<tr{class}>");
        for cell in cells(row) {
            let _ = write!(out, "<td>{}</td>", html_text(&cell));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n</body>\n</html>\n");
    out
}

const STYLE: &str = "body{font:14px/1.4 system-ui,sans-serif;margin:1.5rem;color:#111;background:#fff}\
table{border-collapse:collapse}th,td{border:1px solid #bbb;padding:.25rem .5rem;text-align:left;\
vertical-align:top}thead th{position:sticky;top:0;background:#eee}.undeclared td{background:#fde8e8}\
.missing td{background:#fff6d6}@media(prefers-color-scheme:dark){body{color:#eee;background:#111}\
thead th{background:#333}.undeclared td{background:#4a1c1c}.missing td{background:#443a10}}";

fn html_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in terminal(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

fn title(review: &Review) -> String {
    format!("Access review, {}", review.as_of)
}

fn summary(review: &Review) -> String {
    let undeclared = review.rows.iter().filter(|row| row.role.is_none()).count();
    let people: std::collections::BTreeSet<_> = review.rows.iter().map(|row| &row.email).collect();
    let groups: std::collections::BTreeSet<_> = review.rows.iter().map(|row| &row.group).collect();
    let mut text = format!(
        "{}: {}, {}, {}",
        review.target,
        count(people.len(), "person", "people"),
        count(groups.len(), "group", "groups"),
        count(review.rows.len(), "way in", "ways in"),
    );
    if !review.live_was_read {
        text.push_str("; the live state was not read");
    } else if undeclared > 0 {
        let _ = write!(text, "; {undeclared} live and not declared");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert!(csv_cell(text).starts_with("\"'"), "{text:?}");
        }
        assert_eq!(csv_cell("a,b"), "\"a,b\"");
        assert_eq!(csv_cell("say \"hi\""), "\"say \"\"hi\"\"\"");
        assert_eq!(csv_cell("plain"), "plain");
        assert_eq!(
            csv_cell("a\u{1b}[31m\0\u{202e}b"),
            "a\\u{1b}[31m\\u{0}\\u{202e}b"
        );
    }

    #[test]
    fn no_cell_is_markup() {
        assert_eq!(
            html_text("<a b='\"'>&"),
            "&lt;a b=&#39;&quot;&#39;&gt;&amp;"
        );
        assert_eq!(
            markdown_cell("|a|[x](http://y)<b>"),
            "\\|a\\|\\[x\\]\\(http&#58;//y\\)&lt;b&gt;"
        );
        assert_eq!(markdown_cell("@ada\n#1"), "&#64;ada\\\\n&#35;1");
    }
}
