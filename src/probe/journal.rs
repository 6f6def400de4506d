//! What a probe made, written down before it is made.
//!
//! **Invariants.** A resource is only ever asked for after its line is in the sink: when the
//! line cannot be written, nothing is sent. Whoever is in the journal was made by this run;
//! nothing else is ever changed or removed. A line cut short by the end of a process means
//! nothing; any other line that cannot be read makes the journal unreadable.

use std::fmt;
use std::io;

use serde::{Deserialize, Serialize};

use super::namespace::{Collection, Namespace};

/// The version of the file's format.
const VERSION: u32 = 1;

/// Where lines go. A line must be safe once `append` has returned.
pub trait Sink: Send {
    /// Adds one line, its line break included.
    ///
    /// # Errors
    /// When it is not certain that the line is kept.
    fn append(&mut self, line: &str) -> io::Result<()>;
}

/// Which resource of a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry(usize);

/// What became of a resource that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// It was asked for, and no answer told its id: it may be there.
    Intended,
    /// It is there.
    Made,
    /// The answer was a resource of another name, or one that was there before, under this id:
    /// whether it was made for
    /// this run nobody can tell.
    Strange,
    /// It is not there: removed, or never made.
    Gone,
}

/// One resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) collection: Collection,
    pub(super) name: String,
    /// Its id, once an answer told it.
    pub(super) id: Option<String>,
    pub(super) standing: Standing,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", deny_unknown_fields)]
enum Line {
    Begin {
        version: u32,
        run: String,
        target: String,
    },
    Intent {
        entry: usize,
        collection: String,
        name: String,
    },
    Made {
        entry: usize,
        id: String,
    },
    Strange {
        entry: usize,
        id: String,
    },
    Gone {
        entry: usize,
    },
}

/// The journal of one run.
pub struct Journal {
    sink: Box<dyn Sink>,
    names: Namespace,
    target: String,
    records: Vec<Record>,
}

/// A journal that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// There is nothing in it: its first line was never written whole.
    #[error("nothing is in it")]
    Empty,
    /// A line is none.
    #[error("line {0} is no line of a probe's journal")]
    Line(usize),
    /// Another version wrote it.
    #[error("it is of version {0}, and this program reads version {VERSION}")]
    Version(u32),
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal")
            .field("target", &self.target)
            .field("records", &self.records)
            .finish_non_exhaustive()
    }
}

impl Journal {
    /// Begins the journal of a run at a target.
    ///
    /// # Errors
    /// When its first line cannot be written.
    pub fn begin(sink: Box<dyn Sink>, names: Namespace, target: &str) -> io::Result<Self> {
        let mut journal = Self {
            sink,
            names,
            target: target.to_owned(),
            records: Vec::new(),
        };
        journal.write(&Line::Begin {
            version: VERSION,
            run: journal.names.run().to_owned(),
            target: target.to_owned(),
        })?;
        Ok(journal)
    }

    /// Goes on with the journal of an earlier run.
    ///
    /// # Errors
    /// When the text is no journal.
    pub fn resume(text: &str, sink: Box<dyn Sink>) -> Result<Self, JournalError> {
        // What is after the last line break was cut short: its request was never sent.
        let whole = text.rfind('\n').map_or("", |at| &text[..=at]);
        let mut lines = whole.lines().enumerate();
        let read = |(number, line): (usize, &str)| {
            serde_json::from_str::<Line>(line).map_err(|_| JournalError::Line(number + 1))
        };
        let (names, target) = match lines.next().map(read).ok_or(JournalError::Empty)?? {
            Line::Begin {
                version: VERSION,
                run,
                target,
            } => (
                Namespace::of_run(&run).ok_or(JournalError::Line(1))?,
                target,
            ),
            Line::Begin { version, .. } => return Err(JournalError::Version(version)),
            Line::Intent { .. } | Line::Made { .. } | Line::Strange { .. } | Line::Gone { .. } => {
                return Err(JournalError::Line(1));
            }
        };
        let mut records: Vec<Record> = Vec::new();
        for (number, line) in lines {
            let wrong = JournalError::Line(number + 1);
            match read((number, line))? {
                Line::Begin { .. } => return Err(wrong),
                Line::Intent {
                    entry,
                    collection,
                    name,
                } => {
                    let collection = Collection::of_path(&collection);
                    match collection {
                        Some(collection) if entry == records.len() && names.owns(&name) => {
                            records.push(Record {
                                collection,
                                name,
                                id: None,
                                standing: Standing::Intended,
                            });
                        }
                        Some(_) | None => return Err(wrong),
                    }
                }
                Line::Made { entry, id } => {
                    let record = records.get_mut(entry).ok_or(wrong)?;
                    record.id = Some(id);
                    record.standing = Standing::Made;
                }
                Line::Strange { entry, id } => {
                    let record = records.get_mut(entry).ok_or(wrong)?;
                    record.id = Some(id);
                    record.standing = Standing::Strange;
                }
                Line::Gone { entry } => {
                    let record = records.get_mut(entry).ok_or(wrong)?;
                    record.standing = Standing::Gone;
                }
            }
        }
        Ok(Self {
            sink,
            names,
            target,
            records,
        })
    }

    /// A journal of a run that makes nothing.
    pub(super) fn unwritten() -> Self {
        struct Nowhere;
        impl Sink for Nowhere {
            fn append(&mut self, _: &str) -> io::Result<()> {
                Err(io::Error::other("this run makes nothing"))
            }
        }
        Self {
            sink: Box::new(Nowhere),
            names: Namespace::new(0, ""),
            target: String::new(),
            records: Vec::new(),
        }
    }

    /// Takes in what a run left whose own journal is lost: it has one of the run's names.
    ///
    /// # Errors
    /// When that cannot be written down, or the name is no name of this run.
    pub fn adopt(&mut self, collection: Collection, name: &str, id: &str) -> io::Result<()> {
        if !self.names.owns(name) {
            return Err(io::Error::other("the name is no name of this run"));
        }
        let entry = self.intend(collection, name)?;
        self.made(entry, id)
    }

    /// The run's names.
    pub fn names(&self) -> &Namespace {
        &self.names
    }

    /// The target the run was at, as plans name it.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// How many resources of a collection were made, whether they are gone or not.
    pub fn made_of(&self, collection: Collection) -> usize {
        let records = self.records.iter();
        records
            .filter(|it| it.collection == collection && it.id.is_some())
            .count()
    }

    /// How many resources of a collection were asked for.
    pub(super) fn asked_for(&self, collection: Collection) -> usize {
        let records = self.records.iter();
        records.filter(|it| it.collection == collection).count()
    }

    /// What nobody can tell the maker of.
    pub(super) fn strange_ones(&self) -> Vec<Entry> {
        let at =
            (0..self.records.len()).filter(|&at| self.records[at].standing == Standing::Strange);
        at.map(Entry).collect()
    }

    /// Whether everything that was made is gone.
    pub fn is_settled(&self) -> bool {
        self.records.iter().all(|it| it.standing == Standing::Gone)
    }

    /// Writes down that a resource of this name is about to be asked for.
    pub(super) fn intend(&mut self, collection: Collection, name: &str) -> io::Result<Entry> {
        let entry = self.records.len();
        self.write(&Line::Intent {
            entry,
            collection: collection.path().to_owned(),
            name: name.to_owned(),
        })?;
        self.records.push(Record {
            collection,
            name: name.to_owned(),
            id: None,
            standing: Standing::Intended,
        });
        Ok(Entry(entry))
    }

    /// Writes down the id of a resource. It counts even if the line cannot be written: this
    /// process still knows it, and another finds it by its name.
    pub(super) fn made(&mut self, entry: Entry, id: &str) -> io::Result<()> {
        let record = &mut self.records[entry.0];
        record.id = Some(id.to_owned());
        record.standing = Standing::Made;
        self.write(&Line::Made {
            entry: entry.0,
            id: id.to_owned(),
        })
    }

    /// Writes down that a create was answered with a resource of another name.
    pub(super) fn strange(&mut self, entry: Entry, id: &str) -> io::Result<()> {
        let record = &mut self.records[entry.0];
        record.id = Some(id.to_owned());
        record.standing = Standing::Strange;
        self.write(&Line::Strange {
            entry: entry.0,
            id: id.to_owned(),
        })
    }

    /// Writes down that a resource is not there.
    pub(super) fn gone(&mut self, entry: Entry) -> io::Result<()> {
        self.records[entry.0].standing = Standing::Gone;
        self.write(&Line::Gone { entry: entry.0 })
    }

    pub(super) fn record(&self, entry: Entry) -> &Record {
        &self.records[entry.0]
    }

    /// What may still be there, groups first and the newest first: a group lets go of its
    /// members before they go.
    pub(super) fn open(&self) -> Vec<Entry> {
        let mut open: Vec<usize> = (0..self.records.len())
            .filter(|&at| match self.records[at].standing {
                Standing::Intended | Standing::Made => true,
                Standing::Strange | Standing::Gone => false,
            })
            .collect();
        open.sort_by_key(|&at| {
            let groups_first = match self.records[at].collection {
                Collection::Groups => 0,
                Collection::Users => 1,
            };
            (groups_first, std::cmp::Reverse(at))
        });
        open.into_iter().map(Entry).collect()
    }

    /// The entry of an id that was ever told to be ours.
    pub(super) fn entry_of(&self, collection: Collection, id: &str) -> Option<Entry> {
        let of = |it: &Record| it.collection == collection && it.id.as_deref() == Some(id);
        self.records.iter().rposition(of).map(Entry)
    }

    /// Whether an id of a collection is known to be ours, and there.
    pub(super) fn knows(&self, collection: Collection, id: &str) -> bool {
        self.records.iter().any(|it| {
            it.collection == collection
                && it.standing == Standing::Made
                && it.id.as_deref() == Some(id)
        })
    }

    fn write(&mut self, line: &Line) -> io::Result<()> {
        let mut text = serde_json::to_string(line).expect("a line has only string keys");
        text.push('\n');
        self.sink.append(&text)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<String>>);

    impl Sink for Paper {
        fn append(&mut self, line: &str) -> io::Result<()> {
            self.0.lock().unwrap().push_str(line);
            Ok(())
        }
    }

    fn names() -> Namespace {
        Namespace::new(0x1234_5678_9abc_def0, "example.com")
    }

    fn written() -> (Journal, String) {
        let paper = Paper::default();
        let mut journal = Journal::begin(Box::new(paper.clone()), names(), "https://x.io").unwrap();
        let a = journal
            .intend(Collection::Users, &names().login("a"))
            .unwrap();
        let b = journal
            .intend(Collection::Users, &names().login("b"))
            .unwrap();
        let g = journal
            .intend(Collection::Groups, &names().group("g"))
            .unwrap();
        journal.made(a, "u-1").unwrap();
        journal.made(g, "g-1").unwrap();
        journal.gone(a).unwrap();
        let _ = b;
        let text = paper.0.lock().unwrap().clone();
        (journal, text)
    }

    #[test]
    fn what_was_written_is_read_back() {
        let (journal, text) = written();
        let read = Journal::resume(&text, Box::<Paper>::default()).unwrap();
        assert_eq!(read.records, journal.records);
        assert_eq!(read.target(), "https://x.io");
        assert_eq!(read.names().run(), names().run());
        assert!(!read.is_settled());
        assert_eq!(read.open(), [Entry(2), Entry(1)]);
        assert!(read.knows(Collection::Groups, "g-1"));
        assert!(!read.knows(Collection::Users, "u-1"), "it is gone");
    }

    /// Cut at any byte, a journal tells what was certain then.
    #[test]
    fn a_torn_line_means_nothing() {
        let (_, text) = written();
        for at in 0..=text.len() {
            let lines = text[..at].matches('\n').count();
            match Journal::resume(&text[..at], Box::<Paper>::default()) {
                Ok(read) => assert_eq!(read.records.len(), lines.saturating_sub(1).min(3)),
                Err(error) => assert_eq!((error, lines), (JournalError::Empty, 0)),
            }
        }
    }

    #[test]
    fn what_is_no_journal_is_refused() {
        let begin =
            "{\"kind\":\"begin\",\"version\":1,\"run\":\"123456789abc\",\"target\":\"t\"}\n";
        for (text, error) in [
            ("", JournalError::Empty),
            ("{}\n", JournalError::Line(1)),
            (
                "{\"kind\":\"begin\",\"version\":2,\"run\":\"123456789abc\",\"target\":\"t\"}\n",
                JournalError::Version(2),
            ),
            (
                // Somebody else's name was never ours to remove.
                &format!(
                    "{begin}{{\"kind\":\"intent\",\"entry\":0,\"collection\":\"Users\",\"name\":\"ada\"}}\n"
                ),
                JournalError::Line(2),
            ),
            (
                &format!("{begin}{{\"kind\":\"made\",\"entry\":0,\"id\":\"u-1\"}}\n"),
                JournalError::Line(2),
            ),
        ] {
            assert_eq!(
                Journal::resume(text, Box::<Paper>::default()).unwrap_err(),
                error,
                "{text}"
            );
        }
    }
}
