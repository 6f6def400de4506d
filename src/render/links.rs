//! Links to manifest lines where a repository is browsed. Pure: what the pipeline and git
//! say comes in as text.
//!
//! **Invariants.** A link starts with the base that was given or detected, which is `https`
//! or `http` and carries no user, password or token; whatever comes after it is
//! percent-encoded. Only files of the manifest get links.

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use crate::plan::Evidence;

/// Everything but the unreserved characters of RFC 3986 and the `/` between folders.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');
/// The same within a query.
const QUERY: &AsciiSet = PATH;

/// Whose way of writing links to lines it is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Form {
    /// `…/blob/COMMIT/PATH#L3`
    GitHub,
    /// `…/-/blob/COMMIT/PATH#L3`
    GitLab,
    /// `…/src/COMMIT/PATH#lines-3`
    Bitbucket,
    /// `…?path=/PATH&version=GCCOMMIT&line=3…`
    Azure,
    /// `…/src/commit/COMMIT/PATH#L3`, as Gitea and Forgejo have it.
    Gitea,
    /// Written out with `{commit}`, `{path}` and `{line}`.
    Template(String),
}

/// Where a repository is browsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkBase {
    form: Form,
    /// Without `/` at its end.
    url: String,
}

/// Why a `--link-base` cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkBaseError {
    /// It is no web address.
    #[error("`{0}` is not the web address of a repository")]
    NotAnAddress(String),
    /// A password or token would end up in every link.
    #[error("the link base carries a user or a password")]
    Credentials,
    /// Nobody can say how this host writes links to lines.
    #[error("how `{0}` links to a line is not known")]
    UnknownHost(String),
    /// A template without a place for something.
    #[error("the link base has `{{line}}` or `{{path}}`, and no `{{{0}}}`")]
    Incomplete(&'static str),
}

impl LinkBaseError {
    /// What to do.
    pub fn help(&self) -> &'static str {
        match self {
            LinkBaseError::NotAnAddress(_) | LinkBaseError::Credentials => {
                "write it as the browser shows it: https://github.com/acme/access"
            }
            LinkBaseError::UnknownHost(_) | LinkBaseError::Incomplete(_) => {
                "write out where everything goes: https://git.example.com/acme/access/src/{commit}/{path}#L{line}"
            }
        }
    }
}

impl LinkBase {
    /// Reads what somebody typed: a repository's web address, or a template.
    ///
    /// # Errors
    /// When it is neither, or carries a password.
    pub fn parse(text: &str) -> Result<Self, LinkBaseError> {
        if text.contains("{path}") || text.contains("{line}") {
            for part in ["path", "line"] {
                if !text.contains(&format!("{{{part}}}")) {
                    return Err(LinkBaseError::Incomplete(part));
                }
            }
            let example = fill(text, "0", "a", "1");
            web_address(&example)?;
            return Ok(Self {
                form: Form::Template(text.to_owned()),
                url: String::new(),
            });
        }
        let url = web_address(text)?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let form = form_of(&host, url.path()).ok_or(LinkBaseError::UnknownHost(host))?;
        Ok(Self::at(form, &url))
    }

    /// Reads a git remote: `git@github.com:acme/access.git`, `https://…`. `None` if nobody
    /// can say where it is browsed.
    pub fn from_remote(remote: &str) -> Option<Self> {
        let remote = remote.trim();
        let (host, path) = match Url::parse(remote) {
            Ok(url) if matches!(url.scheme(), "http" | "https" | "ssh" | "git") => {
                let host = url.host_str()?.to_owned();
                // A port is of ssh there, and of the web here.
                let port = match (url.scheme(), url.port()) {
                    ("http" | "https", Some(port)) => format!(":{port}"),
                    _ => String::new(),
                };
                (format!("{host}{port}"), url.path().to_owned())
            }
            // `user@host:path`, the form of scp.
            Ok(_) | Err(_) => {
                let (host, path) = remote.split_once(':')?;
                let host = host.rsplit('@').next()?;
                let looks = !host.is_empty() && !host.contains('/') && host.contains('.');
                if !looks || path.starts_with("//") {
                    return None;
                }
                (
                    host.to_owned(),
                    format!("/{}", path.trim_start_matches('/')),
                )
            }
        };
        // Azure has a host of its own for ssh: `v3/ORGANISATION/PROJECT/REPOSITORY`.
        if let Some(rest) = path.strip_prefix("/v3/")
            && host.ends_with("dev.azure.com")
        {
            let mut parts = rest.splitn(3, '/');
            let (org, project, name) = (parts.next()?, parts.next()?, parts.next()?);
            let url = format!("https://dev.azure.com/{org}/{project}/_git/{name}");
            return Self::parse(&url).ok();
        }
        let path = path.trim_end_matches('/');
        let path = path.strip_suffix(".git").unwrap_or(path);
        Self::parse(&format!("https://{host}{path}")).ok()
    }

    /// Reads what a pipeline says of its repository.
    pub fn from_pipeline(variables: &BTreeMap<String, String>) -> Option<Self> {
        let get = |name: &str| {
            variables
                .get(name)
                .map(String::as_str)
                .filter(|value| !value.is_empty())
        };
        let at = |form: Form, url: &str| {
            let url = web_address_of_clone(url)?;
            Some(Self::at(form, &url))
        };
        if let (Some(server), Some(name)) = (get("GITHUB_SERVER_URL"), get("GITHUB_REPOSITORY")) {
            // Gitea and Forgejo speak of themselves in the same words.
            let form = if get("GITEA_ACTIONS").is_some() || get("FORGEJO_ACTIONS").is_some() {
                Form::Gitea
            } else {
                Form::GitHub
            };
            return at(form, &format!("{}/{name}", server.trim_end_matches('/')));
        }
        if let Some(url) = get("CI_PROJECT_URL") {
            return at(Form::GitLab, url);
        }
        if let Some(url) = get("BITBUCKET_GIT_HTTP_ORIGIN") {
            return at(Form::Bitbucket, url);
        }
        if let Some(url) = get("BUILD_REPOSITORY_URI") {
            let azure = get("BUILD_REPOSITORY_PROVIDER").is_none_or(|it| it == "TfsGit");
            return if azure {
                at(Form::Azure, url)
            } else {
                Self::from_remote(url)
            };
        }
        // Jenkins, and Harness in Drone's words.
        ["DRONE_REPO_LINK", "GIT_URL"]
            .into_iter()
            .filter_map(get)
            .find_map(Self::from_remote)
    }

    fn at(form: Form, url: &Url) -> Self {
        Self {
            form,
            url: url.as_str().trim_end_matches('/').to_owned(),
        }
    }
}

/// The variables [`LinkBase::from_pipeline`] looks at.
pub const VARIABLES: &[&str] = &[
    "GITHUB_SERVER_URL",
    "GITHUB_REPOSITORY",
    "GITEA_ACTIONS",
    "FORGEJO_ACTIONS",
    "CI_PROJECT_URL",
    "BITBUCKET_GIT_HTTP_ORIGIN",
    "BUILD_REPOSITORY_URI",
    "BUILD_REPOSITORY_PROVIDER",
    "DRONE_REPO_LINK",
    "GIT_URL",
];

fn web_address(text: &str) -> Result<Url, LinkBaseError> {
    let not = || LinkBaseError::NotAnAddress(text.to_owned());
    let url = Url::parse(text).map_err(|_| not())?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(LinkBaseError::Credentials);
    }
    let is_web = matches!(url.scheme(), "http" | "https") && url.host_str().is_some();
    if is_web { Ok(url) } else { Err(not()) }
}

/// The address of a clone, without the user some pipelines put into it.
fn web_address_of_clone(text: &str) -> Option<Url> {
    let mut url = Url::parse(text).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    url.set_query(None);
    url.set_fragment(None);
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(path.strip_suffix(".git").unwrap_or(&path));
    Some(url)
}

/// Whose form a host has, by its name.
fn form_of(host: &str, path: &str) -> Option<Form> {
    if path.contains("/_git/") || host == "dev.azure.com" || host.ends_with(".visualstudio.com") {
        return Some(Form::Azure);
    }
    let labels: Vec<&str> = host.split('.').collect();
    let named = |name: &str| labels.iter().any(|label| label.contains(name));
    if named("github") || host.ends_with(".ghe.com") {
        Some(Form::GitHub)
    } else if named("gitlab") {
        Some(Form::GitLab)
    } else if named("bitbucket") {
        Some(Form::Bitbucket)
    } else if named("gitea") || named("forgejo") || host == "codeberg.org" {
        Some(Form::Gitea)
    } else {
        None
    }
}

/// One pass, so that nothing filled in is filled again.
fn fill(template: &str, commit: &str, path: &str, line: &str) -> String {
    let mut out = String::with_capacity(template.len() + path.len());
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let places = [("{commit}", commit), ("{path}", path), ("{line}", line)];
        match places.iter().find(|(place, _)| rest.starts_with(place)) {
            Some((place, value)) => {
                out.push_str(value);
                rest = &rest[place.len()..];
            }
            None => {
                out.push('{');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// Links to the lines of one manifest at one commit.
#[derive(Debug, Clone)]
pub struct Links {
    /// Where the repository is browsed.
    pub base: LinkBase,
    /// The commit whose files the manifest is made of, in full.
    pub commit: String,
    /// The manifest's folder in the repository, empty for its root.
    pub folder: String,
    /// The files that are at that commit as the plan saw them.
    pub files: BTreeSet<String>,
}

impl Links {
    /// The link to a line, if there is one.
    pub fn line(&self, evidence: &Evidence) -> Option<String> {
        let file = &*evidence.place.file;
        let commit = match evidence.revision.as_deref() {
            // A base may be a folder, which no forge shows.
            Some(revision) => {
                let is_hash =
                    revision.len() >= 7 && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
                is_hash.then_some(revision)?
            }
            None => self.files.contains(file).then_some(self.commit.as_str())?,
        };
        self.at(commit, file, evidence.place.line)
    }

    /// The link to the commit, if its form has one.
    pub fn commit(&self) -> Option<String> {
        let base = &self.base.url;
        match self.base.form {
            Form::GitHub | Form::Gitea | Form::Azure => {
                Some(format!("{base}/commit/{}", self.commit))
            }
            Form::GitLab => Some(format!("{base}/-/commit/{}", self.commit)),
            Form::Bitbucket => Some(format!("{base}/commits/{}", self.commit)),
            Form::Template(_) => None,
        }
    }

    fn at(&self, commit: &str, file: &str, line: u32) -> Option<String> {
        let path = super::faults::in_repository(file, &self.folder);
        // A file outside of the repository's folder is not in its browser.
        if path.split('/').any(|part| part == ".." || part.is_empty()) {
            return None;
        }
        let base = &self.base.url;
        let encoded = utf8_percent_encode(&path, PATH);
        Some(match &self.base.form {
            Form::GitHub => format!("{base}/blob/{commit}/{encoded}#L{line}"),
            Form::GitLab => format!("{base}/-/blob/{commit}/{encoded}#L{line}"),
            Form::Bitbucket => format!("{base}/src/{commit}/{encoded}#lines-{line}"),
            Form::Gitea => format!("{base}/src/commit/{commit}/{encoded}#L{line}"),
            Form::Azure => {
                // Azure finds commits by their full name only.
                if commit.len() < 40 {
                    return None;
                }
                let encoded = utf8_percent_encode(&path, QUERY);
                let end = line.saturating_add(1);
                format!(
                    "{base}?path=/{encoded}&version=GC{commit}&line={line}&lineEnd={end}&lineStartColumn=1&lineEndColumn=1"
                )
            }
            Form::Template(template) => {
                fill(template, commit, &encoded.to_string(), &line.to_string())
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::source::Place;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    fn evidence(file: &str, revision: Option<&str>) -> Evidence {
        Evidence {
            place: Place {
                file: file.into(),
                line: 3,
                column: 7,
            },
            revision: revision.map(str::to_owned),
            what: String::new(),
        }
    }

    fn links(base: LinkBase, folder: &str) -> Links {
        Links {
            base,
            commit: COMMIT.to_owned(),
            folder: folder.to_owned(),
            files: ["people/a b.yaml", "x.yaml"].map(str::to_owned).into(),
        }
    }

    fn line(base: LinkBase, folder: &str, file: &str) -> Option<String> {
        links(base, folder).line(&evidence(file, None))
    }

    #[test]
    fn each_forge_has_its_form() {
        for (base, expected) in [
            (
                "https://github.com/acme/access",
                "https://github.com/acme/access/blob/COMMIT/iam/people/a%20b.yaml#L3",
            ),
            (
                "https://github.acme.example:8443/acme/access/",
                "https://github.acme.example:8443/acme/access/blob/COMMIT/iam/people/a%20b.yaml#L3",
            ),
            (
                "https://gitlab.com/acme/iam/access",
                "https://gitlab.com/acme/iam/access/-/blob/COMMIT/iam/people/a%20b.yaml#L3",
            ),
            (
                "https://bitbucket.org/acme/access",
                "https://bitbucket.org/acme/access/src/COMMIT/iam/people/a%20b.yaml#lines-3",
            ),
            (
                "https://codeberg.org/acme/access",
                "https://codeberg.org/acme/access/src/commit/COMMIT/iam/people/a%20b.yaml#L3",
            ),
            (
                "https://dev.azure.com/acme/iam/_git/access",
                "https://dev.azure.com/acme/iam/_git/access?path=/iam/people/a%20b.yaml&version=GCCOMMIT&line=3&lineEnd=4&lineStartColumn=1&lineEndColumn=1",
            ),
            (
                "https://git.example.com/x/{commit}?f={path}#{line}",
                "https://git.example.com/x/COMMIT?f=iam/people/a%20b.yaml#3",
            ),
        ] {
            let base = LinkBase::parse(base).unwrap();
            let expected = expected.replace("COMMIT", COMMIT);
            assert_eq!(line(base, "iam", "people/a b.yaml"), Some(expected));
        }
    }

    #[test]
    fn remotes_are_read_and_their_secrets_are_not() {
        for (remote, expected) in [
            (
                "git@github.com:acme/access.git",
                Some("https://github.com/acme/access"),
            ),
            (
                "ssh://git@gitlab.example.com:2222/acme/access.git",
                Some("https://gitlab.example.com/acme/access"),
            ),
            (
                "https://x-access-token:ghs_5ecret@github.com/acme/access",
                Some("https://github.com/acme/access"),
            ),
            (
                "git@ssh.dev.azure.com:v3/acme/iam/access",
                Some("https://dev.azure.com/acme/iam/_git/access"),
            ),
            (
                "https://acme@dev.azure.com/acme/iam/_git/access",
                Some("https://dev.azure.com/acme/iam/_git/access"),
            ),
            ("/srv/git/access.git", None),
            ("file:///srv/git/access.git", None),
            ("../access", None),
            ("git@git.example.com:acme/access.git", None),
            ("javascript:alert(1)", None),
            ("", None),
        ] {
            let found = LinkBase::from_remote(remote).map(|base| base.url);
            assert_eq!(found.as_deref(), expected, "{remote}");
        }
    }

    #[test]
    fn pipelines_name_their_repository() {
        let detect = |variables: &[(&str, &str)]| {
            let variables: BTreeMap<String, String> = variables
                .iter()
                .map(|(name, value)| {
                    assert!(VARIABLES.contains(name), "{name} is not read");
                    ((*name).to_owned(), (*value).to_owned())
                })
                .collect();
            LinkBase::from_pipeline(&variables).and_then(|base| line(base, "", "x.yaml"))
        };
        let github = [
            ("GITHUB_SERVER_URL", "https://ghe.example.com"),
            ("GITHUB_REPOSITORY", "acme/access"),
        ];
        for (variables, expected) in [
            (
                &github[..],
                "https://ghe.example.com/acme/access/blob/COMMIT/x.yaml#L3",
            ),
            (
                &[github[0], github[1], ("GITEA_ACTIONS", "true")],
                "https://ghe.example.com/acme/access/src/commit/COMMIT/x.yaml#L3",
            ),
            (
                &[("CI_PROJECT_URL", "https://git.example.com/acme/access")],
                "https://git.example.com/acme/access/-/blob/COMMIT/x.yaml#L3",
            ),
            (
                &[(
                    "BITBUCKET_GIT_HTTP_ORIGIN",
                    "http://bitbucket.org/acme/access",
                )],
                "http://bitbucket.org/acme/access/src/COMMIT/x.yaml#lines-3",
            ),
            (
                &[
                    (
                        "BUILD_REPOSITORY_URI",
                        "https://acme@dev.azure.com/acme/iam/_git/access",
                    ),
                    ("BUILD_REPOSITORY_PROVIDER", "TfsGit"),
                ],
                "https://dev.azure.com/acme/iam/_git/access?path=/x.yaml&version=GCCOMMIT&line=3&lineEnd=4&lineStartColumn=1&lineEndColumn=1",
            ),
            (
                &[
                    ("BUILD_REPOSITORY_URI", "https://github.com/acme/access"),
                    ("BUILD_REPOSITORY_PROVIDER", "GitHub"),
                ],
                "https://github.com/acme/access/blob/COMMIT/x.yaml#L3",
            ),
            (
                &[("GIT_URL", "git@github.com:acme/access.git")],
                "https://github.com/acme/access/blob/COMMIT/x.yaml#L3",
            ),
        ] {
            let expected = expected.replace("COMMIT", COMMIT);
            assert_eq!(detect(variables), Some(expected), "{variables:?}");
        }
        assert_eq!(detect(&[]), None);
        assert_eq!(detect(&[("GITHUB_REPOSITORY", "acme/access")]), None);
    }

    #[test]
    fn what_is_typed_wrongly_is_said() {
        for (text, error) in [
            (
                "acme/access",
                LinkBaseError::NotAnAddress("acme/access".into()),
            ),
            (
                "javascript:alert({path}{line})",
                LinkBaseError::NotAnAddress("javascript:alert(a1)".into()),
            ),
            ("https://u:p@github.com/a/b", LinkBaseError::Credentials),
            (
                "https://git.example.com/a",
                LinkBaseError::UnknownHost("git.example.com".into()),
            ),
            (
                "https://git.example.com/{path}",
                LinkBaseError::Incomplete("line"),
            ),
        ] {
            assert_eq!(LinkBase::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn only_lines_that_are_there_get_links() {
        let base = LinkBase::parse("https://github.com/acme/access").unwrap();
        let links = links(base, "");
        assert_eq!(links.line(&evidence("other.yaml", None)), None);
        assert_eq!(links.line(&evidence("x.yaml", Some("./before"))), None);
        assert_eq!(links.line(&evidence("../x.yaml", Some("0123456"))), None);
        let before = links.line(&evidence("x.yaml", Some("0123456"))).unwrap();
        assert_eq!(
            before,
            "https://github.com/acme/access/blob/0123456/x.yaml#L3"
        );
        let evil = links.line(&evidence("a)[x](http:e)<b>\"'`.yaml", Some("0123456")));
        let evil = evil.unwrap();
        assert!(
            !evil.contains(['(', ')', '[', ']', '<', '>', '"', '\'', '`', ' ']),
            "{evil}"
        );
    }
}
