//! `comment` keeps one comment, or one issue, whatever is there already and whatever goes
//! wrong: the real binary against a forge on loopback that behaves as the references say.

#[path = "support/cli.rs"]
mod cli;
#[path = "support/forge.rs"]
mod forge;

use axum::http::Method;
use cli::{Place, Ran};
use forge::{Forge, Holder, Kind, PULL, TOKEN};
use scim_sync::ids::TargetName;
use scim_sync::plan::file::PlanFile;

const MANIFEST: &str = "\
version: 1
target: { provider: harness }
users:
  ada: { email: ada@example.com, givenName: Ada, familyName: Lovelace }
roles: { sre: { members: [ada] } }
groupMappings: [{ match: '.*', group: '{role}' }]
";

/// A place with `plan.json`, which makes one person and one group, and `empty.json`, which
/// finds nothing to do.
fn place() -> Place {
    let place = Place::with(MANIFEST);
    place.run(&["plan", "--out", "plan.json"]).ends(0);
    place.run(&["apply", "--auto-approve"]).ends(0);
    place.run(&["plan", "--out", "empty.json"]).ends(0);
    place
}

fn comment(place: &Place, forge: &Forge, arguments: &[&str]) -> Ran {
    let number = PULL.to_string();
    let (kind, repository) = match forge.world().kind {
        Kind::Github | Kind::Enterprise => ("github", "acme/access"),
        Kind::Gitlab => ("gitlab", "acme/infra/access"),
    };
    let mut all = vec!["comment"];
    all.extend_from_slice(arguments);
    all.extend(["--forge", kind, "--api-url", &forge.api_url]);
    all.extend(["--repository", repository, "--token-env", "FORGE_TOKEN"]);
    if !arguments.contains(&"--issue") {
        all.extend(["--number", number.as_str()]);
    }
    let ran = place.run_with(&[("FORGE_TOKEN", TOKEN)], &all);
    assert!(!format!("{ran:?}").contains(TOKEN), "{ran:?}");
    ran
}

/// What no forge has is told before anything is asked of one.
#[test]
fn no_number_and_no_title_is_refused() {
    let place = Place::new();
    for (option, value) in [("--number", "0"), ("--issue", ""), ("--issue", "  ")] {
        place
            .run(&["comment", "plan.json", option, value])
            .ends(1)
            .warns(&format!("invalid value '{value}' for '{option}"));
    }
}

const KINDS: [Kind; 3] = [Kind::Github, Kind::Enterprise, Kind::Gitlab];

/// How a request starts that writes.
fn writes(log: &[String]) -> Vec<&str> {
    let writing = |it: &&String| !it.starts_with("GET ") && !it.contains("/graphql");
    log.iter().filter(writing).map(String::as_str).collect()
}

#[test]
fn one_comment_is_made_then_edited_then_left_alone_then_resolved() {
    for kind in KINDS {
        let place = place();
        let forge = Forge::start(kind);
        forge.comment("ada", "looks good");
        comment(&place, &forge, &["plan.json"])
            .ends(0)
            .warns("made the comment");
        let made = forge.bodies();
        assert_eq!(made.len(), 2, "{kind:?}");
        assert!(made[1].starts_with("<!-- scim-sync:plan:"), "{}", made[1]);
        assert!(made[1].contains("ada"), "{}", made[1]);
        forge.take_log();

        comment(&place, &forge, &["plan.json"])
            .ends(0)
            .warns("says so already");
        assert_eq!(writes(&forge.take_log()), [""; 0], "{kind:?}");

        comment(&place, &forge, &["empty.json"])
            .ends(0)
            .warns("brought the comment");
        let edited = forge.bodies();
        assert_eq!(edited.len(), 2, "{kind:?}");
        assert_ne!(edited[1], made[1]);
        assert_eq!(edited[0], "looks good");
        let log = forge.take_log();
        assert_eq!(writes(&log).len(), 1, "{log:?}");
    }
}

/// Whoever pastes the marker gets nothing: neither the plan in their comment, nor our
/// comment taken for theirs.
#[test]
fn only_what_the_tokens_own_account_wrote_is_changed() {
    for kind in KINDS {
        for holder in [Holder::Account, Holder::Installation] {
            if (kind, holder) == (Kind::Gitlab, Holder::Installation) {
                // GitLab's project tokens belong to an account of their own.
                continue;
            }
            let place = place();
            let forge = Forge::start(kind);
            forge.world().holder = holder;
            comment(&place, &forge, &["plan.json"]).ends(0);
            let ours = forge.bodies().remove(0);
            forge.world().comments.clear();
            // Older than ours will be, with the very text of an older comment of ours.
            let stale = ours.replace("ada", "mallory");
            forge.comment("mallory", &stale);
            // A name that begins like ours, and an account that is gone.
            forge.comment("scim-bot2", &stale);
            forge.world().comments[1].author = None;
            forge.take_log();

            comment(&place, &forge, &["plan.json"])
                .ends(0)
                .warns("made the comment");
            assert_eq!(
                forge.bodies(),
                [stale.as_str(), &stale, &ours],
                "{kind:?} {holder:?}"
            );
            comment(&place, &forge, &["empty.json"]).ends(0);
            let bodies = forge.bodies();
            assert_eq!(
                &bodies[..2],
                [stale.as_str(), &stale],
                "{kind:?} {holder:?}"
            );
            assert_ne!(bodies[2], ours);
        }
    }
}

/// Who is in the plan need not be told to everybody who reads the pull request.
#[test]
fn a_redacted_comment_names_nobody_and_is_the_same_comment() {
    let place = place();
    let forge = Forge::start(Kind::Github);
    comment(&place, &forge, &["plan.json"]).ends(0);
    assert!(forge.bodies()[0].contains("ada"));
    comment(&place, &forge, &["plan.json", "--redact", "all"])
        .ends(0)
        .warns("brought the comment");
    let bodies = forge.bodies();
    assert_eq!(bodies.len(), 1);
    assert!(!bodies[0].contains("ada"), "{}", bodies[0]);
}

/// A comment of ours that quotes the marker further down is another one.
#[test]
fn the_marker_counts_at_the_beginning_only() {
    let place = place();
    let forge = Forge::start(Kind::Github);
    comment(&place, &forge, &["plan.json"]).ends(0);
    let ours = forge.bodies().remove(0);
    forge.world().comments.clear();
    let quoting = format!("about this:\n{ours}");
    forge.comment("scim-bot", &quoting);
    comment(&place, &forge, &["plan.json"]).ends(0);
    assert_eq!(forge.bodies(), [quoting, ours]);
}

#[test]
fn it_is_found_on_the_last_page() {
    for kind in KINDS {
        let place = place();
        let forge = Forge::start(kind);
        for number in 0..250 {
            forge.comment("ada", &format!("remark {number}"));
        }
        comment(&place, &forge, &["plan.json"]).ends(0);
        forge.comment("bob", "after it");
        forge.take_log();
        comment(&place, &forge, &["empty.json"])
            .ends(0)
            .warns("brought the comment");
        assert_eq!(forge.bodies().len(), 252);
        let log = forge.take_log();
        let pages = log.iter().filter(|it| it.contains("per_page=100")).count();
        assert_eq!(pages, 3, "{log:#?}");
    }
}

/// Two pipelines at once may have made one each; one is kept.
#[test]
fn of_two_comments_the_older_is_kept() {
    for kind in KINDS {
        let place = place();
        let forge = Forge::start(kind);
        comment(&place, &forge, &["plan.json"]).ends(0);
        let ours = forge.bodies().remove(0);
        forge.comment("Scim-Bot", &format!("{ours}twice"));
        comment(&place, &forge, &["plan.json"])
            .ends(0)
            .warns("says so already");
        assert_eq!(forge.bodies(), [ours], "{kind:?}");
    }
}

#[test]
fn a_comment_that_went_meanwhile_is_made_again() {
    let place = place();
    let forge = Forge::start(Kind::Github);
    comment(&place, &forge, &["plan.json"]).ends(0);
    forge.fail(Method::PATCH, 404, &[]);
    comment(&place, &forge, &["empty.json"])
        .ends(0)
        .warns("made the comment");
    assert_eq!(forge.bodies().len(), 2);
}

#[test]
fn limits_are_waited_out() {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let reset = (now.unwrap().as_secs() + 1).to_string();
    for (status, headers) in [
        // What HTTP says, and GitLab.
        (429, vec![("retry-after", "1")]),
        // GitHub's secondary limit.
        (
            403,
            vec![("retry-after", "1"), ("x-ratelimit-remaining", "59")],
        ),
        // GitHub's hourly limit.
        (
            403,
            vec![
                ("x-ratelimit-remaining", "0"),
                ("x-ratelimit-reset", reset.as_str()),
            ],
        ),
    ] {
        for method in [Method::GET, Method::POST] {
            let place = place();
            let forge = Forge::start(Kind::Github);
            forge.fail(method.clone(), status, &headers);
            comment(&place, &forge, &["plan.json"])
                .ends(0)
                .warns("made the comment");
            assert_eq!(forge.bodies().len(), 1, "{status} {method}");
        }
    }
}

/// An answer that was lost is looked for before anything is sent again.
#[test]
fn a_lost_answer_makes_no_second_comment() {
    for status in [500, 502, 504] {
        let place = place();
        let forge = Forge::start(Kind::Github);
        forge.fail_after(Method::POST, status);
        comment(&place, &forge, &["plan.json"]).ends(0);
        assert_eq!(forge.bodies().len(), 1, "{status} after");
        forge.world().comments.clear();
        forge.fail(Method::POST, status, &[]);
        comment(&place, &forge, &["plan.json"]).ends(0);
        assert_eq!(forge.bodies().len(), 1, "{status} before");
    }
}

#[test]
fn what_is_wrong_is_said_with_what_to_do() {
    let place = place();
    let forge = Forge::start(Kind::Github);
    forge.world().may_write = false;
    comment(&place, &forge, &["plan.json"])
        .ends(1)
        .warns("forge-forbidden")
        .warns("Resource not accessible by integration")
        .warns("pull-requests: write");
    forge.world().may_write = true;
    forge.world().longest = 10;
    comment(&place, &forge, &["plan.json"])
        .ends(1)
        .warns("Validation Failed")
        .warns("may be too long");
    let elsewhere = [
        "comment",
        "plan.json",
        "--forge",
        "github",
        "--api-url",
        &forge.api_url,
    ];
    let run = |rest: &[&str], token: &str| {
        let all: Vec<&str> = elsewhere.iter().chain(rest).copied().collect();
        place.run_with(&[("GITHUB_TOKEN", token)], &all)
    };
    run(&["--repository", "acme/access", "--number", "99"], TOKEN)
        .ends(1)
        .warns("forge-not-found")
        .warns("check `--repository` and `--number`");
    run(&["--repository", "acme/access", "--number", "7"], "wrong")
        .ends(1)
        .warns("forge-token")
        .warns("Bad credentials");
    run(&["--repository", "acme/access", "--number", "7"], "")
        .ends(1)
        .warns("no token for GitHub in GITHUB_TOKEN or GH_TOKEN");
    run(&["--repository", "acme", "--number", "7"], TOKEN)
        .ends(1)
        .warns("`acme` is not `owner/name`");
    run(&["--repository", "acme/access"], TOKEN)
        .ends(1)
        .warns("which pull request");
    place
        .run_with(&[("GITHUB_TOKEN", TOKEN)], &["comment", "plan.json"])
        .ends(1)
        .warns("nothing says which forge this is");
    let forge = Forge::start(Kind::Gitlab);
    forge.world().may_write = false;
    comment(&place, &forge, &["plan.json"])
        .ends(1)
        .warns("GitLab answered 403")
        .warns("scope `api`");
}

/// Neither a page's address nor a redirect takes the token to another host.
#[test]
fn the_token_goes_nowhere_else() {
    let place = place();
    let other = Forge::start(Kind::Github);
    let forge = Forge::start(Kind::Github);
    for number in 0..120 {
        forge.comment("ada", &format!("remark {number}"));
    }
    forge.world().links_to = Some(other.api_url.clone());
    comment(&place, &forge, &["plan.json"])
        .ends(1)
        .warns("forge-elsewhere");
    forge.world().links_to = None;
    for status in [301, 302, 307, 308] {
        forge.fail(
            Method::GET,
            status,
            &[("location", &format!("{}/user", other.api_url))],
        );
        comment(&place, &forge, &["plan.json"])
            .ends(1)
            .warns("forge-unreachable");
    }
    assert_eq!(other.take_log(), [""; 0]);
    assert_eq!(forge.bodies().len(), 120);
    place
        .run_with(
            &[("GITHUB_TOKEN", TOKEN)],
            &[
                "comment",
                "plan.json",
                "--forge",
                "github",
                "--repository",
                "a/b",
                "--number",
                "1",
                "--api-url",
                "http://forge.example/api/v3",
            ],
        )
        .ends(1)
        .warns("unencrypted");
}

#[test]
fn in_a_pipeline_the_place_is_found_by_itself() {
    let place = place();
    let forge = Forge::start(Kind::Github);
    let event = place.write("event.json", r#"{ "pull_request": { "number": 7 } }"#);
    let github = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_API_URL", forge.api_url.as_str()),
        ("GITHUB_REPOSITORY", "acme/access"),
        ("GITHUB_REF", "refs/heads/main"),
        ("GITHUB_EVENT_PATH", event.to_str().unwrap()),
        ("GITHUB_TOKEN", TOKEN),
    ];
    let ran = place.run_with(&github, &["comment", "plan.json"]).ends(0);
    assert!(
        ran.out.starts_with("https://forge.example/acme/access/"),
        "{}",
        ran.out
    );
    assert_eq!(forge.bodies().len(), 1);

    let forge = Forge::start(Kind::Gitlab);
    let gitlab = [
        ("GITLAB_CI", "true"),
        ("CI_API_V4_URL", forge.api_url.as_str()),
        ("CI_PROJECT_ID", "42"),
        ("CI_MERGE_REQUEST_IID", "7"),
        ("GITLAB_TOKEN", TOKEN),
    ];
    place.run_with(&gitlab, &["comment", "plan.json"]).ends(0);
    assert_eq!(forge.bodies().len(), 1);
}

/// Drift as one issue: open while there is any, closed after, and a new one next time.
#[test]
fn one_issue_is_open_while_there_is_something_to_tell() {
    for kind in KINDS {
        let place = place();
        let forge = Forge::start(kind);
        let keep = |plan| comment(&place, &forge, &[plan, "--issue", "Access drift"]).ends(0);
        forge.issue("ada", "Access drift", "mine, and not the tool's");
        forge.world().issues[0].is_pull = kind != Kind::Gitlab;
        keep("empty.json").warns("nothing to tell");
        assert_eq!(forge.world().issues.len(), 1, "{kind:?}");

        keep("plan.json").warns("made the issue");
        keep("plan.json").warns("says so already");
        {
            let mut world = forge.world();
            assert_eq!(world.issues.len(), 2, "{kind:?}");
            assert_eq!(world.issues[1].title.as_deref(), Some("Access drift"));
            assert!(world.issues[1].open);
            world.issues[1].body.push_str("\nedited by hand");
        }
        keep("plan.json").warns("brought the issue");
        keep("empty.json").warns("closed the issue");
        assert!(!forge.world().issues[1].open);
        assert!(forge.world().issues[0].open);

        keep("plan.json").warns("made the issue");
        assert_eq!(forge.world().issues.len(), 3, "{kind:?}");
        assert_eq!(forge.bodies().len(), 0, "an issue is no comment");
    }
}

/// Plans of several targets from one folder, each in a comment of its own.
#[test]
fn each_of_several_targets_has_a_comment() {
    let place = Place::with(&MANIFEST.replace(
        "target: { provider: harness }",
        "targets: { onprem: { provider: scim }, prod: { provider: harness } }",
    ));
    place.run(&["plan", "--out", "plans"]).ends(0);
    let forge = Forge::start(Kind::Github);
    comment(&place, &forge, &["plans"])
        .ends(0)
        .warns("onprem: made the comment")
        .warns("prod: made the comment");
    let made = forge.bodies();
    assert_eq!(made.len(), 2, "{made:?}");
    assert!(made[0].contains("onprem, SCIM") && made[1].contains("prod, Harness"));
    comment(&place, &forge, &["plans"])
        .ends(0)
        .warns("onprem: the comment at GitHub says so already")
        .warns("prod: the comment at GitHub says so already");
    assert_eq!(forge.bodies().len(), 2);
    comment(
        &place,
        &forge,
        &["plans", "--target", "prod", "--issue", "Drift"],
    )
    .ends(0)
    .warns("made the issue");
}

/// A folder's file names say whose plans are in it, and a plan says it too.
#[test]
fn a_plan_under_the_name_of_another_target_is_told_nowhere() {
    let forge = Forge::start(Kind::Github);
    let place = Place::with(&MANIFEST.replace(
        "target: { provider: harness }",
        "targets: { prod: { provider: harness }, lab: { provider: scim } }",
    ));
    place.run(&["plan", "--out", "plans"]).ends(0);
    let lab = place.read("plans/plan.lab.json");
    place.write("plans/plan.prod.json", &lab);
    let told = "`plans/plan.prod.json` is called like a plan of the target `prod`, and is one of \
                the target `lab`";
    comment(&place, &forge, &["plans"]).ends(1).warns(told);
    place.run(&["show", "plans"]).ends(1).warns(told);
    place
        .run(&["apply", "plans", "--target", "prod", "--auto-approve"])
        .ends(1)
        .warns(told);

    // A name that no manifest can give is told nowhere, sealed or not.
    let mut plan = PlanFile::open(&lab).expect("a saved plan");
    plan.target.name = Some(TargetName::from("lab)\n::error::\u{1b}[31m"));
    place.write("odd.json", &PlanFile::seal(plan).to_json());
    for which in ["comment", "show", "apply"] {
        let ran = match which {
            "comment" => comment(&place, &forge, &["odd.json", "--issue", "Drift"]),
            _ => place.run(&[which, "odd.json"]),
        };
        ran.ends(1)
            .warns("its target has a name that no manifest can give");
    }
    assert_eq!(writes(&forge.take_log()), [""; 0]);
}
