//! What import promises, over generated worlds of every provider, ordinary and hostile: the
//! first plan of what it writes is empty, but for what its notes say; merging adds and changes
//! nothing; a patch of drift leaves nothing to plan, but for what its notes say.
//!
//! `SEED=1234 cargo test --test import_properties` runs one world, `WORLDS=10` ten times as many.

use std::collections::BTreeSet;

use scim_sync::import::drift::{self, Drift};
use scim_sync::import::live::{Known, draft};
use scim_sync::import::merge::{Edits, Parsed};
use scim_sync::import::write::{Heading, Layout, NewFile, Target, files};
use scim_sync::import::{Draft, First, Note};
use scim_sync::live::{Builder, LiveState};
use scim_sync::manifest::fault::{FaultCode, Severity};
use scim_sync::manifest::format::{Formatted, format};
use scim_sync::manifest::load::{self, MemoryFiles, ROOT_FILE};
use scim_sync::plan::{Allowances, Change, Plan, UnmanagedReason};
use scim_sync::profile::Profile;
use scim_sync::scim::wire;

#[path = "support/account.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod account;
#[path = "support/generate.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod generate;
#[path = "support/manifest_text.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod manifest_text;
#[path = "support/planning.rs"]
mod planning;
#[path = "support/rng.rs"]
mod rng;

use generate::{Provider, Scenario, walk};
use planning::{Project, TODAY};
use rng::Rng;

fn seeds(first: u64, worlds: u64) -> std::ops::Range<u64> {
    let number = |name| {
        std::env::var(name)
            .ok()
            .map(|it| it.parse::<u64>().expect("a number"))
    };
    match number("SEED") {
        Some(seed) => seed..seed + 1,
        None => first..first + worlds * number("WORLDS").unwrap_or(1),
    }
}

fn provider_name(provider: Provider) -> &'static str {
    match provider {
        Provider::Harness(_) => "harness",
        Provider::Scim => "scim",
    }
}

fn written(draft: &Draft, provider: &str, layout: Layout) -> Vec<NewFile> {
    let target = Target::New {
        provider: provider.to_owned(),
        base_url: None,
        token_env: None,
    };
    let heading = Heading {
        from: "a test\nwith two lines".to_owned(),
        date: TODAY.to_string(),
    };
    files(draft, &target, &heading, layout)
}

fn loaded(files: &[NewFile]) -> Project {
    let mut memory = MemoryFiles::default();
    for file in files {
        let twice = memory
            .0
            .insert(file.name.clone(), file.text.clone().into_bytes());
        assert!(twice.is_none(), "{} is written twice", file.name);
    }
    // Warnings are allowed only where the world itself is odd.
    let checked = load::load_from(&memory, ROOT_FILE).checked(TODAY);
    for fault in &checked.faults {
        assert!(
            fault.severity != Severity::Error
                && [
                    FaultCode::LookAlikeEmail,
                    FaultCode::LookAlikeKey,
                    FaultCode::MissingName,
                ]
                .contains(&fault.code),
            "{}: {}\n{files:?}",
            fault.code,
            fault.message
        );
    }
    Project::load(&memory).unwrap_or_else(|errors| panic!("{errors:?}\n{files:?}"))
}

/// A plan is empty but for what the notes announce.
#[track_caller]
fn only_what_is_announced(plan: &Plan, notes: &[Note]) {
    let announced = |first: First, person: &scim_sync::plan::Person| {
        let id = person.id.as_ref().expect("a live user").as_str();
        notes
            .iter()
            .any(|note| note.first == first && note.subject.ends_with(&format!("(id {id})")))
    };
    for action in &plan.actions {
        match &action.change {
            Change::DeleteUser { person } | Change::DeactivateUser { person } => {
                assert!(announced(First::Changes, person), "{action:?}\n{notes:#?}");
            }
            other => panic!("not announced: {other:?}\n{notes:#?}"),
        }
    }
    assert!(plan.manual_steps.is_empty(), "{:?}", plan.manual_steps);
    let refuses = notes.iter().any(|note| note.first >= First::Refuses);
    assert!(
        plan.refusals.is_empty() || refuses,
        "{:?}\n{notes:#?}",
        plan.refusals
    );
}

fn import_law(live: &LiveState, provider: &str) {
    let profile = Profile::named(provider).unwrap();
    let draft = draft(live, &profile, None);
    if draft.people.is_empty() {
        return; // a manifest without people is a fault, and the command says so
    }
    for layout in [Layout::Single, Layout::PerGroup] {
        let files = written(&draft, provider, layout);
        for file in &files {
            let laid_out = format(&file.text);
            if let Formatted::LeftAsWritten(reason) = laid_out {
                panic!("{reason}\n{}", file.text);
            }
            assert_eq!(laid_out, Formatted::LaidOut(file.text.clone()));
        }
        let project = loaded(&files);
        let plan = project.plan(live, &Allowances::default());
        only_what_is_announced(&plan, &draft.notes);
        if draft.notes.iter().all(|note| note.first < First::Refuses) {
            assert!(plan.is_empty(), "{:?}", plan.actions);
        }
        // Merging what has just been imported adds nothing.
        let known = Known {
            manifest: &project.manifest,
            desired: &project.desired,
        };
        let again = scim_sync::import::live::draft(live, &profile, Some(known));
        assert!(
            again.roles.is_empty() && again.mappings.is_empty(),
            "{again:?}"
        );
        assert!(again.people.is_empty(), "{:?}", again.people);
    }
}

#[test]
fn the_first_plan_of_an_import_is_empty() {
    let (mut worlds, mut clean) = (0, 0);
    for seed in seeds(0, 600) {
        let world = Scenario::generate(seed);
        let live = world.live_state(None);
        let provider = provider_name(world.provider);
        let profile = Profile::named(provider).unwrap();
        let notes = draft(&live, &profile, None).notes;
        worlds += 1;
        clean += usize::from(notes.iter().all(|note| note.first < First::Refuses));
        if let Err(broken) = std::panic::catch_unwind(|| import_law(&live, provider)) {
            eprintln!("{world}\nreplay: SEED={seed}");
            std::panic::resume_unwind(broken);
        }
    }
    assert!(
        worlds < 100 || clean * 2 > worlds,
        "{clean} of {worlds} without a conflict"
    );
}

/// Texts that break careless YAML, careless names and careless comparing.
const HOSTILE: &[&str] = &[
    "no",
    "null",
    "~",
    "1e3",
    "0x1F",
    "- a",
    "a: b",
    "x #y",
    "*all",
    "&x",
    "{role}",
    "[x]",
    "\"q\"",
    "it's",
    "a\\b",
    " lead",
    "trail ",
    "",
    "  ",
    "a\nb",
    "a\tb",
    "zero\u{200b}width",
    "rtl\u{202e}x",
    "\u{feff}bom",
    "Dev",
    "dev",
    "DEV",
    "dev-a",
    "dev.a",
    "dev_a",
    "dev a",
    "\u{e9}quipe",
    "e\u{301}quipe",
    "日本",
    "🦀 crab",
    "a\u{85}b",
    "a\u{2028}b",
    "\u{fffe}",
    "true",
    "yes",
    "%x",
    "@x",
    "`x`",
    "?",
    "? x",
    "<<",
    "=",
    "---",
    "...",
    "1st-line",
    "account",
    "org",
    "#1 team",
    "a,b",
    "x]",
    "x}",
    "|",
    ">",
    "!tag",
    "O'Neil",
    "Ann  Bee",
    "a/b",
    "C++",
    "ops 100%",
    "a<b",
];
const HOSTILE_MAIL: &[&str] = &[
    "ada@x.io",
    "ADA@x.io",
    "ada@y.io",
    "ada@y.org",
    "a.da@x.io",
    "\u{ff41}da@x.io",
    "\u{430}da@x.io",
    "jos\u{e9}@x.io",
    "jose\u{301}@x.io",
    "jose@x.io",
    "no@x.io",
    "null@x.io",
    "+@x.io",
    "a b@x.io",
    "admin",
    "x@",
    "o'neil@x.io",
    "{a}@x.io",
    "a#b@x.io",
    "-@x.io",
    "1e3@x.io",
    "山田@例え.jp",
    "a@b@c",
    "bob+ops@x.io",
    "bob.ops@x.io",
    "%41@x.io",
    "*@x.io",
    "zo\u{eb}@x.io",
];

/// A live state of hostile texts.
fn hostile(rng: &mut Rng) -> LiveState {
    let mut builder = Builder::default();
    let people = 1 + rng.below(9);
    for number in 0..people {
        let mail = rng.pick(HOSTILE_MAIL).to_owned();
        let text = |rng: &mut Rng| match rng.below(3) {
            0 => None,
            1 => Some(rng.pick(HOSTILE).to_owned()),
            _ => Some(format!("{} {}", rng.pick(HOSTILE), rng.pick(HOSTILE))),
        };
        builder.add_user(wire::User {
            id: Some(format!("u{number}")),
            external_id: match rng.below(6) {
                0 => Some(format!("scim-sync:{}", rng.pick(HOSTILE))),
                1 => Some(rng.pick(HOSTILE).to_owned()),
                _ => None,
            },
            user_name: Some(match rng.chance(15) {
                true => rng.pick(HOSTILE_MAIL).to_owned(),
                false => mail.clone(),
            }),
            display_name: text(rng),
            active: Some(rng.chance(85)),
            name: wire::Name {
                given_name: text(rng),
                family_name: text(rng),
                formatted: None,
                middle_name: text(rng).map(Into::into),
                ..wire::Name::default()
            },
            title: text(rng).map(Into::into),
            profile_url: text(rng).map(Into::into),
            enterprise: Some(Box::new(wire::Enterprise {
                department: text(rng).map(Into::into),
                ..wire::Enterprise::default()
            })),
            emails: vec![wire::EmailValue {
                value: Some(mail),
                primary: Some(true),
                ..wire::EmailValue::default()
            }],
            ..wire::User::default()
        });
    }
    for number in 0..rng.below(7) {
        let members = (0..rng.below(6)).map(|_| wire::Member {
            value: Some(format!("u{}", rng.below(people + 2)).into()),
            ..wire::Member::default()
        });
        let members: Vec<wire::Member> = members.collect();
        builder.add_group(wire::Group {
            id: Some(format!("g{number}")),
            display_name: Some(rng.pick(HOSTILE).to_owned()),
            members: Some(members),
            ..wire::Group::default()
        });
    }
    builder.finish(walk(people as u64, false), walk(7, false))
}

#[test]
fn the_first_plan_of_a_hostile_import_is_empty() {
    let mut names = BTreeSet::new();
    for seed in seeds(10_000, 800) {
        let mut rng = Rng::new(seed);
        let live = hostile(&mut rng);
        for provider in Profile::NAMES {
            let profile = Profile::named(provider).unwrap();
            names.extend(draft(&live, &profile, None).roles.into_keys());
            if let Err(broken) = std::panic::catch_unwind(|| import_law(&live, provider)) {
                eprintln!("{live:#?}\n{provider}, replay: SEED={seed}");
                std::panic::resume_unwind(broken);
            }
        }
    }
    // The law is worth nothing if everything hostile is left out.
    for name in [
        "no",
        "~",
        "- a",
        "{role}",
        "日本",
        "é\u{71}uipe",
        "dev",
        "<<",
        "\"q\"",
        "a\\b",
    ] {
        assert!(
            std::env::var_os("SEED").is_some() || names.contains(name),
            "{name:?} never became a role"
        );
    }
}

/// Merged into a manifest that knows nothing of what is live.
#[test]
fn what_is_merged_leaves_nothing_to_plan_for_it() {
    for seed in seeds(20_000, 600) {
        let world = Scenario::generate(seed);
        let live = world.live_state(None);
        let held = std::panic::catch_unwind(|| {
            let project = &world.project;
            let known = Known {
                manifest: &project.manifest,
                desired: &project.desired,
            };
            let before = project.plan(&live, &Allowances::default());
            let draft = draft(&live, &project.profile, Some(known));
            let (project, notes) = edited(&world, |edits| edits.add(&draft));
            assert!(notes.is_empty(), "{notes:?}");
            let after = project.plan(&live, &Allowances::default());
            // Nothing new is planned for anybody: what is added is as it is live.
            let known: BTreeSet<String> = items(&before);
            // Whose account was to be removed keeps it now, and the drift of its memberships
            // shows.
            let purged = |item: &String| {
                let blocked = before.refusals.iter().flat_map(|it| &it.blocked);
                let mut all = before.actions.iter().chain(blocked);
                all.any(|action| match &action.change {
                    Change::DeleteUser { person } => {
                        item.starts_with("remove ") && item.ends_with(&format!(" {}", person.email))
                    }
                    _ => false,
                })
            };
            let announced = draft.notes.iter().any(|note| note.first >= First::Refuses);
            let mut new: Vec<String> = items(&after).difference(&known).cloned().collect();
            new.retain(|item| !purged(item));
            assert!(new.is_empty() || announced, "{new:?}\n{:#?}", draft.notes);
            // And nothing that can be declared is left undeclared.
            let left: BTreeSet<String> = after
                .unmanaged
                .users
                .iter()
                .filter(|user| user.because == UnmanagedReason::Undeclared)
                .filter_map(|user| user.person.id.as_ref().map(ToString::to_string))
                .collect();
            for id in left {
                let said = draft
                    .notes
                    .iter()
                    .any(|note| note.subject.ends_with(&format!("(id {id})")));
                assert!(
                    said,
                    "{id} is undeclared without a word\n{:#?}",
                    draft.notes
                );
            }
        });
        if let Err(broken) = held {
            eprintln!("{world}\nreplay: SEED={seed}");
            std::panic::resume_unwind(broken);
        }
    }
}

/// What a plan is about, without numbers of batches.
fn items(plan: &Plan) -> BTreeSet<String> {
    let blocked = plan.refusals.iter().flat_map(|it| &it.blocked);
    plan.actions
        .iter()
        .chain(blocked)
        .flat_map(|action| match &action.change {
            Change::AddMembers { group, members } => members
                .iter()
                .map(|it| format!("add {} {}", group.name, it.person.email))
                .collect(),
            Change::RemoveMembers { group, members } => members
                .iter()
                .map(|it| format!("remove {} {}", group.name, it.person.email))
                .collect(),
            _ => vec![action.id.to_string()],
        })
        .collect()
}

fn edited(world: &Scenario, edit: impl FnOnce(&mut Edits<'_>)) -> (Project, Vec<Note>) {
    let sources = &world.project.manifest.sources;
    let parsed = Parsed::new(sources);
    let mut edits = Edits::new(&parsed);
    // The closure's edits live as long as the texts.
    let edits_of: &mut Edits<'_> = &mut edits;
    edit(edits_of);
    let (changed, notes) = edits.finish();
    let mut memory = MemoryFiles::default();
    for (_, file) in sources.files() {
        let text = changed.get(&file.name).map_or(&*file.text, String::as_str);
        memory
            .0
            .insert(file.name.to_string(), text.as_bytes().to_vec());
    }
    let project = Project::load(&memory).unwrap_or_else(|errors| {
        let texts: Vec<String> = memory
            .0
            .iter()
            .map(|(name, text)| format!("--- {name}\n{}", String::from_utf8_lossy(text)))
            .collect();
        panic!("{errors:?}\n{}", texts.join("\n"))
    });
    (project, notes)
}

#[test]
fn a_patch_of_drift_leaves_only_what_it_says() {
    let (mut silent, mut patched) = (0, 0);
    for seed in seeds(30_000, 900) {
        let world = Scenario::generate(seed);
        let live = world.live_state(None);
        let held = std::panic::catch_unwind(|| {
            let project = &world.project;
            let known = Known {
                manifest: &project.manifest,
                desired: &project.desired,
            };
            let draft = draft(&live, &project.profile, Some(known));
            let plan = project.plan(&live, &Allowances::default());
            let sources = &project.manifest.sources;
            let parsed = Parsed::new(sources);
            let mut edits = Edits::new(&parsed);
            drift::edit(
                Drift {
                    manifest: &project.manifest,
                    desired: &project.desired,
                    live: &live,
                    profile: &project.profile,
                    draft: &draft,
                    plan: &plan,
                },
                &mut edits,
            );
            let (changed, notes) = edits.finish();
            let mut memory = MemoryFiles::default();
            for (_, file) in sources.files() {
                let text = changed.get(&file.name).map_or(&*file.text, String::as_str);
                memory
                    .0
                    .insert(file.name.to_string(), text.as_bytes().to_vec());
            }
            let texts = || -> String {
                let files = memory.0.iter();
                files
                    .map(|(name, text)| format!("--- {name}\n{}", String::from_utf8_lossy(text)))
                    .collect()
            };
            let after = Project::load(&memory)
                .unwrap_or_else(|errors| panic!("{errors:?}\n{}", texts()))
                .plan(&live, &Allowances::default());
            let said = notes.iter().chain(&draft.notes);
            let said = said.filter(|note| note.first >= First::Refuses).count();
            if said == 0 {
                assert!(
                    after.is_empty(),
                    "{:#?}\n{:#?}\n{}",
                    after.actions,
                    after.refusals,
                    texts()
                );
            }
            (said == 0, !changed.is_empty())
        });
        match held {
            Ok((without_words, changed)) => {
                silent += usize::from(without_words);
                patched += usize::from(changed);
            }
            Err(broken) => {
                eprintln!("{world}\nreplay: SEED={seed}");
                std::panic::resume_unwind(broken);
            }
        }
    }
    if std::env::var_os("SEED").is_none() {
        assert!(
            silent > 50 && patched > 500,
            "{silent} silent, {patched} patched"
        );
    }
}
