//! How far filters find what is there, and what they do with what they do not understand.

use serde_json::Value;

use super::found::{Measured, Topic};
use super::namespace::Collection;
use super::session::{Halt, Own, Session};
use super::settings::Key;
use crate::scim::dialect::{Dialect, Filter};
use crate::scim::filter::quoted;
use crate::scim::http::Transport;

/// What a filter for one of our names answers.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Hit {
    /// The one it names.
    Found,
    /// Nobody.
    Nothing,
    /// Others than it names.
    Others,
    /// An error.
    Refused(String),
}

/// What is measured for a collection, and what says it.
struct About {
    collection: Collection,
    filter: Topic,
    case: Topic,
    key: Key,
    set: fn(&mut Dialect, Filter),
    used: fn(&Dialect) -> Filter,
    /// What a name of `special` holds.
    signs: &'static str,
}

const USERS: About = About {
    collection: Collection::Users,
    filter: Topic::UserFilter,
    case: Topic::UserFilterCase,
    key: Key::UserFilter,
    set: |dialect, filter| dialect.user_filter = filter,
    used: |dialect| dialect.user_filter,
    signs: "`+` and `%`",
};

const GROUPS: About = About {
    collection: Collection::Groups,
    filter: Topic::GroupFilter,
    case: Topic::GroupFilterCase,
    key: Key::GroupFilter,
    set: |dialect, filter| dialect.group_filter = filter,
    used: |dialect| dialect.group_filter,
    signs: "quotes, `\\`, `+`, `%` and a word `eq`",
};

/// A login with signs that many filters stumble over, and every mail system takes.
pub(super) const SPECIAL_USER: &str = "p+q%41r";
/// A group's name with all of them.
pub(super) const SPECIAL_GROUP: &str = "say \"x\" \\ + %41 eq y";

/// Measures filters on `userName`.
pub(super) async fn users<T: Transport>(
    session: &mut Session<'_, T>,
    measured: &mut Measured,
    plain: &Own,
    special: Option<&Own>,
) -> Result<(), Halt> {
    let nobody = session.names().login("nobody");
    measure(session, measured, &USERS, plain, special, &nobody).await?;
    let mut said = Vec::new();
    for (name, filter) in [
        ("an unknown attribute", "scimSyncProbe eq \"x\"".to_owned()),
        ("half a filter", "userName eq".to_owned()),
    ] {
        said.push(match session.filter(Collection::Users, &filter).await? {
            Ok(page) if page.rows.is_empty() => format!("{name} answers nobody"),
            Ok(_) => format!("{name} answers everybody"),
            Err(answer) => format!("{name} {}", answer.says()),
        });
    }
    measured.note(Topic::UnsupportedFilter, said.join("; "));
    Ok(())
}

/// Measures filters on `displayName`.
pub(super) async fn groups<T: Transport>(
    session: &mut Session<'_, T>,
    measured: &mut Measured,
    plain: &Own,
    special: Option<&Own>,
) -> Result<(), Halt> {
    let nobody = session.names().group("nobody");
    measure(session, measured, &GROUPS, plain, special, &nobody).await
}

async fn measure<T: Transport>(
    session: &mut Session<'_, T>,
    measured: &mut Measured,
    about: &About,
    plain: &Own,
    special: Option<&Own>,
    nobody: &str,
) -> Result<(), Halt> {
    let none = |measured: &mut Measured, why: String| {
        measured.setting(about.filter, about.key, why, |profile| {
            (about.set)(&mut profile.dialect, Filter::None);
        });
        measured.unknown(about.case, "the filter is not to be believed anyway");
    };
    match hit(session, about, plain, &plain.name).await? {
        Hit::Found => {}
        Hit::Nothing => {
            none(measured, "does not find who is there".to_owned());
            return Ok(());
        }
        Hit::Others => {
            none(measured, "answers others than it names".to_owned());
            return Ok(());
        }
        Hit::Refused(why) => {
            none(measured, format!("the provider {why}"));
            return Ok(());
        }
    }
    let absent = format!(
        "{} eq {}",
        about.collection.name_attribute(),
        quoted(nobody)
    );
    match session.filter(about.collection, &absent).await? {
        Ok(page) if page.rows.is_empty() => {}
        Ok(_) => {
            none(
                measured,
                "answers somebody for a name that nobody has".to_owned(),
            );
            return Ok(());
        }
        // Harmless: a look-up lists then.
        Err(_) => {}
    }
    let used = (about.used)(session.dialect());
    let (filter, found) = match special {
        None => {
            let filter = match used {
                Filter::Quoted => Filter::Quoted,
                Filter::Textual | Filter::None => Filter::Textual,
            };
            let found = format!(
                "finds plain names; none with {} could be made to try",
                about.signs
            );
            (filter, found)
        }
        Some(special) => match hit(session, about, special, &special.name).await? {
            Hit::Found => (
                Filter::Quoted,
                format!("finds names with {} too", about.signs),
            ),
            Hit::Nothing => (
                Filter::Textual,
                format!("finds plain names, none with {}", about.signs),
            ),
            Hit::Others => (
                Filter::Textual,
                format!("finds plain names; with {} it answers others", about.signs),
            ),
            Hit::Refused(why) => (
                Filter::Textual,
                format!("finds plain names; to {} the provider {why}", about.signs),
            ),
        },
    };
    measured.setting(about.filter, about.key, found, |profile| {
        (about.set)(&mut profile.dialect, filter);
    });
    let capitals = plain.name.to_uppercase();
    let found = match hit(session, about, plain, &capitals).await? {
        Hit::Found => "does not mind".to_owned(),
        Hit::Nothing => "minds: in capitals it finds nobody".to_owned(),
        Hit::Others => "in capitals it answers others".to_owned(),
        Hit::Refused(why) => format!("to capitals the provider {why}"),
    };
    measured.note(about.case, found);
    Ok(())
}

/// Asks by filter for one of ours, under a spelling of its name. What is not found is asked
/// for twice.
async fn hit<T: Transport>(
    session: &mut Session<'_, T>,
    about: &About,
    own: &Own,
    spelling: &str,
) -> Result<Hit, Halt> {
    let attribute = about.collection.name_attribute();
    let filter = format!("{attribute} eq {}", quoted(spelling));
    let mut hit = Hit::Nothing;
    for _ in 0..2 {
        hit = match session.filter(about.collection, &filter).await? {
            Ok(page) => {
                let is_ours = |row: &Value| session.names().owns_resource(about.collection, row);
                match (page.rows.iter().all(is_ours), page.ids.contains(&own.id)) {
                    (true, true) => return Ok(Hit::Found),
                    (true, false) if page.rows.is_empty() => Hit::Nothing,
                    (_, _) => Hit::Others,
                }
            }
            Err(answer) => Hit::Refused(answer.says()),
        };
    }
    Ok(hit)
}
