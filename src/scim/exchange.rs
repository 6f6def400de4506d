//! One call: send, check the status, read the body.
//!
//! **Invariants.** A web page is never read as "nothing there", whatever its status.

use serde::de::DeserializeOwned;

use super::error::{ScimError, is_web_page};
use super::http::{Request, Response, Transport};

/// Sends a request and turns every answer but a success into an error. A success may have
/// an empty body; a web page is an error.
pub(super) async fn call<T: Transport>(
    transport: &T,
    request: &Request,
) -> Result<Response, ScimError> {
    let base = transport.target();
    let response = transport
        .send(request)
        .await
        .map_err(|cause| ScimError::from_transport(base, request, &cause))?;
    if !(200..300).contains(&response.status) {
        return Err(ScimError::from_status(base, request, &response));
    }
    if is_web_page(&response.body) {
        return Err(ScimError::unusable(base, request, &response, "a web page"));
    }
    Ok(response)
}

/// Reads a body that must be there.
pub(super) fn read<R: DeserializeOwned>(
    base: &str,
    request: &Request,
    response: &Response,
) -> Result<R, ScimError> {
    if response.body.trim_ascii().is_empty() {
        return Err(ScimError::unusable(
            base,
            request,
            response,
            "the body is empty",
        ));
    }
    serde_json::from_slice(&response.body)
        .map_err(|cause| ScimError::unusable(base, request, response, cause))
}
