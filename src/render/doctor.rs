//! What an examination found, for a terminal and for machines.

use std::fmt::Write as _;

use owo_colors::OwoColorize as _;
use schemars::JsonSchema;
use serde::Serialize;

use super::escape::terminal;
use super::style::{Colour, Styles, count};
use crate::plan::TargetInfo;

/// The version of the JSON form.
pub const EXAMINATION_VERSION: u32 = 1;

/// Everything that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "scim-sync doctor, version 1", extend("$id" = "urn:scim-sync:schema:doctor:1"))]
pub struct Examination {
    /// The version of this format; always 1.
    #[schemars(extend("const" = 1))]
    pub version: u32,
    /// The service provider.
    pub target: TargetInfo,
    /// Whether nothing failed.
    pub healthy: bool,
    /// What was found, in the order it was looked at.
    pub findings: Vec<Finding>,
}

/// What one look found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// What was looked at.
    pub check: String,
    /// How it is.
    pub verdict: Verdict,
    /// What was found, and why that matters.
    pub found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// It may cause trouble, or could not be looked at.
    Warning,
    /// It will cause trouble.
    Failure,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Verdict::Ok => "ok",
            Verdict::Warning => "warning",
            Verdict::Failure => "failure",
        }
    }
}

impl Examination {
    /// Gathers what was found.
    pub fn new(target: TargetInfo, findings: Vec<Finding>) -> Self {
        Self {
            version: EXAMINATION_VERSION,
            target,
            healthy: findings
                .iter()
                .all(|finding| finding.verdict != Verdict::Failure),
            findings,
        }
    }

    /// One line for each look, its help below it.
    pub fn text(&self, width: usize, colour: Colour) -> String {
        let styles = Styles::new(colour);
        let mut out = String::new();
        let head = format!(
            "Examined {} at {}",
            terminal(&self.target.called()),
            terminal(&self.target.base_url)
        );
        let _ = writeln!(out, "{}\n", head.style(styles.heading));
        let names = self.findings.iter().map(|finding| finding.check.len());
        let names = names.max().unwrap_or_default();
        for finding in &self.findings {
            let style = match finding.verdict {
                Verdict::Ok => styles.add,
                Verdict::Warning => styles.change,
                Verdict::Failure => styles.refused,
            };
            let word = format!("  {:<8}", finding.verdict.word());
            let indent = " ".repeat(12 + names);
            let options = textwrap::Options::new(width.clamp(60, 120))
                .initial_indent(&indent)
                .subsequent_indent(&indent)
                .break_words(false)
                // A URL broken at its slashes cannot be copied.
                .word_separator(textwrap::WordSeparator::AsciiSpace)
                .word_splitter(textwrap::WordSplitter::NoHyphenation);
            let found = textwrap::fill(&terminal(&finding.found), &options);
            let _ = writeln!(
                out,
                "{}{:<names$}  {}",
                word.style(style),
                finding.check,
                found.trim_start()
            );
            if let Some(help) = &finding.help {
                let help = format!("-> {}", terminal(help));
                let _ = writeln!(out, "{}", textwrap::fill(&help, &options));
            }
        }
        let _ = writeln!(out, "\n{}", self.in_short().style(styles.heading));
        out
    }

    /// How many of what.
    pub fn in_short(&self) -> String {
        let number = |verdict| {
            let found = self.findings.iter();
            found.filter(|finding| finding.verdict == verdict).count()
        };
        let (failures, warnings) = (number(Verdict::Failure), number(Verdict::Warning));
        format!(
            "{}, {}, {} ok",
            count(failures, "failure", "failures"),
            count(warnings, "warning", "warnings"),
            number(Verdict::Ok)
        )
    }
}
