//! Edits of a file's text at places: entries and list items put in and taken out.
//!
//! Nothing is written anew: every byte that no edit names stays, comments and quotes among
//! them. Whoever edits checks the result by loading it.
//!
//! **Invariants.** Pure. Edits do not overlap; those at one place come in the order they were
//! made. A text written in a way that has no obvious place for an edit is refused, never
//! guessed at.

use std::collections::BTreeMap;
use std::ops::Range;

use super::tree::{Kind, Node};

/// Why a text cannot be edited at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoPlace {
    /// The file is one pair of braces.
    #[error("the whole file is in braces")]
    Braces,
    /// What is to be changed is shared through an alias.
    #[error("it is shared through a YAML alias")]
    Alias,
    /// It is written in some other way without a place for it.
    #[error("it is written in a way that has no place for it")]
    Unusual,
}

/// Edits of one text.
#[derive(Debug)]
pub struct Editor<'t> {
    text: &'t str,
    edits: Vec<(Range<usize>, String)>,
    /// Entries of sections that the text does not have yet.
    sections: BTreeMap<&'static str, Vec<String>>,
}

/// The entry of a mapping with this key.
pub fn field<'t>(mapping: Node<'t>, name: &str) -> Option<(Node<'t>, Node<'t>)> {
    let Kind::Mapping(children) = mapping.kind() else {
        return None;
    };
    let is_named = |key: &Node<'_>| matches!(key.kind(), Kind::Scalar(key) if key.text == name);
    children.pairs().find(|(key, _)| is_named(key))
}

fn is_null(node: Node<'_>) -> bool {
    matches!(node.kind(), Kind::Scalar(scalar) if scalar.is_null())
}

fn start(node: Node<'_>) -> usize {
    node.span().start as usize
}

impl<'t> Editor<'t> {
    /// No edits of this text yet.
    pub fn new(text: &'t str) -> Self {
        Self {
            text,
            edits: Vec::new(),
            sections: BTreeMap::new(),
        }
    }

    /// Whether anything is to be changed.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty() && self.sections.is_empty()
    }

    /// Puts an entry into a section of the file, after the one that sorts before it. `above`
    /// becomes a comment line.
    ///
    /// # Errors
    /// When the section has no place for it.
    pub fn add_entry(
        &mut self,
        root: Node<'t>,
        section: &'static str,
        (key, name): (&str, &str),
        value: &str,
        above: Option<&str>,
    ) -> Result<(), NoPlace> {
        let Some((section_key, entries)) = field(root, section) else {
            let comment = above.map_or(String::new(), |above| format!("  # {above}\n"));
            let line = format!("{comment}  {key}: {value}\n");
            return self.add_to_new_section(root, section, line);
        };
        if entries.is_alias() {
            return Err(NoPlace::Alias);
        }
        if root.is_flow() {
            return Err(NoPlace::Braces);
        }
        let Kind::Mapping(children) = entries.kind() else {
            return match is_null(entries) {
                true => self.first_entry(section_key, entries, key, value, above),
                false => Err(NoPlace::Unusual),
            };
        };
        let pairs: Vec<_> = children.pairs().collect();
        let Some((first, _)) = pairs.first() else {
            return self.first_entry(section_key, entries, key, value, above);
        };
        let before = |(other, _): &&(Node<'_>, Node<'_>)| matches!(other.kind(), Kind::Scalar(other) if other.text < name);
        let is_sorted = pairs.is_sorted_by_key(|(key, _)| match key.kind() {
            Kind::Scalar(key) => key.text,
            Kind::Sequence(_) | Kind::Mapping(_) => "",
        });
        let after = match is_sorted {
            true => pairs.iter().take_while(before).last(),
            false => pairs.last(),
        };
        if entries.is_flow() {
            match after {
                Some((key_before, value_before)) => {
                    let at = self.content_end(*key_before, *value_before);
                    self.insert(at, format!(", {key}: {value}"));
                }
                None => self.insert(start(*first), format!("{key}: {value}, ")),
            }
            return Ok(());
        }
        let indent = self.column(start(*first));
        let at = match after {
            Some((key, value)) => self.line_after(self.content_end(*key, *value)),
            None => self.line_after(section_key.span().end as usize),
        };
        let indent = " ".repeat(indent);
        let comment = above.map_or(String::new(), |above| format!("{indent}# {above}\n"));
        self.insert(at, format!("{comment}{indent}{key}: {value}\n"));
        Ok(())
    }

    /// The first entry of a section that is there and empty.
    fn first_entry(
        &mut self,
        section: Node<'t>,
        nothing: Node<'t>,
        key: &str,
        value: &str,
        above: Option<&str>,
    ) -> Result<(), NoPlace> {
        let span = nothing.span();
        let range = span.start as usize..span.end as usize;
        if !self.text[range.clone()].trim().is_empty()
            && !self.edits.iter().any(|(other, _)| *other == range)
        {
            self.edits.push((range, String::new()));
        }
        let at = self.line_after((section.span().end as usize).max(span.end as usize));
        let comment = above.map_or(String::new(), |above| format!("  # {above}\n"));
        self.insert(at, format!("{comment}  {key}: {value}\n"));
        Ok(())
    }

    /// Puts a line at the end of a list that is a section of its own.
    ///
    /// # Errors
    /// When the section has no place for it.
    pub fn add_item(
        &mut self,
        root: Node<'t>,
        section: &'static str,
        item: &str,
    ) -> Result<(), NoPlace> {
        let Some((section_key, list)) = field(root, section) else {
            return self.add_to_new_section(root, section, format!("  - {item}\n"));
        };
        if list.is_alias() {
            return Err(NoPlace::Alias);
        }
        if root.is_flow() {
            return Err(NoPlace::Braces);
        }
        let last = match list.kind() {
            Kind::Sequence(items) => items.last(),
            Kind::Scalar(_) if is_null(list) => None,
            Kind::Scalar(_) | Kind::Mapping(_) => return Err(NoPlace::Unusual),
        };
        match last {
            None => {
                let span = list.span();
                let range = span.start as usize..span.end as usize;
                if !self.text[range.clone()].trim().is_empty()
                    && !self.edits.iter().any(|(other, _)| *other == range)
                {
                    self.edits.push((range, String::new()));
                }
                let at = self.line_after((section_key.span().end as usize).max(span.end as usize));
                self.insert(at, format!("  - {item}\n"));
            }
            Some(last) if list.is_flow() => {
                let at = self.trimmed(last.span().end as usize);
                self.insert(at, format!(", {item}"));
            }
            Some(last) => {
                let dash = self.dash(last)?;
                let at = self.line_after(self.trimmed(last.span().end as usize));
                self.insert(at, format!("{}- {item}\n", " ".repeat(dash)));
            }
        }
        Ok(())
    }

    /// Takes items out of a list and puts others in, each after the one that sorts before
    /// it. `name_of` tells what an item is called.
    ///
    /// # Errors
    /// When the list has no place for that.
    pub fn edit_list(
        &mut self,
        owner: (Node<'t>, Node<'t>),
        name: &str,
        change: &ListChange,
        name_of: impl Fn(Node<'t>) -> Option<&'t str>,
    ) -> Result<(), NoPlace> {
        let (owner_key, owner) = owner;
        let added = |change: &ListChange| {
            let added: Vec<&str> = change.add.values().map(String::as_str).collect();
            format!("[{}]", added.join(", "))
        };
        if owner.is_alias() {
            return Err(NoPlace::Alias);
        }
        let Some((key, list)) = field(owner, name) else {
            return self.set_field((owner_key, owner), name, &added(change));
        };
        if list.is_alias() {
            return Err(NoPlace::Alias);
        }
        let items: Vec<Node<'t>> = match list.kind() {
            Kind::Sequence(items) => items.collect(),
            Kind::Scalar(_) if is_null(list) => Vec::new(),
            Kind::Scalar(_) | Kind::Mapping(_) => return Err(NoPlace::Unusual),
        };
        let named: Vec<(Node<'t>, &str)> = items
            .iter()
            .map(|item| (*item, name_of(*item).unwrap_or_default()))
            .collect();
        if named.is_empty() {
            let span = list.span();
            let written = &self.text[span.start as usize..span.end as usize];
            if written.trim().is_empty() {
                let at = self.after_colon(key)?;
                self.insert(at, format!(" {}", added(change)));
            } else {
                self.replace(list, &added(change));
            }
            return Ok(());
        }
        if list.is_flow() {
            self.edit_flow_list(list, &named, change)
        } else {
            self.edit_block_list(key, &named, change)
        }
    }

    fn edit_flow_list(
        &mut self,
        list: Node<'t>,
        named: &[(Node<'t>, &str)],
        change: &ListChange,
    ) -> Result<(), NoPlace> {
        let span = list.span();
        let written = &self.text[span.start as usize..span.end as usize];
        // A comment between items belongs to one of them, and a line cannot be told from here.
        if written.contains('#') {
            return Err(NoPlace::Unusual);
        }
        let slice = |node: Node<'_>| {
            let span = node.span();
            self.text[span.start as usize..self.trimmed(span.end as usize)].to_owned()
        };
        let mut pieces: Vec<(String, String)> = named
            .iter()
            .filter(|(_, name)| !change.remove.iter().any(|gone| gone == name))
            .map(|(node, name)| ((*name).to_owned(), slice(*node)))
            .collect();
        let is_sorted = pieces.is_sorted_by(|(a, _), (b, _)| a <= b);
        for (name, text) in &change.add {
            let at = match is_sorted {
                true => pieces.partition_point(|(other, _)| other < name),
                false => pieces.len(),
            };
            pieces.insert(at, (name.clone(), text.clone()));
        }
        let pieces: Vec<String> = pieces.into_iter().map(|(_, text)| text).collect();
        let whole = match written.contains('\n') {
            false => format!("[{}]", pieces.join(", ")),
            true => {
                let first = start(named[0].0);
                let inner = " ".repeat(self.column(first));
                let line_start = self.text[..span.start as usize]
                    .rfind('\n')
                    .map_or(0, |at| at + 1);
                let line = &self.text[line_start..];
                let outer = " ".repeat(line.len() - line.trim_start_matches(' ').len());
                format!(
                    "[\n{inner}{},\n{outer}]",
                    pieces.join(&format!(",\n{inner}"))
                )
            }
        };
        self.replace(list, &whole);
        Ok(())
    }

    fn edit_block_list(
        &mut self,
        key: Node<'t>,
        named: &[(Node<'t>, &str)],
        change: &ListChange,
    ) -> Result<(), NoPlace> {
        let dash = self.dash(named[0].0)?;
        let gone = |name: &str| change.remove.iter().any(|gone| gone == name);
        for (node, name) in named {
            if gone(name) {
                self.dash(*node)?;
                let from = self.line_start(start(*node));
                let to = self.line_after(self.trimmed(node.span().end as usize));
                self.edits.push((from..to, String::new()));
            }
        }
        if change.add.is_empty() && named.iter().all(|(_, name)| gone(name)) {
            let at = self.after_colon(key)?;
            self.insert(at, " []".to_owned());
        }
        let is_sorted = named.is_sorted_by(|(_, a), (_, b)| a <= b);
        for (name, text) in &change.add {
            let before = match is_sorted {
                true => named
                    .iter()
                    .take_while(|(_, other)| other < &name.as_str())
                    .last(),
                false => named.last(),
            };
            let at = match before {
                Some((node, _)) => self.line_after(self.trimmed(node.span().end as usize)),
                None => self.line_start(start(named[0].0)),
            };
            self.insert(at, format!("{}- {text}\n", " ".repeat(dash)));
        }
        Ok(())
    }

    /// Gives a key of a mapping a value, whether it is there or not.
    ///
    /// # Errors
    /// When the mapping has no place for it.
    pub fn set_field(
        &mut self,
        (owner_key, owner): (Node<'t>, Node<'t>),
        name: &str,
        value: &str,
    ) -> Result<(), NoPlace> {
        if owner.is_alias() {
            return Err(NoPlace::Alias);
        }
        if is_null(owner) {
            let at = self.after_colon(owner_key)?;
            self.insert(at, format!(" {{ {name}: {value} }}"));
            return Ok(());
        }
        let Kind::Mapping(children) = owner.kind() else {
            return Err(NoPlace::Unusual);
        };
        if let Some((key, old)) = field(owner, name) {
            if old.is_alias() {
                return Err(NoPlace::Alias);
            }
            let span = old.span();
            let written = &self.text[span.start as usize..span.end as usize];
            if written.trim().is_empty() {
                let at = self.after_colon(key)?;
                self.insert(at, format!(" {value}"));
            } else if written.starts_with(['|', '>']) {
                return Err(NoPlace::Unusual);
            } else {
                self.replace(old, value);
            }
            return Ok(());
        }
        let pairs: Vec<_> = children.pairs().collect();
        let (Some((first, _)), Some((last_key, last))) = (pairs.first(), pairs.last()) else {
            self.replace(owner, &format!("{{ {name}: {value} }}"));
            return Ok(());
        };
        let end = self.content_end(*last_key, *last);
        if owner.is_flow() {
            self.insert(end, format!(", {name}: {value}"));
        } else {
            let indent = " ".repeat(self.column(start(*first)));
            let at = self.line_after(end);
            self.insert(at, format!("{indent}{name}: {value}\n"));
        }
        Ok(())
    }

    /// Takes a key of a mapping out, if it is there.
    ///
    /// # Errors
    /// When that would leave something that is no mapping.
    pub fn remove_field(&mut self, owner: Node<'t>, name: &str) -> Result<(), NoPlace> {
        if owner.is_alias() {
            return Err(NoPlace::Alias);
        }
        let Kind::Mapping(children) = owner.kind() else {
            return Err(NoPlace::Unusual);
        };
        let pairs: Vec<_> = children.pairs().collect();
        let is_named = |key: &Node<'_>| matches!(key.kind(), Kind::Scalar(key) if key.text == name);
        let Some(at) = pairs.iter().position(|(key, _)| is_named(key)) else {
            return Ok(());
        };
        let (key, value) = pairs[at];
        if pairs.len() == 1 && owner.is_flow() {
            self.replace(owner, "{}");
            return Ok(());
        }
        let end = self.content_end(key, value);
        let range = if !owner.is_flow() {
            // A first key may stand behind the dash of a list.
            if !self.text[self.line_start(start(key))..start(key)]
                .trim()
                .is_empty()
            {
                return Err(NoPlace::Unusual);
            }
            self.line_start(start(key))..self.line_after(end)
        } else if at == 0 {
            start(key)..start(pairs[1].0)
        } else {
            let (key, value) = pairs[at - 1];
            self.content_end(key, value)..end
        };
        let mut others = self.edits.iter();
        if others.any(|(other, _)| other.start < range.end && range.start < other.end) {
            return Err(NoPlace::Unusual); // two edits of one line would meet at a comma
        }
        self.edits.push((range, String::new()));
        Ok(())
    }

    /// The text with all edits made.
    pub fn finish(mut self) -> String {
        self.edits
            .sort_by_key(|(range, _)| (range.start, range.end));
        let mut out = String::with_capacity(self.text.len() + 256);
        let mut at = 0;
        for (range, text) in &self.edits {
            if range.start < at {
                debug_assert!(false, "edits overlap at {}", range.start);
                continue;
            }
            out.push_str(&self.text[at..range.start]);
            if range.start == self.text.len() && !out.is_empty() && !out.ends_with('\n') {
                out.push('\n');
            }
            out.push_str(text);
            at = range.end;
        }
        out.push_str(&self.text[at..]);
        for section in SECTIONS {
            if let Some(lines) = self.sections.get(section) {
                if !out.is_empty() && !out.ends_with('\n') {
                    out.push('\n');
                }
                out.push_str(&format!("\n{section}:\n{}", lines.concat()));
            }
        }
        match self.text.contains("\r\n") {
            true => out.replace("\r\n", "\n").replace('\n', "\r\n"),
            false => out,
        }
    }

    fn add_to_new_section(
        &mut self,
        root: Node<'t>,
        section: &'static str,
        line: String,
    ) -> Result<(), NoPlace> {
        if root.is_flow() {
            return Err(NoPlace::Braces);
        }
        debug_assert!(SECTIONS.contains(&section));
        self.sections.entry(section).or_default().push(line);
        Ok(())
    }

    fn insert(&mut self, at: usize, text: String) {
        self.edits.push((at..at, text));
    }

    fn replace(&mut self, node: Node<'t>, text: &str) {
        let span = node.span();
        let end = self.trimmed(span.end as usize).max(span.start as usize);
        self.edits.push((span.start as usize..end, text.to_owned()));
    }

    /// The offset without the white space before it.
    fn trimmed(&self, end: usize) -> usize {
        self.text[..end].trim_end().len()
    }

    /// Where an entry's last character ends.
    fn content_end(&self, key: Node<'_>, value: Node<'_>) -> usize {
        let end = self.trimmed((value.span().end as usize).max(key.span().end as usize));
        // Of a key without a value, the colon belongs to the entry.
        if is_null(value) && value.span().start == value.span().end {
            return self.text[end..]
                .find(':')
                .map_or(end, |colon| (end + colon + 1).max(end));
        }
        end
    }

    fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// The start of the line after the one that holds `at`.
    fn line_after(&self, at: usize) -> usize {
        self.text[at..]
            .find('\n')
            .map_or(self.text.len(), |newline| at + newline + 1)
    }

    /// How many characters stand before this one in its line.
    fn column(&self, at: usize) -> usize {
        self.text[self.line_start(at)..at].chars().count()
    }

    /// The column of a list item's dash.
    fn dash(&self, item: Node<'_>) -> Result<usize, NoPlace> {
        if item.is_alias() {
            return Err(NoPlace::Alias);
        }
        let line = &self.text[self.line_start(start(item))..start(item)];
        match line.trim() {
            "-" => Ok(line.len() - line.trim_start().len()),
            _ => Err(NoPlace::Unusual),
        }
    }

    fn after_colon(&self, key: Node<'_>) -> Result<usize, NoPlace> {
        let end = key.span().end as usize;
        let rest = &self.text[end..];
        match rest.trim_start_matches([' ', '\t']).starts_with(':') {
            true => Ok(end + rest.find(':').unwrap_or(0) + 1),
            false => Err(NoPlace::Unusual),
        }
    }
}

/// What is put into and taken out of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListChange {
    /// Items to put in: what each is called, and how it is written.
    pub add: BTreeMap<String, String>,
    /// Items to take out, by what they are called.
    pub remove: Vec<String>,
}

impl ListChange {
    /// Whether nothing is to be done.
    pub fn is_empty(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty()
    }
}

/// Sections in the order in which they are added to a file.
const SECTIONS: &[&str] = &["users", "roles", "groupMappings", "groups"];

#[cfg(test)]
mod tests;
