//! What a plan costs grows with the account and not faster, its proof, effects and limits
//! included.
//!
//! Four times the people may take about four times the processor's time, never sixteen times:
//! the bar is in the middle. Time of the processor, not of the clock, and the best of some
//! runs, so that a busy machine changes nothing.
//!
//! `PEOPLE=50000 cargo test --test plan_cost -- --nocapture` prints larger sizes.

use std::fmt::Write as _;
use std::time::Duration;

use scim_sync::live::{Builder, LiveState};
use scim_sync::manifest::load::{MemoryFiles, ROOT_FILE};
use scim_sync::plan::{Allowances, LimitName, Plan};
use scim_sync::scim::listing::{Proof, Verdict, Walk};
use scim_sync::scim::wire;

#[path = "support/planning.rs"]
mod planning;

use planning::Project;

const MEMBERSHIPS_EACH: usize = 10;

/// So many people; a tenth of them goes, and each is in ten roles.
fn project(provider: &str, people: usize) -> Project {
    let roles = people / 20;
    let mut text = format!(
        "version: 1\ntarget: {{ provider: {provider} }}\n\
         groupMappings: [{{ match: '.*', group: '{{role}}' }}]\nusers:\n"
    );
    for person in 0..people {
        let status = if person % 10 == 0 {
            ", status: absent"
        } else {
            ""
        };
        let _ = writeln!(
            text,
            "  p{person}: {{ email: p{person}@x.io, givenName: G{person}, familyName: F{person}{status} }}"
        );
    }
    text.push_str("roles:\n");
    for role in 0..roles {
        let members: Vec<String> = (0..people * MEMBERSHIPS_EACH / roles)
            .map(|step| (role * 7 + step * 3) % people)
            .filter(|person| person % 10 != 0)
            .map(|person| format!("p{person}"))
            .collect();
        let _ = writeln!(text, "  r{role}: {{ members: [{}] }}", members.join(", "));
    }
    let mut files = MemoryFiles::default();
    files.0.insert(ROOT_FILE.to_owned(), text.into_bytes());
    Project::load(&files).expect("no faults")
}

/// Nine tenths of them are there, some under another name, and all are in two wrong groups.
fn live(people: usize) -> LiveState {
    let mut builder = Builder::default();
    let there = |person: &usize| person % 10 != 1;
    for person in (0..people).filter(there) {
        let family = if person % 10 == 2 { "Old" } else { "F" };
        builder.add_user(wire::User {
            id: Some(format!("u{person}")),
            external_id: Some(format!("scim-sync:p{person}")),
            user_name: Some(format!("p{person}@x.io")),
            display_name: Some(format!("G{person} {family}{person}")),
            ..wire::User::default()
        });
    }
    let roles = people / 20;
    for role in 0..roles {
        let members = (0..people * MEMBERSHIPS_EACH / roles)
            .map(|step| (role * 11 + step * 3) % people)
            .filter(there)
            .map(|person| wire::Member {
                value: Some(format!("u{person}").into()),
                ..wire::Member::default()
            });
        builder.add_group(wire::Group {
            id: Some(format!("r{role}")),
            display_name: Some(format!("r{role}")),
            members: Some(members.collect()),
            ..wire::Group::default()
        });
    }
    let walk = Walk {
        pages: 1,
        rows: 0,
        duplicates: 0,
        reported_total: None,
        verdict: Verdict::Whole {
            how: Proof::EmptyPages,
        },
    };
    builder.finish(walk.clone(), walk)
}

/// The processor's time of this thread, where the system tells it.
fn processor_time() -> Duration {
    use std::sync::OnceLock;
    use std::time::Instant;
    static START: OnceLock<Instant> = OnceLock::new();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told
        .as_deref()
        .and_then(|text| text.split_whitespace().next()?.parse().ok());
    match nanos {
        Some(nanos) => Duration::from_nanos(nanos),
        None => START.get_or_init(Instant::now).elapsed(),
    }
}

fn best_of(runs: usize, provider: &str, people: usize) -> (Duration, Plan) {
    let (project, live) = (project(provider, people), live(people));
    let mut allow = Allowances::default();
    for limit in LimitName::ALL {
        allow.raise(*limit, u32::MAX);
    }
    let mut best: Option<(Duration, Plan)> = None;
    for _ in 0..runs {
        let start = processor_time();
        let plan = project.plan(&live, &allow);
        let took = processor_time() - start;
        if best.as_ref().is_none_or(|(fastest, _)| took < *fastest) {
            best = Some((took, plan));
        }
    }
    best.expect("at least one run")
}

#[test]
fn four_times_the_people_take_about_four_times_as_long() {
    let people = std::env::var("PEOPLE").ok();
    let people: usize = people.map_or(8_000, |people| people.parse().expect("a number"));
    for provider in ["harness", "scim"] {
        let (small, _) = best_of(3, provider, people / 4);
        let (large, plan) = best_of(3, provider, people);
        println!(
            "{provider}: {} people {small:?}, {people} people {large:?}, {} actions",
            people / 4,
            plan.actions.len()
        );
        assert!(plan.converges, "{:?}", plan.notices);
        assert!(plan.summary.users_to_delete == people / 10);
        assert!(plan.summary.memberships_to_remove > people);
        assert!(plan.people.len() > people / 2);
        let ratio = large.as_secs_f64() / small.as_secs_f64();
        assert!(ratio < 9.0, "{provider}: {ratio:.1} times as long");
    }
}
