//! What went wrong with one call, as a value with its text written once.
//!
//! **Invariants.** Every text in a [`ScimError`] is one line, short, without control or
//! direction-changing characters, and without anything that looks like a token: these
//! errors end up in terminals, CI logs and pull requests (faults F74, F78).

mod envelope;
mod text;

use std::fmt;

use self::envelope::Envelope;
use self::text::excerpt;
pub use self::text::{clean, is_web_page};
use super::answers::{Asked, KnownAnswer};
use super::http::{Effect, Method, Request, Response, TransportError, TransportFault};

/// A call that did not do what it should.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct ScimError {
    /// Boxed: results that carry it are passed around everywhere.
    facts: Box<Facts>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Facts {
    method: Method,
    path: String,
    base: String,
    kind: ErrorKind,
    status: Option<u16>,
    scim_type: Option<String>,
    code: Option<String>,
    detail: Option<String>,
    body: Option<String>,
    effect: Effect,
    meaning: Option<Meaning>,
}

/// What an answer is known to mean at its provider.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Meaning {
    means: &'static str,
    help: String,
}

/// What kind of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// 401: the token is not accepted, or not for this account.
    Unauthorized,
    /// 403: the token is known and may not do this.
    Forbidden,
    /// 404 in a form a SCIM endpoint gives.
    NotFound,
    /// 404 with a web page: nothing that speaks SCIM answered.
    WrongEndpoint,
    /// A web page with a status of success: a gateway, a login page, a captive portal.
    NotJson,
    /// 409; at Harness any failure of a create.
    Conflict,
    /// 412: the resource changed since it was read; at Harness any failure of a group PUT.
    PreconditionFailed,
    /// 413: the request, or the page asked for, is too big.
    TooLarge,
    /// 429.
    RateLimited,
    /// 501: the provider has not built this.
    NotImplemented,
    /// Any other 5xx.
    Server,
    /// Any other status that is not a success.
    Refused,
    /// A success whose body is not what SCIM says.
    Malformed,
    /// A create that answered with success and did not say what it made.
    CreatedUnseen,
    /// A look-up that found nothing in a listing that is not proven whole.
    Unproven,
    /// No usable answer came.
    Transport(TransportFault),
}

impl ScimError {
    /// Reads a status that is not a success.
    pub fn from_status(base: &str, request: &Request, response: &Response) -> Self {
        let page = is_web_page(&response.body);
        let kind = match response.status {
            // A page is a gateway's or a firewall's word on the request, not the provider's.
            401 | 403 | 400 | 405..=407 if page => ErrorKind::NotJson,
            401 => ErrorKind::Unauthorized,
            403 => ErrorKind::Forbidden,
            404 if page => ErrorKind::WrongEndpoint,
            404 => ErrorKind::NotFound,
            409 => ErrorKind::Conflict,
            412 => ErrorKind::PreconditionFailed,
            413 => ErrorKind::TooLarge,
            429 => ErrorKind::RateLimited,
            501 => ErrorKind::NotImplemented,
            500..=599 => ErrorKind::Server,
            _ => ErrorKind::Refused,
        };
        let envelope = Envelope::read(&response.body);
        let mut error = Self::bare(base, request, kind, status_effect(request, response));
        error.facts.status = Some(response.status);
        error.facts.scim_type = envelope.scim_type.as_deref().map(clean);
        error.facts.code = envelope.code.as_deref().map(clean);
        error.facts.detail = envelope.detail.as_deref().map(clean);
        error.facts.body = excerpt(&response.body);
        error
    }

    /// The same failure, read as the provider's own answers are to be read. A web page is none
    /// of them.
    #[must_use]
    pub fn known_as(mut self, rows: &[KnownAnswer]) -> Self {
        let Some(status) = self.facts.status.filter(|_| !self.is_page()) else {
            return self;
        };
        let asked = Asked {
            method: self.facts.method,
            path: &self.facts.path,
            status,
            code: self.facts.code.as_deref(),
            detail: self.facts.detail.as_deref(),
            body: self.facts.body.as_deref(),
        };
        if let Some(row) = KnownAnswer::of(rows, asked) {
            let help = row.instruction(self.facts.detail.as_deref());
            let help = help.replace("{base}", &self.facts.base);
            self.facts.kind = row.kind;
            self.facts.meaning = Some(Meaning {
                means: row.means,
                help,
            });
        }
        self
    }

    fn is_page(&self) -> bool {
        matches!(
            self.facts.kind,
            ErrorKind::WrongEndpoint | ErrorKind::NotJson
        )
    }

    /// A success whose body is of no use; `kind` is decided by what the body is.
    pub fn unusable(
        base: &str,
        request: &Request,
        response: &Response,
        why: impl fmt::Display,
    ) -> Self {
        let kind = if is_web_page(&response.body) {
            ErrorKind::NotJson
        } else {
            ErrorKind::Malformed
        };
        Self::with_body(base, request, response, kind, why)
    }

    /// A create that answered with success and did not say what it made.
    pub fn created_unseen(base: &str, request: &Request, response: &Response) -> Self {
        Self::with_body(
            base,
            request,
            response,
            ErrorKind::CreatedUnseen,
            "the answer names no `id`",
        )
    }

    fn with_body(
        base: &str,
        request: &Request,
        response: &Response,
        kind: ErrorKind,
        why: impl fmt::Display,
    ) -> Self {
        let mut error = Self::bare(base, request, kind, attempted(request));
        error.facts.status = Some(response.status);
        error.facts.body = excerpt(&response.body);
        // Of a page its title says more.
        if kind != ErrorKind::NotJson {
            error.facts.detail = Some(clean(&why.to_string()));
        }
        error
    }

    /// A look-up that found nothing in a listing that is not proven whole.
    pub fn unproven(base: &str, request: &Request, why: impl fmt::Display) -> Self {
        let mut error = Self::bare(base, request, ErrorKind::Unproven, Effect::None);
        error.facts.detail = Some(clean(&why.to_string()));
        error
    }

    /// No usable answer came.
    pub fn from_transport(base: &str, request: &Request, cause: &TransportError) -> Self {
        let kind = ErrorKind::Transport(cause.fault);
        let mut error = Self::bare(base, request, kind, cause.effect);
        error.facts.detail = Some(clean(&cause.message));
        error
    }

    fn bare(base: &str, request: &Request, kind: ErrorKind, effect: Effect) -> Self {
        Self {
            facts: Box::new(Facts {
                method: request.method,
                path: clean(&request.display_path()),
                base: clean(base),
                kind,
                status: None,
                scim_type: None,
                code: None,
                detail: None,
                body: None,
                effect,
                meaning: None,
            }),
        }
    }

    /// The request's method.
    pub fn method(&self) -> Method {
        self.facts.method
    }

    /// The request's path, below the base URL.
    pub fn path(&self) -> &str {
        &self.facts.path
    }

    /// The base URL.
    pub fn base(&self) -> &str {
        &self.facts.base
    }

    /// What kind of failure.
    pub fn kind(&self) -> ErrorKind {
        self.facts.kind
    }

    /// The HTTP status, if an answer came. What the body claims is never used for it.
    pub fn status(&self) -> Option<u16> {
        self.facts.status
    }

    /// `scimType` of a SCIM error.
    pub fn scim_type(&self) -> Option<&str> {
        self.facts.scim_type.as_deref()
    }

    /// The provider's own code, such as Harness' `NG_ACCESS_DENIED`.
    pub fn provider_code(&self) -> Option<&str> {
        self.facts.code.as_deref()
    }

    /// What the provider, or the transport, said.
    pub fn detail(&self) -> Option<&str> {
        self.facts.detail.as_deref()
    }

    /// The beginning of the body, made safe to show.
    pub fn body(&self) -> Option<&str> {
        self.facts.body.as_deref()
    }

    /// Whether the request may have taken effect all the same.
    pub fn effect(&self) -> Effect {
        self.facts.effect
    }

    /// Whether going on with other items is pointless: every call will fail alike.
    pub fn stops_the_run(&self) -> bool {
        match self.facts.kind {
            ErrorKind::Unauthorized
            | ErrorKind::Forbidden
            | ErrorKind::WrongEndpoint
            | ErrorKind::NotJson
            // Every retry was used up: the others would fare no better.
            | ErrorKind::RateLimited
            | ErrorKind::Transport(
                TransportFault::Dns | TransportFault::Tls | TransportFault::Redirect,
            ) => true,
            ErrorKind::NotFound
            | ErrorKind::Conflict
            | ErrorKind::PreconditionFailed
            | ErrorKind::TooLarge
            | ErrorKind::NotImplemented
            | ErrorKind::Server
            | ErrorKind::Refused
            | ErrorKind::Malformed
            | ErrorKind::CreatedUnseen
            | ErrorKind::Unproven
            | ErrorKind::Transport(
                TransportFault::Connect
                | TransportFault::Timeout
                | TransportFault::Cut
                | TransportFault::TooLarge
                | TransportFault::Unsent
                | TransportFault::Other,
            ) => false,
        }
    }

    /// Whether the provider, or the way to it, is not well; the item has no part in it.
    pub fn is_the_providers(&self) -> bool {
        match self.facts.kind {
            ErrorKind::Server
            | ErrorKind::Transport(
                TransportFault::Dns
                | TransportFault::Connect
                | TransportFault::Timeout
                | TransportFault::Cut
                | TransportFault::Other,
            ) => true,
            ErrorKind::Unauthorized
            | ErrorKind::Forbidden
            | ErrorKind::NotFound
            | ErrorKind::WrongEndpoint
            | ErrorKind::NotJson
            | ErrorKind::Conflict
            | ErrorKind::PreconditionFailed
            | ErrorKind::TooLarge
            | ErrorKind::RateLimited
            | ErrorKind::NotImplemented
            | ErrorKind::Refused
            | ErrorKind::Malformed
            | ErrorKind::CreatedUnseen
            | ErrorKind::Unproven
            | ErrorKind::Transport(
                TransportFault::Tls
                | TransportFault::TooLarge
                | TransportFault::Redirect
                | TransportFault::Unsent,
            ) => false,
        }
    }

    /// The stable code, for documentation and machines.
    pub fn code(&self) -> &'static str {
        match self.facts.kind {
            ErrorKind::Unauthorized => "scim::unauthorized",
            ErrorKind::Forbidden => "scim::forbidden",
            ErrorKind::NotFound => "scim::not-found",
            ErrorKind::WrongEndpoint => "scim::wrong-endpoint",
            ErrorKind::NotJson => "scim::not-json",
            ErrorKind::Conflict => "scim::conflict",
            ErrorKind::PreconditionFailed => "scim::precondition-failed",
            ErrorKind::TooLarge => "scim::too-large",
            ErrorKind::RateLimited => "scim::rate-limited",
            ErrorKind::NotImplemented => "scim::not-implemented",
            ErrorKind::Server => "scim::server",
            ErrorKind::Refused => "scim::refused",
            ErrorKind::Malformed => "scim::malformed",
            ErrorKind::CreatedUnseen => "scim::created-unseen",
            ErrorKind::Unproven => "scim::unproven",
            ErrorKind::Transport(TransportFault::Dns) => "scim::dns",
            ErrorKind::Transport(TransportFault::Connect) => "scim::connect",
            ErrorKind::Transport(TransportFault::Tls) => "scim::tls",
            ErrorKind::Transport(TransportFault::Timeout) => "scim::timeout",
            ErrorKind::Transport(TransportFault::Cut) => "scim::cut",
            ErrorKind::Transport(TransportFault::TooLarge) => "scim::answer-too-large",
            ErrorKind::Transport(TransportFault::Redirect) => "scim::redirect",
            ErrorKind::Transport(TransportFault::Unsent) => "scim::unsent",
            ErrorKind::Transport(TransportFault::Other) => "scim::transport",
        }
    }

    fn sentence(&self) -> String {
        let base = &self.facts.base;
        let what = match (&self.facts.meaning, self.facts.kind) {
            (Some(meaning), _) => meaning.means.to_owned(),
            (None, kind) => Self::plain(kind, base),
        };
        let mut marks = Vec::new();
        if let Some(status) = self.facts.status {
            marks.push(status.to_string());
        }
        for mark in [&self.facts.scim_type, &self.facts.code]
            .into_iter()
            .flatten()
        {
            marks.push(format!("`{mark}`"));
        }
        let marks = if marks.is_empty() {
            String::new()
        } else {
            format!(" ({})", marks.join(", "))
        };
        let said = self.facts.detail.as_ref().or(self.facts.body.as_ref());
        let said = said.map_or_else(String::new, |said| format!(": {said}"));
        format!(
            "`{} {}`: {what}{marks}{said}",
            self.facts.method, self.facts.path
        )
    }

    /// What a kind means where nothing more is known of the answer.
    fn plain(kind: ErrorKind, base: &str) -> String {
        match kind {
            ErrorKind::Unauthorized => format!("`{base}` does not accept the token"),
            ErrorKind::Forbidden => "the token may not do this".to_owned(),
            ErrorKind::NotFound => "the provider knows no such resource or endpoint".to_owned(),
            ErrorKind::WrongEndpoint => format!("`{base}` is not a SCIM endpoint"),
            ErrorKind::NotJson => format!("`{base}` answered with a web page instead of SCIM"),
            ErrorKind::Conflict => "the provider reports a conflict".to_owned(),
            ErrorKind::PreconditionFailed => {
                "the resource is not in the state asked for".to_owned()
            }
            ErrorKind::TooLarge => "the provider finds the request too large".to_owned(),
            ErrorKind::RateLimited => "the provider is limiting requests".to_owned(),
            ErrorKind::NotImplemented => "the provider does not support this request".to_owned(),
            ErrorKind::Server => "the provider failed".to_owned(),
            ErrorKind::Refused => "the provider refused the request".to_owned(),
            ErrorKind::Malformed => "the answer is not a SCIM message".to_owned(),
            ErrorKind::CreatedUnseen => "created, but the provider did not say what".to_owned(),
            ErrorKind::Unproven => "absence cannot be proven".to_owned(),
            ErrorKind::Transport(TransportFault::Unsent) => "not sent".to_owned(),
            ErrorKind::Transport(_) => format!("no usable answer from `{base}`"),
        }
    }

    /// What to do about it.
    pub fn help(&self) -> String {
        if let Some(meaning) = &self.facts.meaning {
            return meaning.help.clone();
        }
        let base = &self.facts.base;
        match self.facts.kind {
            ErrorKind::Unauthorized => format!(
                "check the SCIM base URL (`{base}`) and the SCIM bearer token: a token that is mistyped, \
                 expired, revoked or of another account, and a URL that names another account, all \
                 answer like this"
            ),
            ErrorKind::Forbidden => {
                "give the token's owner the permission the provider names, or use the token of an \
                 owner who has it"
                    .to_owned()
            }
            ErrorKind::NotFound => format!(
                "if this happens for every resource, the SCIM base URL (`{base}`) or the SCIM bearer token \
                 is wrong; for one resource, it was removed meanwhile: plan again"
            ),
            ErrorKind::WrongEndpoint => format!(
                "check the SCIM base URL (`{base}`) for a missing or doubled path segment, and the SCIM \
                 bearer token: these two are the usual causes"
            ),
            ErrorKind::NotJson => format!(
                "a gateway, a login page of single sign-on, a list of allowed addresses or a proxy \
                 answered instead of the provider: check the SCIM base URL (`{base}`) and the SCIM \
                 bearer token, and open the URL from this network to see the page"
            ),
            ErrorKind::Conflict => {
                "look the resource up: it may exist already; otherwise act on what the provider says"
                    .to_owned()
            }
            ErrorKind::PreconditionFailed => {
                "somebody changed the resource meanwhile, or the provider refused the change: plan again"
                    .to_owned()
            }
            ErrorKind::TooLarge => {
                "lower the page size or the number of members per request of the target's profile".to_owned()
            }
            ErrorKind::RateLimited => {
                "wait and run again; lower the target's rate if this keeps happening".to_owned()
            }
            ErrorKind::NotImplemented => {
                "choose a profile that spells this request the way the provider wants it".to_owned()
            }
            ErrorKind::Server => {
                "run again later; if it persists, give the provider's support the time and this message"
                    .to_owned()
            }
            ErrorKind::Refused => "act on what the provider says, then plan again".to_owned(),
            ErrorKind::Malformed => format!(
                "check that the SCIM base URL (`{base}`) ends where `/Users` begins; if it does, the \
                 provider departs from SCIM here: report this message"
            ),
            ErrorKind::CreatedUnseen => {
                "look the resource up by name before creating it again".to_owned()
            }
            ErrorKind::Unproven => {
                "run `scim-sync doctor` to see why the listing is not proven whole".to_owned()
            }
            ErrorKind::Transport(fault) => self.transport_help(fault),
        }
    }

    fn transport_help(&self, fault: TransportFault) -> String {
        let base = &self.facts.base;
        match fault {
            TransportFault::Dns => {
                format!("check the host name in the base URL (`{base}`) and this machine's DNS")
            }
            TransportFault::Connect => {
                format!(
                    "check that `{base}` can be reached from this network, and the proxy settings"
                )
            }
            TransportFault::Tls => {
                "if the provider uses a certificate of your own authority, name its \
                                    PEM file in the target; certificates are always checked"
                    .to_owned()
            }
            TransportFault::Timeout | TransportFault::Cut | TransportFault::Other => {
                match self.facts.effect {
                    Effect::None => "run again; nothing was changed by this request".to_owned(),
                    Effect::Unknown => {
                        "the request may have taken effect: plan again before repeating it"
                            .to_owned()
                    }
                }
            }
            TransportFault::Unsent => {
                "nothing was sent; plan again, and if it stays so, look at the item at the service \
                 provider"
                    .to_owned()
            }
            TransportFault::TooLarge => "lower the page size of the target's profile".to_owned(),
            TransportFault::Redirect => format!(
                "set the base URL (now `{base}`) to where the provider really is; a redirect to a \
                 login page means that single sign-on stands before it. Redirects to another \
                 origin are not followed, so that the token goes to one host only"
            ),
        }
    }
}

impl fmt::Debug for ScimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.facts.fmt(f)
    }
}

/// Whether a sent request may have done something: reads never do.
fn attempted(request: &Request) -> Effect {
    if request.writes() {
        Effect::Unknown
    } else {
        Effect::None
    }
}

/// Whether a request that was answered with this failure may have taken effect.
fn status_effect(request: &Request, response: &Response) -> Effect {
    match response.status {
        // Harness answers these for any exception, also one after the change was stored
        // (faults S3, S4, F23).
        404 | 409 | 412 => match request.method {
            Method::Get | Method::Delete => Effect::None,
            Method::Post | Method::Put | Method::Patch => attempted(request),
        },
        503 if response.retry_after.is_some() => Effect::None,
        501 => Effect::None,
        408 | 499 => attempted(request),
        400..=499 => Effect::None,
        _ => attempted(request),
    }
}

#[cfg(test)]
mod tests {
    use super::text::EXCERPT_CHARS;
    use super::*;

    fn read(status: u16, body: &str) -> ScimError {
        let request = Request::scim(Method::Get, ["Users"]);
        let response = Response {
            status,
            body: body.as_bytes().to_vec(),
            ..Response::default()
        };
        ScimError::from_status("https://scim.example/v2", &request, &response)
    }

    #[test]
    fn both_envelopes_and_the_careless_ones_are_read() {
        let harness = read(
            403,
            r#"{"status":"ERROR","code":"NG_ACCESS_DENIED","message":"no core_user_view","correlationId":"x","responseMessages":[]}"#,
        );
        assert_eq!(harness.provider_code(), Some("NG_ACCESS_DENIED"));
        assert_eq!(harness.detail(), Some("no core_user_view"));
        let scim = read(
            409,
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":404,"detail":"seat limit"}"#,
        );
        assert_eq!(
            (scim.status(), scim.kind()),
            (Some(409), ErrorKind::Conflict)
        );
        assert_eq!(scim.detail(), Some("seat limit"));
        let refused = read(
            400,
            r#"{"status":"400","scimType":"invalidFilter","detail":"no"}"#,
        );
        assert_eq!(refused.scim_type(), Some("invalidFilter"));
        let fastapi = read(
            422,
            r#"{"detail":[{"loc":["body","userName"],"msg":"field required"}]}"#,
        );
        assert_eq!(fastapi.detail(), Some("field required"));
        assert_eq!(read(500, r#"{"error":"boom"}"#).detail(), Some("boom"));
        let failure = read(
            400,
            r#"{"status":"FAILURE","code":"INVALID_REQUEST","message":"bad","errors":[{"fieldId":"name","error":"blank"}]}"#,
        );
        assert_eq!(failure.detail(), Some("bad: `name`: blank"));
        let scim1 = read(400, r#"{"Errors":[{"description":"rate","code":"429"}]}"#);
        assert_eq!(scim1.detail(), Some("rate"));
        assert_eq!(read(404, "").kind(), ErrorKind::NotFound);
        assert_eq!(read(404, " \n<html>").kind(), ErrorKind::WrongEndpoint);
    }

    #[test]
    fn the_usual_causes_name_base_url_and_token() {
        let page = "<!doctype html><TITLE> 404\u{1b}[31m Not Found </title>";
        for error in [read(401, ""), read(404, page), read(404, "")] {
            let help = error.help();
            assert!(help.contains("https://scim.example/v2"), "{help}");
            assert!(help.contains("token"), "{help}");
        }
        expect_test::expect![[r#"`GET Users`: `https://scim.example/v2` is not a SCIM endpoint (404): a web page titled "404 [31m Not Found""#]]
            .assert_eq(&read(404, page).to_string());
        expect_test::expect![[r#"`GET Users`: `https://scim.example/v2` does not accept the token (401, `INVALID_TOKEN`): Token is not valid."#]]
            .assert_eq(
                &read(401, r#"{"status":"ERROR","code":"INVALID_TOKEN","message":"Token is not valid."}"#)
                    .to_string(),
            );
    }

    #[test]
    fn texts_are_one_short_safe_line() {
        let error = read(
            500,
            &format!("a\r\n\u{1b}]52;c;x\u{7}\u{202e}b \0{}", "é".repeat(9000)),
        );
        let body = error.body().unwrap();
        assert!(body.chars().count() <= EXCERPT_CHARS + 1);
        assert!(
            !body.contains(|c: char| c.is_control() || c == '\u{202e}'),
            "{body}"
        );
        assert_eq!(
            clean("token 'pat.acc0unt.t0ken.s3cr3ts3cr3t' is bad"),
            "token '[token]' is bad"
        );
        assert_eq!(
            clean("Bearer eyJhbGciOiJI.eyJzdWIiOiIx.SflKxw"),
            "Bearer [token]"
        );
        assert_eq!(
            clean("compat.example.com.is.fine"),
            "compat.example.com.is.fine"
        );
    }

    #[test]
    fn effects_are_honest() {
        let effect = |method, status, retry_after: Option<&str>| {
            let response = Response {
                status,
                retry_after: retry_after.map(str::to_owned),
                ..Response::default()
            };
            ScimError::from_status("b", &Request::scim(method, ["Users"]), &response).effect()
        };
        assert_eq!(effect(Method::Post, 400, None), Effect::None);
        assert_eq!(effect(Method::Post, 404, None), Effect::Unknown);
        assert_eq!(effect(Method::Post, 409, None), Effect::Unknown);
        assert_eq!(effect(Method::Post, 500, None), Effect::Unknown);
        assert_eq!(effect(Method::Post, 503, None), Effect::Unknown);
        assert_eq!(effect(Method::Post, 503, Some("1")), Effect::None);
        assert_eq!(effect(Method::Get, 500, None), Effect::None);
        assert_eq!(effect(Method::Post, 429, None), Effect::None);
    }
}
