//! What the provider does with groups: members in and out, names, creates and removals.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::clean::rest;
use super::found::{Belief, Measured, Topic};
use super::namespace::Collection;
use super::people::{Form, Taken, op_case};
use super::session::{Created, Halt, Own, Removed, Session, told};
use super::settings::Key;
use super::{Groups, lists, lookups};
use crate::ids::{GroupId, UserId};
use crate::profile::{GroupRemovalRule, UserRemovalEffect};
use crate::scim::dialect::{Dialect, GroupRename, Groups as Served, ListMembers, MemberRemoval};
use crate::scim::error::ScimError;
use crate::scim::http::{Method, Transport};
use crate::scim::wire::GROUP_SCHEMA;

/// How long a provider gets to take a removed user out of groups.
const SETTLE: Duration = Duration::from_secs(1);

/// Whom groups are tried with. The last one is removed.
pub(super) struct Crew<'a> {
    pub(super) a: &'a Own,
    pub(super) b: &'a Own,
    pub(super) d: &'a Own,
}

impl Crew<'_> {
    fn ids(&self) -> [UserId; 3] {
        [self.a, self.b, self.d].map(|own| UserId::from(own.id.as_str()))
    }
}

fn body(name: &str) -> Value {
    json!({ "schemas": [GROUP_SCHEMA], "displayName": name })
}

fn values<'a>(members: impl IntoIterator<Item = &'a Own>) -> Value {
    let members = members.into_iter();
    members.map(|own| json!({ "value": own.id })).collect()
}

/// The ids of members, as a read tells them; nothing if it tells none at all.
fn members(read: &Value) -> BTreeSet<String> {
    listed(read).into_iter().collect()
}

fn listed(read: &Value) -> Vec<String> {
    let members = read["members"].as_array().into_iter().flatten();
    members
        .filter_map(|member| super::session::text(member, "value"))
        .collect()
}

/// Measures all that takes a group.
pub(super) async fn measure<T: Transport>(
    session: &mut Session<'_, T>,
    measured: &mut Measured,
    crew: &Crew<'_>,
    allowed: Groups,
) -> Result<(), Halt> {
    if !are_served(session, measured).await? {
        measured.rest_is_unknown(Topic::needs_groups, "there are no groups");
        return Ok(());
    }
    let none_made = match (session.profile.group_removal, allowed) {
        (GroupRemovalRule::SupportOnly { .. }, Groups::IfRemovable) => Some(
            "only the provider's Support removes groups there, so none was made; \
             `--groups-may-stay` measures it with one that may stay",
        ),
        (GroupRemovalRule::ByHand, Groups::IfRemovable) => Some(
            "groups are removed by hand there, so none was made; `--groups-may-stay` measures it \
             with one that may stay",
        ),
        (GroupRemovalRule::Deletable, _) | (_, Groups::OneMayStay) => None,
    };
    if let Some(because) = none_made {
        measured.rest_is_unknown(Topic::needs_groups, because);
        return Ok(());
    }
    let name = session.names().group("first");
    let first = session
        .must_create(Collection::Groups, &name, &body(&name))
        .await?;
    session.must_read(&first).await?;
    let removable = match session.remove(&first).await? {
        Removed::Gone => {
            let found = "DELETE removes the group";
            measured.setting(Topic::GroupRemoval, Key::GroupDeletion, found, |profile| {
                profile.group_removal = GroupRemovalRule::Deletable;
            });
            true
        }
        Removed::Stays(answer) => {
            let found = format!("DELETE {}, and the group stays", answer.says());
            measured.setting(Topic::GroupRemoval, Key::GroupDeletion, found, |profile| {
                match profile.group_removal {
                    // Whom to write to is known, so that stays.
                    GroupRemovalRule::SupportOnly { .. } | GroupRemovalRule::ByHand => {}
                    GroupRemovalRule::Deletable => {
                        profile.group_removal = GroupRemovalRule::ByHand;
                    }
                }
            });
            false
        }
    };
    let subject = match removable {
        true => {
            let name = session.names().group("one");
            session
                .must_create(Collection::Groups, &name, &body(&name))
                .await?
        }
        // It stays whatever is done, so everything is tried on this one, and no other is made.
        false => first,
    };
    memberships(session, measured, &subject, crew).await?;
    again(session, measured, &subject).await?;
    let mut special = None;
    if removable {
        let name = session.names().group("two");
        let second = session
            .must_create(Collection::Groups, &name, &body(&name))
            .await?;
        special = with_signs(session).await?;
        lists::measure(session, measured, Collection::Groups, 2).await?;
        session.remove(&second).await?;
    } else {
        measured.rest_is_unknown(
            |topic| {
                matches!(
                    topic,
                    Topic::GroupPages | Topic::GroupTotal | Topic::GroupPastEnd
                )
            },
            "groups stay there, so not enough were made",
        );
    }
    lookups::groups(session, measured, &subject, special.as_ref()).await?;
    if let Survival::Lost = renames(session, measured, &subject, crew).await? {
        measured.rest_is_unknown(
            Topic::needs_groups,
            "the group to try it on got another id when it was renamed",
        );
        return Ok(());
    }
    put(session, measured, &subject, crew).await?;
    removed_member(session, measured, &subject, crew).await
}

/// Whether there are groups at all.
async fn are_served<T: Transport>(
    session: &mut Session<'_, T>,
    measured: &mut Measured,
) -> Result<bool, Halt> {
    let mut page = session.page(Collection::Groups, &[("count", "1")]).await?;
    if page.is_err() {
        page = session.page(Collection::Groups, &[("count", "1")]).await?;
    }
    let (served, found) = match page {
        Ok(_) => (Served::Served, "are listed".to_owned()),
        Err(answer) if matches!(answer.status, Some(404 | 405 | 501)) => {
            (Served::NotServed, format!("their list {}", answer.says()))
        }
        Err(answer) => {
            let because = format!("their list {}", answer.says());
            measured.unknown(Topic::GroupsServed, because);
            return Ok(true);
        }
    };
    measured.setting(Topic::GroupsServed, Key::Groups, found, |profile| {
        profile.dialect.groups = served;
    });
    Ok(served == Served::Served)
}

/// A group whose name holds the signs that filters stumble over, if the provider takes it as
/// it is.
async fn with_signs<T: Transport>(session: &mut Session<'_, T>) -> Result<Option<Own>, Halt> {
    let name = session.names().group(lookups::SPECIAL_GROUP);
    match session
        .create(Collection::Groups, &name, &body(&name))
        .await?
    {
        Created::New(own, answer) if answer.body["displayName"] == name.as_str() => Ok(Some(own)),
        Created::New(..) | Created::Known(_) | Created::Unclear(..) => Ok(None),
    }
}

async fn memberships<T: Transport>(
    session: &mut Session<'_, T>,
    measured: &mut Measured,
    subject: &Own,
    crew: &Crew<'_>,
) -> Result<(), Halt> {
    let mut said = Vec::new();
    let add = |op: &str, member: &Own| json!([{ "op": op, "path": "members", "value": values([member]) }]);
    let pathless = json!([{ "op": "add", "value": { "members": values([crew.d]) } }]);
    let mut taken = Taken::default();
    for (form, name, operations, member) in [
        (Form::Lower, "`add`", add("add", crew.a), crew.a),
        (Form::Capital, "`Add`", add("Add", crew.b), crew.b),
        (Form::NoPath, "no path", pathless, crew.d),
    ] {
        let mut outcome = String::new();
        // What does not work is tried once more.
        for _ in 0..2 {
            let before = members(&session.must_read(subject).await?.body);
            let request = session.patch(subject, operations.clone());
            let answer = session.send(request).await?;
            let after = members(&session.must_read(subject).await?.body);
            outcome = if !before.is_subset(&after) {
                "takes others out".to_owned()
            } else if after.contains(&member.id) {
                taken.note(form);
                "works".to_owned()
            } else if answer.is_success() {
                format!("{}, and does nothing", answer.says())
            } else {
                answer.says()
            };
            if outcome == "works" {
                break;
            }
        }
        said.push(format!("{name} {outcome}"));
    }
    if !measured.has(Topic::OpCase) {
        op_case(session, measured, taken);
    }
    let complete = match enrol(session, subject, crew).await? {
        Ok(()) => true,
        Err(why) => {
            said.push(format!("as the profile says it, {why}"));
            false
        }
    };
    if complete {
        let read = session.must_read(subject).await?.body;
        if listed(&read).len() > members(&read).len() {
            said.push("who is added twice is listed twice".to_owned());
        }
    }
    measured.note(Topic::MemberAdd, said.join("; "));
    if !complete {
        measured.rest_is_unknown(
            |topic| {
                matches!(
                    topic,
                    Topic::MemberRemoval
                        | Topic::MemberReplace
                        | Topic::MembersPerPatch
                        | Topic::GroupListMembers
                        | Topic::MembershipAfterRemoval
                )
            },
            "members could not be put into a group and read back",
        );
        return Ok(());
    }
    match session.in_list(subject).await? {
        Some(row) => {
            let told = members(&row) == members(&session.must_read(subject).await?.body);
            let found = match (told, row.get("members").is_some()) {
                (true, _) => "the same as when read alone",
                (false, true) => "others than when read alone",
                (false, false) => "not told",
            };
            measured.setting(
                Topic::GroupListMembers,
                Key::ListMembers,
                found,
                |profile| {
                    profile.dialect.list_members = match told {
                        true => ListMembers::Included,
                        false => ListMembers::ReadEach,
                    };
                },
            );
        }
        None => measured.unknown(
            Topic::GroupListMembers,
            "the group was not found in the first pages of the list",
        ),
    }
    removals(session, measured, subject, crew).await?;
    replacement(session, measured, subject, crew).await?;
    batch(session, measured, subject, crew).await
}

/// Puts all three in, as the profile in use says; why not, if not.
async fn enrol<T: Transport>(
    session: &mut Session<'_, T>,
    subject: &Own,
    crew: &Crew<'_>,
) -> Result<Result<(), String>, Halt> {
    let id = GroupId::from(subject.id.as_str());
    let wanted: BTreeSet<String> = crew.ids().iter().map(ToString::to_string).collect();
    let mut why = String::new();
    for _ in 0..2 {
        let writer = session.writer(session.dialect().clone())?;
        let added = writer.add_members(&id, &crew.ids()).await;
        let error = session.outcome(added)?;
        let read = session.must_read(subject).await?.body;
        if wanted.is_subset(&members(&read)) {
            return Ok(Ok(()));
        }
        why = match error {
            Some(error) => told(&error),
            None => "it is accepted, and they are not members".to_owned(),
        };
    }
    Ok(Err(why))
}

fn with_removal(dialect: &Dialect, member_removal: MemberRemoval) -> Dialect {
    Dialect {
        member_removal,
        ..dialect.clone()
    }
}

/// One of three is taken out, in each form; two must be left.
async fn removals<T: Transport>(
    session: &mut Session<'_, T>,
    measured: &mut Measured,
    subject: &Own,
    crew: &Crew<'_>,
) -> Result<(), Halt> {
    let used = session.dialect().member_removal;
    let other = match used {
        MemberRemoval::ValuePath => MemberRemoval::ValueList,
        MemberRemoval::ValueList => MemberRemoval::ValuePath,
    };
    let mut works = Vec::new();
    let mut said = Vec::new();
    for form in [used, other] {
        let name = match form {
            MemberRemoval::ValuePath => "`members[value eq …]`",
            MemberRemoval::ValueList => "a list of values",
        };
        match removal(session, subject, crew, form).await? {
            Ok(()) => {
                works.push(form);
                said.push(format!("{name} works"));
            }
            Err(why) => said.push(format!("{name} {why}")),
        }
    }
    let said = said.join("; ");
    match works.first().copied() {
        Some(form) => measured.setting(Topic::MemberRemoval, Key::MemberRemoval, said, |profile| {
            profile.dialect.member_removal = form;
        }),
        None => measured.unknown(Topic::MemberRemoval, said),
    }
    Ok(())
}

async fn removal<T: Transport>(
    session: &mut Session<'_, T>,
    subject: &Own,
    crew: &Crew<'_>,
    form: MemberRemoval,
) -> Result<Result<(), String>, Halt> {
    let id = GroupId::from(subject.id.as_str());
    let [a, b, d] = crew.ids();
    let wanted = BTreeSet::from([b.to_string(), d.to_string()]);
    let mut why = String::new();
    for _ in 0..2 {
        if let Err(why) = enrol(session, subject, crew).await? {
            return Ok(Err(format!("could not be tried: {why}")));
        }
        let writer = session.writer(with_removal(session.dialect(), form))?;
        let removed = writer.remove_members(&id, std::slice::from_ref(&a)).await;
        let error = session.outcome(removed)?;
        let left = members(&session.must_read(subject).await?.body);
        if left == wanted {
            return Ok(Ok(()));
        }
        why = match error {
            _ if left.is_empty() => "takes everybody out".to_owned(),
            Some(error) => told(&error),
            None if left.contains(a.as_str()) => "is accepted, and does nothing".to_owned(),
            None => "takes others out too".to_owned(),
        };
    }
    Ok(Err(why))
}

/// `replace` of members: a new list at some providers, one more member at others.
async fn replacement<T: Transport>(
    session: &mut Session<'_, T>,
    measured: &mut Measured,
    subject: &Own,
    crew: &Crew<'_>,
) -> Result<(), Halt> {
    if let Err(why) = enrol(session, subject, crew).await? {
        measured.unknown(Topic::MemberReplace, format!("could not be tried: {why}"));
        return Ok(());
    }
    let before = members(&session.must_read(subject).await?.body);
    let replace = session.replace();
    let operations = json!([{ "op": replace, "path": "members", "value": values([crew.b]) }]);
    let request = session.patch(subject, operations);
    let answer = session.send(request).await?;
    let after = members(&session.must_read(subject).await?.body);
    let found = if after == BTreeSet::from([crew.b.id.clone()]) {
        "sets the members".to_owned()
    } else if after != before {
        "changes the members to others than sent".to_owned()
    } else if answer.is_success() {
        format!("{}, and takes nobody out", answer.says())
    } else {
        answer.says()
    };
    measured.note(Topic::MemberReplace, found);
    Ok(())
}

/// As many changes as the profile sends at once; fewer if they are refused. There are only
/// three of ours, so they are named again and again.
async fn batch<T: Transport>(
    session: &mut Session<'_, T>,
    measured: &mut Measured,
    subject: &Own,
    crew: &Crew<'_>,
) -> Result<(), Halt> {
    let used = session.dialect().members_per_patch;
    let id = GroupId::from(subject.id.as_str());
    if used > crew.ids().len() {
        // Some servers count whom they found against whom they were sent.
        let many: Vec<UserId> = crew.ids().into_iter().cycle().take(4).collect();
        let writer = session.writer(session.dialect().clone())?;
        let added = writer.add_members(&id, &many).await;
        if let Some(error) = session.outcome(added)? {
            let because = format!(
                "there are only three users to try it with, and to one named twice the provider \
                 {}",
                told(&error)
            );
            measured.unknown(Topic::MembersPerPatch, because);
            return Ok(());
        }
    }
    let mut refused: Option<(usize, ScimError)> = None;
    let mut size = used;
    loop {
        let many: Vec<UserId> = crew.ids().into_iter().cycle().take(size).collect();
        let mut error = None;
        for _ in 0..2 {
            let writer = session.writer(session.dialect().clone())?;
            let added = writer.add_members(&id, &many).await;
            error = session.outcome(added)?;
            if error.is_none() {
                break;
            }
        }
        match error {
            None => break,
            Some(error) if size == 1 => {
                let because = format!("even one at a time: the provider {}", told(&error));
                measured.unknown(Topic::MembersPerPatch, because);
                return Ok(());
            }
            Some(error) => {
                refused = Some((size, error));
                size /= 2;
            }
        }
    }
    let found = match refused {
        None => format!("at least {size}, which is what is sent at most"),
        Some((too_many, error)) => format!("{size}; to {too_many} the provider {}", told(&error)),
    };
    measured.setting(
        Topic::MembersPerPatch,
        Key::MembersPerPatch,
        format!("{found} (three of ours, named again and again)"),
        |profile| profile.dialect.members_per_patch = size,
    );
    Ok(())
}

/// A second group of the same name.
async fn again<T: Transport>(
    session: &mut Session<'_, T>,
    measured: &mut Measured,
    subject: &Own,
) -> Result<(), Halt> {
    let created = session
        .create(Collection::Groups, &subject.name, &body(&subject.name))
        .await?;
    match created {
        Created::Known(answer) => measured.note(
            Topic::GroupCreateAgain,
            format!(
                "answers {} with the group that is there",
                answer.status.unwrap_or_default()
            ),
        ),
        Created::Unclear(_, answer) if answer.is_refusal() => {
            measured.note(Topic::GroupCreateAgain, answer.says());
        }
        Created::Unclear(_, answer) => measured.unknown(Topic::GroupCreateAgain, answer.says()),
        Created::New(second, _) => {
            measured.note(
                Topic::GroupCreateAgain,
                "makes a second group of the same name",
            );
            session.remove(&second).await?;
        }
    }
    Ok(())
}

fn with_rename(dialect: &Dialect, group_rename: GroupRename) -> Dialect {
    Dialect {
        group_rename,
        ..dialect.clone()
    }
}

/// The name is changed in each form; id and members must stay. At last it has its own again.
async fn renames<T: Transport>(
    session: &mut Session<'_, T>,
    measured: &mut Measured,
    subject: &Own,
    crew: &Crew<'_>,
) -> Result<Survival, Halt> {
    let _ = enrol(session, subject, crew).await?;
    let used = session.dialect().group_rename;
    let mut forms = vec![used];
    forms.extend(
        [
            GroupRename::LowerReplacePath,
            GroupRename::CapitalReplacePath,
            GroupRename::PutWithMembers,
        ]
        .into_iter()
        .filter(|form| *form != used),
    );
    let mut works = Vec::new();
    let mut said = Vec::new();
    for (number, form) in forms.into_iter().enumerate() {
        let name = match form {
            GroupRename::LowerReplacePath => "`replace`",
            GroupRename::CapitalReplacePath => "`Replace`",
            GroupRename::PutWithMembers => "PUT with members",
        };
        match rename(session, subject, form, number).await? {
            Ok(()) => {
                works.push(form);
                said.push(format!("{name} works"));
            }
            Err(why) => said.push(format!("{name} {why}")),
        }
        if session.read(subject).await?.is_none() && session.has_vanished(subject).await? {
            // The clean-up finds it by its name.
            measured.note(Topic::GroupRename, said.join("; "));
            return Ok(Survival::Lost);
        }
    }
    let said = said.join("; ");
    // A key says PATCH, and its spelling is the profile's.
    let sayable = |form: &GroupRename| match form {
        GroupRename::PutWithMembers => true,
        GroupRename::LowerReplacePath | GroupRename::CapitalReplacePath => *form == used,
    };
    match works.iter().copied().find(sayable) {
        Some(form) => {
            measured.setting(Topic::GroupRename, Key::GroupRename, said, |profile| {
                profile.dialect.group_rename = form;
            });
            let writer = session.writer(with_rename(session.dialect(), form))?;
            let id = GroupId::from(subject.id.as_str());
            let renamed = writer.rename_group(&id, &subject.name).await;
            session.outcome(renamed)?;
        }
        None if works.is_empty() => measured.unknown(Topic::GroupRename, said),
        None => measured.note(Topic::GroupRename, said),
    }
    Ok(Survival::There)
}

/// Whether the group that everything is tried on is still there under its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Survival {
    There,
    Lost,
}

async fn rename<T: Transport>(
    session: &mut Session<'_, T>,
    subject: &Own,
    form: GroupRename,
    number: usize,
) -> Result<Result<(), String>, Halt> {
    let id = GroupId::from(subject.id.as_str());
    let mut why = String::new();
    for attempt in 0..2 {
        let name = format!("{} renamed {number}{attempt}", subject.name);
        let before = members(&session.must_read(subject).await?.body);
        let writer = session.writer(with_rename(session.dialect(), form))?;
        let renamed = writer.rename_group(&id, &name).await;
        let error = session.outcome(renamed)?;
        let read = match session.read(subject).await? {
            Some(read) => read,
            None if session.is_gone(subject).await? => {
                return Ok(Err("gives the group another id".to_owned()));
            }
            None => session.must_read(subject).await?,
        };
        let is_named = read.body["displayName"] == name.as_str();
        if is_named && members(&read.body) == before {
            return Ok(Ok(()));
        }
        why = match error {
            _ if is_named => "renames it, and changes its members".to_owned(),
            Some(error) => told(&error),
            None => "is accepted, and does nothing".to_owned(),
        };
    }
    Ok(Err(why))
}

/// PUT without `members`.
async fn put<T: Transport>(
    session: &mut Session<'_, T>,
    measured: &mut Measured,
    subject: &Own,
    crew: &Crew<'_>,
) -> Result<(), Halt> {
    if enrol(session, subject, crew).await?.is_err() {
        measured.unknown(Topic::GroupPut, "members could not be put in");
        return Ok(());
    }
    let request = session.with_body(Method::Put, &["Groups", &subject.id], &body(&subject.name));
    let answer = session.send(request).await?;
    let left = members(&session.must_read(subject).await?.body);
    let found = match (answer.is_success(), left.is_empty()) {
        (true, true) => "without `members` it takes everybody out".to_owned(),
        (true, false) => "without `members` it leaves them".to_owned(),
        (false, _) => format!("without `members` it {}", answer.says()),
    };
    measured.note(Topic::GroupPut, found);
    Ok(())
}

/// Somebody is removed who is a member.
async fn removed_member<T: Transport>(
    session: &mut Session<'_, T>,
    measured: &mut Measured,
    subject: &Own,
    crew: &Crew<'_>,
) -> Result<(), Halt> {
    if enrol(session, subject, crew).await?.is_err() {
        measured.unknown(Topic::MembershipAfterRemoval, "members could not be put in");
        return Ok(());
    }
    if let Removed::Stays(answer) = session.remove(crew.d).await? {
        let because = format!("the user stays: the provider {}", answer.says());
        measured.unknown(Topic::MembershipAfterRemoval, because);
        return Ok(());
    }
    let mut stays = members(&session.must_read(subject).await?.body).contains(&crew.d.id);
    if stays {
        rest(SETTLE).await;
        stays = members(&session.must_read(subject).await?.body).contains(&crew.d.id);
    }
    let used = session.profile.user_removal;
    let (found, effect) = match stays {
        true => ("stay members", UserRemovalEffect::LeavesMemberships),
        false => ("are members no more", UserRemovalEffect::PurgesMemberships),
    };
    let otherwise = match used {
        UserRemovalEffect::LeavesMemberships => "they may stay, so they are taken out first",
        UserRemovalEffect::PurgesMemberships => "the provider takes them out",
    };
    measured.belief(
        Topic::MembershipAfterRemoval,
        found,
        // Who is taken out first is taken out wherever that is needless.
        Belief::is(
            used == effect || used == UserRemovalEffect::LeavesMemberships,
            otherwise,
        ),
    );
    Ok(())
}
