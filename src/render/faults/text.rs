//! Faults for people, with the source lines underlined.

use std::collections::BTreeMap;
use std::fmt;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError,
    MietteSpanContents, SourceCode, SourceSpan, SpanContents, ThemeCharacters, ThemeStyles,
};

use super::sheet::Sheet;
use super::{summary, word};
use crate::manifest::fault::{Fault, Label, Severity};
use crate::manifest::source::{FileId, Place, SourceMap, Span};
use crate::manifest::words::{count, visible};

/// The most faults drawn with their source; nobody reads more, and `json` has them all.
const MAX_DRAWN: usize = 200;

/// Labels at most so many lines apart share a frame, as miette joins them.
const NEAR: u32 = 3;

/// Whether to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// Plain text.
    Never,
    /// ANSI colours.
    Always,
}

/// Which characters to draw with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glyphs {
    /// Box drawing characters.
    Unicode,
    /// ASCII only, for the frame; names stay as they are.
    Ascii,
}

/// How a text report looks.
#[derive(Debug, Clone, Copy)]
pub struct TextStyle {
    /// The width of the terminal.
    pub width: usize,
    /// Whether to use colours.
    pub color: Color,
    /// Which characters to draw with.
    pub glyphs: Glyphs,
}

/// Draws every fault, then a line that counts them.
pub fn text(faults: &[Fault], sources: &SourceMap, style: TextStyle) -> String {
    let handler = GraphicalReportHandler::new_themed(theme(style))
        .with_width(style.width.max(40))
        // A hyphen is a part of names here, not a place to break them.
        .with_word_splitter(textwrap::WordSplitter::NoHyphenation)
        // A URL or path in two parts cannot be copied.
        .with_word_separator(textwrap::WordSeparator::AsciiSpace)
        .with_break_words(false)
        .with_links(false)
        .without_cause_chain()
        .without_syntax_highlighting()
        .with_context_lines(1);
    let drawn = drawn(faults);
    let sheets = sheets(faults, &drawn, sources);
    let mut out = String::new();
    for index in &drawn {
        let fault = &faults[*index];
        let drawing = Drawing::new(fault, sources, &sheets);
        let mut one = String::new();
        if handler.render_report(&mut one, &drawing).is_err() {
            // A bug in placing labels must not hide the fault itself.
            one = format!("{}\n", drawing.message);
        }
        for line in one.lines() {
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out.push('\n');
    }
    let left = faults.len() - drawn.len();
    if left > 0 {
        out.push_str(&format!(
            "… and {} more; `--format json` lists all of them\n\n",
            count(left, "fault", "faults")
        ));
    }
    out.push_str(&summary(faults, sources));
    out.push('\n');
    out
}

/// Which faults are drawn: all, or, of very many, the errors first.
fn drawn(faults: &[Fault]) -> Vec<usize> {
    let of = |severity| (0..faults.len()).filter(move |index| faults[*index].severity == severity);
    let mut drawn: Vec<usize> = of(Severity::Error)
        .chain(of(Severity::Warning))
        .chain(of(Severity::Notice))
        .take(MAX_DRAWN)
        .collect();
    drawn.sort_unstable();
    drawn
}

fn theme(style: TextStyle) -> GraphicalTheme {
    let characters = match style.glyphs {
        Glyphs::Unicode => ThemeCharacters::unicode(),
        Glyphs::Ascii => ThemeCharacters::ascii(),
    };
    let styles = match style.color {
        Color::Never => ThemeStyles::none(),
        Color::Always => ThemeStyles::ansi(),
    };
    GraphicalTheme { characters, styles }
}

/// The files that will be shown, each prepared once for all faults.
fn sheets<'a>(
    faults: &[Fault],
    drawn: &[usize],
    sources: &'a SourceMap,
) -> BTreeMap<FileId, Sheet<'a>> {
    let mut labels: BTreeMap<FileId, Vec<Span>> = BTreeMap::new();
    let mut secrets: BTreeMap<FileId, Vec<Span>> = BTreeMap::new();
    for fault in faults {
        if let Some(secret) = fault.redact {
            secrets.entry(secret.file).or_default().push(secret);
        }
    }
    for fault in drawn.iter().map(|index| &faults[*index]) {
        for label in labels_of(fault) {
            labels.entry(label.span.file).or_default().push(label.span);
        }
    }
    labels
        .into_iter()
        .map(|(file, labels)| {
            let secrets = secrets.get(&file).map_or(&[][..], Vec::as_slice);
            (file, Sheet::new(sources.file(file), &labels, secrets))
        })
        .collect()
}

fn labels_of(fault: &Fault) -> impl Iterator<Item = &Label> {
    std::iter::once(&fault.primary).chain(&fault.related)
}

/// One fault as miette draws it. All its files are one source to miette, laid end to end
/// with the primary label's first (see [`frames`]); a reading across two is refused, so that
/// each gets a frame of its own.
struct Drawing<'a> {
    code: String,
    severity: Severity,
    message: String,
    help: String,
    labels: Vec<LabeledSpan>,
    parts: Vec<Part<'a>>,
}

struct Part<'a> {
    base: usize,
    name: String,
    sheet: &'a Sheet<'a>,
    /// Where each label starts in the sheet, and where that is in the file: a sheet may
    /// show a line shorter or longer than it is.
    places: Vec<(usize, Place)>,
}

impl<'a> Drawing<'a> {
    fn new(fault: &Fault, sources: &SourceMap, sheets: &'a BTreeMap<FileId, Sheet<'a>>) -> Self {
        let mut drawing = Self {
            code: format!("{}[{}]", word(fault.severity), fault.code),
            severity: fault.severity,
            message: visible(&fault.message).into_owned(),
            help: visible(&fault.help).into_owned(),
            labels: Vec::new(),
            parts: Vec::new(),
        };
        let place = sources.place(fault.primary.span);
        if fault.redact.is_some() {
            drawing.message = format!("{} ({})", drawing.message, visible(&place.to_string()));
            return drawing;
        }
        let labels: Vec<&Label> = labels_of(fault).collect();
        let mut base = 0;
        for group in frames(&labels, sources) {
            let file = labels[group[0]].span.file;
            let sheet = &sheets[&file];
            let mut part = Part {
                base,
                name: visible(&sources.file(file).title()).into_owned(),
                sheet,
                places: Vec::new(),
            };
            for index in group {
                let label = labels[index];
                let (start, end) = sheet.underline(sources.file(file), label.span);
                part.places.push((start, sources.place(label.span)));
                let text = Some(visible(&label.text).into_owned());
                let (offset, length) = (base + start, end - start);
                drawing.labels.push(if index == 0 {
                    LabeledSpan::new_primary_with_span(text, (offset, length))
                } else {
                    LabeledSpan::new(text, offset, length)
                });
            }
            base += sheet.text.len() + 1;
            drawing.parts.push(part);
        }
        drawing
    }
}

/// Which labels go together, the primary one's first: people open the first place they see.
/// Labels of one file whose lines are near share a frame; the rest of that file follows,
/// then the other files by name.
fn frames(labels: &[&Label], sources: &SourceMap) -> Vec<Vec<usize>> {
    let lines: Vec<u32> = labels
        .iter()
        .map(|label| sources.line_and_column(label.span.file, label.span.start).0)
        .collect();
    let line = |index: usize| lines[index];
    let file = labels[0].span.file;
    let mut near = vec![0];
    let mut far: Vec<usize> = (1..labels.len())
        .filter(|index| labels[*index].span.file == file)
        .collect();
    while let Some(at) = far.iter().position(|index| {
        near.iter()
            .any(|known| line(*known).abs_diff(line(*index)) <= NEAR)
    }) {
        near.push(far.remove(at));
    }
    let mut others: BTreeMap<(std::sync::Arc<str>, FileId), Vec<usize>> = BTreeMap::new();
    for (index, label) in labels.iter().enumerate() {
        if label.span.file != file {
            let name = sources.file(label.span.file).name.clone();
            others
                .entry((name, label.span.file))
                .or_default()
                .push(index);
        }
    }
    let mut frames = vec![near];
    if !far.is_empty() {
        frames.push(far);
    }
    frames.extend(others.into_values());
    frames
}

impl fmt::Debug for Drawing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drawing")
            .field("code", &self.code)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Drawing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Drawing<'_> {}

impl Diagnostic for Drawing<'_> {
    fn code<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        Some(Box::new(&self.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Notice => miette::Severity::Advice,
        })
    }

    fn help<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        Some(Box::new(&self.help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        (!self.parts.is_empty()).then_some(self as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

impl SourceCode for Drawing<'_> {
    fn read_span<'b>(
        &'b self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'b> + 'b>, MietteError> {
        let end = span.offset() + span.len();
        let part = self
            .parts
            .iter()
            .find(|part| {
                let range = part.base..=part.base + part.sheet.text.len();
                range.contains(&span.offset()) && range.contains(&end)
            })
            .ok_or(MietteError::OutOfBounds)?;
        let sheet = part.sheet;
        let at = span.offset() - part.base;
        let first = sheet.line(at);
        if before == 0 && after == 0 {
            // Asked for the place in the frame's title, which is the file's, not the sheet's.
            let place = part.places.iter().find(|(start, _)| *start == at);
            let (line, column) = place.map_or((first, 0), |(_, place)| {
                (place.line as usize - 1, place.column as usize - 1)
            });
            let contents = MietteSpanContents::new_named(
                part.name.clone(),
                &sheet.text.as_bytes()[at..end - part.base],
                *span,
                line,
                column,
                1,
            );
            return Ok(Box::new(contents));
        }
        let last = sheet.line(end - part.base);
        let from = first.saturating_sub(before);
        let start = sheet.line_starts[from];
        let stop = sheet
            .line_starts
            .get(last + after + 1)
            .copied()
            .unwrap_or(sheet.text.len());
        let lines = (last + after + 1).min(sheet.line_starts.len()) - from;
        Ok(Box::new(MietteSpanContents::new_named(
            part.name.clone(),
            &sheet.text.as_bytes()[start..stop],
            (part.base + start, stop - start).into(),
            from,
            0,
            lines,
        )))
    }
}
