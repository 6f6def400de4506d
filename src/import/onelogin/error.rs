//! What goes wrong with OneLogin's API.

use crate::scim::error::clean;
use crate::scim::http::{Request, Response, TransportError};

/// As much of OneLogin's words as a message takes.
const SAID: usize = 300;

/// What went wrong with OneLogin's API. No text holds a secret or a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OneLoginError {
    /// It refused, or failed.
    #[error("OneLogin answered {status} to `{asked}`{said}")]
    Status {
        /// The HTTP status.
        status: u16,
        /// What was asked: `GET api/2/users`.
        asked: String,
        /// Its own words, after a colon.
        said: String,
    },
    /// It did not answer.
    #[error("no answer of OneLogin to `{asked}`: {cause}")]
    Transport {
        /// What was asked.
        asked: String,
        /// Why.
        cause: TransportError,
    },
    /// Its answer is not what its reference promises.
    #[error("OneLogin's answer to `{asked}` cannot be read: {why}")]
    Unreadable {
        /// What was asked.
        asked: String,
        /// Why.
        why: String,
    },
    /// A list leads nowhere, or back to where it was.
    #[error("OneLogin's list `{asked}` cannot be followed after page {page}: {why}")]
    Pages {
        /// What was asked.
        asked: String,
        /// How many pages were read.
        page: u64,
        /// Why.
        why: String,
    },
    /// A list holds fewer than it says.
    #[error("OneLogin's list `{asked}` ended after {read} of {told}")]
    Short {
        /// What was asked.
        asked: String,
        /// How many there are, as it says.
        told: u64,
        /// How many came.
        read: u64,
    },
    /// No app is called so.
    #[error("OneLogin has no app `{name}`")]
    NoApp {
        /// What was looked for.
        name: String,
    },
    /// Several apps are.
    #[error("OneLogin has several apps `{name}`: {found}")]
    ManyApps {
        /// What was looked for.
        name: String,
        /// Their names and ids.
        found: String,
    },
}

/// What was asked, for messages: without query, which may name people.
pub(super) fn asked(request: &Request) -> String {
    format!("{} {}", request.method, clean(&request.display_path()))
}

impl OneLoginError {
    pub(super) fn status(request: &Request, response: &Response) -> Self {
        let said: String = said(&response.body).chars().take(SAID).collect();
        OneLoginError::Status {
            status: response.status,
            asked: asked(request),
            said: match said.is_empty() {
                true => said,
                false => format!(": {said}"),
            },
        }
    }

    /// The HTTP status it was refused with, if it was refused.
    pub fn refusal(&self) -> Option<u16> {
        match self {
            OneLoginError::Status { status, .. } => Some(*status),
            OneLoginError::Transport { .. }
            | OneLoginError::Unreadable { .. }
            | OneLoginError::Pages { .. }
            | OneLoginError::Short { .. }
            | OneLoginError::NoApp { .. }
            | OneLoginError::ManyApps { .. } => None,
        }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            OneLoginError::Status { status, .. } => match status {
                400 => "onelogin-request",
                401 => "onelogin-credential",
                403 => "onelogin-forbidden",
                404 => "onelogin-not-found",
                429 => "onelogin-rate-limit",
                _ => "onelogin-status",
            },
            OneLoginError::Transport { .. } => "onelogin-unreachable",
            OneLoginError::Unreadable { .. } => "onelogin-answer",
            OneLoginError::Pages { .. } => "onelogin-pages",
            OneLoginError::Short { .. } => "onelogin-short-read",
            OneLoginError::NoApp { .. } | OneLoginError::ManyApps { .. } => "onelogin-app",
        }
    }

    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            OneLoginError::Status { status, .. } => match status {
                400 => "this is a fault of this tool or a change of OneLogin's: report it",
                401 => {
                    "check the client id and secret (OneLogin: Developers, API Credentials), and \
                     that no other job uses them: a new token ends the one before"
                }
                403 => {
                    "give the credential the scope `Read All`; rules alone want `Manage All`, and \
                     `--no-rules` does without them"
                }
                404 => {
                    "check `--subdomain` or `--base-url`; if something was removed in OneLogin \
                     meanwhile, run it again"
                }
                429 => "wait for an hour, or stop what else calls OneLogin's API, and run it again",
                _ => "run it again; nothing was written",
            },
            OneLoginError::Transport { .. } => {
                "check `--subdomain` or `--base-url`, the proxy and the certificates (`--ca-file`)"
            }
            OneLoginError::Unreadable { .. } => {
                "check that `--base-url` is `https://SUBDOMAIN.onelogin.com`, without a path"
            }
            OneLoginError::Pages { .. } | OneLoginError::Short { .. } => {
                "run it again: whoever is missing from the list would be missing from the \
                 manifest, so nothing was written"
            }
            OneLoginError::NoApp { .. } => {
                "name it as OneLogin's Applications page does, or by the number in its address"
            }
            OneLoginError::ManyApps { .. } => "name it by its number",
        }
    }
}

/// What an error's body says: v2 has `message`, the token's endpoint `status.message` too.
fn said(body: &[u8]) -> String {
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(body) else {
        return String::new();
    };
    let places = ["/message", "/status/message", "/description", "/error"];
    let found = places
        .iter()
        .find_map(|place| value.pointer(place)?.as_str());
    clean(found.unwrap_or_default())
}
