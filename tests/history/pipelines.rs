//! The base that a pipeline's variables name: where the pull request left its target.

use crate::repo::{ADA, BOB, Repo};
use crate::support::Place;

/// A pull request from `change` to `main`, which went on meanwhile. Gives the merge-base
/// and the tip of `main`, in full.
fn diverged() -> (Repo, String, String) {
    let repo = Repo::new();
    let base = repo.git(&["rev-parse", "HEAD"]);
    repo.git(&["switch", "--quiet", "--create", "change"]);
    repo.people("b.yaml", BOB);
    repo.commit("add Bob");
    repo.git(&["switch", "--quiet", "main"]);
    repo.people("z.yaml", "  zoe: { email: zoe@example.com }\n");
    repo.commit("meanwhile");
    let tip = repo.git(&["rev-parse", "HEAD"]);
    repo.git(&["switch", "--quiet", "change"]);
    (repo, base, tip)
}

#[test]
fn the_base_is_the_merge_base_and_not_the_tip() {
    let (repo, base, tip) = diverged();
    let start = Some(base[..7].to_owned());
    for variables in [
        &[("GITHUB_BASE_REF", "main")][..],
        &[("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main")],
        &[("CI_MERGE_REQUEST_DIFF_BASE_SHA", base.as_str())],
        &[("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", tip.as_str())],
        &[("BITBUCKET_PR_DESTINATION_BRANCH", "main")],
        &[("BITBUCKET_PR_DESTINATION_COMMIT", &tip[..12])],
        &[("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main")],
        &[("CHANGE_TARGET", "main")],
        &[
            ("DRONE_TARGET_BRANCH", "main"),
            ("DRONE_BUILD_EVENT", "pull_request"),
        ],
    ] {
        assert_eq!(repo.base_of(variables, &[]), start, "{variables:?}");
    }
    assert_eq!(repo.base_of(&[], &["--base", "main..."]), start);
    assert_eq!(
        repo.base_of(&[], &["--base", "main"]),
        Some(tip[..7].to_owned()),
        "what is typed is meant"
    );
    // Zoe was never here: with the merge-base nobody misses her.
    let variables = [("GITHUB_BASE_REF", "main")];
    let ran = repo.place.run_with(&variables, &["validate"]).ends(0);
    assert_eq!(ran.out, "");
    repo.run(&["validate", "--base", "main"])
        .ends(0)
        .says("[removed-without-tombstone]");
}

#[test]
fn the_remote_branch_comes_before_the_local_one() {
    let (repo, base, tip) = diverged();
    repo.git(&["update-ref", "refs/remotes/origin/main", &base]);
    repo.git(&["branch", "--force", "main", &tip]);
    let found = repo.base_of(&[("GITHUB_BASE_REF", "main")], &[]);
    assert_eq!(found, Some(base[..7].to_owned()));
}

#[test]
fn what_is_typed_wins_and_it_can_be_switched_off() {
    let (repo, _, _) = diverged();
    let github = [("GITHUB_BASE_REF", "main")];
    assert_eq!(
        repo.base_of(&github, &["--base", "HEAD"]),
        Some(repo.short("HEAD"))
    );
    assert_eq!(repo.base_of(&github, &["--no-base"]), None);
    assert_eq!(repo.base_of(&[], &[]), None, "no pull request, no base");
    repo.run(&["plan", "--base", "HEAD", "--no-base"])
        .ends(1)
        .warns("cannot be used with");
}

/// What a pipeline's checkout is by default: the last commit alone.
fn shallow(origin: &Repo, branch: &str) -> Place {
    let place = Place::new();
    let url = format!("file://{}", origin.place.path(".").display());
    let clone = place.path("clone");
    let to = clone.to_str().unwrap();
    origin.git(&[
        "clone",
        "--quiet",
        "--depth=1",
        "--branch",
        branch,
        &url,
        to,
    ]);
    place
}

#[test]
fn a_shallow_clone_says_which_depth_to_set() {
    let (repo, base, _) = diverged();
    let clone = shallow(&repo, "change");
    let validate = ["-f", "clone/scim-sync.yaml", "validate"];
    for (variables, setting) in [
        (&[("GITHUB_BASE_REF", "main")][..], "`fetch-depth: 0`"),
        (
            &[("CI_MERGE_REQUEST_DIFF_BASE_SHA", base.as_str())],
            "`GIT_DEPTH: 0`",
        ),
        (
            &[("BITBUCKET_PR_DESTINATION_BRANCH", "main")],
            "`clone: { depth: full }`",
        ),
        (
            &[("SYSTEM_PULLREQUEST_TARGETBRANCH", "main")],
            "`fetchDepth: 0`",
        ),
        (&[("CHANGE_TARGET", "main")], "shallow clone"),
        (
            &[("DRONE_TARGET_BRANCH", "main"), ("DRONE_PULL_REQUEST", "7")],
            "`depth: 0`",
        ),
    ] {
        clone
            .run_with(variables, &validate)
            .ends(1)
            .warns("error[base-not-fetched]")
            .warns("this clone is shallow and does not reach the base")
            .warns(setting)
            .warns("--no-base");
    }
    // Typed, and nobody knows whose clone it is.
    clone
        .run(&[&validate[..], &["--base", "origin/main"]].concat())
        .ends(1)
        .warns("`git fetch --unshallow`")
        .warns("GitHub Actions `fetch-depth: 0`")
        .warns("GitLab `GIT_DEPTH: 0`");
}

#[test]
fn both_ends_without_what_is_between_are_not_enough() {
    let (repo, _, _) = diverged();
    let clone = shallow(&repo, "change");
    let inside = clone.path("clone");
    repo.git(&[
        "-C",
        inside.to_str().unwrap(),
        "fetch",
        "--quiet",
        "--depth=1",
        "origin",
        "main:refs/remotes/origin/main",
    ]);
    clone
        .run_with(
            &[("GITHUB_BASE_REF", "main")],
            &["-f", "clone/scim-sync.yaml", "validate"],
        )
        .ends(1)
        .warns("does not reach the base, `origin/main`")
        .warns("`fetch-depth: 0`");
}

#[test]
fn branches_without_a_common_commit_are_told() {
    let repo = Repo::new();
    repo.git(&["switch", "--quiet", "--orphan", "other"]);
    repo.write("scim-sync.yaml", crate::repo::ROOT);
    repo.people("a.yaml", ADA);
    repo.commit("another beginning");
    repo.place
        .run_with(&[("GITHUB_BASE_REF", "main")], &["validate"])
        .ends(1)
        .warns("error[unrelated-base]");
}
