//! Writes a manifest of any size and the sandbox state to match, with as much drift as asked
//! for: for benchmarks, and to try the tool at the size of one's own company.
//!
//! ```text
//! cargo run --release --example make_world -- --users 1000 --groups 50 --memberships 10000 --drift 1 /tmp/world
//! scim-sync -f /tmp/world/scim-sync.yaml plan
//! ```
//!
//! The manifest is of the real language: people with keys, roles whose members stand in
//! several files, mappings. The same arguments give the same bytes.
//!
//! Drift of *P* percent: of every hundred people, *P* differ from what is declared. A third
//! of those have no account yet, a third another name, a third are in one group too few and
//! in one too many.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use clap::Parser;
use scim_sync::ids::{ExternalId, GroupId, UserId};
use scim_sync::manifest::decl::SandboxBehavior;
use scim_sync::sandbox::world::{SeedGroup, SeedUser, World};

/// A manifest of any size and the sandbox state to match.
#[derive(Debug, Parser)]
pub struct Args {
    /// How many people
    #[arg(long, default_value_t = 1_000)]
    pub users: usize,
    /// How many roles, each of which becomes a group
    #[arg(long, default_value_t = 50)]
    pub groups: usize,
    /// How many memberships in all
    #[arg(long, default_value_t = 10_000)]
    pub memberships: usize,
    /// How many files of people and how many of roles
    #[arg(long, default_value_t = 10)]
    pub files: usize,
    /// How many people in a hundred differ from what is declared
    #[arg(long, default_value_t = 0.0)]
    pub drift: f64,
    /// Another number gives another world
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Where to write it
    pub dir: PathBuf,
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers on every machine.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).expect("below a usize")
    }
}

const FIRST: [&str; 16] = [
    "Ada", "Grace", "Alan", "Barbara", "Edsger", "Frances", "Ken", "Margaret", "Niklaus", "Radia",
    "Tony", "Hedy", "Zoë", "Łucja", "Søren", "Yukihiro",
];
const LAST: [&str; 16] = [
    "Lovelace",
    "Hopper",
    "Turing",
    "Liskov",
    "Dijkstra",
    "Allen",
    "Thompson",
    "Hamilton",
    "Wirth",
    "Perlman",
    "Hoare",
    "Lamarr",
    "O'Neill",
    "Núñez",
    "Kierkegaard",
    "Matsumoto",
];
const TEAMS: [&str; 8] = [
    "platform", "payments", "search", "mobile", "data", "security", "support", "web",
];

struct Person {
    key: String,
    email: String,
    given: &'static str,
    family: &'static str,
}

/// How one person's live state differs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Drift {
    None,
    NoAccount,
    OtherName,
    OtherGroups,
}

struct Design {
    people: Vec<Person>,
    drift: Vec<Drift>,
    roles: Vec<String>,
    /// For each role its members, sorted.
    members: Vec<Vec<usize>>,
}

impl Design {
    fn new(args: &Args) -> Self {
        let mut numbers = Numbers(args.seed);
        let people = (0..args.users)
            .map(|number| {
                let (given, family) = (
                    FIRST[numbers.below(FIRST.len())],
                    LAST[numbers.below(LAST.len())],
                );
                Person {
                    key: format!("person-{number:06}"),
                    email: format!("person.{number:06}@example.com"),
                    given,
                    family,
                }
            })
            .collect();
        let drift = (0..args.users)
            .map(|_| {
                let roll = numbers.below(1_000_000) as f64 / 10_000.0;
                match numbers.below(3) {
                    _ if roll >= args.drift => Drift::None,
                    0 => Drift::NoAccount,
                    1 => Drift::OtherName,
                    _ => Drift::OtherGroups,
                }
            })
            .collect();
        let roles = (0..args.groups)
            .map(|number| format!("{}-{number:05}", TEAMS[number % TEAMS.len()]))
            .collect();
        let mut members = vec![Vec::new(); args.groups];
        if args.users > 0 && args.groups > 0 {
            // Everybody is in as many groups as everybody else, spread evenly: a stride that
            // shares no factor with the number of groups visits each before any twice.
            for number in 0..args.memberships {
                let person = number % args.users;
                let round = number / args.users;
                let group = (person + round * stride(args.groups)) % args.groups;
                members[group].push(person);
            }
        }
        for list in &mut members {
            list.sort_unstable();
            list.dedup();
        }
        Self {
            people,
            drift,
            roles,
            members,
        }
    }
}

fn stride(groups: usize) -> usize {
    let gcd = |mut a: usize, mut b: usize| {
        while b != 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    (groups / 3 + 1..)
        .find(|step| gcd(*step, groups) == 1)
        .expect("one of the next numbers shares no factor")
}

#[allow(dead_code, reason = "the benchmark has a main of its own")]
fn main() -> io::Result<()> {
    let args = Args::parse();
    let memberships = make(&args)?;
    println!(
        "wrote {} people, {} roles and {memberships} memberships to {}",
        args.users,
        args.groups,
        args.dir.display()
    );
    Ok(())
}

/// Writes the manifest and the state; returns how many memberships there are.
///
/// # Errors
/// When so many memberships are not possible, or a file cannot be written.
pub fn make(args: &Args) -> io::Result<usize> {
    if args.memberships > args.users * args.groups {
        let all = args.users * args.groups;
        return Err(io::Error::other(format!(
            "{} people and {} groups have no more than {all} memberships",
            args.users, args.groups
        )));
    }
    let design = Design::new(args);
    write_manifest(args, &design)?;
    let state = args.dir.join(".scim-sync").join("sandbox.json");
    write(&state, &world(&design).to_json())?;
    Ok(design.members.iter().map(Vec::len).sum())
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, bytes)
}

fn write_manifest(args: &Args, design: &Design) -> io::Result<()> {
    let body = "include: [people/*.yaml, roles/*.yaml]\n\
                groupMappings:\n  - match: '.*'\n    group: '{role}'\n\
                policy:\n  onRemoval: { users: delete, groups: support }\n";
    let embedded = format!("version: 1\ntarget: {{ provider: harness }}\n{body}");
    write(&args.dir.join("scim-sync.yaml"), embedded.as_bytes())?;
    // The same for a sandbox that another process serves.
    let served = format!(
        "version: 1\ntarget:\n  provider: harness\n  baseUrl: ${{SCIM_SYNC_WORLD_URL}}\n  \
         token: {{ env: SCIM_SYNC_WORLD_TOKEN }}\n{body}"
    );
    write(&args.dir.join("served.yaml"), served.as_bytes())?;

    let files = args.files.max(1);
    // Writing to a String cannot fail.
    for file in 0..files {
        let mut text = String::from("users:\n");
        for person in design.people.iter().skip(file).step_by(files) {
            let _ = write!(
                text,
                "  {}:\n    email: {}\n    givenName: {}\n    familyName: {}\n",
                person.key, person.email, person.given, person.family
            );
        }
        if text.lines().count() > 1 {
            let name = format!("people/{file:04}.yaml");
            write(&args.dir.join(name), text.as_bytes())?;
        }

        let mut text = String::from("roles:\n");
        for (role, members) in design
            .roles
            .iter()
            .zip(&design.members)
            .skip(file)
            .step_by(files)
        {
            let _ = writeln!(text, "  {role}:\n    members:");
            if members.is_empty() {
                text.truncate(text.len() - 1);
                text.push_str(" []\n");
            }
            for person in members {
                let _ = writeln!(text, "      - {}", design.people[*person].key);
            }
        }
        if text.lines().count() > 1 {
            let name = format!("roles/{file:04}.yaml");
            write(&args.dir.join(name), text.as_bytes())?;
        }
    }
    Ok(())
}

fn user_id(number: usize) -> UserId {
    // As long as Harness' own.
    UserId::new(format!("user-{number:017}"))
}

fn world(design: &Design) -> World {
    let mut world = World::new("sandbox", "sandbox", SandboxBehavior::Documented);
    for (number, (person, drift)) in design.people.iter().zip(&design.drift).enumerate() {
        if *drift == Drift::NoAccount {
            continue;
        }
        let given = match drift {
            Drift::OtherName => "Earlier",
            Drift::None | Drift::NoAccount | Drift::OtherGroups => person.given,
        };
        world
            .seed_scim_user(SeedUser {
                id: Some(user_id(number)),
                external_id: Some(ExternalId::new(person.key.clone())),
                ..SeedUser::new(&person.email).named(given, person.family)
            })
            .expect("ids and e-mails occur once");
    }
    for (number, (role, members)) in design.roles.iter().zip(&design.members).enumerate() {
        let before = &design.members[(number + design.roles.len() - 1) % design.roles.len()];
        let stay = members
            .iter()
            .filter(|person| match design.drift[**person] {
                Drift::None | Drift::OtherName => true,
                Drift::NoAccount => false,
                // In one too few: the first of their groups.
                Drift::OtherGroups => **person % design.roles.len() != number,
            });
        // In one too many: the group after the first of theirs.
        let strangers = before.iter().filter(|person| {
            design.drift[**person] == Drift::OtherGroups
                && (**person + 1) % design.roles.len() == number
                && members.binary_search(person).is_err()
        });
        world
            .seed_scim_group(SeedGroup {
                id: Some(GroupId::new(role.replace('-', "_"))),
                name: role.clone(),
                external_id: None,
                members: stay
                    .chain(strangers)
                    .map(|person| user_id(*person))
                    .collect(),
            })
            .expect("ids occur once and members are there");
    }
    world
}
