//! A forge over the network: the client of the service provider, with a forge's limits. [I/O]

use std::path::PathBuf;

use secrecy::SecretString;

use super::Desk;
use super::limits::Limits;
use super::place::{Api, Repository};
use crate::scim::client::{ClientError, ClientOptions, HttpTransport};
use crate::scim::dialect::{Dialect, Rate};
use crate::scim::retry::{Observer, RetryPolicy, Retrying};

/// Far below what either forge allows a token for reads (GitHub: 5,000 an hour); one run
/// writes a few times at most, and GitHub asks for no more than 80 posts a minute.
const RATE: Rate = Rate { per_minute: 600 };

/// A desk over HTTP.
pub type HttpDesk = Desk<Retrying<Limits<HttpTransport>>>;

/// Makes a desk; sends nothing. The token goes to the API's origin and nowhere else.
///
/// # Errors
/// When the URL, the token or the certificates cannot be used.
pub fn connect(
    api: Api,
    repository: Repository,
    token: &SecretString,
    ca_file: Option<PathBuf>,
    (policy, observer): (RetryPolicy, Observer),
) -> Result<HttpDesk, ClientError> {
    let options = ClientOptions {
        ca_file,
        ..ClientOptions::for_dialect(&Dialect::rfc())
    };
    let http = HttpTransport::new(api.base(), token, options)?;
    let wire = Retrying::new(Limits(http), RATE, policy).observed(observer);
    Ok(Desk::new(wire, api, repository))
}
