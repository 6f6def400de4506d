//! Plans for the formats: one with something of everything, the same with other names, and
//! large ones.

use scim_sync::ids::attributes::Attributes;
use scim_sync::live::{Builder, LiveState};
use scim_sync::manifest::load::{MemoryFiles, ROOT_FILE};
use scim_sync::manifest::source::Place;
use scim_sync::plan::{
    Action, Allowances, Cause, Change, Consequence, Evidence, GroupRef, ItemId, MemberChange,
    MembershipOrigin, Person, Plan, Reason, UserState,
};
use scim_sync::scim::listing::{Proof, Verdict, Walk};
use scim_sync::scim::wire;
use serde_json::Value;

use crate::planning::Project;

/// The names in [`everything`], each of which a test may replace: people's keys and names
/// first, then groups and roles.
pub const PEOPLE: &[&str] = &[
    "zada", "zupd", "zdel", "zref", "zalien", "zgrace", "Zgiven", "Zfamily", "Zolder", "Zshown",
];
/// Names that are nobody's.
pub const GROUPS: &[&str] = &["zrole", "zteam", "zgone", "zstray"];

const MANIFEST: &str = r#"
version: 1
target: { provider: harness }
include: [people/*.yaml]
users:
  zupd: { email: zupd@mail.example, givenName: Zgiven, familyName: Zfamily }
  zdel: { email: zdel@mail.example, status: absent }
  zref: { email: zref-new@mail.example, givenName: Zref, familyName: Other }
  zgrace: { email: zgrace@mail.example, givenName: Grace, familyName: Hopper }
roles:
  zrole:
    members: [zada, zupd, { user: zgrace, until: 2026-12-10, reason: covers for zada@mail.example }]
  zteam: { members: [zupd, zgrace] }
groupMappings:
  - { match: ".*", group: "{role}" }
groups:
  zgone: { status: absent }
"#;
const PERSON: &str =
    "users:\n  zada: { email: zada@mail.example, givenName: Zgiven, familyName: Zfamily }\n";

fn user(id: &str, email: &str, given: &str, family: &str, key: Option<&str>) -> wire::User {
    wire::User {
        id: Some(id.to_owned()),
        user_name: Some(email.to_owned()),
        display_name: Some(format!("{given} {family}")),
        name: wire::Name {
            given_name: Some(given.to_owned()),
            family_name: Some(family.to_owned()),
            ..wire::Name::default()
        },
        external_id: key.map(|key| format!("scim-sync:{key}")),
        ..wire::User::default()
    }
}

fn group(id: &str, members: &[&str]) -> wire::Group {
    let members = members.iter().map(|id| wire::Member {
        value: Some((*id).into()),
        ..wire::Member::default()
    });
    wire::Group {
        id: Some(id.to_owned()),
        display_name: Some(id.to_owned()),
        members: Some(members.collect()),
        ..wire::Group::default()
    }
}

fn live() -> LiveState {
    let mut builder = Builder::default();
    for (id, email, given, family, key) in [
        ("u1", "zupd@mail.example", "Zolder", "Zfamily", Some("zupd")),
        ("u2", "zdel@mail.example", "Zshown", "Del", Some("zdel")),
        ("u3", "zref@mail.example", "Zref", "Other", Some("zref")),
        ("u4", "zalien@mail.example", "Zshown", "Alien", None),
        (
            "u5",
            "zgrace@mail.example",
            "Grace",
            "Hopper",
            Some("zgrace"),
        ),
    ] {
        builder.add_user(user(id, email, given, family, key));
    }
    builder.add_group(group("zteam", &["u1", "u2", "u4"]));
    builder.add_group(group("zgone", &["u4", "u5"]));
    builder.add_group(group("zstray", &["u4"]));
    let walk = Walk {
        pages: 1,
        rows: 5,
        duplicates: 0,
        reported_total: None,
        verdict: Verdict::Whole {
            how: Proof::EmptyPages,
        },
    };
    builder.finish(walk.clone(), walk)
}

/// A plan with something of everything, part of it drift.
pub fn everything() -> Plan {
    let mut files = MemoryFiles::default();
    files
        .0
        .insert(ROOT_FILE.to_owned(), MANIFEST.as_bytes().to_vec());
    files
        .0
        .insert("people/zada.yaml".to_owned(), PERSON.as_bytes().to_vec());
    let project = Project::load(&files).expect("no faults");
    let mut plan = project.plan(&live(), &Allowances::default());
    assert!(!plan.refusals.is_empty() && !plan.manual_steps.is_empty());
    assert!(!plan.unmanaged.users.is_empty() && !plan.unmanaged.groups.is_empty());
    plan.base = Some("0123456".to_owned());
    let actions = plan.actions.iter_mut().enumerate();
    for (at, action) in actions {
        action.cause = Some(if at % 3 == 2 {
            Cause::Drift
        } else {
            Cause::ThisChange
        });
    }
    plan
}

/// A plan in which names are replaced wherever they stand.
pub fn renamed(plan: &Plan, names: &[(&str, &str)]) -> Plan {
    fn walk(value: &mut Value, names: &[(&str, &str)]) {
        match value {
            Value::String(text) => {
                for (from, to) in names {
                    if text.contains(from) {
                        *text = text.replace(from, to);
                    }
                }
            }
            Value::Array(values) => values.iter_mut().for_each(|value| walk(value, names)),
            Value::Object(fields) => fields.values_mut().for_each(|value| walk(value, names)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    let mut value = serde_json::to_value(plan).expect("a plan is JSON");
    walk(&mut value, names);
    serde_json::from_value(value).expect("names are only text")
}

fn place(line: usize) -> Place {
    Place {
        file: "people/all.yaml".into(),
        line: u32::try_from(line).unwrap() + 1,
        column: 3,
    }
}

fn action(id: String, change: Change, reason: Reason, line: usize) -> Action {
    Action {
        id: ItemId::new(id),
        change,
        reason,
        evidence: vec![Evidence {
            place: place(line),
            revision: None,
            what: String::new(),
        }],
        consequences: Vec::new(),
        depends_on: Vec::new(),
        cause: None,
    }
}

/// A plan of `size` items: people made and removed, groups made and filled, members taken
/// out.
pub fn large(size: usize) -> Plan {
    let mut plan = everything();
    plan.refusals.truncate(1);
    plan.actions = (0..size)
        .map(|at| {
            let key = format!("person{at:06}");
            let email = format!("{key}@mail.example");
            let person = Person {
                key: Some(key.as_str().into()),
                email: scim_sync::ids::Email::new(email.as_str()),
                id: Some(format!("u{at}").into()),
            };
            let group = GroupRef {
                name: format!("group{:04}", at / 50).into(),
                id: Some(format!("g{}", at / 50).into()),
            };
            let members = vec![MemberChange {
                person: person.clone(),
                origins: vec![MembershipOrigin {
                    role: format!("role{:03}", at / 500).into(),
                    through: None,
                    mapping: ".*".to_owned(),
                    place: place(at),
                    until: None,
                    reason: None,
                }],
            }];
            match at % 10 {
                0..5 => action(
                    format!("user:{key}:create"),
                    Change::CreateUser {
                        key: key.as_str().into(),
                        user: UserState {
                            user_name: email.clone(),
                            email: scim_sync::ids::Email::new(email.as_str()),
                            given_name: "Person".to_owned(),
                            family_name: format!("{at:06}"),
                            display_name: format!("Person {at:06}"),
                            attributes: Attributes::default(),
                        },
                        external_id: None,
                    },
                    Reason::DeclaredNotLive,
                    at,
                ),
                5..8 => action(
                    format!("group:{}:add:{at}", group.name),
                    Change::AddMembers { group, members },
                    Reason::RoleGives,
                    at,
                ),
                8 => action(
                    format!("group:{}:remove:{at}", group.name),
                    Change::RemoveMembers {
                        group,
                        members: members
                            .into_iter()
                            .map(|member| MemberChange {
                                origins: Vec::new(),
                                ..member
                            })
                            .collect(),
                    },
                    Reason::NoRoleGives,
                    at,
                ),
                _ => {
                    let mut removal = action(
                        format!("user:{key}:delete"),
                        Change::DeleteUser { person },
                        Reason::Tombstone,
                        at,
                    );
                    removal.consequences.push(Consequence::MembershipsLost {
                        groups: vec![group.name],
                    });
                    removal
                }
            }
        })
        .collect();
    plan.actions.sort_by_key(|action| action.change.phase());
    plan.summary.users_to_create = size / 2;
    plan.summary.memberships_to_add = size * 3 / 10;
    plan.summary.memberships_to_remove = size / 10;
    plan.summary.users_to_delete = size / 10;
    plan
}
