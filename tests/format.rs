//! The one layout: `tests/format/*.yaml` and what `fmt` makes of each, and the laws that
//! hold for every manifest.

mod support;

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use scim_sync::manifest::decl::{Declared, RoleDecl, UserDecl};
use scim_sync::manifest::decode;
use scim_sync::manifest::fault::has_errors;
use scim_sync::manifest::format::{Formatted, WIDTH, format};
use scim_sync::manifest::members::MemberDecl;
use scim_sync::manifest::source::{FileId, SourceMap, Spanned};
use support::check_golden;

const FILE: FileId = FileId(0);

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

#[track_caller]
fn laid_out(text: &str) -> String {
    match format(text) {
        Formatted::LaidOut(text) => text,
        Formatted::LeftAsWritten(reason) => panic!("left as written: {reason}\n{text}"),
    }
}

#[test]
fn every_case_has_its_layout() {
    let mut cases = 0;
    for entry in std::fs::read_dir(folder("tests/format")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let out = match format(&text) {
            Formatted::LaidOut(out) => {
                assert_eq!(laid_out(&out), out, "{} again", path.display());
                out
            }
            Formatted::LeftAsWritten(reason) => format!("left as written: {reason}\n"),
        };
        check_golden(&path.with_extension("out"), &out);
        cases += 1;
    }
    assert!(cases >= 12, "{cases}");
}

/// Whatever else the tests hold in YAML: laid out if it is YAML at all, and stable.
#[test]
fn every_file_of_the_tests_and_examples_can_be_laid_out() {
    let mut tried = 0;
    for root in ["tests/valid", "tests/invalid", "examples"] {
        for entry in walkdir::WalkDir::new(folder(root)) {
            let path = entry.unwrap().into_path();
            let Ok(text) = std::fs::read_to_string(&path) else {
                continue;
            };
            if path.extension().is_none_or(|extension| extension != "yaml")
                || scim_sync::manifest::tree::parse(text.trim_start_matches('\u{feff}'), FILE)
                    .is_err()
            {
                continue;
            }
            let once = laid_out(&text);
            assert_eq!(laid_out(&once), once, "{}", path.display());
            tried += 1;
        }
    }
    assert!(tried > 50, "{tried}");
}

#[test]
fn examples_are_in_the_one_layout() {
    for entry in walkdir::WalkDir::new(folder("examples")) {
        let path = entry.unwrap().into_path();
        if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            let text = std::fs::read_to_string(&path).unwrap();
            check_golden(&path, &laid_out(&text));
        }
    }
}

#[test]
fn no_bracket_is_wider_than_a_line() {
    let members: Vec<String> = (0..40)
        .map(|number| format!("person-{number:02}"))
        .collect();
    let text = format!("roles:\n  all: {{ members: [{}] }}\n", members.join(", "));
    let out = laid_out(&text);
    assert!(out.lines().all(|line| line.len() <= WIDTH), "{out}");
    assert_eq!(out.lines().count(), 43);
}

#[test]
fn what_is_not_yaml_is_left_alone() {
    for text in ["users: [", "a: b: c", "", "# only a comment\n"] {
        assert!(
            matches!(format(text), Formatted::LeftAsWritten(_)),
            "{text:?}"
        );
    }
}

/// A manifest as people write it: any order, any indentation, comments everywhere.
#[derive(Debug, Clone)]
struct Written {
    text: String,
    comments: Vec<String>,
}

/// What a generated manifest is written from.
#[derive(Debug, Clone)]
struct Style {
    indent: usize,
    sections: Vec<usize>,
    seed: Vec<u8>,
}

struct Writer {
    seed: Vec<u8>,
    at: usize,
    text: String,
    comments: Vec<String>,
}

impl Writer {
    /// The next choice below `of`.
    fn choose(&mut self, of: u8) -> u8 {
        let byte = self.seed[self.at % self.seed.len()];
        self.at += 1;
        (byte ^ (self.at / self.seed.len()) as u8) % of
    }

    fn comment(&mut self) -> String {
        let shape = self.choose(4);
        let number = self.comments.len();
        let comment = match shape {
            0 => format!("# c{number}: {{ not: yaml }} # '"),
            1 => format!("# --- c{number} ---"),
            2 => format!("#c{number}"),
            _ => format!("# ünïcode c{number}"),
        };
        self.comments.push(comment.clone());
        comment
    }

    /// Perhaps empty lines and comments above a line.
    fn above(&mut self, indent: usize) {
        for _ in 0..self.choose(3) {
            match self.choose(4) {
                0 => self.text.push('\n'),
                1 => {
                    let comment = self.comment();
                    let off = usize::from(self.choose(8));
                    let column = if off == 7 { 0 } else { indent };
                    self.text.push_str(&format!("{:column$}{comment}\n", ""));
                }
                _ => {}
            }
        }
    }

    /// The end of a line, perhaps with a comment.
    fn end(&mut self) {
        if self.choose(3) == 0 {
            let gap = usize::from(self.choose(4)) + 1;
            let comment = self.comment();
            self.text.push_str(&format!("{:gap$}{comment}", ""));
        }
        self.text.push('\n');
    }

    fn key(&mut self) -> String {
        let keys = [
            "ada",
            "bob",
            "no",
            "1e3",
            "0123",
            "\"q uoted\"",
            "'o''clock'",
            "zoë",
            "x-y.z",
            "李",
        ];
        let key = keys[usize::from(self.choose(10))];
        let more = self.choose(200);
        match key.as_bytes() {
            [b'"' | b'\'', ..] => key.to_owned(),
            _ => format!("{key}{more}"),
        }
    }

    fn keys(&mut self) -> Vec<String> {
        let mut keys: Vec<String> = Vec::new();
        for _ in 0..self.choose(6) + 1 {
            let key = self.key();
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys
    }

    fn user(&mut self, indent: usize, step: usize) {
        let number = self.at;
        match self.choose(3) {
            0 => {
                self.text.push_str(&format!(
                    " {{email: a{number}@example.com,  status: active }}"
                ));
                self.end();
            }
            1 => {
                self.text.push_str(" {");
                self.end();
                let deeper = indent + step;
                self.above(deeper);
                self.text
                    .push_str(&format!("{:deeper$}email: \"a{number}@example.com\",", ""));
                self.end();
                self.above(deeper);
                self.text
                    .push_str(&format!("{:deeper$}givenName: 'A  a' }}", ""));
                self.end();
            }
            _ => {
                self.end();
                let deeper = indent + step;
                self.above(deeper);
                self.text
                    .push_str(&format!("{:deeper$}email:   a{number}@example.com", ""));
                self.end();
                self.above(deeper);
                self.text.push_str(&format!(
                    "{:deeper$}familyName: \"two\n{:deeper$} lines\"",
                    "", ""
                ));
                self.end();
            }
        }
    }

    fn members(&mut self, indent: usize, step: usize) {
        let keys = self.keys();
        if self.choose(2) == 0 {
            self.text.push_str(&format!(" [{}]", keys.join(" , ")));
            self.end();
            return;
        }
        self.end();
        // A list may stand at its key's own column.
        let indent = if self.choose(2) == 0 {
            indent
        } else {
            indent + step
        };
        for key in keys {
            self.above(indent);
            let item = match self.choose(3) {
                0 => key,
                1 => format!("{{ user: {key}, until: 2027-01-31 }}"),
                _ => format!("user: {key}\n{:indent$}  reason: because", ""),
            };
            self.text.push_str(&format!("{:indent$}- {item}", ""));
            self.end();
        }
    }

    fn section(&mut self, name: &str, step: usize) {
        self.above(0);
        self.text.push_str(&format!("{name}:"));
        self.end();
        for key in self.keys() {
            self.above(step);
            self.text.push_str(&format!("{:step$}{key}:", ""));
            let deeper = step * 2;
            match name {
                "users" => self.user(step, step),
                "roles" => {
                    self.end();
                    self.above(deeper);
                    if self.choose(2) == 0 {
                        let block = format!(
                            "{:deeper$}description: |\n{:deeper$}  text # no comment\n\n{:deeper$}    more\n",
                            "", "", ""
                        );
                        self.text.push_str(&block);
                        self.above(deeper);
                    }
                    self.text.push_str(&format!("{:deeper$}members:", ""));
                    self.members(deeper, step);
                }
                _ => {
                    self.text.push_str(" { membership: additive }");
                    self.end();
                }
            }
        }
        self.above(step);
    }
}

impl Style {
    fn write(&self) -> Written {
        let mut writer = Writer {
            seed: self.seed.clone(),
            at: 0,
            text: String::new(),
            comments: Vec::new(),
        };
        for section in &self.sections {
            match section {
                0 => {
                    writer.above(0);
                    writer.text.push_str("version: 1");
                    writer.end();
                }
                1 => writer.section("users", self.indent),
                2 => writer.section("roles", self.indent),
                _ => writer.section("groups", self.indent),
            }
        }
        Written {
            text: writer.text,
            comments: writer.comments,
        }
    }
}

fn manifests() -> impl Strategy<Value = Written> {
    (
        1..5usize,
        Just(vec![0, 1, 2, 3]).prop_shuffle(),
        prop::collection::vec(any::<u8>(), 8..160),
    )
        .prop_map(|(indent, sections, seed)| {
            Style {
                indent,
                sections,
                seed,
            }
            .write()
        })
}

/// Declarations without places, in one order.
fn meaning(text: &str) -> String {
    fn text_of<T: std::fmt::Debug>(value: &Option<Spanned<T>>) -> String {
        format!("{:?}", value.as_ref().map(|value| &value.value))
    }
    fn sorted<K: std::fmt::Debug, V>(
        declared: &Declared<K, V>,
        show: impl Fn(&V) -> String,
    ) -> String {
        let mut lines: Vec<String> = declared
            .0
            .iter()
            .map(|(key, value)| format!("{:?} {}", key.value, show(value)))
            .collect();
        lines.sort();
        lines.join("\n")
    }
    let decoded = decode::included(text, FILE);
    assert!(
        !has_errors(&decoded.faults),
        "{text}\n{:#?}",
        decoded.faults
    );
    let user = |user: &UserDecl| {
        format!(
            "{:?} {} {} {:?}",
            user.email.value,
            text_of(&user.given_name),
            text_of(&user.family_name),
            user.status()
        )
    };
    let member = |member: MemberDecl<'_>| {
        format!(
            "{:?} {} {}",
            member.user.value,
            text_of(&member.until),
            text_of(&member.reason.cloned())
        )
    };
    let mut sources = SourceMap::default();
    sources.add("a.yaml", Path::new("a.yaml"), text);
    let role = |role: &RoleDecl| {
        let mut members: Vec<String> = role.members.iter(&sources).map(member).collect();
        members.sort();
        format!("{} {members:?}", text_of(&role.description))
    };
    format!(
        "{}\n{}\n{}",
        sorted(&decoded.decl.users, user),
        sorted(&decoded.decl.roles, role),
        sorted(&decoded.decl.groups, |group| format!(
            "{:?}",
            group.membership()
        )),
    )
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_layout_means_the_same_keeps_every_comment_and_is_its_own(written in manifests()) {
        let out = laid_out(&written.text);
        prop_assert_eq!(meaning(&written.text), meaning(&out));
        let count = out.matches('#').count();
        let hashes = written.text.matches('#').count();
        prop_assert_eq!(count, hashes, "{}\n{}", written.text, out);
        for comment in &written.comments {
            let lines = |text: &str| {
                text.lines()
                    .filter(|line| line.trim_end().ends_with(comment.as_str()))
                    .count()
            };
            prop_assert_eq!(lines(&out), 1, "{}\n{}", comment, out);
        }
        prop_assert_eq!(laid_out(&out), out);
    }

    #[test]
    fn line_ends_and_a_mark_do_not_matter(written in manifests()) {
        let out = laid_out(&written.text);
        let other = format!("\u{feff}{}", written.text.replace('\n', "\r\n"));
        prop_assert_eq!(laid_out(&other), format!("\u{feff}{out}"));
    }
}
