//! Answers: what succeeded, and the several shapes in which Harness fails.
//!
//! **Invariants.** A handler returns a typed [`Answer`] or [`Refusal`]; bytes are made here
//! only, so that one kind of failure has one body everywhere.

use serde::Serialize;
use serde_json::json;

use super::state::issued_id;
use crate::scim::http::Response;

/// What a handler answers when it succeeds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// A JSON body.
    Json {
        /// The HTTP status.
        status: u16,
        /// The body.
        body: Vec<u8>,
        /// `Location`, where the provider sends one.
        location: Option<String>,
        /// `ETag`, where the provider has entity tags.
        etag: Option<String>,
    },
    /// No body at all.
    Empty(u16),
}

impl Answer {
    /// Serialises straight to bytes.
    pub(super) fn json(status: u16, value: &impl Serialize) -> Result<Self, Refusal> {
        match serde_json::to_vec(value) {
            Ok(body) => Ok(Self::Json {
                status,
                body,
                location: None,
                etag: None,
            }),
            Err(_) => Err(Refusal::unknown_error()),
        }
    }
}

/// How a handler fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Harness' SCIM error: `status` in the body is the number 404 whatever HTTP says (R26).
    Scim {
        /// The HTTP status.
        http: u16,
        /// The message.
        detail: String,
    },
    /// An RFC 7644 §3.12 error, with a string status.
    Rfc {
        /// The HTTP status.
        http: u16,
        /// `scimType`, where the RFC defines one.
        scim_type: Option<&'static str>,
        /// The message.
        detail: String,
    },
    /// Harness' own envelope.
    Harness {
        /// The HTTP status.
        http: u16,
        /// The error code.
        code: &'static str,
        /// The message.
        message: String,
    },
    /// A bare status.
    Empty(u16),
    /// The JSON layer's own answer to a body it cannot read.
    UnreadableJson(String),
    /// A gateway's page for a path behind which nothing is.
    NoSuchPage,
}

impl Refusal {
    pub(super) fn scim(http: u16, detail: impl Into<String>) -> Self {
        Self::Scim {
            http,
            detail: detail.into(),
        }
    }

    pub(super) fn harness(http: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self::Harness {
            http,
            code,
            message: message.into(),
        }
    }

    pub(super) fn invalid_request(message: impl Into<String>) -> Self {
        Self::harness(400, "INVALID_REQUEST", message)
    }

    /// Bad, expired or revoked token, another account, *and* a group to delete that is not
    /// there: all the same words [HC `response_messages.properties`].
    pub(super) fn invalid_token() -> Self {
        Self::harness(401, "INVALID_TOKEN", "Token is not valid.")
    }

    pub(super) fn resource_not_found() -> Self {
        Self::harness(400, "RESOURCE_NOT_FOUND_EXCEPTION", "HTTP 404 Not Found")
    }

    pub(super) fn unknown_error() -> Self {
        Self::harness(
            500,
            "UNKNOWN_ERROR",
            "Oops, something went wrong on our end. Please contact Harness Support.",
        )
    }

    fn into_response(self, media: &str, request: u64) -> Response {
        let (status, media, body) = match self {
            Self::Scim { http, detail } => (
                http,
                media,
                json!({
                    "id": null, "externalId": null, "meta": null,
                    "detail": detail, "status": 404,
                    "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
                }),
            ),
            Self::Rfc {
                http,
                scim_type,
                detail,
            } => {
                let mut body = json!({
                    "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
                    "status": http.to_string(),
                    "detail": detail,
                });
                if let Some(kind) = scim_type {
                    body["scimType"] = kind.into();
                }
                (http, media, body)
            }
            Self::Harness {
                http,
                code,
                message,
            } => (
                http,
                "application/json",
                json!({
                    "status": "ERROR", "code": code, "message": message,
                    "correlationId": issued_id("correlation", request),
                    "detailedMessage": null,
                    "responseMessages": [{
                        "code": code, "level": "ERROR", "message": message,
                        "exception": null, "failureTypes": [],
                    }],
                    "metadata": null,
                }),
            ),
            Self::Empty(status) => {
                return Response {
                    status,
                    ..Response::default()
                };
            }
            Self::UnreadableJson(details) => (
                400,
                "application/json",
                json!({
                    "code": 400, "message": "Unable to process JSON", "details": details,
                }),
            ),
            Self::NoSuchPage => {
                return Response {
                    status: 404,
                    content_type: Some("text/html".to_owned()),
                    body: b"<html><head><title>404 Not Found</title></head>\
                            <body><center><h1>404 Not Found</h1></center></body></html>"
                        .to_vec(),
                    ..Response::default()
                };
            }
        };
        Response {
            status,
            content_type: Some(media.to_owned()),
            body: body.to_string().into_bytes(),
            ..Response::default()
        }
    }
}

/// Makes the HTTP answer; `media` is what the client accepts, `request` numbers the request.
pub(super) fn render(outcome: Result<Answer, Refusal>, media: &str, request: u64) -> Response {
    match outcome {
        Ok(Answer::Json {
            status,
            body,
            location,
            etag,
        }) => Response {
            status,
            content_type: Some(media.to_owned()),
            location,
            etag,
            body,
            ..Response::default()
        },
        Ok(Answer::Empty(status)) => Response {
            status,
            ..Response::default()
        },
        Err(refusal) => refusal.into_response(media, request),
    }
}
