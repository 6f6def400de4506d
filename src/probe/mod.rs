//! Measuring a service provider: a few users and groups are made under names nobody else
//! has, everything is tried on them, and they are removed again.
//!
//! [`probe`] measures, and takes away what it made whatever happened; [`clean`] takes away
//! what an earlier run left. [`journal`] is what both go by, [`namespace`] the names,
//! [`found`] the result, [`settings`] what of it `target.dialect` can say.
//!
//! **Invariants.** Nothing is touched that this run did not make: each create is in the
//! journal before it is sent, and changes and removals go to ids of the journal only, which were
//! not there before and bear the run's own name when they are read. The
//! first user and the first group are removed again before a second one is made; where that
//! is not possible, no more are made. What did not go well is tried once more before it is
//! believed, and every success is read back.

mod clean;
pub mod found;
mod groups;
pub mod journal;
mod lists;
mod lookups;
pub mod namespace;
mod people;
mod session;
pub mod settings;

use serde_json::Value;

use self::clean::{Maker, clean as clean_up};
use self::found::{Left, Measured, PROBE_VERSION, Probed, Topic};
use self::groups::Crew;
use self::journal::Journal;
use self::namespace::{Collection, run_of};
pub use self::session::Halt;
use self::session::{Created, Own, Session};
use crate::apply::Stop;
use crate::plan::TargetInfo;
use crate::profile::Profile;
use crate::scim::dialect::UserDeletion;
use crate::scim::error::ScimError;
use crate::scim::http::{Method, Request, Transport};

/// How many users a run makes at most.
pub const USERS: usize = 9;
/// How many groups a run makes at most.
pub const GROUPS: usize = 5;

/// Why nothing is made where the profile in use says that no user can be removed.
pub const UNREMOVABLE: &str = "the profile in use says that DELETE only makes users inactive, so \
                               whatever is made would stay";

/// Whether a group may be made that cannot be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Groups {
    /// No: where the profile says that only Support removes groups, none is made.
    IfRemovable,
    /// One may stay.
    OneMayStay,
}

/// A run that came to its end.
#[must_use = "what was left behind is in it"]
#[derive(Debug)]
pub struct Run {
    /// What there is to tell.
    pub probed: Probed,
    /// The profile that was found; what was not measured is as it is in use.
    pub found: Profile,
}

/// Measures a provider, and takes away what it made. `profile` is the one in use: with what the
/// manifest says, and what the provider says of itself where that is obeyed.
pub async fn probe<T: Transport>(
    transport: &T,
    profile: &Profile,
    target: TargetInfo,
    groups: Groups,
    journal: &mut Journal,
    stop: &Stop,
) -> Run {
    let mut measured = Measured::new(profile);
    let mut session = Session::new(transport, profile, journal, stop);
    let halt = measure(&mut session, &mut measured, groups).await.err();
    let left = clean_up(&mut session, Maker::ThisRun).await;
    let requests = session.sent;
    let because = match &halt {
        Some(halt) => format!("measuring ended before it: {halt}"),
        None => "its measurement did not come to an end".to_owned(),
    };
    measured.rest_is_unknown(|_| true, &because);
    let found = measured.profile().clone();
    let (findings, dialect) = measured.into_findings();
    let probed = Probed {
        version: PROBE_VERSION,
        target,
        run: journal.names().run().to_owned(),
        requests,
        users: journal.made_of(Collection::Users),
        groups: journal.made_of(Collection::Groups),
        stopped: halt.map(|halt| halt.to_string()),
        findings,
        dialect,
        left,
    };
    Run { probed, found }
}

/// Takes away what an earlier run left, by its journal.
pub async fn clean<T: Transport>(
    transport: &T,
    profile: &Profile,
    journal: &mut Journal,
) -> Vec<Left> {
    let stop = Stop::default();
    let mut session = Session::new(transport, profile, journal, &stop);
    clean_up(&mut session, Maker::EarlierRun).await
}

/// What of any probe's run the provider's lists show.
///
/// # Errors
/// When a list does not come.
pub async fn seen<T: Transport>(transport: &T, profile: &Profile) -> Result<Vec<Seen>, ScimError> {
    let (stop, mut journal) = (Stop::default(), Journal::unwritten());
    let mut session = Session::new(transport, profile, &mut journal, &stop);
    let mut seen = Vec::new();
    for collection in [Collection::Users, Collection::Groups] {
        let swept = session
            .sweep(collection, |name| run_of(name).is_some())
            .await?;
        seen.extend(swept.rows.into_iter().filter_map(|(id, name)| {
            Some(Seen {
                run: run_of(&name)?,
                collection,
                id,
                name,
            })
        }));
    }
    Ok(seen)
}

/// Something that has the name of a probe's run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The run.
    pub run: String,
    /// Where it is.
    pub collection: Collection,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

async fn measure<T: Transport>(
    session: &mut Session<'_, T>,
    measured: &mut Measured,
    groups: Groups,
) -> Result<(), Halt> {
    measured.unknown(
        Topic::EmailChange,
        "not tried: after a change some providers cannot remove the user any more",
    );
    measured.unknown(
        Topic::Rate,
        "not tried: a limit is only met by going beyond it",
    );
    if session.dialect().user_deletion == UserDeletion::Deactivates {
        return Err(Halt::Stays(UNREMOVABLE.to_owned()));
    }
    claims(session, measured).await?;
    let kept = people::canary(session, measured).await?;
    let a = person(session, "a").await?;
    let b = person(session, "b").await?;
    let c = person(session, "c").await?;
    let d = person(session, "d").await?;
    let special = with_signs(session).await?;
    let ours = 4;
    lists::measure(session, measured, Collection::Users, ours).await?;
    lists::measure_users(session, measured, ours).await?;
    lookups::users(session, measured, &a, special.as_ref()).await?;
    people::creates(session, measured, &a).await?;
    people::spellings(session, measured, &c).await?;
    people::updates(session, measured, (&a, &b), kept).await?;
    people::inactive(session, measured, &c).await?;
    people::versions(session, measured, &b).await?;
    let crew = Crew {
        a: &a,
        b: &b,
        d: &d,
    };
    groups::measure(session, measured, &crew, groups).await
}

async fn person<T: Transport>(session: &mut Session<'_, T>, who: &str) -> Result<Own, Halt> {
    let login = session.names().login(who);
    let body = people::body(session, &login, who);
    session.must_create(Collection::Users, &login, &body).await
}

/// Somebody whose login holds the signs that filters stumble over, if the provider takes it
/// as it is.
async fn with_signs<T: Transport>(session: &mut Session<'_, T>) -> Result<Option<Own>, Halt> {
    let login = session.names().login(lookups::SPECIAL_USER);
    let body = people::body(session, &login, "p");
    match session.create(Collection::Users, &login, &body).await? {
        Created::New(own, answer)
            if answer.body["userName"]
                .as_str()
                .is_some_and(|name| crate::ids::fold(name) == crate::ids::fold(&login)) =>
        {
            Ok(Some(own))
        }
        Created::New(..) | Created::Known(_) | Created::Unclear(..) => Ok(None),
    }
}

/// `ServiceProviderConfig` (RFC 7643 §5): a hint, never a proof.
async fn claims<T: Transport>(
    session: &mut Session<'_, T>,
    measured: &mut Measured,
) -> Result<(), Halt> {
    let request = Request::scim(Method::Get, ["ServiceProviderConfig"]);
    let answer = session.send(request).await?;
    if !answer.is_success() || !answer.body.is_object() {
        let because = format!("`ServiceProviderConfig` {}", answer.says());
        measured.unknown(Topic::Claims, because);
        return Ok(());
    }
    measured.guided_by(&answer.body);
    let said = ["patch", "filter", "sort", "etag", "bulk"].map(|feature| {
        let claim = &answer.body[feature]["supported"];
        let word = match claim {
            Value::Bool(true) => "yes",
            Value::Bool(false) => "no",
            Value::Null
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => "not said",
        };
        match (feature, answer.body["filter"]["maxResults"].as_u64()) {
            ("filter", Some(most)) => format!("filter {word}, at most {most}"),
            _ => format!("{feature} {word}"),
        }
    });
    measured.note(Topic::Claims, said.join("; "));
    Ok(())
}
