//! What is loaded as the base, and what cannot be.

use crate::repo::{ADA, BOB, ROOT, Repo};

#[test]
fn the_work_tree_is_not_looked_at() {
    let repo = Repo::new();
    // Not even to see that the base's files are there.
    std::fs::remove_dir_all(repo.place.path("people")).unwrap();
    repo.write("scim-sync.yaml", &ROOT.replace("people/", "teams/"));
    repo.write("teams/a.yaml", &format!("users:\n{ADA}"));
    repo.run(&["validate", "--base", "HEAD"]).ends(0);
    repo.write(
        "teams/a.yaml",
        &format!("users:\n{BOB}  ada: {{ email: x@example.com }}\n"),
    );
    repo.run(&["validate", "--base", "HEAD"])
        .ends(1)
        .says("[email-immutable]");
}

#[test]
fn files_may_be_renamed_and_have_any_name() {
    let repo = Repo::new();
    repo.people("grüße \"q\" -x.yaml", BOB);
    repo.people("--output=x.yaml", "  eve: { email: eve@example.com }\n");
    repo.commit("odd names");
    repo.git(&["mv", "people", "teams"]);
    repo.git(&["mv", "teams/grüße \"q\" -x.yaml", "teams/b.yaml"]);
    repo.write("scim-sync.yaml", &ROOT.replace("people/", "teams/"));
    repo.commit("move everything");
    let ran = repo.run(&["validate", "--base", "HEAD^"]).ends(0);
    assert_eq!(ran.out, "", "nobody is gone");
    repo.write("teams/b.yaml", "");
    repo.git(&["rm", "--quiet", "-f", "teams/b.yaml"]);
    repo.run(&["validate", "--base", "HEAD^"])
        .ends(0)
        .says("people/grüße \"q\" -x.yaml@");
}

#[test]
fn a_manifest_may_have_a_folder_of_its_own() {
    let repo = Repo::empty();
    repo.write("access/är/scim-sync.yaml", ROOT);
    repo.write("access/är/people/a.yaml", &format!("users:\n{ADA}"));
    repo.commit("begin");
    repo.write(
        "access/är/people/a.yaml",
        &format!("users:\n{}", ADA.replace("ada@", "a@")),
    );
    repo.run(&[
        "-f",
        "access/är/scim-sync.yaml",
        "validate",
        "--base",
        "HEAD",
    ])
    .ends(1)
    .says("people/a.yaml@")
    .says("[email-immutable]");
}

#[cfg(unix)]
#[test]
fn links_are_followed_inside_the_folder_only() {
    use std::os::unix::fs::symlink;
    let repo = Repo::new();
    repo.write("shared/b.yaml", &format!("users:\n{BOB}"));
    symlink("../shared/b.yaml", repo.place.path("people/b.yaml")).unwrap();
    // A submodule is a commit of another repository: nothing of it is here.
    let commit = repo.git(&["rev-parse", "HEAD"]);
    repo.commit("a link");
    repo.git(&[
        "update-index",
        "--add",
        "--cacheinfo",
        &format!("160000,{commit},people/sub.yaml"),
    ]);
    repo.git(&["commit", "--quiet", "-m", "a submodule"]);
    repo.write(
        "shared/b.yaml",
        &format!("users:\n{}", BOB.replace("bob@", "b@")),
    );
    repo.run(&["validate", "--base", "HEAD"])
        .ends(1)
        .tells("from `bob@example.com` to `b@example.com`");

    for (target, case) in [
        ("../../outside.yaml", "out of the folder"),
        ("/etc/passwd", "absolute"),
    ] {
        let repo = Repo::new();
        symlink(target, repo.place.path("people/x.yaml")).unwrap();
        repo.commit(case);
        std::fs::remove_file(repo.place.path("people/x.yaml")).unwrap();
        repo.run(&["validate", "--base", "HEAD"])
            .ends(1)
            .warns("error[faulty-base]")
            .warns("`people/x.yaml` is not below the manifest's folder");
    }
}

#[test]
fn a_folder_is_a_base_without_git() {
    let repo = Repo::new();
    std::fs::remove_dir_all(repo.place.path(".git")).unwrap();
    repo.write("before/scim-sync.yaml", ROOT);
    repo.write(
        "before/people/a.yaml",
        &format!("users:\n{}", ADA.replace("ada@", "a@")),
    );
    for name in ["before", "./before", "before/"] {
        repo.run(&["validate", "--base", name])
            .ends(1)
            .says("people/a.yaml@")
            .says("[email-immutable]");
    }
    repo.run(&["validate", "--base", "./after"])
        .ends(1)
        .warns("error[unknown-revision]");
    repo.write("empty/README", "");
    repo.run(&["validate", "--base", "empty"])
        .ends(1)
        .warns("error[faulty-base]")
        .warns("the manifest at empty cannot be compared with: there is no file `empty/");
}

#[test]
fn a_folder_and_a_branch_of_one_name_are_not_guessed_between() {
    let repo = Repo::new();
    repo.git(&["branch", "before"]);
    repo.write("before/scim-sync.yaml", ROOT);
    repo.write("before/people/a.yaml", &format!("users:\n{ADA}"));
    repo.run(&["validate", "--base", "before"])
        .ends(1)
        .warns("error[ambiguous-base]")
        .warns("write `./before` for the folder or `before^0` for the revision");
    repo.run(&["validate", "--base", "./before"]).ends(0);
    repo.run(&["validate", "--base", "before^0"]).ends(0);
}

#[test]
fn what_is_no_revision_is_an_error_and_never_an_option() {
    let repo = Repo::new();
    repo.run(&["validate", "--base", "no-such-branch"])
        .ends(1)
        .warns("`no-such-branch` is no folder and no commit of this repository");
    for option in ["--base=--output=x", "--base=-h", "--base=--exec-path"] {
        repo.run(&["validate", option])
            .ends(1)
            .warns("cannot be a revision");
    }
    assert!(!repo.place.path("x").exists());
    repo.run(&["validate", "--base", "HEAD:people"])
        .ends(1)
        .warns("error[unknown-revision]");
}

#[test]
fn no_repository_and_no_git_are_told() {
    let repo = Repo::new();
    std::fs::remove_dir_all(repo.place.path(".git")).unwrap();
    repo.run(&["validate", "--base", "main"])
        .ends(1)
        .warns("error[not-a-repository]");
    repo.place
        .run_with(&[("PATH", "")], &["validate", "--base", "main"])
        .ends(1)
        .warns("error[no-git]")
        .warns("--no-base");
}

#[test]
fn a_base_without_the_manifest_is_empty() {
    let repo = Repo::empty();
    repo.write("README.md", "nothing yet\n");
    repo.commit("begin");
    repo.write("scim-sync.yaml", ROOT);
    repo.people("a.yaml", ADA);
    repo.commit("a manifest");
    repo.run(&["plan", "--base", "HEAD^"])
        .ends(0)
        .warns("there is no `scim-sync.yaml` at the base")
        .says("create");
}

#[test]
fn a_base_with_faults_is_used_only_whole() {
    let repo = Repo::new();
    // Understood: a role names somebody who is not there.
    repo.write("scim-sync.yaml", &ROOT.replace("[ada]", "[ada, zoe]"));
    repo.commit("a typo");
    repo.write("scim-sync.yaml", ROOT);
    repo.people("a.yaml", &ADA.replace("ada@", "a@"));
    repo.run(&["validate", "--base", "HEAD"])
        .ends(1)
        .warns("has errors and is compared with all the same")
        .warns("`zoe`")
        .says("[email-immutable]");
    // Not understood: who is in the rest of the file?
    repo.people("b.yaml", "  bob: [\n");
    repo.commit("broken");
    std::fs::remove_file(repo.place.path("people/b.yaml")).unwrap();
    repo.run(&["validate", "--base", "HEAD"])
        .ends(1)
        .warns("error[faulty-base]")
        .warns("(people/b.yaml:3:1)");
}
