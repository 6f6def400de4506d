//! The differences a plan speaks of, each as one text, with the list it stands in.

use scim_sync::plan::{Action, Change, Person, Plan, RefusalCode, UnmanagedReason};

/// A list of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum List {
    Actions,
    Refusals,
    ManualSteps,
    Unmanaged,
}

/// Every difference in a plan, batches taken apart.
pub fn of_plan(plan: &Plan) -> Vec<(String, List)> {
    let mut found: Vec<(String, List)> = Vec::new();
    for action in &plan.actions {
        found.extend(of_action(action).into_iter().map(|it| (it, List::Actions)));
    }
    for refusal in &plan.refusals {
        let blocked = refusal.blocked.iter().flat_map(of_action);
        found.extend(blocked.map(|it| (it, List::Refusals)));
        // The subject stands between the first and the last colon of the id.
        let id = refusal.id.as_str();
        let subject = id
            .split_once(':')
            .and_then(|(_, rest)| rest.rsplit_once(':'));
        let subject = subject.map_or(id, |(subject, _)| subject);
        let own = match refusal.code {
            RefusalCode::EmailImmutable => format!("email {subject}"),
            RefusalCode::AttributeImmutable => format!("name {subject}"),
            RefusalCode::AmbiguousMatch => format!("doubt {subject}"),
            RefusalCode::AmbiguousGroup => format!("doubt-group {subject}"),
            RefusalCode::GroupNameRejected => format!("+group {subject}"),
            RefusalCode::AssertionViolated => continue,
            RefusalCode::NotSupported => format!("-user {subject}"),
            RefusalCode::StandaloneAccount => format!("+user {subject}"),
            RefusalCode::HandMadeGroup => format!("+group {subject}"),
            RefusalCode::BindingsUnread
            | RefusalCode::UnknownBindingRole
            | RefusalCode::UnknownResourceGroup
            | RefusalCode::BindingDisabled => format!("binding {subject}"),
            RefusalCode::ChangedSince => panic!("only undoing says so: {refusal:#?}"),
            RefusalCode::ProtectedGroup if refusal.blocked.is_empty() => {
                format!("-group {subject}")
            }
            RefusalCode::DeleteAndCreate
            | RefusalCode::GroupIdTaken
            | RefusalCode::PartialRead
            | RefusalCode::LimitUserRemovals
            | RefusalCode::LimitMembershipRemovals
            | RefusalCode::LimitPerGroupRemovals
            | RefusalCode::LimitBindingRemovals
            | RefusalCode::OwnUser
            | RefusalCode::LastAdmin
            | RefusalCode::ProtectedUser
            | RefusalCode::ProtectedGroup
            | RefusalCode::MinMembers => {
                assert!(!refusal.blocked.is_empty(), "{id} is about nothing");
                continue;
            }
        };
        found.push((own, List::Refusals));
    }
    for step in &plan.manual_steps {
        let id = step.group.id.as_ref().expect("only a live group needs one");
        found.push((format!("-group {id}"), List::ManualSteps));
    }
    let unmanaged = &plan.unmanaged;
    for user in &unmanaged.users {
        found.push((
            match user.because {
                UnmanagedReason::Undeclared => format!("?user {}", label(&user.person)),
                UnmanagedReason::RemovalKeeps => format!("-user {}", label(&user.person)),
                UnmanagedReason::AdditiveGroup
                | UnmanagedReason::UnlistedMember
                | UnmanagedReason::ProviderKeeps => {
                    panic!("not a reason for a user")
                }
            },
            List::Unmanaged,
        ));
    }
    for group in &unmanaged.groups {
        let id = group.group.id.as_ref().expect("it is live");
        found.push((
            match group.because {
                UnmanagedReason::Undeclared => format!("?group {id}"),
                UnmanagedReason::RemovalKeeps => format!("-group {id}"),
                UnmanagedReason::AdditiveGroup
                | UnmanagedReason::UnlistedMember
                | UnmanagedReason::ProviderKeeps => {
                    panic!("not a reason for a group")
                }
            },
            List::Unmanaged,
        ));
    }
    for members in &unmanaged.memberships {
        let id = members.group.id.as_ref().expect("it is live");
        let stay = |member: &String| (format!("stay {id} {member}"), List::Unmanaged);
        found.extend(members.ids.iter().map(stay));
    }
    found
}

/// The differences one action settles.
pub fn of_action(action: &Action) -> Vec<String> {
    match &action.change {
        Change::CreateUser { key, .. } => vec![format!("+user {key}")],
        Change::AdoptUser { person, .. } => vec![format!("+user {}", label(person))],
        Change::AdoptGroup { name, .. } => vec![format!("+group {name}")],
        Change::CreateBinding { group, binding } => vec![format!("bind {} {binding}", group.name)],
        Change::DeleteBinding { id, .. } => vec![format!("unbind {id}")],
        Change::ReactivateUser { person } => vec![format!("on {}", label(person))],
        Change::UpdateUser { person, .. } => vec![format!("name {}", label(person))],
        Change::DeactivateUser { person } | Change::DeleteUser { person } => {
            vec![format!("-user {}", label(person))]
        }
        Change::CreateGroup { name, .. } => vec![format!("+group {name}")],
        Change::RenameGroup { id, .. } => vec![format!("rename {id}")],
        Change::DeleteGroup { id, .. } => vec![format!("-group {id}")],
        Change::AddMembers { group, members } => members
            .iter()
            .map(|member| format!("in {} {}", group.name, label(&member.person)))
            .collect(),
        Change::RemoveMembers { group, members } => members
            .iter()
            .map(|member| {
                let group = group.id.as_ref().expect("a group with members is live");
                let person = member.person.id.as_ref().expect("a member is live");
                format!("out {group} {person}")
            })
            .collect(),
    }
}

/// The key, else the id.
pub fn label(person: &Person) -> String {
    match (&person.key, &person.id) {
        (Some(key), _) => key.to_string(),
        (None, Some(id)) => format!("#{id}"),
        (None, None) => panic!("nobody knows who `{}` is", person.email),
    }
}
