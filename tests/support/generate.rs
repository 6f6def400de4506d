//! Worlds: a manifest, and a live state that agrees with some of it.
//!
//! Names come from a small alphabet in which most collide: in case, in Unicode form, in the
//! identifier that Harness makes of them. The live state is derived from the desired one
//! and then changed, so that most of it matches and every kind of difference occurs.

use std::collections::{BTreeMap, BTreeSet};

use scim_sync::desired::DesiredUser;
use scim_sync::ids::attributes::{Attributes, ExtraAttribute};
use scim_sync::ids::{Email, ExternalId, GroupId, UserId};
use scim_sync::live::{Builder, LiveState};
use scim_sync::manifest::decl::{SandboxBehavior, UserStatus};
use scim_sync::profile::harness::group_identifier;
use scim_sync::sandbox::world::{SeedGroup, SeedUser, Standing, World};
use scim_sync::scim::listing::{Doubt, Proof, Verdict, Walk};
use scim_sync::scim::wire;

use crate::account::TOKEN;
use crate::manifest_text::{ManifestText, quoted};
use crate::planning::Project;
use crate::rng::Rng;

/// Which provider a world is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    Harness(SandboxBehavior),
    Scim,
}

/// A manifest and what is live.
pub struct Scenario {
    pub seed: u64,
    pub provider: Provider,
    pub text: ManifestText,
    pub project: Project,
    pub people: Vec<Somebody>,
    pub circles: Vec<Circle>,
    pub partial: Partial,
}

/// Which listing may have gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Partial {
    Neither,
    Users,
    Groups,
}

/// A live account.
#[derive(Debug, Clone)]
pub struct Somebody {
    pub id: String,
    pub login: String,
    /// The address, where it is not the login.
    pub mail: Option<String>,
    pub external_id: Option<String>,
    pub given: Option<String>,
    pub family: Option<String>,
    pub attributes: Attributes,
    pub display: String,
    pub active: bool,
    /// Whether SCIM lists it; a standalone account is not listed.
    pub listed: bool,
}

/// A live group.
#[derive(Debug, Clone)]
pub struct Circle {
    pub id: String,
    pub name: String,
    pub members: BTreeSet<String>,
}

const KEYS: &[&str] = &["ada", "Ada", "a.da", "a-da", "a_da", "bob", "cyd", "jose"];
const EMAILS: &[&str] = &[
    "ada@x.io",
    "a.da@x.io",
    "a-da@x.io",
    "Bob@x.io",
    "bob+ops@x.io",
    "cyd@x.io",
    "jos\u{e9}@x.io",
    "Zoe\u{301}@x.io",
];
const GIVEN: &[&str] = &["Ada", "ada", "Jos\u{e9}", "Jose\u{301}", "Ann  Bee"];
const FAMILY: &[&str] = &["Lovelace", "King", "O'Neil", "M\u{fc}ller-Lu\u{308}"];
const ATTRIBUTES: &[ExtraAttribute] = &[
    ExtraAttribute::Title,
    ExtraAttribute::Locale,
    ExtraAttribute::MiddleName,
    ExtraAttribute::EmployeeNumber,
    ExtraAttribute::Department,
];
const VALUES: &[&str] = &["Engineer", "engineer", "4130", "Caf\u{e9}", "Cafe\u{301}"];
const ROLES: &[&str] = &[
    "dev",
    "Dev",
    "dev-a",
    "dev.a",
    "dev a",
    "dev_a",
    "dev+a",
    "ops",
    "ops 100%",
    "\u{e9}quipe",
    "e\u{301}quipe",
    "1st-line",
];
const MAPPINGS: &[(&str, &str)] = &[
    (".*", "{role}"),
    ("(?<team>[a-z]+)[-. +_].*", "team {team}"),
    ("(?i)d.*", "all-devs"),
    ("dev.*", "{role}"),
    ("o.*|1.*", "on-call"),
];

impl Scenario {
    /// The world of a seed. A manifest with faults is thrown away and another one made.
    pub fn generate(seed: u64) -> Self {
        let provider = match seed % 4 {
            0 => Provider::Harness(SandboxBehavior::Documented),
            2 => Provider::Harness(SandboxBehavior::Source),
            _ => Provider::Scim,
        };
        let mut rng = Rng::new(seed);
        for _ in 0..200 {
            let text = manifest(&mut rng, provider);
            if let Ok(project) = Project::load(&text.files()) {
                let mut scenario = Self {
                    seed,
                    provider,
                    text,
                    project,
                    people: Vec::new(),
                    circles: Vec::new(),
                    partial: Partial::Neither,
                };
                scenario.live(&mut rng);
                return scenario;
            }
        }
        panic!("no manifest without faults in 200");
    }

    /// The live state, its pages arriving in this order.
    pub fn live_state(&self, order: Option<&mut Rng>) -> LiveState {
        let mut users: Vec<wire::User> = self
            .people
            .iter()
            .filter(|person| person.listed)
            .map(Somebody::wire)
            .collect();
        let mut groups: Vec<wire::Group> = self.circles.iter().map(Circle::wire).collect();
        if let Some(rng) = order {
            rng.shuffle(&mut users);
            rng.shuffle(&mut groups);
            for group in &mut groups {
                rng.shuffle(group.members.as_mut().expect("members are told"));
            }
        }
        let (rows, circles) = (users.len() as u64, groups.len() as u64);
        let mut builder = Builder::default();
        users.into_iter().for_each(|user| builder.add_user(user));
        groups
            .into_iter()
            .for_each(|group| builder.add_group(group));
        builder.finish(
            walk(rows, self.partial == Partial::Users),
            walk(circles, self.partial == Partial::Groups),
        )
    }

    /// A provider that holds the live state, unless it is one no such provider can hold.
    pub fn world(&self) -> Option<World> {
        let mut world = match self.provider {
            Provider::Harness(behavior) => World::new("AcC0unt", TOKEN, behavior),
            Provider::Scim => World::rfc(TOKEN),
        };
        for person in &self.people {
            let standing = match person.listed {
                true => Standing::Scim,
                false => Standing::Standalone,
            };
            world.seed_user(person.seed(), standing).ok()?;
        }
        for circle in &self.circles {
            let members = circle.members.iter().map(|id| UserId::from(id.as_str()));
            let mut group = SeedGroup::from(circle.name.as_str()).with(members);
            group.id = Some(GroupId::from(circle.id.as_str()));
            world.seed_scim_group(group).ok()?;
        }
        Some(world)
    }

    fn live(&mut self, rng: &mut Rng) {
        let mut ids: Vec<usize> = (0..40).collect();
        rng.shuffle(&mut ids);
        for user in self.project.desired.users.clone() {
            for mut person in counterparts(rng, &user, self.provider) {
                person.id = format!("u{:02}", ids.pop().expect("fewer people than ids"));
                self.people.push(person);
            }
        }
        for _ in 0..rng.below(4) {
            let mut person = stranger(rng);
            person.id = format!("u{:02}", ids.pop().expect("fewer people than ids"));
            self.people.push(person);
        }
        self.live_groups(rng);
        self.partial = match rng.below(20) {
            0 => Partial::Users,
            1 => Partial::Groups,
            _ => Partial::Neither,
        };
    }

    fn live_groups(&mut self, rng: &mut Rng) {
        let ids: Vec<String> = self.people.iter().map(|it| it.id.clone()).collect();
        let mut named: Vec<(String, BTreeSet<String>)> = Vec::new();
        for group in &self.project.desired.groups {
            if rng.chance(25) {
                continue;
            }
            let wanted: BTreeSet<&str> = group
                .members
                .iter()
                .map(|at| self.project.desired.user(*at).email.folded())
                .collect();
            let there = |it: &&Somebody| wanted.contains(Email::new(it.address()).folded());
            let mut members: BTreeSet<String> = self
                .people
                .iter()
                .filter(there)
                .map(|it| it.id.clone())
                .collect();
            if rng.chance(40) {
                members.retain(|_| rng.chance(60));
            }
            if rng.chance(40) && !ids.is_empty() {
                members.extend((0..1 + rng.below(3)).map(|_| rng.pick(&ids)));
            }
            let name = match group.previously.first() {
                Some(earlier) if rng.chance(60) => earlier.to_string(),
                Some(_) | None => group.name.to_string(),
            };
            if rng.chance(4) {
                named.push((name.clone(), BTreeSet::new()));
            }
            named.push((name, members));
        }
        let absent = &self.project.desired.absent_groups;
        let gone = absent.iter().map(|group| group.name.to_string());
        let others = (0..rng.below(3)).map(|_| rng.pick(ROLES).to_owned());
        for name in gone.chain(others).collect::<Vec<_>>() {
            let mut members = BTreeSet::new();
            if !ids.is_empty() {
                members.extend((0..rng.below(4)).map(|_| rng.pick(&ids)));
            }
            if rng.chance(70) {
                named.push((name, members));
            }
        }
        for (number, (name, members)) in named.into_iter().enumerate() {
            let derived = match self.provider {
                Provider::Harness(_) if rng.chance(90) => group_identifier(&name).ok(),
                Provider::Harness(_) | Provider::Scim => None,
            };
            let taken: BTreeSet<&str> = self.circles.iter().map(|it| it.id.as_str()).collect();
            let id = derived
                .filter(|id| !taken.contains(id.as_str()))
                .unwrap_or_else(|| format!("g{number}"));
            self.circles.push(Circle { id, name, members });
        }
    }
}

/// The world for whoever has to find out what a law has against it.
impl std::fmt::Display for Scenario {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{:?}, {:?} read in part", self.provider, self.partial)?;
        for (name, text) in self.text.files().0 {
            writeln!(f, "--- {name}\n{}", String::from_utf8_lossy(&text))?;
        }
        for person in &self.people {
            writeln!(f, "{person:?}")?;
        }
        for circle in &self.circles {
            writeln!(f, "{circle:?}")?;
        }
        Ok(())
    }
}

impl Somebody {
    /// The e-mail people are matched by.
    pub fn address(&self) -> &str {
        self.mail.as_deref().unwrap_or(&self.login)
    }

    fn wire(&self) -> wire::User {
        let line = |attribute| self.attributes.value(attribute).map(Into::into);
        wire::User {
            id: Some(self.id.clone()),
            external_id: self.external_id.clone(),
            user_name: Some(self.login.clone()),
            display_name: Some(self.display.clone()),
            active: Some(self.active),
            name: wire::Name {
                given_name: self.given.clone(),
                family_name: self.family.clone(),
                formatted: None,
                middle_name: line(ExtraAttribute::MiddleName),
                ..wire::Name::default()
            },
            title: line(ExtraAttribute::Title),
            locale: line(ExtraAttribute::Locale),
            enterprise: Some(Box::new(wire::Enterprise {
                department: line(ExtraAttribute::Department),
                employee_number: line(ExtraAttribute::EmployeeNumber),
                ..wire::Enterprise::default()
            })),
            emails: vec![wire::EmailValue {
                value: Some(self.address().to_owned()),
                primary: Some(true),
                ..wire::EmailValue::default()
            }],
            ..wire::User::default()
        }
    }

    fn seed(&self) -> SeedUser {
        SeedUser {
            id: Some(UserId::from(self.id.as_str())),
            email: Email::new(self.login.as_str()),
            name: Some(self.display.clone()),
            given_name: self.given.clone(),
            family_name: self.family.clone(),
            attributes: self.attributes.clone(),
            external_id: self.external_id.as_deref().map(ExternalId::from),
            mail: self.mail.clone(),
            disabled: !self.active,
        }
    }
}

impl Circle {
    fn wire(&self) -> wire::Group {
        let member = |id: &String| wire::Member {
            value: Some(id.as_str().into()),
            ..wire::Member::default()
        };
        wire::Group {
            id: Some(self.id.clone()),
            display_name: Some(self.name.clone()),
            members: Some(self.members.iter().map(member).collect()),
            ..wire::Group::default()
        }
    }
}

/// How a listing went.
pub fn walk(rows: u64, has_gaps: bool) -> Walk {
    Walk {
        pages: 1,
        rows,
        duplicates: 0,
        reported_total: None,
        verdict: match has_gaps {
            false => Verdict::Whole {
                how: Proof::EmptyPages,
            },
            true => Verdict::Partial {
                reasons: vec![Doubt::TotalMoved],
            },
        },
    }
}

/// The live accounts that a declared person has: usually one, sometimes none or two.
fn counterparts(rng: &mut Rng, user: &DesiredUser, provider: Provider) -> Vec<Somebody> {
    let (given, family) = user.name_parts();
    let filled = |name: &str| (!name.is_empty()).then(|| name.to_owned());
    let mut person = Somebody {
        id: String::new(),
        login: user.email.to_string(),
        mail: None,
        external_id: Some(ExternalId::for_person(&user.key).to_string()),
        given: filled(given),
        family: filled(family),
        attributes: live_attributes(rng, user, provider),
        display: user.shown_name(),
        active: user.status != UserStatus::Suspended || rng.chance(50),
        listed: true,
    };
    match rng.below(20) {
        0..5 => return Vec::new(),
        5 => person.external_id = None,
        6 => person.external_id = Some("00u1abcd".to_owned()),
        7 => person.active = !person.active,
        8 => {
            person.display = rng.pick(GIVEN).to_owned();
            person.given = Some(person.display.clone());
        }
        9 => person.login = format!("old.{}", person.login),
        10 => person.login = person.login.to_uppercase(),
        11 => {
            if let Some(earlier) = user.previously.first() {
                person.external_id = Some(ExternalId::for_person(earlier).to_string());
            }
        }
        12 => {
            let other = rng.pick(KEYS).into();
            person.external_id = Some(ExternalId::for_person(&other).to_string());
        }
        13 if provider != Provider::Scim => {
            person.listed = false;
            person.external_id = None;
            (person.given, person.family) = (None, None);
        }
        14 => {
            let mut twin = person.clone();
            if provider != Provider::Scim && rng.chance(50) {
                person.login = person.login.to_lowercase();
                twin.login = person.login.to_uppercase();
                twin.external_id = None;
            } else if provider == Provider::Scim && rng.chance(50) {
                twin.mail = Some(person.login.to_uppercase());
                twin.login = format!("twin.{}", person.login);
                twin.external_id = None;
            } else {
                person.login = person.login.to_lowercase();
                twin.login = format!("second.{}", person.login);
            }
            return vec![person, twin];
        }
        // Half of an account may be another's: its login, or its e-mail.
        15 if provider == Provider::Scim => {
            let others = [
                rng.pick(EMAILS).to_owned(),
                format!("login.{}", person.login),
            ];
            let other = rng.pick(&others);
            match rng.chance(70) {
                true => person.mail = Some(std::mem::replace(&mut person.login, other)),
                false => person.mail = Some(other),
            }
            if rng.chance(50) {
                person.external_id = None;
            }
        }
        _ => {}
    }
    if provider != Provider::Scim {
        // There the login is the address, in lower case.
        person.login = person.login.to_lowercase();
    }
    vec![person]
}

/// What an account has: mostly what is declared, some of it changed, some undeclared beside it.
fn live_attributes(rng: &mut Rng, user: &DesiredUser, provider: Provider) -> Attributes {
    let mut attributes = Attributes::default();
    if provider != Provider::Scim {
        return attributes;
    }
    for (attribute, value) in user.attributes.iter() {
        match rng.below(4) {
            0 => {}
            1 => attributes.assign(attribute, rng.pick(VALUES)),
            _ => attributes.assign(attribute, value),
        }
    }
    if rng.chance(30) {
        attributes.assign(rng.pick(ATTRIBUTES), rng.pick(VALUES));
    }
    attributes
}

/// Somebody nothing declares.
fn stranger(rng: &mut Rng) -> Somebody {
    let login = match rng.chance(30) {
        true => rng.pick(EMAILS).to_lowercase(),
        false => format!("stranger{}@x.io", rng.below(50)),
    };
    let key = rng.pick(KEYS).into();
    Somebody {
        id: String::new(),
        login,
        mail: None,
        external_id: match rng.below(4) {
            0 => Some(ExternalId::for_person(&key).to_string()),
            1 => Some("00u9wxyz".to_owned()),
            _ => None,
        },
        given: None,
        family: None,
        attributes: Attributes::default(),
        display: rng.pick(GIVEN).to_owned(),
        active: rng.chance(80),
        listed: true,
    }
}

fn manifest(rng: &mut Rng, provider: Provider) -> ManifestText {
    let mut keys = KEYS.to_vec();
    let mut emails = EMAILS.to_vec();
    rng.shuffle(&mut keys);
    rng.shuffle(&mut emails);
    keys.truncate(1 + rng.below(5));
    let mut text = ManifestText {
        provider: match provider {
            Provider::Harness(_) => "harness",
            Provider::Scim => "scim",
        },
        ..ManifestText::default()
    };
    let mut members: Vec<&str> = Vec::new();
    for (key, email) in keys.iter().zip(emails) {
        let status = rng.pick(&[
            "active",
            "active",
            "active",
            "active",
            "suspended",
            "absent",
        ]);
        if status != "absent" {
            members.push(key);
        }
        text.users.push(person(rng, key, email, status, provider));
    }

    let mut roles = ROLES.to_vec();
    rng.shuffle(&mut roles);
    roles.truncate(1 + rng.below(4));
    for (at, role) in roles.iter().enumerate() {
        let mut listed: Vec<String> = Vec::new();
        for member in &members {
            match rng.below(10) {
                0..4 => listed.push(quoted(member)),
                4 => {
                    let until = rng.pick(&["2026-11-23", "2026-11-24", "2027-01-31"]);
                    let member = quoted(member);
                    listed.push(format!("{{ user: {member}, until: {until}, reason: why }}"));
                }
                _ => {}
            }
        }
        let included: Vec<String> = roles[..at]
            .iter()
            .filter(|_| rng.chance(25))
            .map(|role| quoted(role))
            .collect();
        text.roles.push(format!(
            "{}: {{ members: [{}], includes: [{}] }}",
            quoted(role),
            listed.join(", "),
            included.join(", ")
        ));
    }

    let mut mappings = MAPPINGS.to_vec();
    rng.shuffle(&mut mappings);
    mappings.truncate(1 + rng.below(3));
    for (pattern, group) in &mappings {
        let (pattern, group) = (quoted(pattern), quoted(group));
        text.mappings
            .push(format!("{{ match: {pattern}, group: {group} }}"));
    }

    let mut declared: BTreeMap<&str, String> = BTreeMap::new();
    for role in roles.iter().copied().chain(["all-devs", "on-call"]) {
        let details = match rng.below(8) {
            0 => "membership: additive".to_owned(),
            1 | 2 => format!("previously: [{}]", quoted(&format!("old {role}"))),
            3 => format!(
                "membership: additive, previously: [{}]",
                quoted(rng.pick(ROLES))
            ),
            _ => continue,
        };
        declared.insert(role, details);
    }
    for _ in 0..rng.below(3) {
        let gone = rng.pick(&["gone", "Gone", "dev", "ops", "old dev"]);
        declared.insert(gone, "status: absent".to_owned());
    }
    text.groups = declared
        .iter()
        .map(|(name, details)| format!("{}: {{ {details} }}", quoted(name)))
        .collect();
    text.policy = policy(rng, &members, &roles);
    text
}

fn person(rng: &mut Rng, key: &str, email: &str, status: &str, provider: Provider) -> String {
    let mut fields = vec![format!("email: {}", quoted(email))];
    if rng.chance(80) {
        fields.push(format!("givenName: {}", quoted(rng.pick(GIVEN))));
    }
    if rng.chance(80) {
        fields.push(format!("familyName: {}", quoted(rng.pick(FAMILY))));
    }
    if provider == Provider::Scim && rng.chance(20) {
        fields.push(format!("displayName: {}", quoted(rng.pick(GIVEN))));
    }
    if provider == Provider::Scim && rng.chance(50) {
        let mut declared: Vec<String> = Vec::new();
        for attribute in ATTRIBUTES {
            let value = match rng.below(6) {
                0 | 1 => quoted(rng.pick(VALUES)),
                2 => "null".to_owned(),
                _ => continue,
            };
            declared.push(format!("{}: {value}", attribute.name()));
        }
        fields.push(format!("attributes: {{ {} }}", declared.join(", ")));
    }
    if status != "active" {
        fields.push(format!("status: {status}"));
    }
    if rng.chance(20) {
        fields.push(format!("previously: [{}]", quoted(&format!("old-{key}"))));
    }
    format!("{}: {{ {} }}", quoted(key), fields.join(", "))
}

fn policy(rng: &mut Rng, members: &[&str], roles: &[&str]) -> Vec<String> {
    let mut policy = Vec::new();
    if rng.chance(60) {
        policy.push(format!(
            "undeclared: {{ users: {}, groups: {} }}",
            rng.pick(&["keep", "keep", "remove"]),
            rng.pick(&["keep", "keep", "remove"])
        ));
    }
    if rng.chance(60) {
        policy.push(format!(
            "onRemoval: {{ users: {}, groups: {} }}",
            rng.pick(&["delete", "delete", "deactivate", "keep"]),
            rng.pick(&["support", "support", "delete", "keep"])
        ));
    }
    let limit = |rng: &mut Rng| rng.pick(&["0", "1", "3", "40", "50%", "100%", "20%"]);
    if rng.chance(50) {
        policy.push(format!(
            "limits: {{ userRemovals: {}, membershipRemovals: {}, perGroupRemovals: {}, minimumPopulation: {} }}",
            limit(rng),
            limit(rng),
            limit(rng),
            rng.below(4)
        ));
    }
    if rng.chance(50) {
        let mut users: Vec<String> = members.iter().map(|key| quoted(key)).collect();
        users.retain(|_| rng.chance(30));
        let mut groups: Vec<String> = roles.iter().map(|name| quoted(name)).collect();
        groups.retain(|_| rng.chance(25));
        let mut least: Vec<String> = roles
            .iter()
            .map(|name| format!("{}: {}", quoted(name), 1 + rng.below(3)))
            .collect();
        least.retain(|_| rng.chance(30));
        policy.push(format!(
            "protect: {{ users: [{}], groups: [{}], minMembers: {{ {} }} }}",
            users.join(", "),
            groups.join(", "),
            least.join(", ")
        ));
    }
    policy
}
