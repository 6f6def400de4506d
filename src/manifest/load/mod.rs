//! Finds a manifest, reads its files, and makes one value of them.
//!
//! This is the only part of the manifest that touches the disk (in `disk`), and it does so through
//! [`Files`], so that a git revision or a test can stand in for it.
//!
//! **Invariants.** Only regular files below the root file's folder are read, whatever an
//! include says and wherever a link leads. The result does not depend on the order in which
//! the threads finish or the folder lists its files.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::civil::Date;

use super::decl::{IncludedDecl, Manifest, RootDecl, TargetDecl};
use super::decode::{self, Decoded, Wholeness};
use super::fault::{self, Fault, FaultCode};
use super::source::{FileId, SourceMap, Span};
use super::words::visible;
use super::{lint, merge, syntax, tree};

mod disk;
mod include;

use include::Included;

pub use disk::{DiskFiles, NotFound, find};
pub use include::{FileProblem, Files, Listed, ListedKind, MemoryFiles};

/// The name of a manifest's root file.
pub const ROOT_FILE: &str = "scim-sync.yaml";
/// The most files a manifest may include.
pub const MAX_FILES: usize = 10_000;

/// The most bytes that all files of a manifest may have together.
pub const MAX_TOTAL_BYTES: usize = 512 << 20;

/// What came of loading a manifest.
#[derive(Debug)]
#[must_use = "a manifest may have faults"]
pub struct Loaded {
    /// The manifest, if nothing is wrong with it but warnings.
    pub manifest: Option<Manifest>,
    /// The texts, for drawing the faults.
    pub sources: SourceMap,
    /// Everything found, in reading order.
    pub faults: Vec<Fault>,
    /// What could be understood of a manifest with errors: good for more checks only.
    draft: Option<(Manifest, Wholeness)>,
}

impl Loaded {
    /// Adds what the offline checks find, also where there are faults already, so that one
    /// run shows all of them. `as_of` is the day on which grants are judged.
    pub fn checked(self, as_of: Date) -> Self {
        let found = match self.understood() {
            Some((manifest, wholeness)) => lint::lint(manifest, wholeness, as_of),
            None => Vec::new(),
        };
        self.with_faults(found)
    }

    /// What could be understood, faults or not, and whether that is all there is. With
    /// errors among the faults it is good for more checks only, never for a plan.
    pub fn understood(&self) -> Option<(&Manifest, Wholeness)> {
        match (&self.manifest, &self.draft) {
            (Some(manifest), _) => Some((manifest, Wholeness::Whole)),
            (None, Some((draft, wholeness))) => Some((draft, *wholeness)),
            (None, None) => None,
        }
    }

    /// What could be understood, as in [`Loaded::understood`], with the texts and the faults.
    pub fn into_parts(self) -> (Option<(Manifest, Wholeness)>, SourceMap, Vec<Fault>) {
        let understood = match (self.manifest, self.draft) {
            (Some(manifest), _) => Some((manifest, Wholeness::Whole)),
            (None, draft) => draft,
        };
        (understood, self.sources, self.faults)
    }

    /// The same with more faults, found by somebody who knows more.
    pub fn with_faults(mut self, found: Vec<Fault>) -> Self {
        self.faults.extend(found);
        self.settle();
        self
    }

    /// What the files say, errors or not, as long as nothing of it was lost: for comparing
    /// with, never for acting on.
    pub fn into_whole(self) -> Option<Manifest> {
        match (self.manifest, self.draft) {
            (Some(manifest), _) | (None, Some((manifest, Wholeness::Whole))) => Some(manifest),
            (None, Some((_, Wholeness::Partial)) | None) => None,
        }
    }

    /// Sorts the faults, and takes the manifest away if there are errors.
    fn settle(&mut self) {
        fault::sort(&mut self.faults, &self.sources);
        if fault::has_errors(&self.faults)
            && let Some(manifest) = self.manifest.take()
        {
            self.draft = Some((manifest, Wholeness::Whole));
        }
    }
}

/// Hears of an included file.
pub type Tell<'t> = &'t (dyn Fn(&IncludedDecl) + Sync);

/// A root file that was read, before what it includes is.
pub struct Begun {
    files: DiskFiles,
    name: String,
    root: Result<(Arc<str>, Decoded<RootDecl>), ReadProblem>,
}

impl Begun {
    /// The target, if it is one without a name and nothing in the root file is wrong.
    pub fn target(&self) -> Option<&TargetDecl> {
        let (_, decoded) = self.root.as_ref().ok()?;
        match fault::has_errors(&decoded.faults) {
            true => None,
            false => decoded.decl.target.as_ref(),
        }
    }

    /// Reads the rest of the manifest.
    pub fn finish(self) -> Loaded {
        self.finish_telling(&|_| {})
    }

    /// As [`Begun::finish`], telling of each included file as soon as it is decoded, in any
    /// order and from any thread.
    pub fn finish_telling(self, tell: Tell<'_>) -> Loaded {
        finish(&self.files, &self.name, self.root, tell)
    }
}

/// Loads the manifest whose root file is `path` from the disk.
pub fn load(path: &Path) -> Loaded {
    begin(path).finish()
}

/// Reads the root file `path` of a manifest from the disk.
pub fn begin(path: &Path) -> Begun {
    let folder = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        Some(_) | None => Path::new("."),
    };
    let name = path
        .file_name()
        .map_or_else(|| ROOT_FILE.into(), |name| name.to_string_lossy());
    let files = DiskFiles::new(folder);
    let root = read_root(&files, &name);
    Begun {
        files,
        name: name.into_owned(),
        root,
    }
}

fn read_root(files: &dyn Files, name: &str) -> Result<(Arc<str>, Decoded<RootDecl>), ReadProblem> {
    let text = read(files, name, FileId(0))?;
    let decoded = decode::root(&text, FileId(0));
    Ok((text, decoded))
}

/// Loads the manifest whose root file is called `root_name` from anything that has files.
pub fn load_from(files: &dyn Files, root_name: &str) -> Loaded {
    finish(files, root_name, read_root(files, root_name), &|_| {})
}

fn finish(
    files: &dyn Files,
    root_name: &str,
    root: Result<(Arc<str>, Decoded<RootDecl>), ReadProblem>,
    tell: Tell<'_>,
) -> Loaded {
    let mut sources = SourceMap::default();
    let mut faults = Vec::new();
    let mut wholeness = Wholeness::Whole;

    let (root_text, decoded) = match root {
        Ok(read) => read,
        Err(problem) => {
            sources.add(root_name, &files.path(root_name), problem.text());
            let is_missing = matches!(problem, ReadProblem::File(FileProblem::Missing));
            let mut fault = problem.at(Span::start_of(FileId(0)), root_name, FileId(0));
            if is_missing {
                // Whoever named it looks for it at its path, not in the manifest's folder.
                let path = files.path(root_name);
                let path = path.strip_prefix(".").unwrap_or(&path);
                fault.message = format!("there is no file `{}`", visible(&path.to_string_lossy()));
            }
            return Loaded {
                manifest: None,
                sources,
                faults: vec![fault],
                draft: None,
            };
        }
    };
    sources.add(root_name, &files.path(root_name), root_text);
    faults.extend(decoded.faults);
    wholeness = wholeness.max(decoded.wholeness);

    let (mut includes, include_faults) = include::expand(files, root_name, &decoded.decl.include);
    if !include_faults.is_empty() {
        wholeness = Wholeness::Partial;
    }
    faults.extend(include_faults);
    if let Some(one_too_many) = includes.get(MAX_FILES) {
        faults.push(Fault::error(
            FaultCode::TooLarge,
            one_too_many.span,
            "matches too many files",
            format!(
                "the manifest includes {} files; at most {MAX_FILES} are read",
                includes.len()
            ),
            "include fewer files, or put more into each",
        ));
        wholeness = Wholeness::Partial;
        includes.truncate(MAX_FILES);
    }

    let mut read = read_all(files, &includes, tell);
    if read.is_none() {
        faults.push(Fault::error(
            FaultCode::TooLarge,
            includes
                .first()
                .map_or(Span::start_of(FileId(0)), |one| one.span),
            "the first of too many files",
            format!(
                "the included files have more than {} MiB together",
                MAX_TOTAL_BYTES >> 20
            ),
            "include fewer or smaller files",
        ));
        wholeness = Wholeness::Partial;
        includes.clear();
    }
    let read = read.take().unwrap_or_default();
    let mut declared = Vec::with_capacity(read.len());
    for (include, one) in includes.iter().zip(read) {
        let path = files.path(&include.name);
        match one {
            Ok((text, decoded)) => {
                sources.add(&include.name, &path, text);
                faults.extend(decoded.faults);
                wholeness = wholeness.max(decoded.wholeness);
                declared.push(decoded.decl);
            }
            Err(problem) => {
                let file = sources.add(&include.name, &path, problem.text());
                faults.push(problem.at(include.span, &include.name, file));
                wholeness = Wholeness::Partial;
            }
        }
    }

    let (manifest, duplicates) = merge::merge(decoded.decl, declared, sources.clone());
    faults.extend(duplicates);
    let mut loaded = Loaded {
        manifest: None,
        sources,
        faults,
        draft: None,
    };
    if fault::has_errors(&loaded.faults) {
        loaded.draft = Some((manifest, wholeness));
    } else {
        loaded.manifest = Some(manifest);
    }
    loaded.settle();
    loaded
}

/// A file's text without a byte order mark.
fn read(files: &dyn Files, name: &str, file: FileId) -> Result<Arc<str>, ReadProblem> {
    let bytes = files.read(name).map_err(ReadProblem::File)?;
    if bytes.len() > tree::MAX_FILE_BYTES {
        return Err(ReadProblem::File(FileProblem::TooLarge(bytes.len() as u64)));
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.into()),
        Err(error) => {
            // What is valid keeps its offsets in the lossy text, so the place stays right.
            let fault = syntax::not_utf8(bytes, file, error.valid_up_to());
            let span = fault.primary.span;
            let text = if span.start == span.end {
                // UTF-16, which drawn as UTF-8 helps nobody.
                String::new()
            } else {
                String::from_utf8_lossy(bytes).into_owned()
            };
            Err(ReadProblem::NotUtf8(Box::new(fault), text))
        }
    }
}

enum ReadProblem {
    File(FileProblem),
    NotUtf8(Box<Fault>, String),
}

impl ReadProblem {
    /// The text to draw the fault over.
    fn text(&self) -> String {
        match self {
            ReadProblem::File(_) => String::new(),
            ReadProblem::NotUtf8(_, text) => text.clone(),
        }
    }

    /// The fault, at the include that asked for the file where the file has no text.
    fn at(self, asked: Span, name: &str, file: FileId) -> Fault {
        match self {
            ReadProblem::File(problem) => problem.fault(asked, name),
            ReadProblem::NotUtf8(mut fault, _) => {
                fault.primary.span.file = file;
                *fault
            }
        }
    }
}

type Read = Result<(Arc<str>, Decoded<IncludedDecl>), ReadProblem>;

/// Reads and decodes included files, several at a time; the results are in the files' order.
/// Nothing if the files are too large together: which of them would be read last depends on
/// the threads, so then none is used.
fn read_all(files: &dyn Files, includes: &[Included], tell: Tell<'_>) -> Option<Vec<Read>> {
    let total = AtomicUsize::new(0);
    let one = |index: usize| {
        let file = FileId(u32::try_from(index + 1).unwrap_or(u32::MAX));
        if total.load(Ordering::Relaxed) > MAX_TOTAL_BYTES {
            return Err(ReadProblem::File(FileProblem::Missing));
        }
        let text = read(files, &includes[index].name, file)?;
        total.fetch_add(text.len(), Ordering::Relaxed);
        let decoded = decode::included(&text, file);
        tell(&decoded.decl);
        Ok((text, decoded))
    };
    let workers = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(includes.len())
        .min(8);
    if workers < 2 {
        let results = (0..includes.len()).map(one).collect();
        return (total.into_inner() <= MAX_TOTAL_BYTES).then_some(results);
    }
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done: Vec<(usize, Read)> = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= includes.len() {
                return done;
            }
            done.push((index, one(index)));
        }
    };
    // This thread works along: each one keeps memory of its own.
    let mut results = std::thread::scope(|scope| {
        let others: Vec<_> = (1..workers).map(|_| scope.spawn(work)).collect();
        let mut results = work();
        for other in others {
            match other.join() {
                Ok(mut done) => results.append(&mut done),
                // A panic is a bug here; pass it on instead of losing files.
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        results
    });
    if total.into_inner() > MAX_TOTAL_BYTES {
        return None;
    }
    results.sort_by_key(|(index, _)| *index);
    Some(results.into_iter().map(|(_, result)| result).collect())
}
