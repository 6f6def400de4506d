//! Groups that were made by hand: SCIM does not list them, and a create of the same id takes
//! one over and replaces its members.

use super::groups::Groups;
use super::item::{Change, Evidence, ItemId, Notice, NoticeCode, Reason, Refusal, RefusalCode};
use super::planner::Draft;
use crate::desired::DesiredGroup;
use crate::ids::GroupId;
use crate::live::LiveGroup;
use crate::live::beside::{HandMade, Made};
use crate::manifest::decl::Adoption;

/// What stands where a group would be made.
pub(super) enum HandMadeFound {
    /// Nothing that is known.
    None,
    /// Something that must stay; the refusal is written.
    Refused,
    /// A group that may be taken over.
    Adopt(Box<LiveGroup>),
}

impl Groups<'_> {
    /// Looks for a hand-made group under the id that a group would get, and for others of its
    /// name.
    pub(super) fn hand_made(
        &self,
        draft: &mut Draft,
        group: &DesiredGroup,
        expected: &GroupId,
        evidence: &[Evidence],
    ) -> HandMadeFound {
        let groups = &self.context.input.live.beside.groups;
        if let Some(why) = groups.why_not() {
            let code = NoticeCode::HandMadeUnchecked;
            if !draft.notices.iter().any(|notice| notice.code == code) {
                draft.notices.push(Notice {
                    code,
                    message: format!(
                        "whether a group made by hand has the id of one to be created could not \
                         be checked: {why}"
                    ),
                    evidence: Vec::new(),
                });
            }
        }
        let Some(groups) = groups.known() else {
            return HandMadeFound::None;
        };
        for other in groups.iter().filter(|other| other.id != *expected) {
            if self.context.group_key(&other.name) == self.context.group_key(&group.name) {
                draft.notices.push(Notice {
                    code: NoticeCode::SameNamedGroup,
                    message: format!(
                        "a group made by hand is called `{}` as well: its id is `{}`, the one to \
                         be created gets `{expected}`",
                        other.name, other.id
                    ),
                    evidence: evidence.to_vec(),
                });
            }
        }
        let Ok(at) = groups.binary_search_by(|other| other.id.cmp(expected)) else {
            return HandMadeFound::None;
        };
        let found = &groups[at];
        match (found.made, group.adoption) {
            (Made::ByHand, Adoption::Wanted) => HandMadeFound::Adopt(Box::new(self.as_live(found))),
            // SCIM has it and does not list it: a create gives it back.
            (Made::ByProvisioning, _) => HandMadeFound::None,
            (Made::ByHand, Adoption::Refused) | (Made::ByProvider, _) => {
                draft
                    .refusals
                    .push(self.taken(group, found, evidence.to_vec()));
                HandMadeFound::Refused
            }
        }
    }

    fn taken(&self, group: &DesiredGroup, found: &HandMade, evidence: Vec<Evidence>) -> Refusal {
        let title = self.context.input.profile.title;
        let HandMade {
            id,
            name,
            members,
            made,
        } = found;
        let (message, help) = match made {
            Made::ByProvider => (
                format!(
                    "`{}` would get the id `{id}`, which belongs to `{name}`, a group of {title} \
                     itself",
                    group.name
                ),
                "map the role to another group".to_owned(),
            ),
            Made::ByHand | Made::ByProvisioning => (
                format!(
                    "creating `{}` would take over `{name}` (id {id}), a group made by hand, and \
                     replace its members, {} now",
                    group.name,
                    members.len()
                ),
                format!(
                    "if that is meant, declare `groups: {{ {}: {{ adoptGroup: true }} }}`; else \
                     rename or remove it in {title}, or map the role to another group",
                    group.name
                ),
            ),
        };
        Refusal {
            id: ItemId::new(format!("group:{}:create", group.name)),
            code: RefusalCode::HandMadeGroup,
            message,
            help,
            evidence,
            blocked: Vec::new(),
            cause: None,
        }
    }

    /// Takes a group over as it is; its name and members are then changed as those of any
    /// other, on the same rails.
    pub(super) fn adopt(
        &mut self,
        draft: &mut Draft,
        group: &DesiredGroup,
        found: &LiveGroup,
        evidence: Vec<Evidence>,
    ) {
        let change = Change::AdoptGroup {
            id: found.id.clone(),
            name: group.name.clone(),
            called: found.name.clone(),
            members: found.members.len() + found.unlisted.len(),
        };
        let item = format!("group:{}:adopt", group.name);
        let reason = Reason::DeclaredByHand;
        let adopted = draft.act(item, change, reason, evidence.clone()).id.clone();
        if found.name != group.name {
            let change = Change::RenameGroup {
                id: found.id.clone(),
                before: found.name.clone(),
                after: group.name.clone(),
            };
            let item = format!("group:{}:rename", group.name);
            draft
                .act(item, change, Reason::NameDiffers, evidence)
                .depends_on
                .push(adopted.clone());
        }
        self.plan_members(draft, group, Some(found), Some(adopted));
        draft.adopted.push(found.clone());
    }

    fn as_live(&self, found: &HandMade) -> LiveGroup {
        let live = self.context.input.live;
        let mut members = Vec::new();
        let mut unlisted: Vec<Box<str>> = Vec::new();
        for id in &found.members {
            match live.users.position(id.as_str()) {
                Some(at) => members.push(at),
                None => unlisted.push(id.as_str().into()),
            }
        }
        members.sort_unstable();
        LiveGroup {
            id: found.id.clone(),
            name: found.name.clone(),
            members,
            unlisted,
        }
    }
}
