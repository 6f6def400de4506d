//! Include globs to the names of files.
//!
//! **Invariants.** Names are relative to the root file's folder, with `/` between folders,
//! sorted, each once, never the root itself. A glob that could lead out of the folder is a
//! fault before anything is listed.

use std::collections::BTreeMap;
use std::path::PathBuf;

use globset::{GlobBuilder, GlobMatcher};

use crate::manifest::fault::{Fault, FaultCode};
use crate::manifest::source::{Span, Spanned};
use crate::manifest::tree;
use crate::manifest::words::{closest, quoted};

/// Where the files of a manifest are: a folder, a git revision, a test.
pub trait Files: Sync {
    /// The files below a folder (`""` is the root file's own), at most `depth` folders
    /// down, in any order. Hidden bookkeeping folders (`.git`, `.scim-sync`) are left out.
    fn list(&self, folder: &str, depth: Option<usize>) -> Result<Vec<Listed>, FileProblem>;

    /// A file's bytes.
    fn read(&self, name: &str) -> Result<Vec<u8>, FileProblem>;

    /// What to call a file when speaking to people outside the manifest's folder.
    fn path(&self, name: &str) -> PathBuf;
}

/// A file that a listing found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: ListedKind,
}

/// What a listed file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListedKind {
    /// A regular file.
    Regular,
    /// A link to a regular file of the manifest's folder, by the name of that file.
    LinkTo(String),
    /// A link that leads out of the manifest's folder.
    Outside,
    /// A pipe, a socket, a device, a broken link.
    Special,
}

/// Why a file or folder cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileProblem {
    /// It is not there.
    Missing,
    /// A link leads out of the manifest's folder.
    Outside,
    /// It is a pipe, a socket or a device.
    NotRegular,
    /// It has so many bytes.
    TooLarge(u64),
    /// The system says so.
    System(String),
}

impl FileProblem {
    /// The fault, at the place that asked for the file.
    pub fn fault(&self, asked: Span, name: &str) -> Fault {
        let unreadable = |label: &str, message: String, help: &str| {
            Fault::error(FaultCode::Unreadable, asked, label, message, help)
        };
        match self {
            FileProblem::Missing => unreadable(
                "not there",
                format!("there is no file {}", quoted(name)),
                "check the name, or create the file with `scim-sync init`",
            ),
            FileProblem::Outside => outside(asked, name),
            FileProblem::NotRegular => unreadable(
                "not a regular file",
                format!("{} is not a regular file", quoted(name)),
                "use a regular file; pipes, sockets and devices are not read",
            ),
            FileProblem::TooLarge(bytes) => {
                let bytes = usize::try_from(*bytes).unwrap_or(usize::MAX);
                let fault = tree::too_large(asked.file, bytes);
                let mut fault = Fault {
                    message: fault
                        .message
                        .replacen("the file", &quoted(name).to_string(), 1),
                    ..fault
                };
                fault.primary.span = asked;
                fault
            }
            FileProblem::System(reason) => unreadable(
                "cannot be read",
                format!("{} cannot be read: {reason}", quoted(name)),
                "check the file's permissions and try again",
            ),
        }
    }
}

fn outside(asked: Span, name: &str) -> Fault {
    Fault::error(
        FaultCode::OutsideInclude,
        asked,
        "leads out of the manifest's folder",
        format!("{} is not below the manifest's folder", quoted(name)),
        "move or copy the file below the folder of the root file: what a plan is made from \
         must be what was reviewed",
    )
}

/// A file to include, and the glob that asked for it first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Included {
    /// The file's name.
    pub name: String,
    /// The glob in the root file.
    pub span: Span,
}

/// Turns globs into files.
pub fn expand(
    files: &dyn Files,
    root_name: &str,
    globs: &[Spanned<String>],
) -> (Vec<Included>, Vec<Fault>) {
    let mut found: BTreeMap<String, (Span, Option<String>)> = BTreeMap::new();
    let mut faults = Vec::new();
    for glob in globs {
        match matches(files, root_name, glob) {
            Err(fault) => faults.push(*fault),
            Ok(listed) => {
                for one in listed {
                    let real = match one.kind {
                        ListedKind::Regular => None,
                        ListedKind::LinkTo(real) => Some(real),
                        ListedKind::Outside => {
                            faults.push(outside(glob.span, &one.name));
                            continue;
                        }
                        ListedKind::Special => {
                            faults.push(FileProblem::NotRegular.fault(glob.span, &one.name));
                            continue;
                        }
                    };
                    found.entry(one.name).or_insert((glob.span, real));
                }
            }
        }
    }
    // A link and its file are one file: the file's own name wins, then the first link's.
    let mut links: BTreeMap<String, ()> = BTreeMap::new();
    let names: Vec<String> = found.keys().cloned().collect();
    for name in names {
        let Some((_, Some(real))) = found.get(&name) else {
            continue;
        };
        let repeated = found.contains_key(real) || real == root_name;
        if repeated || links.insert(real.clone(), ()).is_some() {
            found.remove(&name);
        }
    }
    let included = found
        .into_iter()
        .map(|(name, (span, _))| Included { name, span })
        .collect();
    (included, faults)
}

/// The files that one glob matches; none is a fault.
fn matches(
    files: &dyn Files,
    root_name: &str,
    glob: &Spanned<String>,
) -> Result<Vec<Listed>, Box<Fault>> {
    let pattern = Pattern::parse(glob)?;
    let listed = match files.list(&pattern.folder, pattern.depth) {
        Ok(listed) => listed,
        Err(FileProblem::Missing) => Vec::new(),
        Err(problem) => return Err(Box::new(problem.fault(glob.span, &pattern.folder))),
    };
    let mut only_root = false;
    let matched: Vec<Listed> = listed
        .iter()
        .filter(|one| pattern.matcher.is_match(&one.name))
        .filter(|one| {
            let root = one.name == root_name;
            only_root |= root;
            !root
        })
        // A glob passes over pipes and sockets; naming one is a mistake.
        .filter(|one| !(pattern.wild && one.kind == ListedKind::Special))
        .cloned()
        .collect();
    if !matched.is_empty() {
        return Ok(matched);
    }
    let help = if only_root {
        "the root file includes itself already; name other files, or remove the include".to_owned()
    } else if let Some(ending) = pattern.other_ending(&listed) {
        format!("did you mean `{ending}`? There are such files")
    } else if let Some(meant) = closest(&glob.value, listed.iter().map(|one| one.name.as_str())) {
        format!("did you mean `{meant}`?")
    } else {
        "create the file, correct the name, or remove the include; names are relative to the \
         root file's folder"
            .to_owned()
    };
    Err(Box::new(Fault::error(
        FaultCode::EmptyInclude,
        glob.span,
        "matches no file",
        format!("the include {} matches no file", quoted(&glob.value)),
        help,
    )))
}

struct Pattern {
    text: String,
    matcher: GlobMatcher,
    /// The folders in front of the first wildcard: nothing else can match.
    folder: String,
    depth: Option<usize>,
    wild: bool,
}

impl Pattern {
    fn parse(glob: &Spanned<String>) -> Result<Self, Box<Fault>> {
        let text = glob.value.strip_prefix("./").unwrap_or(&glob.value);
        let drive = text.as_bytes().get(1) == Some(&b':');
        let absolute = text.starts_with(['/', '\\', '~']) || drive;
        if absolute {
            return Err(Box::new(Fault::error(
                FaultCode::OutsideInclude,
                glob.span,
                "absolute",
                format!("{} is an absolute path", quoted(&glob.value)),
                "write the name relative to the root file's folder, and keep the file below it",
            )));
        }
        if text.split(['/', '\\']).any(|part| part == "..") {
            return Err(Box::new(outside(glob.span, &glob.value)));
        }
        let matcher = Self::matcher(text).map_err(|error| {
            Box::new(Fault::error(
                FaultCode::InvalidValue,
                glob.span,
                error.kind().to_string(),
                format!("{} is not a glob", quoted(&glob.value)),
                "use `*` within a name, `**` for any folders, `{a,b}` for either",
            ))
        })?;
        let parts: Vec<&str> = text.split('/').collect();
        let is_wild = |part: &str| part.contains(['*', '?', '[', '{', '\\']);
        // Braces may span folders, so nothing after a wildcard is taken literally.
        let literal = parts[..parts.len() - 1]
            .iter()
            .take_while(|part| !is_wild(part))
            .count();
        let deep = text.contains("**") || text.contains('{');
        Ok(Self {
            matcher,
            folder: parts[..literal].join("/"),
            depth: (!deep).then_some(parts.len() - literal),
            wild: is_wild(text),
            text: text.to_owned(),
        })
    }

    fn matcher(text: &str) -> Result<GlobMatcher, globset::Error> {
        GlobBuilder::new(text)
            .literal_separator(true)
            .build()
            .map(|glob| glob.compile_matcher())
    }

    /// The glob with `.yml` for `.yaml`, or the reverse, if that matches something.
    fn other_ending(&self, listed: &[Listed]) -> Option<String> {
        let other = if let Some(stem) = self.text.strip_suffix(".yaml") {
            format!("{stem}.yml")
        } else {
            format!("{}.yaml", self.text.strip_suffix(".yml")?)
        };
        let matcher = Self::matcher(&other).ok()?;
        listed
            .iter()
            .any(|one| matcher.is_match(&one.name))
            .then_some(other)
    }
}

/// Files held in memory: for tests, and for texts that come from elsewhere.
#[derive(Debug, Clone, Default)]
pub struct MemoryFiles(pub BTreeMap<String, Vec<u8>>);

impl Files for MemoryFiles {
    fn list(&self, folder: &str, depth: Option<usize>) -> Result<Vec<Listed>, FileProblem> {
        let below = |name: &str| {
            let rest = match folder {
                "" => name,
                folder => name.strip_prefix(folder)?.strip_prefix('/')?,
            };
            depth
                .is_none_or(|depth| rest.split('/').count() <= depth)
                .then(|| name.to_owned())
        };
        let listed = self.0.keys().filter_map(|name| below(name));
        Ok(listed
            .map(|name| Listed {
                name,
                kind: ListedKind::Regular,
            })
            .collect())
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, FileProblem> {
        self.0.get(name).cloned().ok_or(FileProblem::Missing)
    }

    fn path(&self, name: &str) -> PathBuf {
        name.into()
    }
}
