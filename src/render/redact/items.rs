//! A plan, field by field, without the people.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Redactor, pseudonym, user_in};
use crate::ids::{Email, ItemId};
use crate::manifest::source::Place;
use crate::plan::undo::Undo;
use crate::plan::{
    Action, Change, Consequence, Effect, Evidence, Inputs, LimitUse, ManualStep, MemberChange,
    MembershipOrigin, Notice, Plan, Refusal, TargetInfo, Unmanaged, UnmanagedGroup,
    UnmanagedMembers, UnmanagedUser,
};

impl Redactor {
    pub(in crate::render) fn plan(&mut self, plan: &Plan) -> Plan {
        let Plan {
            version,
            target,
            as_of,
            complete,
            applyable,
            summary,
            base,
            inputs,
            integrity,
            limits,
            actions,
            refusals,
            manual_steps,
            unmanaged,
            notices,
            undo,
            converges,
            people,
            // Serves only apply, which takes no redacted plan.
            accounts: _,
            needs_approval,
        } = plan;
        let TargetInfo {
            name: _,
            provider: _,
            title: _,
            base_url: _,
        } = target;
        Plan {
            version: *version,
            target: target.clone(),
            as_of: *as_of,
            complete: *complete,
            applyable: *applyable,
            converges: *converges,
            needs_approval: needs_approval.clone(),
            people: people.iter().map(|effect| self.effect(effect)).collect(),
            accounts: Vec::new(),
            summary: summary.clone(),
            base: base.clone(),
            inputs: self.inputs(inputs),
            integrity: integrity.clone(),
            limits: limits.iter().map(|limit| self.limit(limit)).collect(),
            actions: actions.iter().map(|action| self.action(action)).collect(),
            refusals: refusals.iter().map(|item| self.refusal(item)).collect(),
            manual_steps: manual_steps.iter().map(|item| self.step(item)).collect(),
            unmanaged: self.unmanaged(unmanaged),
            notices: notices.iter().map(|notice| self.notice(notice)).collect(),
            // What the run did is told by the actions; its record serves only apply, which
            // takes no redacted plan.
            undo: undo.as_ref().map(|undo| {
                let Undo {
                    began,
                    plan,
                    items: _,
                    open: _,
                } = undo;
                Undo {
                    began: began.clone(),
                    plan: plan.clone(),
                    items: Vec::new(),
                    open: Vec::new(),
                }
            }),
        }
    }

    fn inputs(&mut self, inputs: &Inputs) -> Inputs {
        let Inputs {
            manifest,
            files,
            live,
            base,
        } = inputs;
        let files: BTreeMap<String, String> = files
            .iter()
            .map(|(name, hash)| (self.file(name), hash.clone()))
            .collect();
        Inputs {
            manifest: manifest.clone(),
            files,
            live: live.clone(),
            base: base.clone(),
        }
    }

    fn limit(&mut self, limit: &LimitUse) -> LimitUse {
        // Numbers and a group: nothing of people.
        limit.clone()
    }

    fn effect(&mut self, effect: &Effect) -> Effect {
        let Effect {
            person,
            account,
            gains,
            loses,
            groups_left,
        } = effect;
        Effect {
            person: self.person(person),
            account: *account,
            gains: gains.clone(),
            loses: loses.clone(),
            groups_left: *groups_left,
        }
    }

    fn action(&mut self, action: &Action) -> Action {
        let Action {
            id,
            change,
            reason,
            evidence,
            consequences,
            depends_on,
            cause,
        } = action;
        Action {
            id: self.item_id(id),
            change: self.change(change),
            reason: *reason,
            evidence: self.all_evidence(evidence),
            consequences: consequences.iter().map(|it| self.consequence(it)).collect(),
            depends_on: depends_on.iter().map(|id| self.item_id(id)).collect(),
            cause: *cause,
        }
    }

    fn change(&mut self, change: &Change) -> Change {
        match change {
            Change::CreateUser {
                key,
                user,
                external_id,
            } => {
                let number = self.number(&[key.as_str()]);
                Change::CreateUser {
                    key: self.key(key, number),
                    user: self.user(user, number),
                    external_id: external_id.as_ref().map(|id| self.external_id(id, number)),
                }
            }
            Change::AdoptUser {
                person,
                user,
                external_id,
            } => {
                let hidden = self.person(person);
                let number = self.number_of(person);
                Change::AdoptUser {
                    person: hidden,
                    user: self.user(user, number),
                    external_id: external_id.as_ref().map(|id| self.external_id(id, number)),
                }
            }
            // Groups, roles and scopes: nothing of people.
            Change::AdoptGroup { .. }
            | Change::CreateBinding { .. }
            | Change::DeleteBinding { .. } => change.clone(),
            Change::ReactivateUser { person } => Change::ReactivateUser {
                person: self.person(person),
            },
            Change::UpdateUser {
                person,
                changes,
                becomes,
            } => {
                let hidden = self.person(person);
                let number = self.number_of(person);
                Change::UpdateUser {
                    changes: changes
                        .iter()
                        .map(|change| self.attribute(change, number))
                        .collect(),
                    becomes: self.user(becomes, number),
                    person: hidden,
                }
            }
            Change::CreateGroup { name, expected_id } => Change::CreateGroup {
                name: name.clone(),
                expected_id: expected_id.clone(),
            },
            Change::AddMembers { group, members } => Change::AddMembers {
                group: group.clone(),
                members: self.members(members),
            },
            Change::RenameGroup { id, before, after } => Change::RenameGroup {
                id: id.clone(),
                before: before.clone(),
                after: after.clone(),
            },
            Change::RemoveMembers { group, members } => Change::RemoveMembers {
                group: group.clone(),
                members: self.members(members),
            },
            Change::DeactivateUser { person } => Change::DeactivateUser {
                person: self.person(person),
            },
            Change::DeleteUser { person } => Change::DeleteUser {
                person: self.person(person),
            },
            Change::DeleteGroup { id, name } => Change::DeleteGroup {
                id: id.clone(),
                name: name.clone(),
            },
        }
    }

    fn members(&mut self, members: &[MemberChange]) -> Vec<MemberChange> {
        members
            .iter()
            .map(|member| {
                let MemberChange { person, origins } = member;
                MemberChange {
                    person: self.person(person),
                    origins: origins.iter().map(|origin| self.origin(origin)).collect(),
                }
            })
            .collect()
    }

    fn origin(&mut self, origin: &MembershipOrigin) -> MembershipOrigin {
        let MembershipOrigin {
            role,
            through,
            mapping,
            place,
            until,
            reason,
        } = origin;
        MembershipOrigin {
            role: role.clone(),
            through: through.clone(),
            mapping: mapping.clone(),
            place: self.place(place),
            until: *until,
            // Free text: it may name anybody.
            reason: match (reason, self.hides_all()) {
                (Some(_), true) => Some("redacted".to_owned()),
                (Some(reason), false) => Some(self.sentence(reason)),
                (None, _) => None,
            },
        }
    }

    /// Ids of members nobody lists.
    fn ids(&mut self, ids: &[String]) -> Vec<String> {
        let shown = ids.iter().map(|id| {
            let number = self.number(&[id]);
            self.id(id, number)
        });
        shown.collect()
    }

    fn consequence(&mut self, consequence: &Consequence) -> Consequence {
        let mut by_email = |email: &Email| {
            let number = self.number(&[email.as_str()]);
            self.email(email, number)
        };
        match consequence {
            Consequence::InvitationMailed { to } => {
                Consequence::InvitationMailed { to: by_email(to) }
            }
            Consequence::MayAdopt { email } => Consequence::MayAdopt {
                email: by_email(email),
            },
            Consequence::SuspensionRemoves => Consequence::SuspensionRemoves,
            Consequence::MembershipsLost { groups } => Consequence::MembershipsLost {
                groups: groups.clone(),
            },
            Consequence::MembershipsGained { groups } => Consequence::MembershipsGained {
                groups: groups.clone(),
            },
            Consequence::LogsInAs { login } => {
                let number = self.number(&[login]);
                Consequence::LogsInAs {
                    login: self.id(login, number),
                }
            }
            Consequence::UnlistedMembersLost { ids } => {
                Consequence::UnlistedMembersLost { ids: self.ids(ids) }
            }
            Consequence::GroupLeftEmpty { group } => Consequence::GroupLeftEmpty {
                group: group.clone(),
            },
            Consequence::LeftWithoutGroups { person } => Consequence::LeftWithoutGroups {
                person: self.person(person),
            },
            Consequence::BindingsLost { people, bindings } => Consequence::BindingsLost {
                people: people.iter().map(|person| self.person(person)).collect(),
                bindings: bindings.clone(),
            },
            Consequence::BindingsEnd { bindings } => Consequence::BindingsEnd {
                bindings: bindings.clone(),
            },
            Consequence::Undocumented { note } => Consequence::Undocumented {
                note: self.sentence(note),
            },
        }
    }

    fn refusal(&mut self, refusal: &Refusal) -> Refusal {
        let Refusal {
            id,
            code,
            message,
            help,
            evidence,
            blocked,
            cause,
        } = refusal;
        Refusal {
            id: self.item_id(id),
            code: *code,
            message: self.sentence(message),
            help: self.sentence(help),
            evidence: self.all_evidence(evidence),
            blocked: blocked.iter().map(|action| self.action(action)).collect(),
            cause: *cause,
        }
    }

    fn step(&mut self, step: &ManualStep) -> ManualStep {
        let ManualStep {
            id,
            code,
            group,
            members,
            message,
            help,
            evidence,
            cause,
        } = step;
        ManualStep {
            id: id.clone(),
            code: *code,
            group: group.clone(),
            members: *members,
            message: self.sentence(message),
            help: self.sentence(help),
            evidence: self.all_evidence(evidence),
            cause: *cause,
        }
    }

    fn notice(&mut self, notice: &Notice) -> Notice {
        let Notice {
            code,
            message,
            evidence,
        } = notice;
        Notice {
            code: *code,
            message: self.sentence(message),
            evidence: self.all_evidence(evidence),
        }
    }

    fn unmanaged(&mut self, unmanaged: &Unmanaged) -> Unmanaged {
        let Unmanaged {
            users,
            groups,
            memberships,
            bindings,
        } = unmanaged;
        Unmanaged {
            users: users
                .iter()
                .map(|user| {
                    let UnmanagedUser {
                        person,
                        display_name,
                        because,
                    } = user;
                    let number = self.number_of(person);
                    UnmanagedUser {
                        person: self.person(person),
                        display_name: display_name.as_deref().map(|name| self.name(name, number)),
                        because: *because,
                    }
                })
                .collect(),
            groups: groups
                .iter()
                .map(|group| {
                    let UnmanagedGroup {
                        group,
                        members,
                        because,
                    } = group;
                    UnmanagedGroup {
                        group: group.clone(),
                        members: *members,
                        because: *because,
                    }
                })
                .collect(),
            memberships: memberships
                .iter()
                .map(|members| {
                    let UnmanagedMembers {
                        group,
                        ids,
                        because,
                    } = members;
                    UnmanagedMembers {
                        group: group.clone(),
                        ids: ids
                            .iter()
                            .map(|id| {
                                let number = self.number(&[id]);
                                self.id(id, number)
                            })
                            .collect(),
                        because: *because,
                    }
                })
                .collect(),
            bindings: bindings.clone(),
        }
    }

    fn all_evidence(&mut self, evidence: &[Evidence]) -> Vec<Evidence> {
        evidence
            .iter()
            .map(|evidence| {
                let Evidence {
                    place,
                    revision,
                    what,
                } = evidence;
                Evidence {
                    place: self.place(place),
                    revision: revision.clone(),
                    what: self.sentence(what),
                }
            })
            .collect()
    }

    fn place(&mut self, place: &Place) -> Place {
        let Place { file, line, column } = place;
        Place {
            file: Arc::from(self.file(file)),
            line: *line,
            column: *column,
        }
    }

    /// A path whose parts name people loses them: `people/ada.yaml`.
    fn file(&mut self, file: &str) -> String {
        let parts: Vec<String> = file
            .split('/')
            .map(|part| {
                let stem = part
                    .strip_suffix(".yaml")
                    .or_else(|| part.strip_suffix(".yml"));
                let (stem, end) = match stem {
                    Some(stem) => (stem, &part[stem.len()..]),
                    None => (part, ""),
                };
                let known = self.known.get(&crate::ids::fold(stem)).copied();
                match known {
                    Some(number) if self.hides_all() || stem.contains('@') => {
                        format!("{}{end}", pseudonym(number))
                    }
                    Some(_) | None => part.to_owned(),
                }
            })
            .collect();
        parts.join("/")
    }

    /// `user:ada:create`, `guard:protected:user:ada:delete`, `group:sre:remove:ada`
    fn item_id(&mut self, id: &ItemId) -> ItemId {
        let text = id.as_str();
        if let Some((before, key, after)) = user_in(text) {
            let number = self.number(&[key]);
            let hidden = self.shown(key, number);
            return ItemId::new(format!("{before}{hidden}{after}"));
        }
        let parts: Vec<String> = text
            .split(':')
            .map(|part| match self.find(part) {
                Some(number) if !self.public.contains(part) => self.shown(part, number),
                Some(_) | None => self.word(part),
            })
            .collect();
        ItemId::new(parts.join(":"))
    }
}
