//! Why a client cannot be built.
//!
//! **Invariants.** No text here holds the token, or a user name, password or query of the URL.

/// Why a client cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// The base URL is no URL.
    #[error("the base URL `{url}` is not valid: {why}")]
    Url {
        /// The URL as given, made safe to show.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// The base URL would send the token in the clear.
    #[error("the base URL `{url}` would send the token unencrypted")]
    Insecure {
        /// The URL as given, made safe to show.
        url: String,
    },
    /// The token cannot be sent.
    #[error("the token {why}")]
    Token {
        /// What is wrong with it; never the token.
        why: &'static str,
    },
    /// The certificates cannot be read.
    #[error("the certificates in `{file}` cannot be used: {why}")]
    Certificates {
        /// The file.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// The HTTP library cannot be set up on this machine.
    #[error("the HTTP client cannot be set up: {why}")]
    Setup {
        /// What the library says.
        why: String,
    },
}

impl ClientError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            ClientError::Url { url: _, why: _ } => "client::url",
            ClientError::Insecure { url: _ } => "client::insecure",
            ClientError::Token { why: _ } => "client::token",
            ClientError::Certificates { file: _, why: _ } => "client::certificates",
            ClientError::Setup { why: _ } => "client::setup",
        }
    }

    /// The same about a URL as it is written, where `${NAME}` stands in it: what a variable holds
    /// may be a secret.
    pub fn of_url(self, written: &str) -> Self {
        if !written.contains("${") {
            return self;
        }
        let url = super::clean(written);
        match self {
            ClientError::Url { why, .. } => ClientError::Url { url, why },
            ClientError::Insecure { .. } => ClientError::Insecure { url },
            ClientError::Token { .. }
            | ClientError::Certificates { .. }
            | ClientError::Setup { .. } => self,
        }
    }

    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            ClientError::Url { url: _, why: _ } => {
                "give the URL the provider shows for SCIM, ending where `/Users` would follow, \
                 without user name, query or fragment"
            }
            ClientError::Insecure { url: _ } => {
                "use `https://`; plain `http://` is for a server on this machine only"
            }
            ClientError::Token { why: _ } => {
                "copy the token again, without quotes, spaces or line breaks around or in it"
            }
            ClientError::Certificates { file: _, why: _ } => {
                "name a file with one or more `-----BEGIN CERTIFICATE-----` blocks"
            }
            ClientError::Setup { why: _ } => {
                "install the system's CA certificates, or name a CA file in the target"
            }
        }
    }
}
