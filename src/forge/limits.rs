//! Saying in HTTP's own words what GitHub says in its own: that one asks too much.
//!
//! GitHub answers 403 as often as 429 when a limit is reached (its REST reference, "Rate
//! limits", read 2026-11-24): with `Retry-After` for a secondary limit, and with
//! `X-RateLimit-Remaining: 0` and the time of the next hour's first request for the primary
//! one. [`crate::scim::retry`] knows 429 and `Retry-After`.

use crate::scim::http::{Request, Response, Transport, TransportError};

/// A transport whose refusals for the rate are 429, whoever answers.
#[derive(Debug, Clone)]
pub struct Limits<T>(pub T);

impl<T: Transport> Transport for Limits<T> {
    async fn send(&self, request: &Request) -> Result<Response, TransportError> {
        self.0.send(request).await.map(plainly)
    }

    fn target(&self) -> &str {
        self.0.target()
    }
}

fn plainly(mut response: Response) -> Response {
    let spent = response.rate_remaining.as_deref() == Some("0");
    if !matches!(response.status, 403 | 429) || !(spent || response.retry_after.is_some()) {
        return response;
    }
    response.status = 429;
    if response.retry_after.is_none() {
        response.retry_after = seconds_until_reset(&response);
    }
    response
}

/// The reset is a time; the answer's own date says how far away it is.
fn seconds_until_reset(response: &Response) -> Option<String> {
    let reset: u64 = response.rate_reset.as_deref()?.trim().parse().ok()?;
    let date = httpdate::parse_http_date(response.date.as_deref()?.trim()).ok()?;
    let now = date.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs();
    Some(reset.saturating_sub(now).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, remaining: Option<&str>, retry_after: Option<&str>) -> Response {
        Response {
            status,
            rate_remaining: remaining.map(str::to_owned),
            rate_reset: Some("1377013290".to_owned()),
            date: Some("Tue, 20 Aug 2013 15:41:06 GMT".to_owned()),
            retry_after: retry_after.map(str::to_owned),
            ..Response::default()
        }
    }

    #[test]
    fn a_reached_limit_is_429_with_the_time_to_wait() {
        for (given, wait) in [
            (answer(403, Some("0"), None), "24"),
            (answer(429, Some("0"), None), "24"),
            (answer(403, Some("12"), Some("60")), "60"),
            (answer(403, None, Some("60")), "60"),
        ] {
            let plain = plainly(given);
            assert_eq!(plain.status, 429);
            assert_eq!(plain.retry_after.as_deref(), Some(wait));
        }
    }

    #[test]
    fn a_missing_permission_is_no_limit() {
        for given in [
            answer(403, Some("4999"), None),
            answer(403, None, None),
            answer(404, Some("0"), None),
            answer(200, Some("0"), None),
        ] {
            assert_eq!(plainly(given.clone()), given);
        }
    }
}
