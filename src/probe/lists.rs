//! What lists tell: pages, totals, the end, order, cursors.
//!
//! A list holds more than ours, and others may change it meanwhile: each answer is judged
//! only by what ours alone prove, and a contradiction is measured once more.

use super::found::{Belief, Measured, Topic};
use super::namespace::Collection;
use super::session::{Answer, Halt, Page, Session};
use super::settings::Key;
use crate::profile::Profile;
use crate::scim::dialect::{Advance, TotalResults};
use crate::scim::http::Transport;

/// Far past the end of any list.
const FAR: u64 = 1_000_000_000;
/// The smallest page that is still tried.
const MIN_COUNT: u64 = 10;

/// The topics of one collection.
struct Topics {
    pages: Topic,
    total: Topic,
    past_end: Topic,
}

fn topics(collection: Collection) -> Topics {
    match collection {
        Collection::Users => Topics {
            pages: Topic::UserPages,
            total: Topic::UserTotal,
            past_end: Topic::UserPastEnd,
        },
        Collection::Groups => Topics {
            pages: Topic::GroupPages,
            total: Topic::GroupTotal,
            past_end: Topic::GroupPastEnd,
        },
    }
}

async fn page<T: Transport>(
    session: &mut Session<'_, T>,
    collection: Collection,
    start: u64,
    count: u64,
) -> Result<Result<Page, Answer>, Halt> {
    let (start, count) = (start.to_string(), count.to_string());
    let query = [("startIndex", start.as_str()), ("count", count.as_str())];
    session.page(collection, &query).await
}

/// Measures a list in which at least `ours` are ours; `ours` is 2 or more.
pub(super) async fn measure<T: Transport>(
    session: &mut Session<'_, T>,
    measured: &mut Measured,
    collection: Collection,
    ours: u64,
) -> Result<(), Halt> {
    let topics = topics(collection);
    let width = (ours / 2).max(1);
    let (first, second) = (
        page(session, collection, 1, width).await?,
        page(session, collection, 1 + width, width).await?,
    );
    let (first, second) = match (first, second) {
        (Ok(first), Ok(second)) => (first, second),
        (Err(answer), _) | (_, Err(answer)) => {
            let because = format!("a page of {width} {}", answer.says());
            for topic in [topics.pages, topics.total, topics.past_end] {
                measured.unknown(topic, because.clone());
            }
            return Ok(());
        }
    };
    let came = first.ids.len() as u64;
    let same = |one: &Page, other: &Page| !one.ids.is_empty() && one.ids == other.ids;
    if same(&first, &second) {
        let found = format!("`startIndex` is not obeyed: page 2 of {width} is page 1");
        measured.note(topics.pages, found);
        for topic in [topics.total, topics.past_end] {
            measured.unknown(topic, "`startIndex` is not obeyed");
        }
        return Ok(());
    }
    let found = if came > width {
        format!("`count` is not obeyed: {came} came for {width}")
    } else if second.ids.iter().any(|id| first.ids.contains(id)) {
        "pages overlap: one resource is on two of them".to_owned()
    } else {
        "cut by `count`, begun at `startIndex`".to_owned()
    };
    measured.note(topics.pages, found);
    total(
        session,
        measured,
        collection,
        &topics,
        &first,
        (ours, width),
    )
    .await
}

/// What `totalResults` counts, and what comes after the end.
async fn total<T: Transport>(
    session: &mut Session<'_, T>,
    measured: &mut Measured,
    collection: Collection,
    topics: &Topics,
    first: &Page,
    (ours, width): (u64, u64),
) -> Result<(), Halt> {
    let paging = match collection {
        Collection::Users => session.dialect().user_paging,
        Collection::Groups => session.dialect().group_paging,
    };
    let believed = |found: TotalResults| {
        Belief::is(
            paging.total == found,
            match paging.total {
                TotalResults::Whole => "it counts the whole list",
                TotalResults::PageLocal => "it counts the page",
            },
        )
    };
    let came = first.ids.len() as u64;
    let far = match first.total {
        None => {
            measured.note(topics.total, "`totalResults` is not told");
            FAR
        }
        Some(total) if total < ours && total == came => {
            let found = format!("counts the page: {total} for a page of {width}");
            measured.belief(topics.total, found, believed(TotalResults::PageLocal));
            FAR
        }
        Some(total) if total < ours => {
            let found = format!("is {total}, although at least {ours} are there");
            measured.belief(topics.total, found, believed(TotalResults::PageLocal));
            FAR
        }
        Some(total) => {
            let last = page(session, collection, total, width).await?;
            let past = page(session, collection, total + 1, width).await?;
            match (last, past) {
                (Ok(last), Ok(past)) if last.ids.is_empty() && past.ids.is_empty() => {
                    let found = format!("is {total}, and nothing is at that index");
                    measured.belief(topics.total, found, believed(TotalResults::PageLocal));
                }
                (Ok(last), Ok(past))
                    if past.ids.is_empty() || past.ids == first.ids || past.ids == last.ids =>
                {
                    measured.belief(
                        topics.total,
                        "counts the whole list: the last is at that index",
                        believed(TotalResults::Whole),
                    );
                }
                (Ok(_), Ok(_)) => measured.unknown(
                    topics.total,
                    format!(
                        "it was {total}, and more came after that: it is too small, or somebody \
                         else made a {} meanwhile",
                        collection.one()
                    ),
                ),
                (Err(answer), _) | (_, Err(answer)) => measured.unknown(
                    topics.total,
                    format!("it is {total}, and a page there {}", answer.says()),
                ),
            }
            total + 1
        }
    };
    let past = page(session, collection, far, width).await?;
    let found = match &past {
        Ok(past) if past.ids.is_empty() => "an empty page".to_owned(),
        Ok(past) if past.ids == first.ids => "the list begins again".to_owned(),
        Ok(past) => format!("{} of the list come again", past.ids.len()),
        Err(answer) => format!("the provider {}", answer.says()),
    };
    measured.note(topics.past_end, found);
    Ok(())
}

/// What is only measured for users: order, the longest page, cursors.
pub(super) async fn measure_users<T: Transport>(
    session: &mut Session<'_, T>,
    measured: &mut Measured,
    ours: u64,
) -> Result<(), Halt> {
    let users = Collection::Users;
    let twice = (
        page(session, users, 1, ours).await?,
        page(session, users, 1, ours).await?,
    );
    match twice {
        (Ok(once), Ok(again)) if once.ids == again.ids => {
            measured.note(
                Topic::UserOrder,
                format!("the same in two reads of {}", once.ids.len()),
            );
        }
        (Ok(_), Ok(_)) => measured.note(
            Topic::UserOrder,
            "two reads came in different order: a page may repeat one and miss another",
        ),
        (Err(answer), _) | (_, Err(answer)) => {
            measured.unknown(Topic::UserOrder, format!("a page {}", answer.says()));
        }
    }
    longest(session, measured).await?;
    cursor(session, measured).await
}

async fn longest<T: Transport>(
    session: &mut Session<'_, T>,
    measured: &mut Measured,
) -> Result<(), Halt> {
    let used = session.dialect().user_paging.count;
    let mut count = used;
    let page = loop {
        match page(session, Collection::Users, 1, count).await? {
            Ok(page) => break page,
            Err(answer) if count <= MIN_COUNT => {
                let because = format!("a page of {count} {}", answer.says());
                measured.unknown(Topic::UserPageCap, because);
                return Ok(());
            }
            Err(_) => count = (count / 2).max(MIN_COUNT),
        }
    };
    let came = page.ids.len() as u64;
    let found = if count < used {
        format!("{used} at once fail, {count} do not")
    } else if came < count && page.total.is_some_and(|total| total > came) {
        format!("{came}, for {count} asked: shorter pages are taken as they come")
    } else if came >= count {
        format!("at least {count}, which is what is asked for")
    } else {
        format!("at least {came}: the list is no longer, so a cap could not be met")
    };
    let shorten = |profile: &mut Profile| {
        if count < used {
            let dialect = &mut profile.dialect;
            dialect.user_paging.count = count;
            dialect.group_paging.count = dialect.group_paging.count.min(count);
        }
    };
    // From now on lists are read that way.
    shorten(&mut session.profile);
    measured.setting(Topic::UserPageCap, Key::PageSize, found, shorten);
    Ok(())
}

/// Whether a way of paging leads on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leads {
    On,
    Nowhere,
}

/// RFC 9865 §2: the first page is asked for with an empty cursor.
async fn cursor<T: Transport>(
    session: &mut Session<'_, T>,
    measured: &mut Measured,
) -> Result<(), Halt> {
    let (leads, found) = offered(session).await?;
    let used = session.dialect().user_paging.advance;
    let index_works = measured.is_measured(Topic::UserTotal);
    let advance = match (used, leads) {
        (Advance::ByCursor, Leads::Nowhere) => Advance::ByReceived,
        // Where an index leads nowhere, a cursor is better than nothing.
        (Advance::ByReceived | Advance::ByAsked, Leads::On) if !index_works => Advance::ByCursor,
        (_, Leads::On | Leads::Nowhere) => used,
    };
    let change = |profile: &mut Profile| {
        if advance != used {
            profile.dialect.user_paging.advance = advance;
            profile.dialect.group_paging.advance = advance;
        }
    };
    change(&mut session.profile);
    measured.setting(Topic::UserCursor, Key::Paging, found, change);
    Ok(())
}

async fn offered<T: Transport>(session: &mut Session<'_, T>) -> Result<(Leads, String), Halt> {
    let users = Collection::Users;
    let first = session
        .page(users, &[("cursor", ""), ("count", "2")])
        .await?;
    let first = match first {
        Ok(first) => first,
        Err(answer) => {
            let found = format!("not offered: the provider {} to `cursor`", answer.says());
            return Ok((Leads::Nowhere, found));
        }
    };
    let Some(cursor) = &first.next_cursor else {
        let found = "not offered: no `nextCursor` comes".to_owned();
        return Ok((Leads::Nowhere, found));
    };
    let query = [("cursor", cursor.as_str()), ("count", "2")];
    Ok(match session.page(users, &query).await? {
        Ok(second) if second.ids.iter().any(|id| first.ids.contains(id)) => (
            Leads::Nowhere,
            "offered, but the second page repeats the first".to_owned(),
        ),
        Ok(_) => (Leads::On, "offered: `nextCursor` leads on".to_owned()),
        Err(answer) => (
            Leads::Nowhere,
            format!("offered, but its second page {}", answer.says()),
        ),
    })
}
