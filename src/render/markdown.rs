//! A plan as Markdown, for the comment under a pull request: the verdict first, then what is
//! refused, what needs Support, what takes access away; then people and groups; what was
//! there already and what is left alone are folded.
//!
//! **Invariants.** Every foreign text is in a code span, in the target of a link or in words
//! that mean nothing, so that no dialect makes a mention, a link, a picture, a tag or a table
//! of it. The text is no longer than it may be: what does not fit is counted, kind by kind,
//! and the verdict, the refusals and the removals are the last to be cut. Nothing is cut
//! within a line or within `<details>`.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::escape::{markdown_code, markdown_words};
use super::links::Links;
use super::phrase::{Phrase, Piece};
use super::review::{self, Chapter, Item, Kind, Review, Section};
use super::style::count;
use super::text::Detail;
use super::words::{self, Names};
use crate::plan::{Evidence, Plan, Stands};

/// How long a comment may be on GitHub, and so the longest Markdown unless told otherwise.
pub const MAX_BYTES: usize = 65_536;
/// The least that has room for a verdict, the counts of everything and the hashes.
pub const MIN_BYTES: usize = 6_144;

/// How a plan is drawn.
#[derive(Debug, Clone, Copy)]
pub struct MarkdownOptions<'a> {
    /// Where manifest lines can be looked at.
    pub links: Option<&'a Links>,
    /// The plan's fingerprint, which is not that of a redacted copy.
    pub hash: &'a str,
    /// The longest the text may be; at least [`MIN_BYTES`].
    pub max_bytes: usize,
    /// All names of long lists, or the first of them.
    pub detail: Detail,
}

/// Names shown of a long list where nothing is at risk.
const SHORT_NAMES: Names = Names(25);
/// What is tried in turn until everything at risk fits.
const RISK_NAMES: &[Names] = &[Names::ALL, Names(100), Names(20), Names(5), Names(0)];
/// Lines of the manifest linked for one item.
const SHOWN_PLACES: usize = 3;
/// Limits told.
const SHOWN_LIMITS: usize = 5;
/// Longer names are cut.
const LONG_NAME: usize = 200;
/// Longer texts between names are cut.
const LONG_TEXT: usize = 2_000;

/// What a comment's marker may hold as it is.
const MARKER: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b':')
    .remove(b'/')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'-');

/// The first line of a plan for a target, by which its comment is found again:
/// `<!-- scim-sync:plan:TARGET -->`. Whatever the target is called, it is one line and one
/// comment.
pub fn marker(target: &str) -> String {
    let target = utf8_percent_encode(target, MARKER)
        .to_string()
        .replace("--", "-%2D");
    format!("<!-- scim-sync:plan:{target} -->")
}

/// Draws a plan.
pub fn plan(plan: &Plan, options: MarkdownOptions<'_>) -> String {
    let max = options.max_bytes.max(MIN_BYTES);
    let mut last = String::new();
    for names in RISK_NAMES {
        let (text, fit) = draw(plan, options, *names, max);
        match fit {
            Fit::Risks => return text,
            Fit::Cut => last = text,
        }
    }
    last
}

/// Whether everything at risk is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    /// It is.
    Risks,
    /// Some of it is only counted.
    Cut,
}

fn draw(plan: &Plan, options: MarkdownOptions<'_>, risk: Names, max: usize) -> (String, Fit) {
    let names = match options.detail {
        Detail::Full => Names::ALL,
        Detail::Short => SHORT_NAMES,
    };
    let risks = Review::of(plan, risk);
    let rest = Review::of(plan, names);
    let links = options.links;
    let parts = [
        (risks.change, Place::Change, Rank::Risk),
        (rest.change, Place::Change, Rank::Change),
        (risks.drift, Place::Drift, Rank::Risk),
        (rest.drift, Place::Drift, Rank::Drift),
        (rest.notices, Place::Notices, Rank::Notices),
        (rest.unmanaged, Place::Unmanaged, Rank::Unmanaged),
    ];
    let mut blocks: Vec<Block<'_>> = Vec::new();
    for (sections, place, rank) in parts {
        let wanted = sections
            .into_iter()
            .filter(|section| section.kind.chapter().is_risk() == (rank == Rank::Risk));
        blocks.extend(wanted.map(|section| Block::new(section, place, rank, links)));
    }

    let head = head(plan, &rest.verdict.text);
    let foot = foot(plan, options);
    let side_effects: String = rest
        .side_effects
        .iter()
        .map(|told| format!("- **note** {told}\n"))
        .collect();
    // What is written whatever is cut, as if everything were cut.
    let skeleton = assemble(&head, &blocks, &side_effects, &foot);
    let mut room = max.saturating_sub(skeleton.len());
    for rank in Rank::ALL {
        let mut open: Vec<&mut Block<'_>> = blocks
            .iter_mut()
            .filter(|block| block.rank == *rank)
            .collect();
        // In turns, so that one long kind does not push out the others.
        while !open.is_empty() {
            open.retain_mut(|block| block.take(&mut room));
        }
    }
    let cut = blocks
        .iter()
        .any(|block| block.rank == Rank::Risk && block.hidden > 0);
    let text = assemble(&head, &blocks, &side_effects, &foot);
    (text, if cut { Fit::Cut } else { Fit::Risks })
}

/// Where a block stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Change,
    Drift,
    Notices,
    Unmanaged,
}

/// What is kept first when there is not room for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rank {
    Risk,
    Change,
    Notices,
    Drift,
    Unmanaged,
}

impl Rank {
    const ALL: &'static [Rank] = &[
        Rank::Risk,
        Rank::Change,
        Rank::Notices,
        Rank::Drift,
        Rank::Unmanaged,
    ];
}

/// Items of one kind, as far as there is room for them.
struct Block<'a> {
    kind: Kind,
    place: Place,
    rank: Rank,
    items: Box<dyn Iterator<Item = String> + 'a>,
    next: Option<String>,
    text: String,
    /// How many there are.
    total: usize,
    /// How many are not in the text.
    hidden: usize,
}

impl<'a> Block<'a> {
    fn new(section: Section<'a>, place: Place, rank: Rank, links: Option<&'a Links>) -> Self {
        Self {
            kind: section.kind,
            place,
            rank,
            total: section.count,
            hidden: section.count,
            items: Box::new(section.items.map(move |item| draw_item(&item, links))),
            next: None,
            text: String::new(),
        }
    }

    /// Takes the next item if there is room for it; `false` if there is none or it does not
    /// fit.
    fn take(&mut self, room: &mut usize) -> bool {
        let Some(item) = self.next.take().or_else(|| self.items.next()) else {
            return false;
        };
        // With the last item its count of hidden ones goes.
        let freed = if self.hidden == 1 {
            self.tail().len()
        } else {
            0
        };
        if item.len() > *room + freed {
            self.next = Some(item);
            return false;
        }
        *room = *room + freed - item.len();
        self.text.push_str(&item);
        self.hidden -= 1;
        true
    }

    /// How many of the kind are not shown.
    fn tail(&self) -> String {
        match self.hidden {
            0 => String::new(),
            // As long as the longest it can get: it is reserved before anything is taken.
            hidden => format!("- … {hidden} more: {}\n", self.kind.plural()),
        }
    }
}

fn assemble(head: &str, blocks: &[Block<'_>], side_effects: &str, foot: &str) -> String {
    let mut out = head.to_owned();
    let hidden: usize = blocks.iter().map(|block| block.hidden).sum();
    // Beside the creations that set them off, which may all be drift.
    let creates = |place: Place| {
        blocks
            .iter()
            .any(|block| block.place == place && block.kind == Kind::CreateUser)
    };
    let home = if creates(Place::Change) {
        Place::Change
    } else {
        Place::Drift
    };
    for place in [
        Place::Change,
        Place::Notices,
        Place::Drift,
        Place::Unmanaged,
    ] {
        let here: Vec<&Block<'_>> = blocks.iter().filter(|block| block.place == place).collect();
        if here.is_empty() {
            continue;
        }
        let items: usize = here.iter().map(|block| block.total).sum();
        let items = count(items, "item", "items");
        let side_effects = if place == home { side_effects } else { "" };
        match place {
            Place::Change | Place::Notices => {
                chapters(&mut out, &here, side_effects, |title| {
                    format!("\n#### {title}\n\n")
                });
            }
            Place::Drift => {
                let _ = writeln!(
                    out,
                    "\n<details><summary>Drift already there, not from this change: {items}</summary>"
                );
                chapters(&mut out, &here, side_effects, |title| {
                    format!("\n**{title}**\n\n")
                });
                out.push_str("\n</details>\n");
            }
            Place::Unmanaged => {
                let _ = writeln!(
                    out,
                    "\n<details><summary>Left alone, as nothing declares it: {items}</summary>\n"
                );
                chapters(&mut out, &here, "", |_| String::new());
                out.push_str("\n</details>\n");
            }
        }
    }
    if hidden > 0 {
        out.push_str(
            "\nNot everything fits here: `scim-sync plan --full` shows all of it, and so does \
             `scim-sync show PLAN --full` for a saved plan.\n",
        );
    }
    out.push_str(foot);
    out
}

fn chapters(
    out: &mut String,
    blocks: &[&Block<'_>],
    side_effects: &str,
    title: impl Fn(&str) -> String,
) {
    let mut chapter: Option<Chapter> = None;
    for block in blocks {
        let next = block.kind.chapter();
        if chapter != Some(next) {
            if chapter == Some(Chapter::People) {
                out.push_str(side_effects);
            }
            out.push_str(&title(next.title()));
            chapter = Some(next);
        }
        out.push_str(&block.text);
        out.push_str(&block.tail());
    }
    if chapter == Some(Chapter::People) {
        out.push_str(side_effects);
    }
}

fn head(plan: &Plan, verdict: &str) -> String {
    let target = Phrase::new()
        .loose(plan.target.called())
        .words(" at ")
        .name(plan.target.base_url.as_str())
        .words(": ")
        .then(review::compared(plan))
        .words(".");
    let first: String = plan
        .notices_at(Stands::First)
        .map(|notice| {
            let message = inline(&Phrase::message(&notice.message));
            let code = markdown_code(notice.code.as_str());
            format!("\n> **Attention** {code}: {message}\n")
        })
        .collect();
    format!(
        "{}\n### Plan: {verdict}\n\n{}\n{first}",
        marker(&plan.target.base_url),
        inline(&target)
    )
}

fn foot(plan: &Plan, options: MarkdownOptions<'_>) -> String {
    let mut out = "\n---\n\n".to_owned();
    let used: Vec<Phrase> = plan
        .limits
        .iter()
        .filter(|limit| limit.used > 0)
        .map(words::limit)
        .collect();
    if !used.is_empty() {
        let more = used.len().saturating_sub(SHOWN_LIMITS);
        let mut told = Phrase::join(used.into_iter().take(SHOWN_LIMITS), "; ");
        if more > 0 {
            told = told.words(format!("; {more} more"));
        }
        let _ = writeln!(out, "- Limits: {}", inline(&told));
    }
    let _ = writeln!(out, "- Plan: {}", markdown_code(&clipped(options.hash)));
    let commit = options.links.map(|links| {
        let name = markdown_code(&clipped(&links.commit[..links.commit.len().min(10)]));
        match links.commit() {
            Some(url) => format!(" at [{name}]({})", link_target(&url)),
            None => format!(" at {name}"),
        }
    });
    let _ = writeln!(
        out,
        "- Made from: manifest {}{}, live state {}",
        markdown_code(&short_hash(&plan.inputs.manifest)),
        commit.unwrap_or_default(),
        markdown_code(&short_hash(&plan.inputs.live)),
    );
    let walked = Phrase::of("users: ")
        .then(review::walked(&plan.integrity.users))
        .words("; groups: ")
        .then(review::walked(&plan.integrity.groups));
    let _ = writeln!(out, "- Read: {}", inline(&walked));
    out
}

/// `sha256:` and the first twelve digits.
fn short_hash(hash: &str) -> String {
    let end = hash.len().min("sha256:".len() + 12);
    hash.get(..end).unwrap_or(hash).to_owned()
}

fn draw_item(item: &Item, links: Option<&Links>) -> String {
    let mut out = format!("- **{}** ", item.kind.word());
    if let Some(code) = item.code {
        let _ = write!(out, "{}: ", markdown_code(code));
    }
    out.push_str(&inline(&item.head));
    let places = places(&item.evidence, links);
    if !places.is_empty() {
        let _ = write!(out, " ({places})");
    }
    out.push('\n');
    for line in &item.lines {
        let _ = writeln!(out, "  - {}", inline(line));
    }
    if let Some(help) = &item.help {
        let _ = writeln!(out, "  - What to do: {}", inline(help));
    }
    out
}

fn places(evidence: &[Evidence], links: Option<&Links>) -> String {
    let lines = review::lines(evidence);
    let mut told: Vec<String> = Vec::new();
    for evidence in lines.iter().take(SHOWN_PLACES) {
        let revision = match &evidence.revision {
            Some(revision) => format!("@{revision}"),
            None => String::new(),
        };
        let file = clipped(&evidence.place.file);
        let name = markdown_code(&format!("{file}{revision}:{}", evidence.place.line));
        told.push(match links.and_then(|links| links.line(evidence)) {
            Some(url) => format!("[{name}]({})", link_target(&url)),
            None => name,
        });
    }
    let mut told = told.join(", ");
    if let Some(more) = lines
        .len()
        .checked_sub(SHOWN_PLACES)
        .filter(|more| *more > 0)
    {
        let _ = write!(told, " and {}", count(more, "more line", "more lines"));
    }
    told
}

/// A URL where a link's target ends with the first blank or closing bracket.
fn link_target(url: &str) -> String {
    let mut out = String::with_capacity(url.len());
    for c in url.chars() {
        if c.is_ascii_graphic() && !"()<>\\`|*_[]\"'".contains(c) {
            out.push(c);
        } else {
            out.push_str(
                &utf8_percent_encode(c.encode_utf8(&mut [0; 4]), NON_ALPHANUMERIC).to_string(),
            );
        }
    }
    out
}

/// A phrase within a line.
pub(super) fn inline(phrase: &Phrase) -> String {
    let mut out = String::new();
    for piece in phrase.pieces() {
        let drawn = match piece {
            Piece::Words(words) => words.replace('<', "&lt;"),
            Piece::Loose(text) => markdown_words(&cut(text, LONG_TEXT)),
            Piece::Name(text) | Piece::Quoted(text) | Piece::Email(text) | Piece::Value(text) => {
                markdown_code(&clipped(text))
            }
        };
        // Two spans that touch are one.
        if out.ends_with('`') && drawn.starts_with('`') {
            out.push(' ');
        }
        out.push_str(&drawn);
    }
    out
}

/// A name that cannot fill a comment.
fn clipped(text: &str) -> String {
    cut(text, LONG_NAME)
}

fn cut(text: &str, length: usize) -> String {
    match text.char_indices().nth(length) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
