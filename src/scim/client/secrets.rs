//! Taking the token out of what a provider answers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};

use super::Login;

/// Tokens shorter than this are not searched for in answers: a sandbox's `x` is no secret,
/// and taking it out would spoil every answer.
const SECRET_LEN: usize = 8;

/// The texts that must not leave the client: the token, its last part, which is the secret
/// one where tokens are dotted or follow an id, and what an id and a secret are sent as.
#[derive(Clone)]
pub(super) struct Secrets(Vec<SecretString>);

impl Secrets {
    pub(super) fn of(token: &SecretString, login: Login) -> Self {
        let whole = token.expose_secret();
        let (mark, sent) = match login {
            Login::Bearer => ('.', None),
            Login::Basic => (':', Some(basic(whole))),
        };
        let last = whole.rsplit(mark).next().unwrap_or_default();
        let texts = [Some(whole), Some(last), sent.as_deref()];
        let secrets = texts.into_iter().flatten();
        let secrets = secrets.filter(|text| text.len() >= SECRET_LEN);
        Self(secrets.map(SecretString::from).collect())
    }

    pub(super) fn redact(&self, body: &mut Vec<u8>) {
        for secret in &self.0 {
            let secret = secret.expose_secret().as_bytes();
            let mut from = 0;
            while let Some(at) = find(&body[from..], secret) {
                let range = from + at..from + at + secret.len();
                body.splice(range, *b"[token]");
                from += at + b"[token]".len();
            }
        }
    }

    pub(super) fn redact_text(&self, text: String) -> String {
        self.0.iter().fold(text, |text, secret| {
            text.replace(secret.expose_secret(), "[token]")
        })
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut from = 0;
    while let Some(at) = haystack[from..].iter().position(|byte| *byte == first) {
        if haystack[from + at..].starts_with(needle) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

/// An id and a secret as they are sent (RFC 7617 §2).
pub(super) fn basic(pair: &str) -> String {
    STANDARD.encode(pair)
}
