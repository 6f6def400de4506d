//! Where a comment goes: which forge, which repository, which pull request. Pure.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Forge;
use crate::scim::http::{Method, Request};

/// The variables [`detect`] looks at.
pub const VARIABLES: &[&str] = &[
    "GITHUB_ACTIONS",
    "GITHUB_API_URL",
    "GITHUB_REPOSITORY",
    "GITHUB_REF",
    "GITHUB_EVENT_PATH",
    "GITLAB_CI",
    "CI_API_V4_URL",
    "CI_PROJECT_ID",
    "CI_MERGE_REQUEST_IID",
];

/// What a pipeline tells of the place it runs for; each part may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Detected {
    /// Whose pipeline it is.
    pub forge: Option<Forge>,
    /// The API's base URL.
    pub api_url: Option<String>,
    /// The repository, as its forge names it.
    pub repository: Option<String>,
    /// The pull request or merge request.
    pub number: Option<u64>,
}

/// Reads a pipeline's variables; `event` is the text of the file that `GITHUB_EVENT_PATH`
/// names.
pub fn detect(variables: &BTreeMap<String, String>, event: Option<&str>) -> Detected {
    let get = |name: &str| {
        let value = variables.get(name).map(|value| value.trim().to_owned());
        value.filter(|value| !value.is_empty())
    };
    // GitHub's first: the runners of other forges that speak its language set them too.
    if get("GITHUB_ACTIONS").is_some() {
        return Detected {
            forge: Some(Forge::Github),
            api_url: get("GITHUB_API_URL"),
            repository: get("GITHUB_REPOSITORY"),
            number: event
                .and_then(number_of_event)
                .or_else(|| number_of_ref(&get("GITHUB_REF")?)),
        };
    }
    if get("GITLAB_CI").is_some() {
        return Detected {
            forge: Some(Forge::Gitlab),
            api_url: get("CI_API_V4_URL"),
            repository: get("CI_PROJECT_ID"),
            number: get("CI_MERGE_REQUEST_IID").and_then(|number| number.parse().ok()),
        };
    }
    Detected::default()
}

#[derive(Deserialize)]
struct Event {
    pull_request: Option<Numbered>,
    workflow_run: Option<WorkflowRun>,
}

#[derive(Deserialize)]
struct WorkflowRun {
    #[serde(default)]
    pull_requests: Vec<Numbered>,
}

#[derive(Deserialize)]
struct Numbered {
    number: u64,
}

fn number_of_event(text: &str) -> Option<u64> {
    let event: Event = serde_json::from_str(text).ok()?;
    if let Some(pull) = event.pull_request {
        return Some(pull.number);
    }
    // A run may belong to several pull requests of one branch; then a person has to say.
    match event.workflow_run?.pull_requests.as_slice() {
        [only] => Some(only.number),
        _ => None,
    }
}

/// `refs/pull/7/merge`.
fn number_of_ref(name: &str) -> Option<u64> {
    let (number, _) = name.strip_prefix("refs/pull/")?.split_once('/')?;
    number.parse().ok()
}

/// A repository at a forge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    pub(super) forge: Forge,
    segments: Vec<String>,
}

impl Repository {
    /// Reads `owner/name` for GitHub; a project's number or whole path for GitLab.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(forge: Forge, text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split('/').collect();
        let sound = |part: &&str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
                && !part.bytes().all(|byte| byte == b'.')
        };
        let segments = match forge {
            Forge::Github if parts.len() == 2 && parts.iter().all(sound) => {
                parts.into_iter().map(str::to_owned).collect()
            }
            Forge::Github => return Err(format!("`{text}` is not `owner/name`")),
            Forge::Gitlab
                if parts.iter().all(sound)
                    && (parts.len() > 1 || text.bytes().all(|byte| byte.is_ascii_digit())) =>
            {
                // One segment: the slashes of the path are encoded.
                vec![text.to_owned()]
            }
            Forge::Gitlab => {
                return Err(format!(
                    "`{text}` is neither a project's number nor its path"
                ));
            }
        };
        Ok(Self { forge, segments })
    }

    pub(super) fn path(&self) -> Vec<String> {
        let root = match self.forge {
            Forge::Github => "repos",
            Forge::Gitlab => "projects",
        };
        std::iter::once(root.to_owned())
            .chain(self.segments.iter().cloned())
            .collect()
    }
}

/// The API of a forge: a base that requests go to, and what their paths begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Api {
    base: String,
    prefix: Vec<String>,
    accept: &'static str,
}

impl Api {
    /// The API at this URL; at the forge's own host without one.
    pub fn at(forge: Forge, url: Option<&str>) -> Self {
        let (default, accept) = match forge {
            Forge::Github => ("https://api.github.com", "application/vnd.github+json"),
            Forge::Gitlab => ("https://gitlab.com/api/v4", "application/json"),
        };
        let url = url.unwrap_or(default).trim_end_matches('/');
        // GitHub Enterprise has REST at /api/v3 and GraphQL beside it.
        match (forge, url.strip_suffix("/v3")) {
            (Forge::Github, Some(base)) => Self {
                base: base.to_owned(),
                prefix: vec!["v3".to_owned()],
                accept,
            },
            (Forge::Github, None) | (Forge::Gitlab, _) => Self {
                base: url.to_owned(),
                prefix: Vec::new(),
                accept,
            },
        }
    }

    /// What a transport has to go to.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A request of the REST API.
    pub(super) fn inside(
        &self,
        method: Method,
        path: impl IntoIterator<Item = impl Into<String>>,
    ) -> Request {
        let path = path.into_iter().map(Into::into);
        self.outside(method, self.prefix.iter().cloned().chain(path))
    }

    /// A request beside the REST API.
    pub(super) fn outside(
        &self,
        method: Method,
        path: impl IntoIterator<Item = impl Into<String>>,
    ) -> Request {
        let mut request = Request::scim(method, path);
        request.accept = self.accept;
        request.content_type = "application/json";
        request
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detected(variables: &[(&str, &str)], event: Option<&str>) -> Detected {
        let variables = variables
            .iter()
            .map(|(name, value)| {
                assert!(VARIABLES.contains(name), "{name} is not read");
                ((*name).to_owned(), (*value).to_owned())
            })
            .collect();
        detect(&variables, event)
    }

    #[test]
    fn a_github_job_tells_its_pull_request() {
        let variables = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_API_URL", "https://ghe.example/api/v3"),
            ("GITHUB_REPOSITORY", "acme/access"),
            ("GITHUB_REF", "refs/pull/7/merge"),
        ];
        let found = detected(&variables, None);
        assert_eq!(found.forge, Some(Forge::Github));
        assert_eq!(found.api_url.as_deref(), Some("https://ghe.example/api/v3"));
        assert_eq!(found.repository.as_deref(), Some("acme/access"));
        assert_eq!(found.number, Some(7));
        // The event is surer: under pull_request_target the ref is the branch.
        let event = r#"{ "action": "opened", "number": 9, "pull_request": { "number": 9 } }"#;
        assert_eq!(detected(&variables, Some(event)).number, Some(9));
        let run = r#"{ "workflow_run": { "pull_requests": [{ "number": 4 }] } }"#;
        let push = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_REF", "refs/heads/main"),
        ];
        assert_eq!(detected(&push, Some(run)).number, Some(4));
        let two = r#"{ "workflow_run": { "pull_requests": [{ "number": 4 }, { "number": 5 }] } }"#;
        assert_eq!(detected(&push, Some(two)).number, None);
        assert_eq!(detected(&push, Some("{}")).number, None);
        assert_eq!(detected(&push, Some("not JSON")).number, None);
    }

    #[test]
    fn a_gitlab_job_tells_its_merge_request() {
        let found = detected(
            &[
                ("GITLAB_CI", "true"),
                ("CI_API_V4_URL", "https://gitlab.example/api/v4"),
                ("CI_PROJECT_ID", "42"),
                ("CI_MERGE_REQUEST_IID", "3"),
            ],
            None,
        );
        assert_eq!(found.forge, Some(Forge::Gitlab));
        assert_eq!(found.repository.as_deref(), Some("42"));
        assert_eq!(found.number, Some(3));
        assert_eq!(detected(&[], None), Detected::default());
    }

    #[test]
    fn a_repository_cannot_lead_elsewhere() {
        for text in [
            "acme", "acme/", "/access", "a/b/c", "a/..", "a b/c", "a/b?x=1", "",
        ] {
            assert!(Repository::parse(Forge::Github, text).is_err(), "{text}");
        }
        for text in ["acme", "", "../x", "acme/access?x", "a//b"] {
            assert!(Repository::parse(Forge::Gitlab, text).is_err(), "{text}");
        }
        let path = |forge, text| Repository::parse(forge, text).unwrap().path();
        assert_eq!(
            path(Forge::Github, "acme/access.yaml"),
            ["repos", "acme", "access.yaml"]
        );
        assert_eq!(path(Forge::Gitlab, "42"), ["projects", "42"]);
        assert_eq!(
            path(Forge::Gitlab, "acme/infra/access"),
            ["projects", "acme/infra/access"]
        );
    }

    #[test]
    fn enterprise_has_graphql_beside_rest() {
        let api = Api::at(Forge::Github, Some("https://ghe.example/api/v3/"));
        assert_eq!(api.base(), "https://ghe.example/api");
        assert_eq!(api.inside(Method::Get, ["user"]).path, ["v3", "user"]);
        assert_eq!(api.outside(Method::Post, ["graphql"]).path, ["graphql"]);
        let api = Api::at(Forge::Github, None);
        assert_eq!(api.base(), "https://api.github.com");
        assert_eq!(api.inside(Method::Get, ["user"]).path, ["user"]);
        let api = Api::at(Forge::Gitlab, Some("https://gitlab.example/api/v4"));
        assert_eq!(api.base(), "https://gitlab.example/api/v4");
    }
}
