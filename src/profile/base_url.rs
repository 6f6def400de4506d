//! The shape of a provider's base URL, checked without asking anybody.
//!
//! A wrong base URL is the commonest reason for a first run to fail, and what the provider
//! answers to it says nothing. `${NAME}` stands for anything: only what is written out is
//! judged.

use crate::manifest::fault::Severity;

/// What a base URL of a provider looks like.
#[derive(Debug, Clone, Copy)]
pub enum BaseUrlRule {
    /// Any URL with `https`, or one of this machine.
    Any,
    /// One path, with an account's id at its end.
    Account(AccountUrl),
}

/// A base URL that ends with an account's id.
#[derive(Debug, Clone, Copy)]
pub struct AccountUrl {
    /// The host for everybody, and the domain of all hosts the provider runs.
    pub hosted: &'static str,
    /// The domain of all hosts the provider runs, with a leading dot.
    pub domain: &'static str,
    /// What comes before the path there, and only there.
    pub gateway: &'static str,
    /// The path up to the account's id.
    pub path: &'static str,
    /// Paths of another, older interface.
    pub other: &'static [&'static str],
    /// The name of that interface.
    pub other_name: &'static str,
    /// How long ids are.
    pub id_length: usize,
    /// Words that stand where an id should, in lower case.
    pub placeholders: &'static [&'static str],
}

/// What is wrong with a base URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrlFault {
    /// Whether it can be right after all.
    pub severity: Severity,
    /// A few words for under the line.
    pub label: String,
    /// What is wrong.
    pub message: String,
    /// What to do, with the likely right URL.
    pub help: String,
}

impl BaseUrlFault {
    fn error(label: &str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            label: label.to_owned(),
            message: message.into(),
            help: help.into(),
        }
    }
}

impl BaseUrlRule {
    /// The first thing that is wrong with a base URL, if anything is.
    pub fn fault(&self, written: &str) -> Option<BaseUrlFault> {
        let written = written.trim();
        if written.starts_with("${") {
            return None;
        }
        let Some((scheme, rest)) = written.split_once("://") else {
            return Some(BaseUrlFault::error(
                "not a URL",
                "`baseUrl` is not a URL",
                format!("write it whole: {}", self.likely("", written)),
            ));
        };
        let (authority, path) = match rest.find(['/', '?', '#']) {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let host = host(authority);
        if scheme.contains("${") || is_loopback(host) {
            return None;
        }
        if !scheme.eq_ignore_ascii_case("https") {
            return Some(BaseUrlFault::error(
                "not encrypted",
                format!("`baseUrl` uses `{scheme}`, which would send the token in the clear"),
                format!("did you mean `{}`?", self.likely(authority, path)),
            ));
        }
        match self {
            BaseUrlRule::Any => None,
            BaseUrlRule::Account(rule) => rule.fault(authority, host, path),
        }
    }

    /// The account a base URL is of, if it tells one.
    pub fn account(&self, base_url: &str) -> Option<String> {
        match self {
            BaseUrlRule::Any => None,
            BaseUrlRule::Account(rule) => {
                let (_, rest) = base_url.split_once(rule.path)?;
                let account = rest.split(['/', '?', '#']).next()?;
                (!account.is_empty()).then(|| account.to_owned())
            }
        }
    }

    fn likely(&self, authority: &str, path: &str) -> String {
        match self {
            BaseUrlRule::Any if authority.is_empty() => format!("`https://{path}`"),
            BaseUrlRule::Any => format!("https://{authority}{path}"),
            BaseUrlRule::Account(rule) if authority.is_empty() => {
                format!("`{}`", rule.likely(rule.hosted, None))
            }
            BaseUrlRule::Account(rule) => rule.likely(authority, rule.account(path)),
        }
    }
}

impl AccountUrl {
    fn is_hosted(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        host == self.hosted || host.ends_with(self.domain)
    }

    /// The right URL for a host and an account, if that is known.
    fn likely(&self, authority: &str, account: Option<&str>) -> String {
        let gateway = if self.is_hosted(host(authority)) {
            self.gateway
        } else {
            ""
        };
        let account = account.unwrap_or("ACCOUNT_ID");
        format!("https://{authority}{gateway}{}{account}", self.path)
    }

    /// What is or seems to be the account's id in a path.
    fn account<'p>(&self, path: &'p str) -> Option<&'p str> {
        let segment = match path.split_once(self.path) {
            Some((_, rest)) => rest.split(['/', '?', '#']).next(),
            None => path
                .split(['/', '?', '#'])
                .find(|segment| segment.len() == self.id_length || segment.starts_with("${")),
        };
        segment.filter(|segment| !segment.is_empty())
    }

    fn fault(&self, authority: &str, host: &str, path: &str) -> Option<BaseUrlFault> {
        let likely = self.likely(authority, self.account(path));
        let meant = format!("did you mean `{likely}`?");
        if self.other.iter().any(|other| path.starts_with(other)) {
            return Some(BaseUrlFault::error(
                "another interface",
                format!("`baseUrl` is that of {}", self.other_name),
                meant,
            ));
        }
        let Some((before, rest)) = path.split_once(self.path) else {
            let known = path.split("${").next().unwrap_or_default();
            let open = known.len() < path.len();
            let whole = [
                format!("{}{}", self.gateway, self.path),
                self.path.to_owned(),
            ];
            if open && whole.iter().any(|whole| whole.starts_with(known)) {
                return None;
            }
            return Some(BaseUrlFault::error(
                "not the path of the SCIM interface",
                format!("`baseUrl` has no `{}ID`", self.path),
                meant,
            ));
        };
        let hosted = self.is_hosted(host);
        let open = host.contains("${") || before.contains("${");
        if !open && hosted && before.is_empty() {
            return Some(BaseUrlFault::error(
                "`gateway` is missing",
                format!("`baseUrl` lacks `{}` after `{host}`", self.gateway),
                meant,
            ));
        }
        if !open && !before.is_empty() && before != self.gateway {
            return Some(BaseUrlFault::error(
                "something before the path",
                format!("`baseUrl` has `{before}` before `{}`", self.path),
                meant,
            ));
        }
        let account = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if let Some(fault) = self.id_fault(account, authority) {
            return Some(fault);
        }
        if account.len() < rest.len() {
            return Some(BaseUrlFault::error(
                "something follows the account's id",
                format!(
                    "`baseUrl` goes on after the account's id: `{}`",
                    &rest[account.len()..]
                ),
                meant,
            ));
        }
        if !open && !hosted && before == self.gateway {
            return Some(BaseUrlFault {
                severity: Severity::Warning,
                label: "not usual here".to_owned(),
                message: format!("`baseUrl` has `{}` on a host of your own", self.gateway),
                help: format!("On-Prem has none: {meant}"),
            });
        }
        None
    }

    fn id_fault(&self, account: &str, authority: &str) -> Option<BaseUrlFault> {
        if account.contains("${") {
            return None;
        }
        let likely = self.likely(authority, None);
        let help = format!(
            "take the id from the address bar of any page of the account: `{likely}`, with the \
             id for `ACCOUNT_ID`"
        );
        let lower = account.to_ascii_lowercase();
        if account.is_empty() || self.placeholders.iter().any(|word| lower.contains(word)) {
            return Some(BaseUrlFault::error(
                "no account's id",
                "`baseUrl` holds a placeholder where the account's id should be",
                help,
            ));
        }
        let valid = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if !account.chars().all(valid) {
            return Some(BaseUrlFault::error(
                "not an account's id",
                format!("`{account}` cannot be an account's id"),
                help,
            ));
        }
        (account.len() != self.id_length).then(|| BaseUrlFault {
            severity: Severity::Warning,
            label: format!("{} characters", account.len()),
            message: format!(
                "`{account}` has {} characters; account ids have {}",
                account.len(),
                self.id_length
            ),
            help,
        })
    }
}

/// The host of an authority: no user, no port.
fn host(authority: &str) -> &str {
    let host = authority.rsplit('@').next().unwrap_or_default();
    match host.find(']') {
        Some(end) => &host[..=end],
        None => host.split(':').next().unwrap_or_default(),
    }
}

fn is_loopback(host: &str) -> bool {
    match url::Host::parse(host) {
        Ok(url::Host::Domain(name)) => name == "localhost",
        Ok(url::Host::Ipv4(address)) => address.is_loopback(),
        Ok(url::Host::Ipv6(address)) => address.is_loopback(),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::harness;
    use super::*;

    fn found(url: &str) -> Option<(Severity, String)> {
        let fault = harness::profile().base_url.fault(url)?;
        Some((fault.severity, fault.help))
    }

    const ID: &str = "kmpySmUISimoRrJL6NL73w";

    #[test]
    fn right_ones_are_taken() {
        for url in [
            "https://app.harness.io/gateway/ng/api/scim/account/kmpySmUISimoRrJL6NL73w",
            "https://app.harness.io/gateway/ng/api/scim/account/${ACCOUNT}",
            "https://app3.harness.io/gateway/ng/api/scim/account/${ACCOUNT}",
            "https://harness.mycompany.com/ng/api/scim/account/kmpySmUISimoRrJL6NL73w",
            "https://harness.mycompany.com:8443/ng/api/scim/account/${ID}",
            "https://${HOST}/ng/api/scim/account/${ID}",
            "https://${HOST}/gateway/ng/api/scim/account/${ID}",
            "https://app.harness.io/${PATH}",
            "${BASE_URL}",
            "${SCHEME}://x/y",
            "http://127.0.0.1:8080/anything",
            "http://[::1]:8080/anything",
            "http://localhost/anything",
        ] {
            assert_eq!(found(url), None, "{url}");
        }
    }

    #[test]
    fn wrong_ones_come_with_the_likely_right_one() {
        let right = format!("https://app.harness.io/gateway/ng/api/scim/account/{ID}");
        for url in [
            format!("http://app.harness.io/gateway/ng/api/scim/account/{ID}"),
            format!("https://app.harness.io/ng/api/scim/account/{ID}"),
            format!("https://app.harness.io/gateway/api/scim/account/{ID}"),
            format!("https://app.harness.io/gateway/api/scim/account/{ID}/Users"),
            format!("https://app.harness.io/gateway/ng/api/scim/account/{ID}/Users"),
            format!("https://app.harness.io/gateway/ng/api/scim/account/{ID}/"),
            format!("https://app.harness.io/gateway/ng/api/scim/account/{ID}?x=1"),
            format!("https://app.harness.io/ng/account/{ID}/main"),
            format!("https://app.harness.io/x/gateway/ng/api/scim/account/{ID}"),
        ] {
            let (severity, help) = found(&url).unwrap_or_else(|| panic!("{url}"));
            assert_eq!(severity, Severity::Error, "{url}");
            assert_eq!(help, format!("did you mean `{right}`?"), "{url}");
        }
    }

    #[test]
    fn account_ids_that_are_none() {
        for (id, severity) in [
            ("", Severity::Error),
            ("ACCOUNT_ID", Severity::Error),
            ("<your-account-id>", Severity::Error),
            ("kmpySmUISimoRrJL6NL7.w", Severity::Error),
            ("short", Severity::Warning),
        ] {
            let url = format!("https://app.harness.io/gateway/ng/api/scim/account/{id}");
            let (found, help) = found(&url).unwrap_or_else(|| panic!("{id}"));
            assert_eq!(found, severity, "{id}");
            assert!(help.contains("/gateway/ng/api/scim/account/ACCOUNT_ID"));
        }
        let on_prem = format!("https://harness.mycompany.com/gateway/ng/api/scim/account/{ID}");
        let (severity, help) = found(&on_prem).unwrap();
        assert_eq!(severity, Severity::Warning);
        assert!(help.contains("`https://harness.mycompany.com/ng/api/scim/account/"));
    }

    #[test]
    fn any_provider_wants_https() {
        let rule = super::super::rfc::profile().base_url;
        assert_eq!(rule.fault("https://scim.example.com/v2"), None);
        assert!(rule.fault("http://scim.example.com/v2").is_some());
        assert!(rule.fault("scim.example.com/v2").is_some());
    }
}
