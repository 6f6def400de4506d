//! Other provisioning clients, as far as the `externalId` they leave on an account tells them.
//!
//! An `externalId` is issued by the client (RFC 7643 §3.1), so its shape is the client's. What
//! a client sends can be configured, and others may have ids of the same shape: a shape is a
//! hint of whom to ask, never a proof.

/// A client and the shape of its ids.
#[derive(Debug, Clone, Copy)]
pub struct KnownClient {
    /// Its name.
    pub title: &'static str,
    /// What its ids look like, for people.
    pub shape: &'static str,
    /// Whether an id looks so.
    pub issues: fn(&str) -> bool,
    /// Where its writing is switched off.
    pub switch_off: &'static str,
    /// Where that was read, and when.
    pub source: &'static str,
}

/// The clients that are known.
pub const KNOWN: &[KnownClient] = &[
    KnownClient {
        title: "OneLogin",
        shape: "a number",
        issues: is_number,
        switch_off: "the app, Provisioning, Enable provisioning",
        source: "developers.onelogin.com, API v2, User Resource (`id` is an integer); Harness' \
                 page on OneLogin, Add the Harness app, step 7; read 2026-11-24",
    },
    KnownClient {
        title: "Okta",
        shape: "`00u` and 17 letters or digits",
        issues: is_of_okta,
        switch_off: "the app, Provisioning, To App",
        source: "developer.okta.com, Okta and SCIM Version 2.0, Create users (sample \
                 `00ujl29u0le5T6Aj10h7`, and where provisioning is enabled); read 2026-11-24",
    },
    KnownClient {
        title: "Microsoft Entra ID",
        shape: "a GUID",
        issues: is_guid,
        switch_off: "the enterprise application, Provisioning, Stop provisioning",
        source: "learn.microsoft.com, Develop and plan provisioning for a SCIM endpoint in \
                 Microsoft Entra ID (an object's id is a GUID); read 2026-11-24",
    },
];

/// The client whose ids look like this one, if one is known.
pub fn of(external_id: &str) -> Option<&'static KnownClient> {
    KNOWN.iter().find(|client| (client.issues)(external_id))
}

fn is_number(id: &str) -> bool {
    (1..=19).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_of_okta(id: &str) -> bool {
    id.len() == 20 && id.starts_with("00u") && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn is_guid(id: &str) -> bool {
    let mut parts = id.split('-');
    let fits = [8, 4, 4, 4, 12].into_iter().all(|length| {
        parts.next().is_some_and(|part| {
            part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    });
    fits && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_tells_its_client() {
        let title = |id| of(id).map(|client| client.title);
        assert_eq!(title("31451451"), Some("OneLogin"));
        assert_eq!(title("00ujl29u0le5T6Aj10h7"), Some("Okta"));
        let guid = "58342554-38d6-4ec8-948c-50044d0a33fd";
        assert_eq!(title(guid), Some("Microsoft Entra ID"));
        for unknown in [
            "",
            "00u1",
            "ada@example.com",
            "scim-sync:ada",
            "58342554-38d6-4ec8-948c-50044d0a33fd-1",
            "٣١٤",
        ] {
            assert_eq!(title(unknown), None, "{unknown}");
        }
    }
}
