//! OneLogin's API over the network: the client of the service provider, its token fetched
//! with a credential. [I/O]

use std::path::PathBuf;

use secrecy::{ExposeSecret as _, SecretString};

use super::api::{self, Api};
use super::error::OneLoginError;
use super::limits::{Hourly, Waiting};
use crate::scim::client::{ClientError, ClientOptions, HttpTransport, Login};
use crate::scim::dialect::{Dialect, Rate};
use crate::scim::retry::{Observer, RetryPolicy, Retrying};

/// The API over HTTP.
pub type HttpApi = Api<Retrying<Hourly<HttpTransport>>>;

/// How fast at most; how often in an hour is [`Hourly`]'s.
const RATE: Rate = Rate { per_minute: 600 };
/// The rate towards this machine, whose limits are its own.
const UNLIMITED: Rate = Rate {
    per_minute: 1_000_000,
};
/// The longest wait that an answer may ask for: an hour has new calls.
const LONGEST_WAIT: std::time::Duration = std::time::Duration::from_secs(3_700);

/// A pair of API credentials.
pub struct Credential {
    /// The client id.
    pub id: String,
    /// The client secret.
    pub secret: SecretString,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The client cannot be made.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// OneLogin gives no token.
    #[error(transparent)]
    OneLogin(#[from] OneLoginError),
}

/// The address of a tenant.
///
/// # Errors
/// When it cannot be one: then the text says why.
pub fn address(subdomain: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if subdomain.is_empty() || !subdomain.chars().all(fits) {
        return Err(format!(
            "`{}` is no subdomain of OneLogin",
            crate::scim::error::clean(subdomain)
        ));
    }
    Ok(format!("https://{subdomain}.onelogin.com"))
}

/// Gets a token. The credential goes to the base URL's origin and nowhere else.
///
/// # Errors
/// When the URL, the credential or the certificates cannot be used, or OneLogin refuses.
pub async fn connect(
    base_url: &str,
    credential: &Credential,
    ca_file: Option<PathBuf>,
    (policy, observer): (RetryPolicy, Observer),
    waiting: Waiting,
) -> Result<HttpApi, ConnectError> {
    let policy = RetryPolicy {
        cap: LONGEST_WAIT,
        budget: 2 * LONGEST_WAIT,
        ..policy
    };
    let options = ClientOptions {
        ca_file,
        ..ClientOptions::for_dialect(&Dialect::rfc())
    };
    let wire = |token: &SecretString, login| -> Result<_, ClientError> {
        let options = ClientOptions {
            login,
            ..options.clone()
        };
        let http = HttpTransport::new(base_url, token, options)?;
        let rate = if http.is_local() { UNLIMITED } else { RATE };
        let hourly = Hourly::new(http, waiting.clone());
        Ok(Retrying::new(hourly, rate, policy).observed(observer.clone()))
    };
    let pair = format!("{}:{}", credential.id, credential.secret.expose_secret());
    let door = wire(&SecretString::from(pair), Login::Basic)?;
    let token = api::token(&door).await?;
    Ok(Api::new(wire(&token, Login::Bearer)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subdomain_is_one_label() {
        assert_eq!(address("acme").as_deref(), Ok("https://acme.onelogin.com"));
        for bad in ["", "acme.onelogin.com", "acme/x", "acme@evil", "https://x"] {
            assert!(address(bad).is_err(), "{bad}");
        }
    }
}
