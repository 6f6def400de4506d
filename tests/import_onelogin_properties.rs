//! What `import onelogin` promises, over generated tenants with hostile names: its manifest
//! has no faults, nobody gets a group that OneLogin's rule would not give them, and nobody
//! loses one without a note.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use scim_sync::ids::{PersonKey, fold};
use scim_sync::import::onelogin::draft;
use scim_sync::import::onelogin::tenant::{
    Account, Action, Condition, Role, Rule, Rules, Standing, Tenant, Wants,
};
use scim_sync::import::write::{Heading, Layout, Target, files};
use scim_sync::import::{Draft, First, Note};
use scim_sync::manifest::decl::Membership;
use scim_sync::manifest::load::MemoryFiles;
use scim_sync::manifest::words::visible;
use scim_sync::profile::{GroupIds, Profile};

#[path = "support/planning.rs"]
mod planning;

use planning::{Project, TODAY};

const EMAILS: &[&str] = &[
    "ada@example.com",
    "ADA@example.com",
    "bob@example.com",
    "bob+x@example.com",
    "c.d@example.com",
    "jos\u{e9}@example.com",
    "jose\u{301}@example.com",
    "",
    "not an address",
    "x\u{202e}@example.com",
    "\u{ff41}da@example.com",
    "no@example.com",
    "1e3@example.com",
    "'\"#@example.com",
];
const NAMES: &[&str] = &[
    "Ada",
    "no",
    "",
    " ",
    "a: b",
    "- x",
    "#",
    "\"'\\",
    "{{x}}",
    "Ada\nLovelace",
    "\u{1b}[31m",
    "Jos\u{e9}",
    "\u{200b}",
    "<b>",
    "*&!%@`",
    "null",
    "2026-11-24",
];
const ROLES: &[&str] = &[
    "a-b",
    "a_b",
    "a b",
    "A-B",
    "a.b",
    "\u{e9}quipe",
    "equipe",
    "\u{65e5}\u{672c}",
    "",
    " edge",
    "no",
    "1st",
    "x{y}",
    "{role}",
    "a: b",
    "- x",
    "#c",
    "sre",
    "SRE",
    "Ops\u{200b}",
    "admin\n",
    "'\"\\",
    "null",
    "a",
    "aa",
];
const EXPRESSIONS: &[&str] = &[
    "/.*/",
    ".*",
    "a",
    "^a.*$",
    "a|b",
    "(a)-(b)",
    "/SRE/i",
    "[a-z]+",
    "(?!x).*",
    "a++",
    r"\w+",
    r"(a)\1",
    "[",
    "x{y}",
    r"a\-b",
    "(?<role>a).*",
];

fn of(texts: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(texts).prop_map(str::to_owned)
}

fn accounts() -> impl Strategy<Value = Vec<Account>> {
    let standing = prop::sample::select(vec![
        Standing::Active,
        Standing::Active,
        Standing::Suspended,
        Standing::Remarked("locked"),
        Standing::Out("was rejected"),
    ]);
    let one = (
        prop::option::weighted(0.9, of(EMAILS)),
        of(NAMES),
        of(NAMES),
        standing,
    );
    prop::collection::vec(one, 1..12).prop_map(|accounts| {
        let ids = 1..;
        let made = accounts
            .into_iter()
            .zip(ids)
            .map(|((email, first, last, standing), id)| Account {
                id: id.to_string().into(),
                email,
                first: Some(first),
                last: Some(last),
                standing,
            });
        made.collect()
    })
}

fn roles() -> impl Strategy<Value = Vec<Role>> {
    let one = (of(ROLES), prop::collection::btree_set(1..14_u32, 0..8));
    prop::collection::vec(one, 0..10).prop_map(|roles| {
        let made = roles
            .into_iter()
            .zip(100..)
            .map(|((name, members), id): (_, u32)| Role {
                id: id.to_string().into(),
                name,
                members: members
                    .into_iter()
                    .map(|id| id.to_string().into())
                    .collect(),
            });
        made.collect()
    })
}

fn rule() -> impl Strategy<Value = Rule> {
    let condition = (
        prop::sample::select(vec!["has_role", "status"]),
        prop::sample::select(vec!["ri", "!ri"]),
        100..110_u32,
    );
    let values = prop::sample::select(vec!["role", "Role", "member_of", "ops", "x{", "77", ""]);
    (
        prop::sample::select(vec![Wants::All, Wants::Any]),
        prop::collection::vec(condition, 0..3),
        prop::collection::vec(values, 0..3),
        prop::option::of(of(EXPRESSIONS)),
    )
        .prop_map(|(wants, conditions, values, expression)| Rule {
            name: "a rule\n# of \u{202e}".to_owned(),
            wants,
            conditions: conditions
                .into_iter()
                .map(|(source, operator, value)| Condition {
                    source: source.to_owned(),
                    operator: operator.to_owned(),
                    value: value.to_string(),
                })
                .collect(),
            actions: vec![Action {
                action: "set_groups".to_owned(),
                values: values.into_iter().map(str::to_owned).collect(),
                expression,
                made_by: None,
            }],
        })
}

fn each_role() -> Rules {
    Rules::Read {
        rules: vec![Rule {
            name: "each".to_owned(),
            wants: Wants::All,
            conditions: Vec::new(),
            actions: vec![Action {
                action: "set_groups".to_owned(),
                values: vec!["role".to_owned()],
                expression: Some(".*".to_owned()),
                made_by: None,
            }],
        }],
        values: Vec::new(),
    }
}

fn tenant(rules: impl Strategy<Value = Rules>) -> impl Strategy<Value = Tenant> {
    (accounts(), roles(), rules).prop_map(|(accounts, roles, rules)| Tenant {
        accounts,
        roles,
        rules,
        app: None,
    })
}

/// The manifest of a draft, which has no faults.
fn loaded(draft: &Draft, provider: &str, layout: Layout) -> Option<Project> {
    if draft.people.is_empty() {
        return None;
    }
    let target = Target::New {
        provider: provider.to_owned(),
        base_url: None,
        token_env: None,
    };
    let heading = Heading {
        from: "OneLogin\nat night".to_owned(),
        date: TODAY.to_string(),
    };
    let mut memory = MemoryFiles::default();
    for file in files(draft, &target, &heading, layout) {
        let twice = memory.0.insert(file.name.clone(), file.text.into_bytes());
        assert!(twice.is_none(), "{} is written twice", file.name);
    }
    match Project::load(&memory) {
        Ok(project) => Some(project),
        Err(faults) => panic!("{faults:?}\n{draft:#?}"),
    }
}

fn id_of(profile: &Profile, group: &str) -> Option<String> {
    match profile.group_ids {
        GroupIds::Opaque => Some(fold(group)),
        GroupIds::DerivedFromName(derive) => derive(group).ok(),
    }
}

fn profiles() -> [(&'static str, Profile); 2] {
    ["harness", "scim"].map(|name| (name, Profile::named(name).expect("a profile")))
}

proptest! {
    #[test]
    fn whatever_the_tenant_the_manifest_has_no_faults(
        tenant in tenant(prop::collection::vec(rule(), 0..4).prop_map(|rules| Rules::Read {
            rules,
            values: vec![("77".to_owned(), "auditors".to_owned())],
        })),
    ) {
        for (name, profile) in profiles() {
            let draft = draft(&tenant, &profile);
            for layout in [Layout::Single, Layout::PerGroup] {
                loaded(&draft, name, layout);
            }
        }
    }

    #[test]
    fn each_role_gives_its_group_to_whom_onelogin_gives_it(
        tenant in tenant(Just(each_role())),
    ) {
        for (name, profile) in profiles() {
            let draft = draft(&tenant, &profile);
            let Some(project) = loaded(&draft, name, Layout::Single) else {
                continue;
            };
            // Who is who, by the one thing both sides have.
            let keys: BTreeMap<String, &PersonKey> = draft
                .people
                .iter()
                .map(|(key, person)| (person.email.folded().to_owned(), key))
                .collect();
            // An account that is left out is not who has its e-mail.
            let is_out = |id: &str| {
                let end = format!("(id {id})");
                let mut notes = draft.notes.iter();
                notes.any(|it| it.first == First::Unmanaged && it.subject.ends_with(&end))
            };
            let key_of = |id: &str| {
                if is_out(id) {
                    return None;
                }
                let account = tenant.accounts.iter().find(|it| *it.id == *id)?;
                let email = scim_sync::ids::Email::new(account.email.as_deref()?.trim());
                keys.get(email.folded()).copied()
            };
            let mut theirs: BTreeMap<String, BTreeSet<PersonKey>> = BTreeMap::new();
            for role in &tenant.roles {
                let Some(id) = id_of(&profile, &role.name) else { continue };
                let members = role.members.iter().filter_map(|id| key_of(id)).cloned();
                theirs.entry(id).or_default().extend(members);
            }
            let mut ours: BTreeMap<String, BTreeSet<PersonKey>> = BTreeMap::new();
            for group in &project.desired.groups {
                let id = id_of(&profile, group.name.as_str()).expect("it is accepted");
                let members = group.members.iter().map(|at| project.desired.user(*at).key.clone());
                let once = ours.insert(id, members.collect());
                prop_assert!(once.is_none(), "two groups are one: {}", group.name);
            }
            for (id, members) in &ours {
                let given = theirs.get(id).cloned().unwrap_or_default();
                prop_assert!(members.is_subset(&given), "{id}: {members:?} of {given:?}");
            }
            for role in &tenant.roles {
                let left_out = |note: &Note| {
                    let shown = visible(&role.name);
                    note.first == First::Unmanaged
                        && (note.subject == format!("role `{shown}`")
                            || note.subject == format!("role `{shown}` (id {})", role.id))
                };
                let said = draft.notes.iter().any(left_out);
                let Some(id) = id_of(&profile, &role.name) else {
                    prop_assert!(said, "{role:?} {:#?}", draft.notes);
                    continue;
                };
                for member in role.members.iter().filter_map(|id| key_of(id)) {
                    let has = ours.get(&id).is_some_and(|members| members.contains(member));
                    prop_assert!(has || said, "{member} lost {}: {:#?}", role.name, draft.notes);
                }
                // Who is not declared is not taken out either.
                let someone_else = role.members.iter().any(|id| key_of(id).is_none());
                let groups = project.desired.groups.iter();
                for group in groups.filter(|it| it.name.as_str() == role.name) {
                    if someone_else {
                        prop_assert_eq!(group.membership, Membership::Additive);
                    }
                }
            }
        }
    }
}
