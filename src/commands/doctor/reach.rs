//! Whether the provider is reached at all: network, proxy, TLS and clock.

use jiff::Timestamp;

use super::Findings;
use crate::render::doctor::Verdict;
use crate::scim::error::ScimError;
use crate::scim::http::Transport;
use crate::scim::read_only::ReadRequest;
use crate::scim::service::{Discovery, Reader};

/// A difference between two clocks that tokens and logs survive.
const SKEW_SECONDS: i64 = 120;

/// Network, proxy, TLS and clock, by one request. Whether there is any use in going on.
pub(super) async fn reachable<T: Transport>(reader: &Reader<T>, found: &mut Findings) -> bool {
    let base = reader.transport().target().to_owned();
    found.ok("proxy", proxy(&base));
    let request = ReadRequest::scim(["ServiceProviderConfig"]);
    let response = match reader.transport().send(&request).await {
        Ok(response) => response,
        Err(error) => {
            let error = ScimError::from_transport(&base, request.request(), &error);
            found.error("connection", Verdict::Failure, &error);
            return false;
        }
    };
    let tls = match base.starts_with("https://") {
        true => "over TLS, with a certificate that is trusted",
        false => "without TLS, on this machine",
    };
    found.ok("connection", format!("`{base}` answers {tls}"));
    let now = Timestamp::now();
    let theirs = response
        .date
        .as_deref()
        .and_then(|date| httpdate::parse_http_date(date.trim()).ok())
        .and_then(|date| Timestamp::try_from(date).ok());
    let (verdict, said, help) = clock(now, theirs);
    found.note("clock", verdict, said, help);
    // The same request once more, read as SCIM: a page or a refused token ends it here.
    match reader.discovery(Discovery::ServiceProviderConfig).await {
        Err(error) if error.stops_the_run() => {
            found.error("token", Verdict::Failure, &error);
            false
        }
        Ok(_) | Err(_) => true,
    }
}

/// Which proxy requests go through, without what is secret in its URL.
fn proxy(base: &str) -> String {
    let names = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let set = names
        .into_iter()
        .find_map(|name| Some((name, std::env::var(name).ok().filter(|it| !it.is_empty())?)));
    if base.starts_with("http://") {
        return "none: the provider is on this machine".to_owned();
    }
    match set {
        None => "none is set".to_owned(),
        Some((name, value)) => {
            let shown = url::Url::parse(&value).ok();
            let host = shown.as_ref().and_then(url::Url::host_str);
            let host = host.unwrap_or("a host that cannot be read").to_owned();
            let except = std::env::var("NO_PROXY").or_else(|_| std::env::var("no_proxy"));
            match except {
                Ok(except) if !except.is_empty() => {
                    format!("`{name}` names {host}, except for {except}")
                }
                Ok(_) | Err(_) => format!("`{name}` names {host}"),
            }
        }
    }
}

/// How far this machine's clock is from the provider's.
fn clock(ours: Timestamp, theirs: Option<Timestamp>) -> (Verdict, String, Option<String>) {
    let Some(theirs) = theirs else {
        let said = "the answer has no `Date`, so the clocks cannot be compared";
        return (Verdict::Ok, said.to_owned(), None);
    };
    let skew = (ours.as_second() - theirs.as_second()).abs();
    if skew <= SKEW_SECONDS {
        let said = format!("differs from the provider's by {skew} s");
        return (Verdict::Ok, said, None);
    }
    (
        Verdict::Warning,
        format!(
            "differs from the provider's by {skew} s: grants may end on the wrong day, and SAML \
             logins and certificates may be refused"
        ),
        Some("set this machine's clock, for instance with NTP".to_owned()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_differ() {
        let at = |text: &str| -> Timestamp { text.parse().expect("a time") };
        let ours = at("2026-11-24T12:00:00Z");
        assert_eq!(clock(ours, None).0, Verdict::Ok);
        assert_eq!(clock(ours, Some(at("2026-11-24T12:01:30Z"))).0, Verdict::Ok);
        assert_eq!(
            clock(ours, Some(at("2026-11-24T11:50:00Z"))).0,
            Verdict::Warning
        );
    }
}
