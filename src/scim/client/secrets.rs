//! Taking the token out of what a provider answers.

use secrecy::{ExposeSecret as _, SecretString};

/// Tokens shorter than this are not searched for in answers: a sandbox's `x` is no secret,
/// and taking it out would spoil every answer.
const SECRET_LEN: usize = 8;

/// The texts that must not leave the client: the token, and its last part, which is the
/// secret one where tokens are dotted.
#[derive(Clone)]
pub(super) struct Secrets(Vec<SecretString>);

impl Secrets {
    pub(super) fn of(token: &SecretString) -> Self {
        let whole = token.expose_secret();
        let last = whole.rsplit('.').next().unwrap_or_default();
        let mut secrets = Vec::new();
        for text in [whole, last] {
            if text.len() >= SECRET_LEN {
                secrets.push(SecretString::from(text));
            }
        }
        Self(secrets)
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
