//! Source texts and places in them.
//!
//! **Invariants.** A [`Span`] is a byte range of one file of the [`SourceMap`] it was made
//! with, on character boundaries. Lines and columns are counted from 1; a column counts
//! characters, as editors do.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The number of a file in its [`SourceMap`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A byte range of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// Byte offset of the first byte.
    pub start: u32,
    /// Byte offset after the last byte.
    pub end: u32,
}

impl Span {
    /// The span between two byte offsets of a file.
    ///
    /// Files are limited to 64 MiB, so an offset always fits; a larger one is a bug here
    /// and is cut rather than allowed to panic.
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        let cut = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self {
            file,
            start: cut(start),
            end: cut(end.max(start)),
        }
    }

    /// The start of a file, for faults that concern it whole.
    pub fn start_of(file: FileId) -> Self {
        Self::new(file, 0, 0)
    }
}

/// A value and where it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Pairs a value with its place.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// To a schema, a spanned value is the value: the place is not something people write.
impl<T: JsonSchema> JsonSchema for Spanned<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }
    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}

/// A place for people and machines: file, line and column, resolved once so that a plan
/// stays readable without the sources.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct Place {
    /// The file, relative to the manifest's folder, with `/` between folders.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, in characters.
    pub column: u32,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// One file of a manifest.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Relative to the manifest's folder, with `/` between folders.
    pub name: Arc<str>,
    /// Where it was read from; only for messages.
    pub path: PathBuf,
    /// The revision it was read from, if that is not the manifest as it is now.
    pub revision: Option<Arc<str>>,
    /// The text.
    pub text: Arc<str>,
    /// Where every [`STEP`]th line starts: lines in between are counted when one is asked for.
    steps: Arc<[u32]>,
    /// True if every character is one byte, so that a column need not be counted.
    ascii: bool,
}

/// All files of a manifest, in the order of their names after the root.
#[derive(Debug, Clone, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// Adds a file and returns its number.
    pub fn add(&mut self, name: &str, path: &Path, text: impl Into<Arc<str>>) -> FileId {
        let text = text.into();
        let steps = line_starts(&text).step_by(STEP).collect();
        let id = FileId(u32::try_from(self.files.len()).expect("file count is limited"));
        self.files.push(SourceFile {
            name: name.into(),
            path: path.to_owned(),
            revision: None,
            ascii: text.is_ascii(),
            text,
            steps,
        });
        id
    }

    /// Adds all files of another map, marked as those of `revision`, so that one report can
    /// show places of both. The result turns the other map's spans into spans of this one.
    pub fn append(&mut self, other: &SourceMap, revision: &Arc<str>) -> Shift {
        let shift = Shift(u32::try_from(self.files.len()).expect("file count is limited"));
        self.files.extend(other.files.iter().map(|file| SourceFile {
            revision: Some(Arc::clone(revision)),
            ..file.clone()
        }));
        shift
    }

    /// The file with this number.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// All files with their numbers.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        (0..).map(FileId).zip(&self.files)
    }

    /// The text of a span; empty where the span does not belong to its file.
    pub fn text(&self, span: Span) -> &str {
        let text = &self.file(span.file).text;
        text.get(span.start as usize..span.end as usize)
            .unwrap_or_default()
    }

    /// Where a span starts, for people.
    pub fn place(&self, span: Span) -> Place {
        let (line, column) = self.line_and_column(span.file, span.start);
        Place {
            file: Arc::clone(&self.file(span.file).name),
            line,
            column,
        }
    }

    /// The line and column of a byte offset, from 1; columns count characters.
    pub fn line_and_column(&self, file: FileId, offset: u32) -> (u32, u32) {
        let file = self.file(file);
        let offset = file.boundary(offset);
        // The first line starts at 0, so there is always a step at or before the offset.
        let step = file.steps.partition_point(|start| *start <= offset) - 1;
        let from = file.steps[step] as usize;
        let (lines, last) = line_starts(&file.text[from..offset as usize])
            .zip(1..)
            .last()
            .map_or((1, 0), |(start, lines)| (lines, start as usize));
        let line = step * STEP + lines;
        let line_start = from + last;
        let before = &file.text[line_start..offset as usize];
        let column = 1 + if file.ascii {
            before.len()
        } else {
            before.chars().count()
        };
        let count = |number| u32::try_from(number).unwrap_or(u32::MAX);
        (count(line), count(column))
    }
}

/// How many lines a place may be away from one that is known.
const STEP: usize = 64;

/// The byte offset at which each line of a text starts.
fn line_starts(text: &str) -> impl Iterator<Item = u32> {
    let ends = memchr::memchr_iter(b'\n', text.as_bytes());
    let starts = ends.map(|end| u32::try_from(end + 1).expect("files are limited to 4 GiB"));
    std::iter::once(0).chain(starts)
}

/// How far the files of a map moved when they were appended to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shift(u32);

impl Shift {
    /// The same place in the map that was appended to.
    pub fn span(self, span: Span) -> Span {
        Span {
            file: FileId(span.file.0 + self.0),
            ..span
        }
    }
}

impl SourceFile {
    /// The name for people: `people/web.yaml`, and `people/web.yaml@abc1234` where it is the
    /// file of a revision.
    pub fn title(&self) -> Cow<'_, str> {
        match &self.revision {
            None => Cow::Borrowed(&*self.name),
            Some(revision) => Cow::Owned(format!("{}@{revision}", self.name)),
        }
    }

    /// The byte offset at which each line starts.
    pub fn line_starts(&self) -> Vec<u32> {
        line_starts(&self.text).collect()
    }

    /// The nearest character boundary at or before an offset.
    fn boundary(&self, offset: u32) -> u32 {
        let mut at = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        u32::try_from(at).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_not_bytes() {
        let mut sources = SourceMap::default();
        let file = sources.add("a.yaml", Path::new("a.yaml"), "x: 1\nnäme: ä b\n");
        let at = u32::try_from(sources.file(file).text.find('b').unwrap()).unwrap();
        let span = Span {
            file,
            start: at,
            end: at + 1,
        };
        assert_eq!(sources.place(span).to_string(), "a.yaml:2:9");
        assert_eq!(sources.text(span), "b");
    }

    #[test]
    fn a_place_is_found_however_far_down_it_is() {
        let mut sources = SourceMap::default();
        let lines = 3 * STEP + 5;
        let text: String = (1..=lines).map(|line| format!("{line:é>4}\n")).collect();
        let file = sources.add("a.yaml", Path::new("a.yaml"), text.as_str());
        let starts = sources.file(file).line_starts();
        assert_eq!(starts.len(), lines + 1);
        for (start, line) in starts.iter().zip(1..) {
            assert_eq!(sources.line_and_column(file, *start), (line, 1));
        }
        for (start, line) in starts[..lines].iter().zip(1..) {
            let end = start + u32::try_from(text[*start as usize..].find('\n').unwrap()).unwrap();
            assert_eq!(sources.line_and_column(file, end), (line, 5));
        }
        assert_eq!(
            sources.line_and_column(file, u32::MAX).0,
            u32::try_from(lines).unwrap() + 1
        );
    }

    #[test]
    fn an_appended_map_keeps_its_places_and_says_whose_they_are() {
        let mut now = SourceMap::default();
        now.add("a.yaml", Path::new("a.yaml"), "new\n");
        let mut before = SourceMap::default();
        let file = before.add("a.yaml", Path::new("a.yaml"), "older\n");
        let shift = now.append(&before, &"abc1234".into());
        let span = shift.span(Span::new(file, 0, 5));
        assert_eq!(now.text(span), "older");
        assert_eq!(now.file(span.file).title(), "a.yaml@abc1234");
        assert_eq!(now.place(span).to_string(), "a.yaml:1:1");
    }
}
