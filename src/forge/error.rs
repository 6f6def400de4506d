//! Why a forge did not take a comment.

use serde::Deserialize;

use super::Forge;
use crate::scim::error::clean;
use crate::scim::http::{Effect, Method, Request, Response, TransportError};

/// What a forge said, or why it said nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ForgeError {
    /// An answer that is no success.
    #[error("{} answered {status} to {asked}{said}", forge.name())]
    Status {
        /// Who answered.
        forge: Forge,
        /// With which status.
        status: u16,
        /// To what.
        asked: Asked,
        /// The forge's own words, after a colon.
        said: String,
    },
    /// No usable answer.
    #[error("{} did not answer {asked}: {cause}", forge.name())]
    Transport {
        /// Who was asked.
        forge: Forge,
        /// What.
        asked: Asked,
        /// Why nothing came.
        cause: TransportError,
    },
    /// An answer that is not what the forge's reference says.
    #[error("the answer to {asked} cannot be read: {why}")]
    Unreadable {
        /// What was asked.
        asked: Asked,
        /// Why.
        why: String,
    },
    /// The token belongs to nobody whose comments could be told.
    #[error("{} does not say whose token this is", forge.name())]
    Nobody {
        /// Who was asked.
        forge: Forge,
    },
    /// The next page is said to be at another host.
    #[error("the next page is said to be at `{host}`, which is not where the token may go")]
    Elsewhere {
        /// The address given.
        host: String,
    },
    /// The pages do not end.
    #[error("{} lists more than can be looked through", forge.name())]
    TooMany {
        /// Who lists.
        forge: Forge,
    },
}

/// A request as messages name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    method: Method,
    path: String,
}

impl Asked {
    fn of(request: &Request) -> Self {
        Self {
            method: request.method,
            path: request.display_path(),
        }
    }
}

impl std::fmt::Display for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{} {}`", self.method, clean(&self.path))
    }
}

/// What both forges put into their errors; GitLab's `message` may be an object.
#[derive(Deserialize)]
struct Said {
    message: Option<serde_json::Value>,
    error: Option<serde_json::Value>,
}

/// As much of a forge's words as a message takes.
const SAID: usize = 300;

impl ForgeError {
    pub(super) fn status(forge: Forge, request: &Request, response: &Response) -> Self {
        let said = serde_json::from_slice::<Said>(&response.body).ok();
        let said = said.and_then(|said| said.message.or(said.error));
        let said = match said {
            Some(serde_json::Value::String(text)) => text,
            Some(other) => other.to_string(),
            None => String::new(),
        };
        let short: String = clean(&said).chars().take(SAID).collect();
        ForgeError::Status {
            forge,
            status: response.status,
            asked: Asked::of(request),
            said: if short.is_empty() {
                short
            } else {
                format!(": {short}")
            },
        }
    }

    pub(super) fn transport(forge: Forge, request: &Request, cause: TransportError) -> Self {
        ForgeError::Transport {
            forge,
            asked: Asked::of(request),
            cause,
        }
    }

    pub(super) fn unreadable(request: &Request, why: &serde_json::Error) -> Self {
        ForgeError::Unreadable {
            asked: Asked::of(request),
            why: clean(&why.to_string()),
        }
    }

    pub(super) fn is_not_found(&self) -> bool {
        matches!(self, ForgeError::Status { status: 404, .. })
    }

    pub(super) fn is_forbidden(&self) -> bool {
        matches!(self, ForgeError::Status { status: 403, .. })
    }

    /// Whether a create that ended so may have made something all the same.
    pub(super) fn may_have_happened(&self) -> bool {
        match self {
            ForgeError::Transport { cause, .. } => cause.effect == Effect::Unknown,
            ForgeError::Status { status, .. } => *status >= 500,
            ForgeError::Unreadable { .. } => true,
            ForgeError::Nobody { .. }
            | ForgeError::Elsewhere { .. }
            | ForgeError::TooMany { .. } => false,
        }
    }

    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            ForgeError::Status { status, .. } => match status {
                401 => "forge-token",
                403 => "forge-forbidden",
                404 | 410 => "forge-not-found",
                429 => "forge-rate-limit",
                _ => "forge-status",
            },
            ForgeError::Transport { .. } => "forge-unreachable",
            ForgeError::Unreadable { .. } => "forge-answer",
            ForgeError::Nobody { .. } => "forge-token",
            ForgeError::Elsewhere { .. } => "forge-elsewhere",
            ForgeError::TooMany { .. } => "forge-too-many",
        }
    }

    /// What to do about it.
    pub fn help(&self) -> String {
        let permission = |forge: Forge| match forge {
            Forge::Github => {
                "give the job's token `pull-requests: write` (`issues: write` for `--issue`); pull requests from forks get no such token"
            }
            Forge::Gitlab => {
                "use a project access token with the scope `api` and the role Reporter or above; a job token cannot write notes"
            }
        };
        match self {
            ForgeError::Status { forge, status, .. } => match status {
                401 => "the token is wrong or has ended: make a new one".to_owned(),
                403 => permission(*forge).to_owned(),
                404 | 410 => format!(
                    "check `--repository` and `--number`; {} also answers so to a token that may not see them: {}",
                    forge.name(),
                    permission(*forge)
                ),
                422 | 400 => {
                    "the text may be too long: `--max-bytes` makes it shorter".to_owned()
                }
                429 => "wait, and run it again: the plan itself is not concerned".to_owned(),
                _ => "run it again; the plan itself is not concerned".to_owned(),
            },
            ForgeError::Transport { .. } => {
                "check `--api-url`, the proxy and the certificates (`--ca-file`)".to_owned()
            }
            ForgeError::Unreadable { .. } => {
                "check that `--api-url` is the forge's API: `https://HOST/api/v3` at GitHub Enterprise, `https://HOST/api/v4` at GitLab".to_owned()
            }
            ForgeError::Nobody { .. } => {
                "use a token of an account, an app or a pipeline; only its own comments are edited".to_owned()
            }
            ForgeError::Elsewhere { .. } => {
                "check `--api-url`: it has to be the address the forge calls itself by".to_owned()
            }
            ForgeError::TooMany { .. } => "close some of them".to_owned(),
        }
    }
}
