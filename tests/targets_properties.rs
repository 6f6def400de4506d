//! The law of several targets: what is planned at each is what would be planned for a
//! manifest of that target alone, in which nothing of the others is written at all.
//!
//! A failure names its seed: `SEED=1234 cargo test --test targets_properties`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use scim_sync::live::{Builder, LiveState};
use scim_sync::manifest::load::{MemoryFiles, load_from};
use scim_sync::plan::{Allowances, Plan};
use scim_sync::profile::lint::{self, Resolved};
use scim_sync::scim::listing::{Proof, Verdict, Walk};
use scim_sync::scim::wire;
use serde_json::Value;

#[path = "support/planning.rs"]
mod planning;
#[path = "support/rng.rs"]
mod rng;

use planning::{Project, TODAY};
use rng::Rng;

const TARGETS: [(&str, &str); 3] = [("alpha", "harness"), ("beta", "scim"), ("gamma", "harness")];

/// Something written in a manifest, and the targets it is limited to; none is no limit.
struct Entry {
    limit: Vec<usize>,
    key: String,
    text: String,
}

impl Entry {
    fn holds(&self, at: usize) -> bool {
        self.limit.is_empty() || self.limit.contains(&at)
    }
}

/// What is declared, before it is written down.
struct Declared {
    users: Vec<Entry>,
    /// Roles: members and included roles.
    roles: Vec<(Entry, Vec<usize>, Vec<usize>)>,
    mappings: Vec<Entry>,
    groups: Vec<Entry>,
    removals: Vec<Option<usize>>,
}

fn limit(rng: &mut Rng) -> Vec<usize> {
    match rng.below(5) {
        0 | 1 => Vec::new(),
        2 | 3 => vec![rng.below(3)],
        _ => {
            let without = rng.below(3);
            (0..3).filter(|at| *at != without).collect()
        }
    }
}

impl Declared {
    fn new(rng: &mut Rng) -> Self {
        let users = 3 + rng.below(5);
        let roles = 1 + rng.below(4);
        let entry = |rng: &mut Rng, key: String, text: String| Entry {
            limit: limit(rng),
            key,
            text,
        };
        let status = |rng: &mut Rng| rng.pick(&["active", "active", "suspended", "absent"]);
        let people: Vec<(Entry, &str)> = (0..users)
            .map(|at| {
                let status = status(rng);
                let text = format!("email: u{at}@example.com, status: {status}");
                (entry(rng, format!("u{at}"), text), status)
            })
            .collect();
        let roles = (0..roles)
            .map(|at| {
                let members = (0..users)
                    .filter(|user| people[*user].1 != "absent" && rng.chance(50))
                    .collect();
                // Only earlier roles, so that there is no circle.
                let includes = (0..at).filter(|_| rng.chance(30)).collect();
                let entry = entry(rng, format!("r{at}"), String::new());
                (entry, members, includes)
            })
            .collect();
        let patterns = [("'.*'", "'{role}'"), ("'r[01]'", "few"), ("r2", "two")];
        let mappings = patterns
            .iter()
            .map(|(pattern, group)| {
                let text = format!("match: {pattern}, group: {group}");
                entry(rng, String::new(), text)
            })
            .collect();
        let groups = [("few", "membership: additive"), ("gone", "status: absent")];
        Self {
            users: people.into_iter().map(|(entry, _)| entry).collect(),
            roles,
            mappings,
            groups: groups
                .iter()
                .map(|(key, text)| entry(rng, (*key).to_owned(), (*text).to_owned()))
                .collect(),
            removals: (0..3)
                .map(|_| rng.chance(50).then(|| rng.below(4)))
                .collect(),
        }
    }

    /// The manifest of all targets, in some order.
    fn named(&self, rng: &mut Rng) -> MemoryFiles {
        let limits = |entry: &Entry| match &*entry.limit {
            [] => String::new(),
            limit => {
                let names: Vec<&str> = limit.iter().map(|at| TARGETS[*at].0).collect();
                format!(", targets: [{}]", names.join(", "))
            }
        };
        let mut targets: Vec<String> = TARGETS
            .iter()
            .zip(&self.removals)
            .map(|((name, provider), removals)| {
                let policy = removals.map_or(String::new(), |number| {
                    format!(", policy: {{ limits: {{ userRemovals: {number} }} }}")
                });
                format!("  {name}: {{ provider: {provider}{policy} }}\n")
            })
            .collect();
        rng.shuffle(&mut targets);
        let head = format!("targets:\n{}", targets.concat());
        self.text(&head, Some(rng), |_| true, limits)
    }

    /// The manifest of one target, without what does not hold there.
    fn alone(&self, at: usize) -> MemoryFiles {
        let (_, provider) = TARGETS[at];
        let mut head = format!("target: {{ provider: {provider} }}\n");
        // The limit of the target takes the place of the shared one.
        let removals = self.removals[at].unwrap_or(3);
        let _ = writeln!(head, "policy: {{ limits: {{ userRemovals: {removals} }} }}");
        self.text(&head, None, |entry| entry.holds(at), |_| String::new())
    }

    fn text(
        &self,
        head: &str,
        rng: Option<&mut Rng>,
        is_written: impl Fn(&Entry) -> bool,
        limits: impl Fn(&Entry) -> String,
    ) -> MemoryFiles {
        let line =
            |entry: &Entry| format!("  {}: {{ {}{} }}\n", entry.key, entry.text, limits(entry));
        let lines = |entries: &[Entry]| -> Vec<String> {
            let written = entries.iter().filter(|entry| is_written(entry));
            written.map(line).collect()
        };
        let mut users = lines(&self.users);
        let mut groups = lines(&self.groups);
        let mut mappings: Vec<String> = (self.mappings.iter())
            .filter(|entry| is_written(entry))
            .map(|entry| format!("  - {{ {}{} }}\n", entry.text, limits(entry)))
            .collect();
        let mut roles: Vec<String> = (self.roles.iter())
            .filter(|(entry, ..)| is_written(entry))
            .map(|(entry, members, includes)| {
                let members: Vec<&str> = (members.iter().map(|at| &self.users[*at]))
                    .filter(|user| is_written(user))
                    .map(|user| user.key.as_str())
                    .collect();
                let includes: Vec<&str> = (includes.iter().map(|at| &self.roles[*at].0))
                    .filter(|role| is_written(role))
                    .map(|role| role.key.as_str())
                    .collect();
                format!(
                    "  {}: {{ members: [{}], includes: [{}]{} }}\n",
                    entry.key,
                    members.join(", "),
                    includes.join(", "),
                    limits(entry)
                )
            })
            .collect();
        if let Some(rng) = rng {
            for lines in [&mut users, &mut groups, &mut mappings, &mut roles] {
                rng.shuffle(lines);
            }
        }
        let section = |name: &str, lines: &[String]| match lines {
            [] => String::new(),
            lines => format!("{name}:\n{}", lines.concat()),
        };
        // The shared policy, unless the head has one.
        let policy = match head.contains("\npolicy:") {
            true => "",
            false => "policy: { limits: { userRemovals: 3 } }\n",
        };
        let text = format!(
            "version: 1\n{head}{policy}{}{}{}{}",
            section("users", &users),
            section("roles", &roles),
            section("groupMappings", &mappings),
            section("groups", &groups),
        );
        let mut files = MemoryFiles::default();
        files
            .0
            .insert("scim-sync.yaml".to_owned(), text.into_bytes());
        files
    }
}

/// Somebody and something live at a target, drawn anew for each.
fn live(rng: &mut Rng) -> LiveState {
    let mut builder = Builder::default();
    let mut users = Vec::new();
    for at in 0..8 {
        if rng.chance(50) {
            users.push(format!("id-{at}"));
            builder.add_user(wire::User {
                id: Some(format!("id-{at}")),
                user_name: Some(format!("u{at}@example.com")),
                external_id: rng.chance(50).then(|| format!("u{at}")),
                ..wire::User::default()
            });
        }
    }
    let mut groups = 0;
    for name in ["r0", "r1", "few", "gone", "theirs"] {
        if rng.chance(50) {
            groups += 1;
            let members = users.iter().filter(|_| rng.chance(40));
            builder.add_group(wire::Group {
                id: Some(format!("id-{name}")),
                display_name: Some(name.to_owned()),
                members: Some(
                    members
                        .map(|id| wire::Member {
                            value: Some(id.as_str().into()),
                            ..wire::Member::default()
                        })
                        .collect(),
                ),
                ..wire::Group::default()
            });
        }
    }
    builder.finish(walk(users.len() as u64), walk(groups))
}

fn walk(rows: u64) -> Walk {
    Walk {
        pages: 1,
        rows,
        duplicates: 0,
        reported_total: None,
        verdict: Verdict::Whole {
            how: Proof::EmptyPages,
        },
    }
}

/// A plan without the lines it comes from, which differ from manifest to manifest.
fn told(plan: &Plan) -> String {
    fn without_places(value: &mut Value) {
        match value {
            Value::Object(object) => {
                object.remove("place");
                // Of one target alone, nobody can tell that somebody is declared for another.
                if object
                    .get("reason")
                    .is_some_and(|it| it == "limited-to-others")
                {
                    object.insert("reason".to_owned(), "no-longer-declared".into());
                    object.remove("evidence");
                }
                object.values_mut().for_each(without_places);
            }
            Value::Array(items) => items.iter_mut().for_each(without_places),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut value = serde_json::to_value(plan).expect("a plan is JSON");
    without_places(&mut value);
    format!("{value:#}")
}

fn resolved(files: &MemoryFiles) -> Vec<Resolved> {
    lint::check(load_from(files, "scim-sync.yaml").checked(TODAY), TODAY).targets
}

fn seeds() -> std::ops::Range<u64> {
    match std::env::var("SEED") {
        Ok(seed) => {
            let seed = seed.parse().expect("a number");
            seed..seed + 1
        }
        Err(_) => 0..100,
    }
}

#[test]
fn a_target_is_planned_as_if_there_were_no_other() {
    let mut compared: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in seeds() {
        let mut rng = Rng::new(seed);
        let declared = Declared::new(&mut rng);
        let together = resolved(&declared.named(&mut rng));
        assert_eq!(together.len(), 3, "seed {seed}");
        for (at, there) in together.into_iter().enumerate() {
            let name = TARGETS[at].0;
            let live = live(&mut rng);
            let allow = Allowances::default();
            let mut alone = resolved(&declared.alone(at));
            assert_eq!(alone.len(), 1, "seed {seed}");
            let alone = Project::of(alone.remove(0)).plan(&live, &allow);
            let there = Project::of(there).plan(&live, &allow);
            assert_eq!(told(&there), told(&alone), "seed {seed}, target {name}");
            *compared.entry(name).or_default() += there.actions.len();
        }
    }
    if std::env::var_os("SEED").is_none() {
        // Plans in which nothing happens would prove nothing.
        assert!(
            compared.values().all(|actions| *actions > 100),
            "{compared:?}"
        );
    }
}

#[test]
fn the_order_of_what_is_written_makes_no_difference() {
    for seed in seeds() {
        let mut rng = Rng::new(seed);
        let declared = Declared::new(&mut rng);
        let live = live(&mut rng);
        let plans = |rng: &mut Rng| -> Vec<String> {
            let targets = resolved(&declared.named(rng)).into_iter();
            targets
                .map(|it| told(&Project::of(it).plan(&live, &Allowances::default())))
                .collect()
        };
        assert_eq!(plans(&mut rng), plans(&mut rng), "seed {seed}");
    }
}
