//! A plan as one page: nothing is loaded from anywhere, everything can be read without
//! script, and the script only hides what was not asked for.
//!
//! **Invariants.** The policy in the page allows this very style and this very script, by
//! their hashes, and nothing else: a name that got through the escaping could still do
//! nothing. Foreign text is text between tags or in a quoted attribute, and never in the
//! script or the style. The page is written piece by piece.

mod picture;

use std::fmt::Write as _;
use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::Digest as _;

use super::escape::html;
use super::links::Links;
use super::phrase::{Phrase, Piece};
use super::review::{self, Chapter, Grade, Item, Kind, Review, Section};
use super::style::{Mark, count};
use super::text::Detail;
use super::words::{self, Names};
use crate::plan::{Evidence, Plan, Stands};

/// The style of the page.
const STYLE: &str = include_str!("page.css");
/// The script of the page.
const SCRIPT: &str = include_str!("page.js");

/// Items of one kind that a page shows unless asked for all.
const SHORT_ITEMS: usize = 10_000;
/// Items from which on a list is long.
const LONG: usize = 200;
/// Names of one list that a page shows unless asked for all.
const SHORT_NAMES: Names = Names(200);
/// Lines of the manifest linked for one item.
const SHOWN_PLACES: usize = 5;
/// How many bytes are drawn before they are handed over.
const DRAWN: usize = 64 * 1024;
/// What stands between people in an attribute: no name has it once it is escaped.
const BETWEEN: char = '\n';

/// How a plan is drawn.
#[derive(Debug, Clone, Copy)]
pub struct HtmlOptions<'a> {
    /// Where manifest lines can be looked at.
    pub links: Option<&'a Links>,
    /// The plan's fingerprint, which is not that of a redacted copy.
    pub hash: &'a str,
    /// Everything, or long lists cut with a count.
    pub detail: Detail,
}

/// Draws a plan.
pub fn plan(plan: &Plan, options: HtmlOptions<'_>) -> String {
    let mut bytes = Vec::new();
    write(plan, options, &mut bytes).expect("memory takes everything");
    String::from_utf8(bytes).expect("only text was written")
}

/// Draws a plan piece by piece.
///
/// # Errors
/// When `sink` takes no more.
pub fn write(plan: &Plan, options: HtmlOptions<'_>, sink: &mut dyn io::Write) -> io::Result<()> {
    let names = match options.detail {
        Detail::Full => Names::ALL,
        Detail::Short => SHORT_NAMES,
    };
    let review = Review::of(plan, names);
    let mut page = Page {
        out: String::new(),
        sink,
        taken: Ok(()),
        options,
    };
    page.head(plan, &review);
    page.filters(&review);
    page.out.push_str("<main id=\"items\">\n");
    let has_change = !review.change.is_empty();
    let (risks, rest): (Vec<Section<'_>>, Vec<Section<'_>>) = review
        .change
        .into_iter()
        .partition(|section| section.kind.chapter().is_risk());
    page.chapters(risks, &[], "h2");
    if has_change {
        page.out.push_str(&picture::draw(plan));
    }
    let creates = |sections: &[Section<'_>]| {
        sections
            .iter()
            .any(|section| section.kind == Kind::CreateUser)
    };
    let (here, there): (&[String], &[String]) = if creates(&rest) {
        (&review.side_effects, &[])
    } else {
        (&[], &review.side_effects)
    };
    page.chapters(rest, here, "h2");
    page.chapters(review.notices, &[], "h2");
    page.folded(
        "Drift already there, not from this change",
        review.drift,
        there,
    );
    page.folded("Left alone, as nothing declares it", review.unmanaged, &[]);
    page.out.push_str("</main>\n");
    page.foot(plan);
    page.drain();
    page.taken
}

struct Page<'s> {
    out: String,
    sink: &'s mut dyn io::Write,
    /// The first thing that went wrong with the sink.
    taken: io::Result<()>,
    options: HtmlOptions<'s>,
}

impl Page<'_> {
    fn drain(&mut self) {
        if self.taken.is_ok() {
            self.taken = self.sink.write_all(self.out.as_bytes());
        }
        self.out.clear();
    }

    fn head(&mut self, plan: &Plan, review: &Review<'_>) {
        let title = html(&plan.target.called());
        let verdict = &review.verdict;
        let first: String = plan
            .notices_at(Stands::First)
            .map(|notice| {
                let message = inline(&Phrase::message(&notice.message));
                let code = code(notice.code.as_str());
                format!("<p class=\"about\"><strong>Attention</strong> {code}: {message}</p>\n")
            })
            .collect();
        let grade = match verdict.grade {
            Grade::Empty => "empty",
            Grade::Plain => "plain",
            Grade::Attention => "attention",
        };
        let _ = write!(
            self.out,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
             style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"referrer\" content=\"no-referrer\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <title>Plan for {title}: {}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
             <header class=\"top {grade}\">\n<p class=\"kicker\">Plan for {title}</p>\n\
             <h1>{}</h1>\n<p class=\"about\">{}</p>\n<p class=\"about\">{}</p>\n{first}</header>\n",
            hash_of(STYLE),
            hash_of(SCRIPT),
            html(&verdict.text),
            html(&verdict.text),
            code(&plan.target.base_url),
            inline(&review::compared(plan)),
        );
    }

    /// The controls; without script there are none.
    fn filters(&mut self, review: &Review<'_>) {
        let sections = || {
            [
                &review.change,
                &review.notices,
                &review.drift,
                &review.unmanaged,
            ]
            .into_iter()
            .flatten()
        };
        let total: usize = sections().map(|section| section.count).sum();
        if total == 0 {
            return;
        }
        self.out.push_str(
            "<section class=\"filters\" id=\"filters\" aria-label=\"Filters\" hidden>\n\
             <div class=\"fields\">\n\
             <label for=\"search\">Search<input id=\"search\" type=\"search\" autocomplete=\"off\" \
             spellcheck=\"false\"></label>\n\
             <label for=\"person\">Person<input id=\"person\" type=\"search\" list=\"people\" \
             autocomplete=\"off\" spellcheck=\"false\"></label>\n<datalist id=\"people\"></datalist>\n\
             </div>\n<div class=\"kinds\" role=\"group\" aria-label=\"Kinds\">\n",
        );
        for kind in Kind::ALL {
            let number: usize = sections()
                .filter(|section| section.kind == *kind)
                .map(|section| section.count)
                .sum();
            if number > 0 {
                let _ = writeln!(
                    self.out,
                    "<button type=\"button\" class=\"{}\" data-kind=\"{}\" aria-pressed=\"false\">{} \
                     <span class=\"n\">{number}</span></button>",
                    class(kind.mark()),
                    kind.as_str(),
                    kind.plural(),
                );
            }
        }
        self.out.push_str(
            "<button type=\"button\" id=\"clear\" disabled>Show all</button>\n</div>\n\
             <p id=\"shown\" role=\"status\"></p>\n</section>\n",
        );
    }

    fn chapters(&mut self, sections: Vec<Section<'_>>, side_effects: &[String], heading: &str) {
        let mut chapter: Option<Chapter> = None;
        for section in sections {
            let next = section.kind.chapter();
            if chapter != Some(next) {
                self.end(chapter, side_effects);
                let risk = if next.is_risk() { " risk" } else { "" };
                let _ = write!(
                    self.out,
                    "<section class=\"chapter{risk}\">\n<{heading}>{}</{heading}>\n",
                    next.title()
                );
                chapter = Some(next);
            }
            self.section(section);
        }
        self.end(chapter, side_effects);
    }

    fn end(&mut self, chapter: Option<Chapter>, side_effects: &[String]) {
        if chapter == Some(Chapter::People) {
            for told in side_effects {
                let _ = writeln!(self.out, "<p class=\"aside\">{}</p>", html(told));
            }
        }
        if chapter.is_some() {
            self.out.push_str("</section>\n");
        }
    }

    fn folded(&mut self, title: &str, sections: Vec<Section<'_>>, side_effects: &[String]) {
        if sections.is_empty() {
            return;
        }
        let number: usize = sections.iter().map(|section| section.count).sum();
        let _ = writeln!(
            self.out,
            "<details class=\"fold\"><summary>{title} <span class=\"n\">{}</span></summary>",
            count(number, "item", "items")
        );
        self.chapters(sections, side_effects, "h3");
        self.out.push_str("</details>\n");
    }

    fn section(&mut self, section: Section<'_>) {
        let shown = match self.options.detail {
            Detail::Full => section.count,
            Detail::Short => section.count.min(SHORT_ITEMS),
        };
        // What is off the screen is laid out when it comes near; not so in a short list, so
        // that no picture of a usual page lacks anything.
        let long = if shown > LONG { " long" } else { "" };
        let _ = writeln!(self.out, "<ul class=\"items{long}\">");
        for item in section.items.take(shown) {
            self.item(&item);
            if self.out.len() > DRAWN {
                self.drain();
            }
        }
        self.out.push_str("</ul>\n");
        if shown < section.count {
            let _ = writeln!(
                self.out,
                "<p class=\"more\">… and {} more {} (<code>--full</code> shows all)</p>",
                section.count - shown,
                section.kind.plural()
            );
        }
    }

    fn item(&mut self, item: &Item) {
        let _ = write!(
            self.out,
            "<li class=\"{}\" data-kind=\"{}\"",
            class(item.kind.mark()),
            item.kind.as_str()
        );
        if !item.people.is_empty() {
            let people: Vec<String> = item.people.iter().map(|name| html(name)).collect();
            let _ = write!(
                self.out,
                " data-people=\"{}\"",
                people.join(&BETWEEN.to_string())
            );
        }
        let _ = write!(
            self.out,
            "><span class=\"word\"><span aria-hidden=\"true\">{}</span> {}</span><div>",
            symbol(item.kind.mark()),
            item.kind.word()
        );
        if let Some(code) = item.code {
            let _ = write!(self.out, "<span class=\"tag\">{}</span> ", html(code));
        }
        self.out.push_str(&inline(&item.head));
        self.places(&item.evidence);
        for line in &item.lines {
            let _ = write!(self.out, "<p class=\"line\">{}</p>", inline(line));
        }
        if let Some(help) = &item.help {
            let _ = write!(
                self.out,
                "<p class=\"help\"><b>What to do:</b> {}</p>",
                inline(help)
            );
        }
        self.out.push_str("</div></li>\n");
    }

    fn places(&mut self, evidence: &[Evidence]) {
        if evidence.is_empty() {
            return;
        }
        self.out.push_str(" <span class=\"places\">");
        let lines = review::lines(evidence);
        for (at, evidence) in lines.iter().take(SHOWN_PLACES).enumerate() {
            if at > 0 {
                self.out.push_str(", ");
            }
            let revision = match &evidence.revision {
                Some(revision) => format!("@{revision}"),
                None => String::new(),
            };
            let name = html(&format!(
                "{}{revision}:{}",
                evidence.place.file, evidence.place.line
            ));
            match self.options.links.and_then(|links| links.line(evidence)) {
                Some(url) => {
                    let _ = write!(
                        self.out,
                        "<a href=\"{}\" rel=\"noreferrer noopener\">{name}</a>",
                        html(&url)
                    );
                }
                None => self.out.push_str(&name),
            }
        }
        let more = lines.len().saturating_sub(SHOWN_PLACES);
        if more > 0 {
            let _ = write!(self.out, " and {}", count(more, "more line", "more lines"));
        }
        self.out.push_str("</span>");
    }

    fn foot(&mut self, plan: &Plan) {
        self.out.push_str("<footer>\n<dl>\n");
        let used: Vec<Phrase> = plan
            .limits
            .iter()
            .filter(|limit| limit.used > 0)
            .map(words::limit)
            .collect();
        if !used.is_empty() {
            let _ = writeln!(
                self.out,
                "<div><dt>Limits</dt><dd>{}</dd></div>",
                inline(&Phrase::join(used, "; "))
            );
        }
        let _ = writeln!(
            self.out,
            "<div><dt>Plan</dt><dd>{}</dd></div>",
            code(self.options.hash)
        );
        let commit = match self.options.links {
            None => String::new(),
            Some(links) => {
                let name = code(&links.commit);
                match links.commit() {
                    Some(url) => format!(
                        " at <a href=\"{}\" rel=\"noreferrer noopener\">{name}</a>",
                        html(&url)
                    ),
                    None => format!(" at {name}"),
                }
            }
        };
        let _ = writeln!(
            self.out,
            "<div><dt>Manifest</dt><dd>{}{commit}</dd></div>\n\
             <div><dt>Live state</dt><dd>{}</dd></div>",
            code(&plan.inputs.manifest),
            code(&plan.inputs.live),
        );
        for (kind, walk) in [
            ("Users read", &plan.integrity.users),
            ("Groups read", &plan.integrity.groups),
        ] {
            let _ = writeln!(
                self.out,
                "<div><dt>{kind}</dt><dd>{}</dd></div>",
                inline(&review::walked(walk))
            );
        }
        let _ = write!(
            self.out,
            "</dl>\n</footer>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
        );
    }
}

/// What a policy calls a script or a style.
fn hash_of(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(sha2::Sha256::digest(text)))
}

fn code(text: &str) -> String {
    format!("<code>{}</code>", html(text))
}

fn inline(phrase: &Phrase) -> String {
    let mut out = String::new();
    for piece in phrase.pieces() {
        match piece {
            Piece::Words(words) => out.push_str(&html(words)),
            Piece::Loose(text) => out.push_str(&html(text)),
            // Isolated, so that a name in another script does not reorder the sentence.
            Piece::Name(text) | Piece::Quoted(text) => {
                let _ = write!(out, "<bdi class=\"name\">{}</bdi>", html(text));
            }
            Piece::Email(text) | Piece::Value(text) => {
                let _ = write!(out, "<bdi class=\"value\">{}</bdi>", html(text));
            }
        }
    }
    out
}

fn class(mark: Mark) -> &'static str {
    match mark {
        Mark::Add => "add",
        Mark::Change => "change",
        Mark::Remove => "remove",
        Mark::Refused => "refused",
        Mark::Manual => "manual",
        Mark::Note => "note",
    }
}

fn symbol(mark: Mark) -> &'static str {
    match mark {
        Mark::Add => "+",
        Mark::Change => "~",
        Mark::Remove => "−",
        Mark::Refused => "×",
        Mark::Manual => "!",
        Mark::Note => "·",
    }
}
