//! A plan with steps of every kind that a provider takes, a dozen and some more in all.

use scim_sync::ids::{ExternalId, GroupId, UserId};
use scim_sync::manifest::decl::SandboxBehavior;
use scim_sync::manifest::load::{MemoryFiles, ROOT_FILE};
use scim_sync::sandbox::world::{SeedGroup, SeedUser, World};

use crate::account::TOKEN;
use crate::planning::Project;

const MANIFEST: &str = "
users:
  ada: { email: ada@x.io, givenName: Ada, familyName: Lovelace }
  bob+: { email: Bob+ops@x.io, givenName: Bob }
  cyd: { email: cyd@x.io, givenName: Cyd, familyName: Charisse }
  dee: { email: dee@x.io, givenName: Dee, familyName: Dee }
  eve: { email: eve@x.io, status: absent }
  zoe: { email: \"Zoe\u{301}@x.io\" }
roles:
  dev: { members: [ada, bob+, cyd] }
  ops: { members: [ada, zoe, dee] }
  'r+d 1': { members: [ada, dee] }
groupMappings: [{ match: '.*', group: '{role}' }]
groups:
  ops: { previously: [operations] }
policy:
  limits: { userRemovals: 10, membershipRemovals: 100%, perGroupRemovals: 100% }
";

/// The providers every run is tried at.
pub const PROVIDERS: [(&str, Option<SandboxBehavior>); 3] = [
    ("harness", Some(SandboxBehavior::Documented)),
    ("harness", Some(SandboxBehavior::Source)),
    ("scim", None),
];

/// The same with people enough for thirty steps and some more.
#[allow(dead_code, reason = "each test binary uses its part of it")]
pub fn thirty(provider: &str) -> Project {
    let keys: Vec<String> = (0..8).map(|n| format!("n{n}")).collect();
    let people: String = keys
        .iter()
        .map(|key| format!("  {key}: {{ email: {key}@x.io, givenName: N, familyName: {key} }}\n"))
        .collect();
    let dev = format!("dev: {{ members: [{}, ", keys.join(", "));
    of(
        provider,
        &MANIFEST
            .replace("\nusers:\n", &format!("\nusers:\n{people}"))
            .replace("dev: { members: [", &dev),
    )
}

/// What is wanted.
pub fn project(provider: &str) -> Project {
    of(provider, MANIFEST)
}

fn of(provider: &str, manifest: &str) -> Project {
    let head = format!("version: 1\ntarget: {{ provider: {provider} }}");
    let text = format!("{head}{manifest}");
    let mut files = MemoryFiles::default();
    files.0.insert(ROOT_FILE.to_owned(), text.into_bytes());
    let mut project = Project::load(&files).expect("no faults");
    // One member at a time, so that some groups get several batches.
    project.profile.dialect.members_per_patch = 1;
    project
}

/// What is there: Cyd has another name, Dee is inactive, Eve must go, `operations` gets
/// another name and loses Finn, whom nothing declares, and nobody has made the other groups.
pub fn world(behavior: Option<SandboxBehavior>) -> World {
    let mut world = match behavior {
        Some(behavior) => World::new("AcC0unt", TOKEN, behavior),
        None => World::rfc(TOKEN),
    };
    let mut seed = |id: &str, given: &str, family: &str, key: Option<&str>, disabled: bool| {
        let mut user = SeedUser::new(&format!("{id}@x.io")).named(given, family);
        user.id = Some(UserId::from(id));
        user.external_id = key.map(|key| ExternalId::for_person(&key.into()));
        user.disabled = disabled;
        world.seed_scim_user(user).expect("a free id");
    };
    seed("cyd", "Cyd", "Finklea", Some("cyd"), false);
    seed("dee", "Dee", "Dee", None, true);
    seed("eve", "Eve", "Eve", Some("eve"), false);
    seed("finn", "Finn", "Finn", None, false);
    let id = |id: &str| UserId::from(id);
    for (group, name, members) in [
        (
            "operations",
            "operations",
            vec![id("eve"), id("finn"), id("dee")],
        ),
        ("strangers", "strangers", vec![id("finn"), id("eve")]),
    ] {
        let mut group_seed = SeedGroup::from(name).with(members);
        group_seed.id = Some(GroupId::from(group));
        world.seed_scim_group(group_seed).expect("a free id");
    }
    world
}
