//! The rules of an app as group mappings.
//!
//! A rule says for whom it is (conditions) and what it sets (actions). "Set Groups in …, map
//! from OneLogin, for each Role, with value that matches R" has an action `set_groups` whose
//! value stands for the role, and an expression; "from existing" has groups as values. A
//! mapping looks at one role at a time, so rules about anything else have no counterpart.
//! developers.onelogin.com "List Rules", "Create Rule", "List Action Values", and OneLogin's
//! knowledge base, KB0010460, read 2026-11-24.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use super::pattern::{Captures, translate};
use super::tenant::{Action, Condition, Role, Rule, Wants};
use crate::import::draft::{DraftMapping, First, Note};
use crate::manifest::words::{all_of, count, visible};

/// The action that sets groups.
pub(super) const SET_GROUPS: &str = "set_groups";
/// What stands for a user's roles among an action's values, by its name in lower case; its own
/// text is not documented, so the app is asked, and these are taken if it does not tell.
const ROLE_NAMES: &[&str] = &["role", "roles"];
/// The condition on roles, and its operator "is".
const HAS_ROLE: (&str, &str) = ("has_role", "ri");
/// How many names a note has at most.
const NAMED: usize = 8;

/// Mappings, and what has none.
#[derive(Debug, Default)]
pub(super) struct Mapped {
    pub(super) mappings: Vec<DraftMapping>,
    pub(super) notes: Vec<Note>,
}

/// For whom a rule is.
enum Who {
    Everybody,
    /// Those who have one of these roles.
    OneOf(BTreeSet<String>),
}

struct Mapping<'a> {
    /// Roles by id, of those whose name is their own.
    by_id: BTreeMap<&'a str, &'a str>,
    names: BTreeSet<&'a str>,
    values: &'a [(String, String)],
    mapped: Mapped,
}

/// The mappings of these rules, for these roles.
pub(super) fn map(rules: &[Rule], values: &[(String, String)], roles: &[Role]) -> Mapped {
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for role in roles {
        *times.entry(&role.name).or_default() += 1;
    }
    let own = roles.iter().filter(|role| times[role.name.as_str()] == 1);
    let mut mapping = Mapping {
        by_id: own.map(|role| (&*role.id, role.name.as_str())).collect(),
        names: times.into_keys().collect(),
        values,
        mapped: Mapped::default(),
    };
    let mut setting = 0;
    for rule in rules {
        let before = mapping.mapped.mappings.len();
        for action in rule.actions.iter().filter(|it| it.action == SET_GROUPS) {
            match mapping.action(rule, action) {
                Ok(mappings) => mapping.mapped.mappings.extend(mappings),
                Err(why) => mapping.note(
                    rule,
                    format!(
                        "has no counterpart, because {why}: the groups it gives are not declared"
                    ),
                ),
            }
        }
        setting += usize::from(mapping.mapped.mappings.len() > before);
    }
    let Mapped {
        mut mappings,
        mut notes,
    } = mapping.mapped;
    let mut seen = BTreeSet::new();
    mappings.retain(|it| seen.insert((it.pattern.clone(), it.group.clone())));
    if setting > 1 {
        notes.push(Note {
            first: First::Silent,
            subject: count(setting, "rule", "rules"),
            message: "set groups: OneLogin lets a later one win where they conflict, here each \
                      gives what it gives"
                .to_owned(),
        });
    }
    Mapped { mappings, notes }
}

impl Mapping<'_> {
    fn note(&mut self, rule: &Rule, message: String) {
        self.mapped.notes.push(Note {
            first: First::Silent,
            subject: format!("rule `{}`", visible(&rule.name)),
            message,
        });
    }

    fn action(&mut self, rule: &Rule, action: &Action) -> Result<Vec<DraftMapping>, String> {
        if let Some(maker) = action.made_by {
            return Err(format!("{maker} makes its groups"));
        }
        let who = self.who(rule)?;
        match &action.expression {
            None => self.fixed(rule, action, who),
            Some(expression) => {
                self.is_of_roles(action)?;
                self.each(rule, expression, who)
            }
        }
    }

    fn who(&self, rule: &Rule) -> Result<Who, String> {
        let mut roles = BTreeSet::new();
        for Condition {
            source,
            operator,
            value,
        } in &rule.conditions
        {
            if (source.as_str(), operator.as_str()) != HAS_ROLE {
                return Err(format!(
                    "its condition `{} {} {}` is not about having a role",
                    visible(source),
                    visible(operator),
                    visible(value)
                ));
            }
            let Some(name) = self.by_id.get(value.as_str()) else {
                return Err(format!(
                    "its condition is about the role number {}, which is not imported, or whose \
                     name another one has",
                    visible(value)
                ));
            };
            roles.insert((*name).to_owned());
        }
        match (roles.len(), rule.wants) {
            (0, _) => Ok(Who::Everybody),
            (1, _) | (_, Wants::Any) => Ok(Who::OneOf(roles)),
            (_, Wants::All) => Err(format!(
                "it wants the roles {} at once, and a mapping looks at one role",
                all_of(roles.iter().map(String::as_str))
            )),
        }
    }

    /// Whether the values of an action stand for roles, and for nothing else.
    fn is_of_roles(&self, action: &Action) -> Result<(), String> {
        let means_role = |text: &String| {
            let named = self.values.iter().filter(|(value, _)| value == text);
            let mut names: Vec<&str> = named.map(|(_, name)| name.as_str()).collect();
            if names.is_empty() {
                names.push(text);
            }
            let is_role = |name: &&str| ROLE_NAMES.contains(&name.trim().to_lowercase().as_str());
            names.iter().all(is_role)
        };
        match action.values.iter().find(|text| !means_role(text)) {
            None if action.values.is_empty() => {
                Err("nothing says of what it takes each value".to_owned())
            }
            None => Ok(()),
            Some(other) => Err(format!(
                "it takes each value of `{}`, not of the roles",
                visible(other)
            )),
        }
    }

    /// "For each role, with value that matches".
    fn each(
        &mut self,
        rule: &Rule,
        expression: &str,
        who: Who,
    ) -> Result<Vec<DraftMapping>, String> {
        let said = visible(expression).into_owned();
        let translated =
            translate(expression).map_err(|why| format!("its expression `{said}` holds {why}"))?;
        let pattern = translated.pattern;
        let compile = |text: &str| {
            Regex::new(text).map_err(|_| format!("its expression `{said}` is too large"))
        };
        let (whole, part) = (compile(&format!("^(?:{pattern})$"))?, compile(&pattern)?);
        let matched = self.names.iter().filter(|name| whole.is_match(name));
        let matched: BTreeSet<&str> = matched.copied().collect();
        let only_part = self.names.iter().filter(|name| part.is_match(name));
        let only_part: Vec<&str> = only_part
            .copied()
            .filter(|it| !matched.contains(it))
            .collect();
        let mappings = match who {
            Who::Everybody => vec![mapping(rule, pattern, "{role}".to_owned())],
            Who::OneOf(roles) => {
                let others: Vec<&str> = matched
                    .iter()
                    .copied()
                    .filter(|name| !roles.contains(*name))
                    .collect();
                if !others.is_empty() {
                    return Err(format!(
                        "it gives the groups of {} only to those who have {} too, and a mapping \
                         looks at one role",
                        some_of(&others),
                        all_of(roles.iter().map(String::as_str))
                    ));
                }
                matched
                    .iter()
                    .map(|name| mapping(rule, regex::escape(name), "{role}".to_owned()))
                    .collect()
            }
        };
        if !only_part.is_empty() {
            self.note(
                rule,
                format!(
                    "has the expression `{said}`, which fits a part of the names of {} too; here \
                     an expression fits a whole name, so they get no group by it: put `.*` around \
                     it if they are to",
                    some_of(&only_part)
                ),
            );
        }
        if translated.captures == Captures::APart {
            self.note(
                rule,
                format!(
                    "has the expression `{said}` with brackets; if OneLogin calls the groups as \
                     what is in them, name it: `(?<part>…)` in `match` and `{{part}}` in `group`"
                ),
            );
        }
        Ok(mappings)
    }

    /// Groups of certain names.
    fn fixed(&self, rule: &Rule, action: &Action, who: Who) -> Result<Vec<DraftMapping>, String> {
        let mut groups = Vec::new();
        for value in &action.values {
            let named = self.values.iter().find(|(text, _)| text == value);
            let name = match named {
                Some((_, name)) if !name.is_empty() => name,
                Some(_) | None if value.bytes().all(|byte| byte.is_ascii_digit()) => {
                    return Err(format!(
                        "nothing tells the name of its group number {value}"
                    ));
                }
                Some(_) | None => value,
            };
            if !crate::manifest::decode::is_name(name) || name.contains(['{', '}']) {
                return Err(format!(
                    "a mapping cannot give a group called `{}`",
                    visible(name)
                ));
            }
            groups.push(name.clone());
        }
        let shown: Vec<&str> = groups.iter().map(String::as_str).collect();
        match (groups.is_empty(), who) {
            (true, _) => Err("it names no group".to_owned()),
            (false, Who::Everybody) => Err(format!(
                "it gives {} to everybody who has the app: declare a role of everybody for it",
                some_of(&shown)
            )),
            (false, Who::OneOf(roles)) => Ok(roles
                .iter()
                .flat_map(|role| groups.iter().map(move |group| (role, group)))
                .map(|(role, group)| mapping(rule, regex::escape(role), group.clone()))
                .collect()),
        }
    }
}

fn mapping(rule: &Rule, pattern: String, group: String) -> DraftMapping {
    DraftMapping {
        pattern,
        group,
        remark: Some(format!("OneLogin's rule {}", rule.name)),
    }
}

/// The first of many names.
fn some_of(names: &[&str]) -> String {
    match names.get(NAMED..) {
        None | Some([]) => all_of(names.iter().copied()),
        Some(rest) => format!(
            "{} and {}",
            names[..NAMED]
                .iter()
                .map(|name| crate::manifest::words::quoted(name).to_string())
                .collect::<Vec<_>>()
                .join(", "),
            count(rest.len(), "other", "others")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(id: &str, name: &str) -> Role {
        Role {
            id: id.into(),
            name: name.to_owned(),
            members: Vec::new(),
        }
    }

    fn rule(wants: Wants, conditions: &[(&str, &str, &str)], action: Action) -> Rule {
        let condition = |(source, operator, value): &(&str, &str, &str)| Condition {
            source: (*source).to_owned(),
            operator: (*operator).to_owned(),
            value: (*value).to_owned(),
        };
        Rule {
            name: "r".to_owned(),
            wants,
            conditions: conditions.iter().map(condition).collect(),
            actions: vec![action],
        }
    }

    fn set(values: &[&str], expression: Option<&str>) -> Action {
        Action {
            action: SET_GROUPS.to_owned(),
            values: values.iter().map(|it| (*it).to_owned()).collect(),
            expression: expression.map(str::to_owned),
            made_by: None,
        }
    }

    fn mapped(rule: Rule) -> (Vec<(String, String)>, Vec<String>) {
        let roles = [
            role("1", "eng-web"),
            role("2", "eng.ops"),
            role("3", "sales"),
        ];
        let values = [
            ("src_role".to_owned(), "Role".to_owned()),
            ("member_of".to_owned(), "MemberOf".to_owned()),
            ("77".to_owned(), "auditors".to_owned()),
        ];
        let Mapped { mappings, notes } = map(&[rule], &values, &roles);
        (
            mappings
                .into_iter()
                .map(|it| (it.pattern, it.group))
                .collect(),
            notes.into_iter().map(|it| it.message).collect(),
        )
    }

    fn pair(pattern: &str, group: &str) -> (String, String) {
        (pattern.to_owned(), group.to_owned())
    }

    #[test]
    fn a_rule_for_each_role_is_a_mapping() {
        let (mappings, notes) = mapped(rule(Wants::All, &[], set(&["src_role"], Some("/.*/"))));
        assert_eq!(mappings, [pair(".*", "{role}")]);
        assert_eq!(notes, [""; 0]);
        // Where nothing names the value, its own text has to.
        let (mappings, _) = mapped(rule(Wants::All, &[], set(&["Roles"], Some("eng.+"))));
        assert_eq!(mappings, [pair("eng.+", "{role}")]);
    }

    #[test]
    fn a_part_of_a_name_is_said() {
        let (mappings, notes) = mapped(rule(Wants::All, &[], set(&["role"], Some("eng"))));
        assert_eq!(mappings, [pair("eng", "{role}")]);
        assert!(notes[0].contains("`eng-web` and `eng.ops`"), "{notes:?}");
    }

    #[test]
    fn a_rule_about_a_role_is_a_mapping_of_that_role() {
        let has = |id: &'static str| ("has_role", "ri", id);
        let (mappings, notes) = mapped(rule(Wants::All, &[has("2")], set(&["77", "ops"], None)));
        assert_eq!(
            mappings,
            [pair(r"eng\.ops", "auditors"), pair(r"eng\.ops", "ops")]
        );
        assert_eq!(notes, [""; 0]);
        let either = rule(
            Wants::Any,
            &[has("1"), has("2")],
            set(&["role"], Some("eng.*")),
        );
        let (mappings, _) = mapped(either);
        assert_eq!(
            mappings,
            [pair(r"eng\-web", "{role}"), pair(r"eng\.ops", "{role}")]
        );
    }

    #[test]
    fn what_has_no_counterpart_is_said() {
        let has = |id: &'static str| ("has_role", "ri", id);
        for (rule, why) in [
            (
                rule(Wants::All, &[], set(&["member_of"], Some("/.*/"))),
                "each value of `member_of`",
            ),
            (
                rule(Wants::All, &[], set(&[], Some("/.*/"))),
                "of what it takes each value",
            ),
            (
                rule(
                    Wants::All,
                    &[("last_login", ">", "90")],
                    set(&["role"], Some(".*")),
                ),
                "last_login > 90",
            ),
            (
                rule(
                    Wants::All,
                    &[("has_role", "!ri", "1")],
                    set(&["role"], Some(".*")),
                ),
                "not about having a role",
            ),
            (
                rule(Wants::All, &[has("1"), has("2")], set(&["ops"], None)),
                "at once",
            ),
            (
                rule(Wants::All, &[has("9")], set(&["ops"], None)),
                "role number 9",
            ),
            (
                rule(Wants::All, &[has("1")], set(&["role"], Some(".*"))),
                "only to those who have `eng-web` too",
            ),
            (
                rule(Wants::All, &[], set(&["ops"], None)),
                "to everybody who has the app",
            ),
            (
                rule(Wants::All, &[has("1")], set(&["{x}"], None)),
                "called `{x}`",
            ),
            (
                rule(Wants::All, &[has("1")], set(&["99"], None)),
                "group number 99",
            ),
            (
                rule(Wants::All, &[], set(&["role"], Some("(?!x).*"))),
                "look-ahead",
            ),
            (
                rule(
                    Wants::All,
                    &[],
                    Action {
                        made_by: Some("a macro"),
                        ..set(&["role"], None)
                    },
                ),
                "a macro makes",
            ),
        ] {
            let (mappings, notes) = mapped(rule);
            assert_eq!(mappings, [], "{notes:?}");
            assert!(notes[0].contains(why), "{why}: {notes:?}");
        }
    }
}
