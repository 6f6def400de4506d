//! Declarations added to the files of a manifest that is there.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::draft::{Draft, First, Note};
use super::write::{ADDITIVE, mapping_value, person_value, role_remark, role_value, scalar};
use crate::manifest::edit::{Editor, NoPlace, field};
use crate::manifest::source::{FileId, SourceMap};
use crate::manifest::tree::{self, Kind, Node, Tree};
use crate::manifest::words::visible;

/// The files of a manifest, parsed for editing.
#[derive(Debug)]
pub struct Parsed<'t> {
    files: Vec<(Arc<str>, &'t str, Option<Tree<'t>>)>,
}

impl<'t> Parsed<'t> {
    /// Parses every file.
    pub fn new(sources: &'t SourceMap) -> Self {
        let files = sources.files().map(|(id, file)| {
            let tree = tree::parse(&file.text, id).ok();
            (Arc::clone(&file.name), &*file.text, tree)
        });
        Self {
            files: files.collect(),
        }
    }
}

/// Edits of the files of a manifest.
#[derive(Debug)]
pub struct Edits<'t> {
    parsed: &'t Parsed<'t>,
    editors: Vec<Editor<'t>>,
    /// What could not be edited in.
    pub notes: Vec<Note>,
}

impl<'t> Edits<'t> {
    /// No edits yet.
    pub fn new(parsed: &'t Parsed<'t>) -> Self {
        Self {
            parsed,
            editors: parsed
                .files
                .iter()
                .map(|(_, text, _)| Editor::new(text))
                .collect(),
            notes: Vec::new(),
        }
    }

    /// Adds everything of a draft; its notes are not repeated.
    pub fn add(&mut self, draft: &Draft) {
        for (key, person) in &draft.people {
            let above = person.remark.as_deref().map(visible);
            let name = key.as_str();
            self.entry("users", name, &person_value(person), above.as_deref());
        }
        for (name, role) in &draft.roles {
            let above = role_remark(role);
            self.entry("roles", name.as_str(), &role_value(role), Some(&above));
        }
        for mapping in &draft.mappings {
            let at = self.home("groupMappings");
            let (editor, root) = self.at(at);
            let made = match root {
                Some(root) => editor.add_item(root, "groupMappings", &mapping_value(mapping)),
                None => Err(NoPlace::Unusual),
            };
            self.must(made, &format!("the mapping to `{}`", mapping.group), at);
        }
        for name in &draft.additive {
            self.entry("groups", name.as_str(), ADDITIVE, None);
        }
    }

    fn entry(&mut self, section: &'static str, name: &str, value: &str, above: Option<&str>) {
        let at = self.home(section);
        let (editor, root) = self.at(at);
        let key = scalar(name);
        let made = match root {
            Some(root) => editor.add_entry(root, section, (&key, name), value, above),
            None => Err(NoPlace::Unusual),
        };
        self.must(made, &format!("`{name}` of `{section}`"), at);
    }

    /// Notes an edit that has no place.
    pub(super) fn must(&mut self, made: Result<(), NoPlace>, what: &str, file: usize) {
        if let Err(why) = made {
            self.notes.push(Note {
                first: First::Changes,
                subject: what.to_owned(),
                message: format!(
                    "cannot be edited in `{}`: {why}; write it by hand",
                    self.parsed.files[file].0
                ),
            });
        }
    }

    /// The editor and the root node of a file.
    pub(super) fn at(&mut self, file: usize) -> (&mut Editor<'t>, Option<Node<'t>>) {
        let parsed: &'t Parsed<'t> = self.parsed;
        let root = parsed.files[file].2.as_ref().map(Tree::root);
        (&mut self.editors[file], root)
    }

    /// The position of a file.
    pub(super) fn file(&self, id: FileId) -> usize {
        id.0 as usize
    }

    /// Where a section is at home: the file with the most entries of it, else the root.
    fn home(&self, section: &str) -> usize {
        let entries = |tree: &Tree<'_>| match field(tree.root(), section).map(|(_, it)| it.kind()) {
            Some(Kind::Mapping(children)) => children.count() / 2,
            Some(Kind::Sequence(children)) => children.count(),
            Some(Kind::Scalar(_)) | None => 0,
        };
        let counted = self
            .parsed
            .files
            .iter()
            .map(|(_, _, tree)| tree.as_ref().map_or(0, entries));
        // The first of equals, which is the root if nobody has any.
        let best = counted
            .enumerate()
            .max_by_key(|(at, count)| (*count, std::cmp::Reverse(*at)));
        best.map_or(0, |(at, _)| at)
    }

    /// The new text of each file that changes, and what could not be edited.
    pub fn finish(self) -> (BTreeMap<Arc<str>, String>, Vec<Note>) {
        let files = self.parsed.files.iter().zip(self.editors);
        let changed = files
            .filter(|(_, editor)| !editor.is_empty())
            .map(|((name, _, _), editor)| (Arc::clone(name), editor.finish()))
            .collect();
        (changed, self.notes)
    }
}
