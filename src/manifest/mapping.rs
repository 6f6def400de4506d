//! A mapping ready to use: its expression compiled, its template taken apart.
//!
//! **Invariants.** An expression matches a role's whole name or not at all. A compiled
//! mapping cannot fail: every name in its template is `role` or a capture of its expression.

use std::collections::HashMap;
use std::ops::Range;

use regex::Regex;

use super::decl::MappingDecl;
use super::words::{closest, one_of, quoted};
use crate::ids::{GroupName, RoleName};

/// A mapping ready to use.
#[derive(Debug, Clone)]
pub struct CompiledMapping {
    matcher: Matcher,
    template: Vec<Part>,
}

#[derive(Debug, Clone)]
enum Matcher {
    /// The expression is a name: most are, and comparing is faster.
    Name(Box<str>),
    Pattern(Regex),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(Box<str>),
    Role,
    Capture(Box<str>),
}

/// What is wrong with a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingProblem {
    /// What kind of problem.
    pub kind: MappingProblemKind,
    /// The bytes of the expression or template that are wrong, if they can be told.
    pub range: Option<Range<usize>>,
    /// A few words to put under them.
    pub label: String,
    /// What is wrong: a lowercase fragment.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// The kinds of [`MappingProblem`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MappingProblemKind {
    /// The expression does not parse.
    Regex,
    /// The template's braces do not pair.
    Template,
    /// The template names a capture that the expression does not have.
    Capture,
}

impl CompiledMapping {
    /// Compiles a declared mapping, or says everything that is wrong with it.
    pub fn compile(mapping: &MappingDecl) -> Result<Self, Vec<MappingProblem>> {
        let MappingDecl {
            pattern,
            group,
            targets: _,
        } = mapping;
        let mut problems = Vec::new();
        let matcher = compile_pattern(&pattern.value)
            .map_err(|problem| problems.push(problem))
            .ok();
        let captures = matcher.as_ref().map(Matcher::captures);
        let template = parse_template(&group.value, captures.as_deref(), &mut problems);
        match matcher {
            Some(matcher) if problems.is_empty() => Ok(Self { matcher, template }),
            Some(_) | None => Err(problems),
        }
    }

    /// The group a role gets from this mapping, if the mapping matches it.
    pub fn group_for(&self, role: &RoleName) -> Option<GroupName> {
        let name = role.as_str();
        let captures = match &self.matcher {
            Matcher::Name(literal) if **literal == *name => None,
            Matcher::Name(_) => return None,
            Matcher::Pattern(regex) => Some(regex.captures(name)?),
        };
        let mut group = String::new();
        for part in &self.template {
            match part {
                Part::Text(text) => group.push_str(text),
                Part::Role => group.push_str(name),
                Part::Capture(capture) => {
                    let found = captures.as_ref().and_then(|found| found.name(capture));
                    group.push_str(found.map_or("", |found| found.as_str()));
                }
            }
        }
        Some(GroupName::from(group))
    }
}

/// All mappings of a manifest, indexed so that roles need not be tried against each.
#[derive(Debug, Clone, Default)]
pub struct MappingSet {
    mappings: Vec<(usize, CompiledMapping)>,
    by_name: HashMap<Box<str>, Vec<usize>>,
    patterns: Vec<usize>,
}

impl MappingSet {
    /// Indexes compiled mappings; each has its number in the manifest.
    pub fn new(mappings: Vec<(usize, CompiledMapping)>) -> Self {
        let mut by_name: HashMap<Box<str>, Vec<usize>> = HashMap::new();
        let mut patterns = Vec::new();
        for (at, (_, mapping)) in mappings.iter().enumerate() {
            match &mapping.matcher {
                Matcher::Name(name) => by_name.entry(name.clone()).or_default().push(at),
                Matcher::Pattern(_) => patterns.push(at),
            }
        }
        Self {
            mappings,
            by_name,
            patterns,
        }
    }

    /// The groups a role gets, each with the number of the mapping that gives it, in the
    /// order of the mappings.
    pub fn groups_for(&self, role: &RoleName) -> Vec<(usize, GroupName)> {
        let named = self.by_name.get(role.as_str()).into_iter().flatten();
        let mut groups: Vec<(usize, GroupName)> = named
            .chain(&self.patterns)
            .filter_map(|at| {
                let (number, mapping) = &self.mappings[*at];
                Some((*number, mapping.group_for(role)?))
            })
            .collect();
        groups.sort_unstable();
        groups
    }
}

impl Matcher {
    fn captures(&self) -> Vec<String> {
        match self {
            Matcher::Name(_) => Vec::new(),
            Matcher::Pattern(regex) => regex.capture_names().flatten().map(str::to_owned).collect(),
        }
    }
}

fn compile_pattern(pattern: &str) -> Result<Matcher, MappingProblem> {
    if !pattern.contains(regex_syntax::is_meta_character) {
        return Ok(Matcher::Name(pattern.into()));
    }
    // Parsed alone first: `a)(b` must not become well-formed by being wrapped, and errors
    // must point into what was written.
    if let Err(error) = regex_syntax::Parser::new().parse(pattern) {
        return Err(regex_problem(&error, pattern));
    }
    // In `(?x)` mode a comment would swallow the closing bracket: there, a line break is
    // free, and elsewhere it is never tried.
    let compiled = Regex::new(&format!("^(?:{pattern})$"))
        .or_else(|_| Regex::new(&format!("^(?:{pattern}\n)$")));
    let regex = compiled.map_err(|error| MappingProblem {
        kind: MappingProblemKind::Regex,
        range: None,
        label: "cannot be used".to_owned(),
        message: match error {
            regex::Error::CompiledTooBig(_) => "the regular expression is too large".to_owned(),
            error => format!("the regular expression cannot be used: {error}"),
        },
        help: "simplify the expression: fewer and smaller repetitions".to_owned(),
    })?;
    if regex.capture_names().flatten().any(|name| name == "role") {
        let at = pattern.find("<role>").map(|at| at + 1..at + 5);
        return Err(MappingProblem {
            kind: MappingProblemKind::Regex,
            range: at,
            label: "taken".to_owned(),
            message: "a capture cannot be called `role`".to_owned(),
            help: "give the capture another name; `{role}` is the role's whole name".to_owned(),
        });
    }
    Ok(Matcher::Pattern(regex))
}

fn regex_problem(error: &regex_syntax::Error, pattern: &str) -> MappingProblem {
    let (range, reason) = match error {
        regex_syntax::Error::Parse(error) => (error.span(), error.kind().to_string()),
        regex_syntax::Error::Translate(error) => (error.span(), error.kind().to_string()),
        // The type may grow; the message then still says what is wrong.
        error => {
            return MappingProblem {
                kind: MappingProblemKind::Regex,
                range: None,
                label: "does not parse".to_owned(),
                message: format!("the regular expression does not parse: {error}"),
                help: REGEX_HELP.to_owned(),
            };
        }
    };
    let (start, end) = (range.start.offset, range.end.offset);
    let end = if end > start {
        end
    } else {
        start + pattern[start..].chars().next().map_or(0, char::len_utf8)
    };
    let help = if pattern.starts_with('*') {
        "`*` repeats what stands before it; to match every role, write `.*`"
    } else if reason.contains("look-around") || reason.contains("backreferences") {
        "look-around and backreferences are not supported; write several mappings instead"
    } else {
        REGEX_HELP
    };
    MappingProblem {
        kind: MappingProblemKind::Regex,
        range: Some(start..end),
        label: reason.lines().next().unwrap_or_default().to_owned(),
        message: format!("the regular expression {} does not parse", quoted(pattern)),
        help: help.to_owned(),
    }
}

const REGEX_HELP: &str = "correct the underlined part; put `\\` before a character that is \
                          meant as it is";

/// Takes a template apart. `captures` is `None` if the expression did not compile: then any
/// name may be right.
fn parse_template(
    template: &str,
    captures: Option<&[String]>,
    problems: &mut Vec<MappingProblem>,
) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(found) = template[at..].find(['{', '}']) {
        let brace = at + found;
        if brace > at {
            parts.push(Part::Text(template[at..brace].into()));
        }
        let inner = brace + 1;
        let closing = template[inner..].find(['{', '}']).map(|end| inner + end);
        let end = match closing {
            Some(end) if template.as_bytes()[brace] == b'{' && template.as_bytes()[end] == b'}' => {
                end
            }
            Some(_) | None => {
                let opens = template.as_bytes()[brace] == b'{';
                problems.push(MappingProblem {
                    kind: MappingProblemKind::Template,
                    range: Some(brace..inner),
                    label: if opens {
                        "never closed"
                    } else {
                        "never opened"
                    }
                    .to_owned(),
                    message: format!(
                        "the braces of the template {} do not pair",
                        quoted(template)
                    ),
                    help: "write `{role}` or `{capture}`; a group's name cannot hold braces"
                        .to_owned(),
                });
                at = inner;
                continue;
            }
        };
        let name = &template[inner..end];
        match name {
            "role" => parts.push(Part::Role),
            name if captures.is_none_or(|known| known.iter().any(|one| one == name)) => {
                parts.push(Part::Capture(name.into()));
            }
            name => problems.push(unknown_capture(name, brace..end + 1, captures)),
        }
        at = end + 1;
    }
    if at < template.len() {
        parts.push(Part::Text(template[at..].into()));
    }
    parts
}

fn unknown_capture(name: &str, range: Range<usize>, captures: Option<&[String]>) -> MappingProblem {
    let known: Vec<&str> = captures
        .unwrap_or_default()
        .iter()
        .map(String::as_str)
        .chain(["role"])
        .collect();
    let number = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    let help = if number {
        "captures go by name: write `(?<team>…)` in `match` and `{team}` here".to_owned()
    } else if let Some(meant) = closest(name, known.iter().copied()) {
        format!("did you mean `{{{meant}}}`?")
    } else {
        let known: Vec<String> = known.iter().map(|name| format!("{{{name}}}")).collect();
        format!(
            "use {}, or add `(?<{}>…)` to `match`",
            one_of(known.iter().map(String::as_str)),
            if name.is_empty() { "name" } else { name }
        )
    };
    MappingProblem {
        kind: MappingProblemKind::Capture,
        range: Some(range),
        label: "no such capture".to_owned(),
        message: format!(
            "the template names {}, which `match` does not capture",
            quoted(name)
        ),
        help,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::manifest::source::{SourceMap, Span, Spanned};

    fn mapping(pattern: &str, group: &str) -> Result<CompiledMapping, Vec<MappingProblem>> {
        let mut sources = SourceMap::default();
        let span = Span::start_of(sources.add("x", Path::new("x"), ""));
        CompiledMapping::compile(&MappingDecl {
            pattern: Spanned::new(pattern.to_owned(), span),
            group: Spanned::new(group.to_owned(), span),
            targets: Vec::new(),
        })
    }

    fn group(pattern: &str, template: &str, role: &str) -> Option<String> {
        let group = mapping(pattern, template)
            .unwrap()
            .group_for(&RoleName::from(role));
        group.map(|group| group.to_string())
    }

    #[test]
    fn expressions_match_whole_names() {
        assert_eq!(group("sre", "{role}", "sre").as_deref(), Some("sre"));
        assert_eq!(group("sre", "{role}", "sre2"), None);
        assert_eq!(group("a|ab", "{role}", "ab").as_deref(), Some("ab"));
        assert_eq!(group("a|b", "{role}", "ab"), None);
        assert_eq!(group(".*", "x_{role}", "é").as_deref(), Some("x_é"));
        assert_eq!(group("(?x) a # b", "{role}", "a").as_deref(), Some("a"));
        assert_eq!(
            group("eng-(?<team>.+)", "team_{team}", "eng-web").as_deref(),
            Some("team_web")
        );
    }

    #[test]
    fn problems_point_into_what_was_written() {
        let problems = |pattern, group| {
            let problems = mapping(pattern, group).unwrap_err();
            problems
                .into_iter()
                .map(|problem| (problem.kind, problem.range.unwrap()))
                .collect::<Vec<_>>()
        };
        assert_eq!(problems("ab(c", "x"), [(MappingProblemKind::Regex, 2..3)]);
        assert_eq!(problems("a)|(b", "x"), [(MappingProblemKind::Regex, 1..2)]);
        assert_eq!(
            problems(".*", "{team}-}"),
            [
                (MappingProblemKind::Capture, 0..6),
                (MappingProblemKind::Template, 7..8)
            ]
        );
        assert_eq!(
            problems(".*", "a{b{role}"),
            [(MappingProblemKind::Template, 1..2)]
        );
    }
}
