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
    /// Known hosts, and paths with variable parts.
    Shape(UrlShape),
}

/// Hosts and paths of one provider, as its documents name them.
#[derive(Debug, Clone, Copy)]
pub struct UrlShape {
    /// The hosts; `*` stands for one or more characters.
    pub hosts: &'static [&'static str],
    /// Whether it is also run on hosts of one's own.
    pub elsewhere: Elsewhere,
    /// The paths; `*` stands for one segment.
    pub paths: &'static [&'static str],
    /// Paths of another interface, and its name.
    pub other: &'static [(&'static str, &'static str)],
    /// A whole URL, for messages.
    pub example: &'static str,
}

/// Whether a provider is also run on hosts of one's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Elsewhere {
    /// It is.
    OwnHosts,
    /// It is not, as far as is known.
    Nowhere,
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
    /// The path of that interface up to the account's id, where this one has `path`.
    pub other_path: &'static str,
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
        if written.trim() != written {
            return Some(BaseUrlFault::error(
                "white space",
                "`baseUrl` has white space at its beginning or end",
                format!("write `{}`", written.trim()),
            ));
        }
        if written.starts_with("${") {
            return beyond_path(written);
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
        if authority.contains('@') {
            return Some(BaseUrlFault::error(
                "a secret may stand here",
                "`baseUrl` holds a user name or a password",
                "take it out, revoke it if this file was ever shared, and say where to find a \
                 token: `token: { env: NAME }`",
            ));
        }
        let host = host(authority);
        if scheme.contains("${") || is_loopback(host) {
            return beyond_path(written);
        }
        if !scheme.eq_ignore_ascii_case("https") {
            return Some(BaseUrlFault::error(
                "not encrypted",
                format!("`baseUrl` uses `{scheme}`, which would send the token in the clear"),
                format!("did you mean `{}`?", self.likely(authority, path)),
            ));
        }
        match self {
            BaseUrlRule::Any => beyond_path(written),
            BaseUrlRule::Account(rule) => rule.fault(authority, host, path),
            BaseUrlRule::Shape(shape) => shape.fault(authority, host, path),
        }
    }

    /// The account a base URL is of, if it tells one.
    pub fn account(&self, base_url: &str) -> Option<String> {
        match self {
            BaseUrlRule::Any | BaseUrlRule::Shape(_) => None,
            BaseUrlRule::Account(rule) => {
                let (_, rest) = base_url.split_once(rule.path)?;
                let account = rest.split(['/', '?', '#']).next()?;
                (!account.is_empty()).then(|| account.to_owned())
            }
        }
    }

    /// The URL of the other, older interface that goes with this URL of a provider's own; nothing
    /// where it is none of its own, or there is no other.
    pub fn of_other(&self, url: &str) -> Option<String> {
        match self {
            BaseUrlRule::Any | BaseUrlRule::Shape(_) => None,
            BaseUrlRule::Account(rule) => {
                let (before, rest) = url.split_once(rule.path)?;
                Some(format!("{before}{}{rest}", rule.other_path))
            }
        }
    }

    fn likely(&self, authority: &str, path: &str) -> String {
        match self {
            BaseUrlRule::Any if authority.is_empty() => format!("`https://{path}`"),
            BaseUrlRule::Shape(shape) if authority.is_empty() => format!("`{}`", shape.example),
            BaseUrlRule::Any | BaseUrlRule::Shape(_) => format!("https://{authority}{path}"),
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

impl UrlShape {
    fn fault(&self, authority: &str, host: &str, path: &str) -> Option<BaseUrlFault> {
        let known = |path: &str| self.paths.iter().any(|known| path_matches(known, path));
        let is_hosted = host.contains("${")
            || self
                .hosts
                .iter()
                .any(|known| host_matches(known, &host.to_ascii_lowercase()));
        let like = format!("it is like `{}`", self.example);
        if let Some((_, name)) = self.other.iter().find(|(other, _)| path.starts_with(other)) {
            return Some(BaseUrlFault::error(
                "another interface",
                format!("`baseUrl` is that of {name}"),
                like,
            ));
        }
        let (path, rest) = match path.find(['?', '#']) {
            Some(at) => path.split_at(at),
            None => (path, ""),
        };
        let path = path.trim_end_matches('/');
        let collection = ["/Users", "/Groups"]
            .iter()
            .filter_map(|name| Some((path.find(name)?, *name)))
            .find(|(at, name)| {
                let after = &path[at + name.len()..];
                (after.is_empty() || after.starts_with('/')) && known(&path[..*at])
            });
        if let Some((at, name)) = collection {
            return Some(BaseUrlFault::error(
                "too long",
                format!("`baseUrl` goes on to `{name}`"),
                format!("did you mean `https://{authority}{}`?", &path[..at]),
            ));
        }
        if !rest.is_empty() {
            return Some(BaseUrlFault::error(
                "too long",
                format!("`baseUrl` goes on after its path: `{rest}`"),
                format!("did you mean `https://{authority}{path}`?"),
            ));
        }
        let placeholder = |segment: &&str| {
            let written = without_variables(segment);
            written.contains(['<', '>', '{', '}'])
        };
        if let Some(segment) = path.split('/').find(placeholder) {
            return Some(BaseUrlFault::error(
                "a placeholder",
                format!("`baseUrl` holds the placeholder `{segment}`"),
                like,
            ));
        }
        if host.contains('_') && !host.contains("${") {
            return Some(BaseUrlFault::error(
                "a host with `_`",
                "no host has `_` in its name",
                format!(
                    "did you mean `https://{}{path}`?",
                    authority.replace('_', "-")
                ),
            ));
        }
        let warning = |label: &str, message: String| BaseUrlFault {
            severity: Severity::Warning,
            label: label.to_owned(),
            message,
            help: like.clone(),
        };
        if !known(path) {
            return Some(warning(
                "not a known path",
                "`baseUrl` has another path than the provider documents".to_owned(),
            ));
        }
        match self.elsewhere {
            Elsewhere::OwnHosts => None,
            Elsewhere::Nowhere if is_hosted => None,
            Elsewhere::Nowhere => Some(warning(
                "not a known host",
                format!("`baseUrl` has the host `{host}`, which the provider does not document"),
            )),
        }
    }
}

/// A query or a fragment, which no base URL has: `/Users` follows its path.
fn beyond_path(written: &str) -> Option<BaseUrlFault> {
    let mut at = 0;
    for part in written.split_inclusive(['?', '#']) {
        at += part.len();
        let Some(before) = written[..at].strip_suffix(['?', '#']) else {
            continue;
        };
        // Inside of `${…}` it is no part of the URL.
        let open = before.rfind("${").map(|begins| &before[begins..]);
        if open.is_none_or(|open| open.contains('}')) {
            return Some(BaseUrlFault::error(
                "more than a path",
                "`baseUrl` goes on after its path, where `/Users` has to follow",
                format!("did you mean `{before}`?"),
            ));
        }
    }
    None
}

/// A text without its `${NAME}`.
fn without_variables(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        kept.push_str(before);
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    kept.push_str(rest);
    kept
}

/// Whether a host is of a form in which each `*` stands for one or more characters.
fn host_matches(form: &str, host: &str) -> bool {
    match form.split_once('*') {
        None => form == host,
        Some((before, after)) => host.strip_prefix(before).is_some_and(|rest| {
            let ends = rest.char_indices().skip(1).map(|(at, _)| at);
            ends.chain([rest.len()])
                .any(|at| at > 0 && host_matches(after, &rest[at..]))
        }),
    }
}

/// Whether a path is of a form in which `*` stands for one segment; `${NAME}` may be anything.
fn path_matches(form: &str, path: &str) -> bool {
    if let Some((before, _)) = path.split_once("${") {
        // Whatever is written out agrees, segment by segment; the last may be half there.
        let mut written: Vec<&str> = before.split('/').collect();
        let half = written.pop().unwrap_or_default();
        let mut wanted = form.split('/');
        let agrees = written.iter().all(|segment| {
            wanted
                .next()
                .is_some_and(|wanted| is_segment(wanted, segment))
        });
        let last = wanted.next();
        return agrees && last.is_some_and(|wanted| wanted == "*" || wanted.starts_with(half));
    }
    let mut written = path.split('/');
    let mut wanted = form.split('/');
    loop {
        match (wanted.next(), written.next()) {
            (None, None) => return true,
            (Some(wanted), Some(segment)) if is_segment(wanted, segment) => {}
            (Some(_) | None, _) => return false,
        }
    }
}

fn is_segment(wanted: &str, segment: &str) -> bool {
    match wanted {
        "*" => !segment.is_empty(),
        other => other == segment,
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
    fn nothing_goes_on_after_the_path_wherever_it_leads() {
        for url in [
            "http://127.0.0.1:8080/scim/v2?x=1",
            "http://localhost/scim/v2#f",
            "${BASE_URL}?x=1",
            "${SCHEME}://x/y#f",
            "https://scim.example/v2?x=${X}",
        ] {
            let fault = BaseUrlRule::Any.fault(url).expect(url);
            let (before, _) = url.split_at(url.find(['?', '#']).unwrap());
            assert_eq!(fault.help, format!("did you mean `{before}`?"));
        }
        for url in ["${A?}", "https://x.io/${A#b}", "https://x.io/v2"] {
            assert_eq!(BaseUrlRule::Any.fault(url), None, "{url}");
        }
        for url in [
            " https://x.io/v2",
            "https://x.io/v2 ",
            "\thttp://localhost/v2",
        ] {
            let fault = BaseUrlRule::Any.fault(url).expect(url);
            assert_eq!(fault.label, "white space");
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
    fn every_example_of_a_shape_is_right() {
        for name in super::super::Profile::NAMES {
            let profile = super::super::Profile::named(name).expect("a named profile");
            if let BaseUrlRule::Shape(shape) = profile.base_url {
                assert_eq!(profile.base_url.fault(shape.example), None, "{name}");
                let longer = format!("{}/Users", shape.example);
                let fault = profile.base_url.fault(&longer).expect("too long");
                assert_eq!(fault.severity, Severity::Error, "{name}");
                assert!(fault.help.contains(shape.example), "{name}: {}", fault.help);
            }
        }
    }

    #[test]
    fn shapes_are_held_to_what_is_written_out() {
        let rule = super::super::Profile::named("aws-identity-center")
            .expect("a named profile")
            .base_url;
        for right in [
            "https://scim.eu-west-1.amazonaws.com/abc-123/scim/v2",
            "https://scim.eu-west-1.amazonaws.com/abc-123/scim/v2/",
            "https://scim.${REGION}.amazonaws.com/${TENANT}/scim/v2",
            "https://${HOST}/${TENANT}/scim/v2",
            "https://scim.eu-west-1.amazonaws.com/${PATH}",
            "http://127.0.0.1:8080/anything",
        ] {
            assert_eq!(rule.fault(right), None, "{right}");
        }
        for (wrong, severity) in [
            (
                "https://scim.eu-west-1.amazonaws.com/scim/v2",
                Severity::Warning,
            ),
            ("https://scim.example.com/abc/scim/v2", Severity::Warning),
            (
                "https://scim.eu-west-1.amazonaws.com/a/b/${TENANT}",
                Severity::Warning,
            ),
            (
                "https://scim.eu-west-1.amazonaws.com/<tenant>/scim/v2",
                Severity::Error,
            ),
            (
                "https://scim.eu-west-1.amazonaws.com/{tenant_id}/scim/v2",
                Severity::Error,
            ),
            (
                "https://scim.eu-west-1.amazonaws.com/abc/scim/v2?x=1",
                Severity::Error,
            ),
            (
                "https://scim.eu-west-1.amazonaws.com/abc/scim/v2/Groups/7",
                Severity::Error,
            ),
        ] {
            let fault = rule.fault(wrong).unwrap_or_else(|| panic!("{wrong}"));
            assert_eq!(fault.severity, severity, "{wrong}");
        }
    }

    #[test]
    fn hosts_and_older_interfaces() {
        let rule = |name| {
            super::super::Profile::named(name)
                .expect("a named profile")
                .base_url
        };
        let snowflake = rule("snowflake");
        let fault = snowflake.fault("https://my_org-acct.snowflakecomputing.com/scim/v2");
        assert!(
            fault
                .expect("a fault")
                .help
                .contains("https://my-org-acct.")
        );
        let fault = rule("slack")
            .fault("https://api.slack.com/scim/v1")
            .expect("a fault");
        assert!(fault.message.contains("SCIM 1.1"));
    }

    #[test]
    fn no_secret_and_nothing_after_the_path() {
        for url in [
            "https://user:secret@app.harness.io/gateway/ng/api/scim/account/x",
            "http://user:secret@127.0.0.1/x",
            "https://${USER}:${PASSWORD}@scim.example.com/v2",
        ] {
            for rule in [harness::profile().base_url, BaseUrlRule::Any] {
                let fault = rule.fault(url).expect("a fault");
                assert!(!format!("{fault:?}").contains("secret@"), "{fault:?}");
                assert!(fault.help.contains("token: {"), "{fault:?}");
            }
        }
        for url in [
            "https://scim.example.com/v2?x=1",
            "https://scim.example.com/v2#x",
        ] {
            let fault = BaseUrlRule::Any.fault(url).expect("a fault");
            assert_eq!(fault.help, "did you mean `https://scim.example.com/v2`?");
        }
    }

    #[test]
    fn any_provider_wants_https() {
        let rule = super::super::rfc::profile().base_url;
        assert_eq!(rule.fault("https://scim.example.com/v2"), None);
        assert!(rule.fault("http://scim.example.com/v2").is_some());
        assert!(rule.fault("scim.example.com/v2").is_some());
    }
}
