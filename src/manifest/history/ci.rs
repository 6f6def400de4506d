//! Which pull request a pipeline runs for, from its environment. Pure.
//!
//! Each system tells the branch that a pull request goes to, and some a commit. What is
//! wanted is neither but the *merge-base* of `HEAD` and that branch: what others merged
//! meanwhile is not this change.

use std::collections::BTreeMap;

/// A system that runs pipelines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CiSystem {
    /// GitHub Actions, and Gitea and Forgejo, which speak its language.
    GitHub,
    /// GitLab CI.
    GitLab,
    /// Bitbucket Pipelines.
    Bitbucket,
    /// Azure Pipelines.
    Azure,
    /// Jenkins with a multibranch pipeline.
    Jenkins,
    /// Harness CI, and Drone, whose variables it keeps.
    Harness,
}

impl CiSystem {
    /// Every system, in the order in which they are looked for.
    pub const ALL: &'static [CiSystem] = &[
        CiSystem::GitHub,
        CiSystem::GitLab,
        CiSystem::Bitbucket,
        CiSystem::Azure,
        CiSystem::Jenkins,
        CiSystem::Harness,
    ];

    /// The name for people.
    pub fn name(self) -> &'static str {
        match self {
            CiSystem::GitHub => "GitHub Actions",
            CiSystem::GitLab => "GitLab",
            CiSystem::Bitbucket => "Bitbucket",
            CiSystem::Azure => "Azure Pipelines",
            CiSystem::Jenkins => "Jenkins",
            CiSystem::Harness => "Harness",
        }
    }

    /// The setting that makes its clone reach back.
    pub(super) fn depth_setting(self) -> &'static str {
        match self {
            CiSystem::GitHub => "`fetch-depth: 0`",
            CiSystem::GitLab => "`GIT_DEPTH: 0`",
            CiSystem::Bitbucket => "`depth: full`",
            CiSystem::Azure => "`fetchDepth: 0`",
            CiSystem::Jenkins => "no shallow clone",
            CiSystem::Harness => "`depth: 0`",
        }
    }

    /// Where to set it, as an instruction.
    pub fn fetch_depth(self) -> &'static str {
        match self {
            CiSystem::GitHub => "set `fetch-depth: 0` in the `with` of `actions/checkout`",
            CiSystem::GitLab => "set `GIT_DEPTH: 0` in the `variables` of the job",
            CiSystem::Bitbucket => "set `clone: { depth: full }` in `bitbucket-pipelines.yml`",
            CiSystem::Azure => "set `fetchDepth: 0` in the `checkout` step",
            CiSystem::Jenkins => {
                "take the shallow clone out of the checkout's clone behaviours, and fetch the target branch as well"
            }
            CiSystem::Harness => "set `depth: 0` in the `cloneCodebase` of the pipeline's codebase",
        }
    }

    fn detect(self, variables: &BTreeMap<String, String>) -> Option<PullRequest> {
        let get = |name: &str| {
            let value = variables.get(name).map(|value| value.trim());
            value.filter(|value| !value.is_empty())
        };
        let (commits, branch): (Vec<Option<&str>>, Option<&str>) = match self {
            CiSystem::GitHub => (Vec::new(), get("GITHUB_BASE_REF")),
            // The tip is there in merged-results pipelines only, where it is in `HEAD`.
            CiSystem::GitLab => (
                vec![
                    get("CI_MERGE_REQUEST_TARGET_BRANCH_SHA"),
                    get("CI_MERGE_REQUEST_DIFF_BASE_SHA"),
                ],
                get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME"),
            ),
            CiSystem::Bitbucket => (
                vec![get("BITBUCKET_PR_DESTINATION_COMMIT")],
                get("BITBUCKET_PR_DESTINATION_BRANCH"),
            ),
            CiSystem::Azure => (Vec::new(), get("SYSTEM_PULLREQUEST_TARGETBRANCH")),
            CiSystem::Jenkins => (Vec::new(), get("CHANGE_TARGET")),
            CiSystem::Harness => {
                // A push has a target branch as well: the branch itself.
                let event = get("DRONE_BUILD_EVENT") == Some("pull_request");
                let pull = event || get("DRONE_PULL_REQUEST").is_some();
                (Vec::new(), get("DRONE_TARGET_BRANCH").filter(|_| pull))
            }
        };
        let commits: Vec<String> = commits
            .into_iter()
            .flatten()
            .filter(|commit| is_hash(commit))
            .map(str::to_owned)
            .collect();
        let branch = branch.map(|branch| {
            branch
                .strip_prefix("refs/heads/")
                .unwrap_or(branch)
                .to_owned()
        });
        (branch.is_some() || !commits.is_empty()).then_some(PullRequest {
            system: self,
            commits,
            branch,
        })
    }
}

/// What a pipeline says of the pull request it runs for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequest {
    /// Which system says so.
    pub system: CiSystem,
    /// Commits of the target branch, the best one first.
    pub commits: Vec<String>,
    /// The target branch, without `refs/heads/`.
    pub branch: Option<String>,
}

impl PullRequest {
    /// Revisions to look for, in order. Full names, so that no tag and no option can be
    /// meant by a branch's name.
    pub fn revisions(&self) -> Vec<String> {
        let mut revisions = self.commits.clone();
        if let Some(branch) = &self.branch {
            revisions.push(format!("refs/remotes/origin/{branch}"));
            revisions.push(format!("refs/heads/{branch}"));
        }
        revisions
    }

    /// What to call the base that is looked for.
    pub fn wanted(&self) -> String {
        match (&self.branch, self.commits.first()) {
            (Some(branch), _) => format!("origin/{branch}"),
            (None, Some(commit)) => commit.clone(),
            (None, None) => String::new(),
        }
    }
}

/// The pull request a pipeline runs for, if it runs for one.
pub fn detect(variables: &BTreeMap<String, String>) -> Option<PullRequest> {
    CiSystem::ALL
        .iter()
        .find_map(|system| system.detect(variables))
}

/// The variables [`detect`] looks at.
pub const VARIABLES: &[&str] = &[
    "GITHUB_BASE_REF",
    "CI_MERGE_REQUEST_TARGET_BRANCH_SHA",
    "CI_MERGE_REQUEST_DIFF_BASE_SHA",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
    "BITBUCKET_PR_DESTINATION_COMMIT",
    "BITBUCKET_PR_DESTINATION_BRANCH",
    "SYSTEM_PULLREQUEST_TARGETBRANCH",
    "CHANGE_TARGET",
    "DRONE_BUILD_EVENT",
    "DRONE_PULL_REQUEST",
    "DRONE_TARGET_BRANCH",
];

fn is_hash(text: &str) -> bool {
    text.len() >= 7 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revisions(variables: &[(&str, &str)]) -> Option<(CiSystem, Vec<String>)> {
        let variables: BTreeMap<String, String> = variables
            .iter()
            .map(|(name, value)| {
                assert!(VARIABLES.contains(name), "{name} is not read");
                ((*name).to_owned(), (*value).to_owned())
            })
            .collect();
        detect(&variables).map(|found| (found.system, found.revisions()))
    }

    fn branch(system: CiSystem) -> Option<(CiSystem, Vec<String>)> {
        let both = ["refs/remotes/origin/main", "refs/heads/main"];
        Some((system, both.map(str::to_owned).to_vec()))
    }

    #[test]
    fn each_system_names_its_target() {
        for (variables, system) in [
            (&[("GITHUB_BASE_REF", "main")][..], CiSystem::GitHub),
            (
                &[("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main")],
                CiSystem::GitLab,
            ),
            (
                &[("BITBUCKET_PR_DESTINATION_BRANCH", "main")],
                CiSystem::Bitbucket,
            ),
            (
                &[("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main")],
                CiSystem::Azure,
            ),
            (
                &[("SYSTEM_PULLREQUEST_TARGETBRANCH", "main")],
                CiSystem::Azure,
            ),
            (&[("CHANGE_TARGET", "main")], CiSystem::Jenkins),
            (
                &[
                    ("DRONE_TARGET_BRANCH", "main"),
                    ("DRONE_BUILD_EVENT", "pull_request"),
                ],
                CiSystem::Harness,
            ),
        ] {
            assert_eq!(revisions(variables), branch(system), "{variables:?}");
        }
    }

    #[test]
    fn commits_come_before_branches() {
        let found = revisions(&[
            ("CI_MERGE_REQUEST_DIFF_BASE_SHA", "0123456789abcdef"),
            ("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", ""),
            ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
        ]);
        let (_, found) = found.unwrap();
        assert_eq!(found[0], "0123456789abcdef");
        assert_eq!(found.len(), 3);
    }

    #[test]
    fn a_build_of_a_branch_has_no_base() {
        assert_eq!(revisions(&[]), None);
        // Set and empty on a push.
        assert_eq!(revisions(&[("GITHUB_BASE_REF", "")]), None);
        // The branch itself on a push.
        assert_eq!(
            revisions(&[
                ("DRONE_TARGET_BRANCH", "main"),
                ("DRONE_BUILD_EVENT", "push")
            ]),
            None
        );
    }

    #[test]
    fn a_commit_that_is_none_is_left_out() {
        let found = revisions(&[("BITBUCKET_PR_DESTINATION_COMMIT", "--upload-pack=x")]);
        assert_eq!(found, None);
    }
}
