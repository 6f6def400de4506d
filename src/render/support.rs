//! The letter to a provider's Support, for groups that only they remove.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use super::escape::terminal;
use super::style::count;
use crate::ids::{GroupId, GroupName};
use crate::manifest::source::Place;

/// The version of the JSON form.
pub const SUPPORT_REQUEST_VERSION: u32 = 1;

/// A letter to Support.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "scim-sync support request, version 1", extend("$id" = "urn:scim-sync:schema:support-request:1"))]
pub struct SupportRequest {
    /// The version of this format; always 1.
    #[schemars(extend("const" = 1))]
    pub version: u32,
    /// Whom to write to.
    pub to: String,
    /// The provider's name.
    pub title: String,
    /// The account, where the base URL tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The SCIM base URL.
    pub base_url: String,
    /// The day the request was made.
    #[schemars(with = "String")]
    pub as_of: jiff::civil::Date,
    /// What Support is asked to remove.
    pub groups: Vec<GroupRequest>,
}

/// A group to be removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupRequest {
    /// The provider's id.
    pub id: GroupId,
    /// Its name.
    pub name: GroupName,
    /// How many members it has now.
    pub members: usize,
    /// Why it is to go.
    pub why: String,
    /// The manifest line that says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The commit that says so; absent while it is not committed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Since>,
}

/// The commit by which a group is no longer wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Since {
    /// The day.
    pub date: String,
    /// The commit's full name.
    pub commit: String,
    /// Who made it.
    pub author: String,
    /// The first line of its message.
    pub subject: String,
}

impl SupportRequest {
    fn subject(&self) -> String {
        let groups = count(self.groups.len(), "user group", "user groups");
        match &self.account {
            Some(account) => format!("Please remove {groups} made by SCIM (account {account})"),
            None => format!("Please remove {groups} made by SCIM"),
        }
    }

    fn opening(&self) -> String {
        let (these, are) = match self.groups.len() {
            1 => ("This user group was", "is"),
            _ => ("These user groups were", "are"),
        };
        format!(
            "{these} created by SCIM and {are} no longer wanted. {} documents that only \
             Support can remove such groups. Please remove:",
            self.title
        )
    }

    /// A letter that can be sent as it is: headers, an empty line, the text.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let _ = writeln!(out, "To: {}", terminal(&self.to));
        let _ = writeln!(out, "Subject: {}\n", terminal(&self.subject()));
        let _ = writeln!(out, "Hello {} Support,\n", self.title);
        let _ = writeln!(out, "{}\n", filled(&self.opening(), ""));
        for (group, number) in self.groups.iter().zip(1..) {
            let head = format!("{number}. {}", terminal(group.name.as_str()));
            let _ = writeln!(out, "{}", filled(&head, "   "));
            for (what, text) in group.lines() {
                let line = format!("   {what}: {}", terminal(&text));
                let _ = writeln!(out, "{}", filled(&line, "     "));
            }
            out.push('\n');
        }
        if let Some(account) = &self.account {
            let _ = writeln!(out, "Account: {}", terminal(account));
        }
        let _ = writeln!(out, "SCIM base URL: {}", terminal(&self.base_url));
        let _ = writeln!(out, "\nThank you.");
        out
    }

    /// The same for a ticket or a pull request.
    pub fn markdown(&self) -> String {
        let mut out = String::new();
        let _ = writeln!(out, "**To:** {}  ", code(&self.to));
        let _ = writeln!(out, "**Subject:** {}\n", words(&self.subject()));
        let _ = writeln!(out, "{}\n", self.opening());
        for group in &self.groups {
            let _ = writeln!(out, "- {}", code(group.name.as_str()));
            for (what, text) in group.lines() {
                let _ = writeln!(out, "  - {what}: {}", words(&text));
            }
        }
        out.push('\n');
        if let Some(account) = &self.account {
            let _ = writeln!(out, "Account: {}  ", code(account));
        }
        let _ = writeln!(out, "SCIM base URL: {}", code(&self.base_url));
        out
    }
}

impl GroupRequest {
    fn lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = vec![
            ("Identifier", self.id.to_string()),
            (
                "Members now",
                match self.members {
                    0 => "none".to_owned(),
                    members => members.to_string(),
                },
            ),
        ];
        lines.push(match &self.since {
            Some(since) => (
                "Not wanted since",
                format!(
                    "{} (commit {} by {}: {})",
                    since.date,
                    since.commit.get(..7).unwrap_or(&since.commit),
                    since.author,
                    since.subject
                ),
            ),
            None => (
                "Not wanted since",
                "now: the change is not committed yet".to_owned(),
            ),
        });
        let why = match &self.place {
            Some(place) => format!("{} ({place})", self.why),
            None => self.why.clone(),
        };
        lines.push(("Why", why));
        lines
    }
}

/// Letters are read in mail programs that do not wrap.
fn filled(text: &str, indent: &str) -> String {
    let options = textwrap::Options::new(76)
        .subsequent_indent(indent)
        .break_words(false)
        // A URL broken at its slashes cannot be copied.
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::fill(text, options)
}

/// A name as code, whatever backticks are in it.
fn code(text: &str) -> String {
    let text = terminal(text);
    let longest = text
        .split(|c| c != '`')
        .map(str::len)
        .max()
        .unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let space = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{fence}{space}{text}{space}{fence}")
}

/// Foreign words that stay words.
fn words(text: &str) -> String {
    let mut out = String::new();
    for c in terminal(text).chars() {
        if matches!(
            c,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '!' | '@' | '&'
        ) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(name: &str) -> SupportRequest {
        SupportRequest {
            version: SUPPORT_REQUEST_VERSION,
            to: "support@harness.io".to_owned(),
            title: "Harness".to_owned(),
            account: Some("kmpySmUISimoRrJL6NL73w".to_owned()),
            base_url: "https://app.harness.io/gateway/ng/api/scim/account/x".to_owned(),
            as_of: jiff::civil::date(2026, 11, 24),
            groups: vec![GroupRequest {
                id: GroupId::from("auditors"),
                name: GroupName::from(name),
                members: 2,
                why: "declared absent".to_owned(),
                place: None,
                since: None,
            }],
        }
    }

    /// A group's name is foreign text: it must not make headers, links or mentions.
    #[test]
    fn names_stay_names() {
        let text = request("a\nBcc: eve@x.io").text();
        assert!(!text.contains("\nBcc"), "{text}");
        let markdown = request("a`[x](y)` @all").markdown();
        assert!(
            markdown.contains("- `` a`[x](y)` @all ``") || markdown.contains("``a`[x](y)` @all``"),
            "{markdown}"
        );
        assert_eq!(words("<b> @all [x](y)"), "\\<b\\> \\@all \\[x\\](y)");
    }
}
