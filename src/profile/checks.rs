//! What `scim-sync doctor` can look at, of which a profile names those that exist for it.

/// One thing to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// The token's holder, end and account, as the provider's own API tells them.
    Token,
    /// What the token may do.
    Permissions,
    /// Whether people log in by SAML.
    SingleSignOn,
    /// An older integration that decides who can log in.
    OtherLogin,
    /// Users and groups can be listed, whole.
    Lists,
    /// Accounts of declared people that SCIM did not make.
    Standalone,
    /// Groups made by hand whose id or name a declared group has.
    HandMadeGroups,
    /// How many requests are sent a minute.
    RateLimit,
    /// What the discovery documents claim.
    Discovery,
}

/// What any provider of RFC 7644 can be asked.
pub const PLAIN: &[Check] = &[Check::Lists, Check::RateLimit, Check::Discovery];
