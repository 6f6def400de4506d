//! `owners` of roles to lines of a CODEOWNERS file.
//!
//! **Invariants.** Pure. Only the lines between the two marks are ever changed. A file whose
//! roles have owners gets one line; its owners are those of all its roles, sorted.

use std::collections::{BTreeMap, BTreeSet};

use super::decl::Manifest;
use super::source::FileId;

/// The line before ours.
pub const BEGIN: &str = "# BEGIN scim-sync: made of the roles' `owners`, changes here are lost";
/// The line after ours.
pub const END: &str = "# END scim-sync";

/// The lines a manifest asks for, and what whoever reads them should know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owners {
    /// The lines between the marks.
    pub lines: Vec<String>,
    /// Files for which a line says less than the roles do: lowercase sentences.
    pub warnings: Vec<String>,
}

/// The lines for a manifest whose folder is `prefix` in the repository (empty, or with `/` at
/// its end).
pub fn owners(manifest: &Manifest, prefix: &str) -> Owners {
    let mut by_file: BTreeMap<FileId, Vec<(&str, BTreeSet<&str>)>> = BTreeMap::new();
    for (name, role) in &manifest.roles.0 {
        let owners = role.owners.iter().map(|owner| owner.value.as_str());
        by_file
            .entry(name.span.file)
            .or_default()
            .push((name.value.as_str(), owners.collect()));
    }
    let mut made = Owners::default();
    let mut files: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for (file, roles) in by_file {
        let all: BTreeSet<&str> = roles
            .iter()
            .flat_map(|(_, owners)| owners)
            .copied()
            .collect();
        if all.is_empty() {
            continue;
        }
        let name = format!("{prefix}{}", manifest.sources.file(file).name);
        if let Some((other, _)) = roles.iter().find(|(_, owners)| *owners != all) {
            made.warnings.push(format!(
                "`{name}` holds roles of different owners (`{other}` is one): any of them may \
                 approve the whole file; give each role a file of its own"
            ));
        }
        match pattern(&name) {
            Some(pattern) => {
                files.insert(pattern, all);
            }
            None => made.warnings.push(format!(
                "`{name}` has a name that a CODEOWNERS file cannot say; rename it"
            )),
        }
    }
    made.lines = files
        .into_iter()
        .map(|(pattern, owners)| {
            let owners: Vec<&str> = owners.into_iter().collect();
            format!("{pattern} {}", owners.join(" "))
        })
        .collect();
    made
}

/// The path as a pattern for this very file.
fn pattern(name: &str) -> Option<String> {
    let is_special = |c: char| c.is_control() || "*?[]!\\#".contains(c);
    (!name.contains(is_special)).then(|| format!("/{}", name.replace(' ', "\\ ")))
}

/// A CODEOWNERS file with our lines between the marks; at its end if it has none yet.
pub fn merged(existing: &str, owners: &Owners) -> String {
    let mut block = format!("{BEGIN}\n");
    for line in &owners.lines {
        block.push_str(line);
        block.push('\n');
    }
    block.push_str(END);
    block.push('\n');
    let begin = find_line(existing, |line| line.starts_with("# BEGIN scim-sync"));
    let end = find_line(existing, |line| line == END);
    match (begin, end) {
        (Some(begin), Some(end)) if begin.start < end.start => {
            format!(
                "{}{block}{}",
                &existing[..begin.start],
                &existing[end.end..]
            )
        }
        (Some(_) | None, _) if existing.is_empty() => block,
        (Some(_) | None, _) => {
            let gap = if existing.ends_with('\n') {
                "\n"
            } else {
                "\n\n"
            };
            format!("{existing}{gap}{block}")
        }
    }
}

fn find_line(text: &str, is_it: impl Fn(&str) -> bool) -> Option<std::ops::Range<usize>> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if is_it(line.trim_end()) {
            return Some(at..at + line.len());
        }
        at += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_marks_changes() {
        let owners = |line: &str| Owners {
            lines: vec![line.to_owned()],
            warnings: Vec::new(),
        };
        let first = merged("* @everyone\n", &owners("/a @x"));
        assert_eq!(first, format!("* @everyone\n\n{BEGIN}\n/a @x\n{END}\n"));
        let edited = format!("{first}/z @z\n");
        let second = merged(&edited, &owners("/b @y"));
        assert_eq!(
            second,
            format!("* @everyone\n\n{BEGIN}\n/b @y\n{END}\n/z @z\n")
        );
        assert_eq!(merged(&second, &owners("/b @y")), second);
    }

    #[test]
    fn patterns_are_for_one_file() {
        assert_eq!(
            pattern("roles/a b.yaml").as_deref(),
            Some("/roles/a\\ b.yaml")
        );
        assert_eq!(pattern("roles/*.yaml"), None);
    }
}
