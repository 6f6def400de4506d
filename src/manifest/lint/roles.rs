//! Roles: who has them, and which include which.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};

use jiff::civil::Date;

use super::Lint;
use crate::ids::RoleName;
use crate::manifest::decl::{RoleDecl, UserStatus};
use crate::manifest::fault::{Fault, FaultCode};
use crate::manifest::members::MemberDecl;
use crate::manifest::source::{SourceMap, Span, Spanned};
use crate::manifest::words::{count, quoted};

/// A grant that ends within so many days is worth a notice.
const NOTICE_DAYS: i32 = 30;

/// The most links of one circle that are named and labelled.
const MAX_LINKS: usize = 50;

/// The most circles reported; a tangle of roles can hold more than anyone would read.
const MAX_CYCLES: usize = 20;

impl<'m> Lint<'m> {
    /// Unknown people and roles, repeated members, past grants, tombstoned members.
    pub(super) fn roles(&mut self) {
        let manifest = self.manifest;
        let users = manifest.users.0.iter();
        let is_absent: Vec<bool> = users
            .map(|(_, user)| user.status() == UserStatus::Absent)
            .collect();
        // In which role somebody was named last, from 1.
        let mut named_in: Vec<u32> = vec![0; is_absent.len()];
        for ((name, role), number) in manifest.roles.0.iter().zip(1..) {
            let mut strangers: BTreeSet<&str> = BTreeSet::new();
            let firsts = OnceCell::new();
            for member in role.members.iter(manifest.sources) {
                let key = member.user.value;
                let is_again = match self.people.position(key) {
                    None => {
                        self.unknown_person(name, &member);
                        !strangers.insert(key)
                    }
                    Some(at) => {
                        let at = at as usize;
                        self.known_person(name, &member, is_absent[at].then_some(at));
                        std::mem::replace(&mut named_in[at], number) == number
                    }
                };
                if is_again {
                    let first = firsts.get_or_init(|| firsts_of(role, manifest.sources));
                    self.named_again(name, &member, first[key]);
                }
            }
            for included in &role.includes {
                self.included_role(name, included);
            }
        }
    }

    fn named_again(&mut self, role: &Spanned<RoleName>, member: &MemberDecl<'_>, first: Span) {
        self.faults.push(
            Fault::warning(
                FaultCode::DuplicateMember,
                member.user.span,
                "again here",
                format!(
                    "role {} lists {} twice",
                    quoted(role.value.as_str()),
                    quoted(member.user.value)
                ),
                "remove one of the two",
            )
            .with_related(first, "first here"),
        );
    }

    fn unknown_person(&mut self, role: &Spanned<RoleName>, member: &MemberDecl<'_>) {
        if !self.is_whole() {
            return;
        }
        let user = &member.user;
        let key = quoted(user.value);
        let help = self
            .suggest_person(user.value)
            .unwrap_or_else(|| format!("declare {key} under `users`, or remove it from the role"));
        self.faults.push(
            Fault::error(
                FaultCode::UnknownPerson,
                user.span,
                "no such person",
                format!(
                    "role {} names {key}, whom no file declares",
                    quoted(role.value.as_str())
                ),
                help,
            )
            .with_related(role.span, "in this role"),
        );
    }

    /// A member who is declared; with their position if they are so as a tombstone.
    fn known_person(
        &mut self,
        role: &Spanned<RoleName>,
        member: &MemberDecl<'_>,
        tombstone: Option<usize>,
    ) {
        let user = &member.user;
        // Drawn only where there is a fault: this is asked for every membership.
        let key = quoted(user.value);
        let role_name = quoted(role.value.as_str());
        let status = tombstone.and_then(|at| self.manifest.users.0[at].1.status);
        if let Some(status) = status {
            self.faults.push(
                Fault::error(
                    FaultCode::TombstoneReferenced,
                    user.span,
                    "still a member",
                    format!("person {key} is `absent` and still has the role {role_name}"),
                    format!("remove {key} from the role, or the `status: absent`"),
                )
                .with_related(status.span, "must not exist, says this"),
            );
        } else if let Some(until) = member.until {
            self.grant_end(&role_name.to_string(), &key.to_string(), &until);
        }
    }

    /// A grant that has ended, or is about to.
    fn grant_end(&mut self, role: &str, person: &str, until: &Spanned<Date>) {
        let days = self
            .as_of
            .until(until.value)
            .map_or(0, |span| span.get_days());
        let in_days = count(days.unsigned_abs() as usize, "day", "days");
        if days < 0 {
            self.faults.push(Fault::warning(
                FaultCode::ExpiredGrant,
                until.span,
                format!("{in_days} ago"),
                format!(
                    "the grant of role {role} to {person} ended on {}",
                    until.value
                ),
                "remove the member, or set a later day",
            ));
        } else if days <= NOTICE_DAYS {
            self.faults.push(Fault::notice(
                FaultCode::EndingGrant,
                until.span,
                if days == 0 {
                    "the last day".to_owned()
                } else {
                    format!("in {in_days}")
                },
                format!(
                    "the grant of role {role} to {person} ends after {}",
                    until.value
                ),
                "set a later day if it should go on; nothing is to do if it should end",
            ));
        }
    }

    fn included_role(&mut self, role: &Spanned<RoleName>, included: &Spanned<RoleName>) {
        if self.roles.contains_key(included.value.as_str()) || !self.is_whole() {
            return;
        }
        let name = quoted(included.value.as_str()).to_string();
        let help = self
            .suggest_role(included.value.as_str())
            .unwrap_or_else(|| format!("declare {name} under `roles`, or remove the include"));
        self.faults.push(
            Fault::error(
                FaultCode::UnknownRole,
                included.span,
                "no such role",
                format!(
                    "role {} includes {name}, which no file declares",
                    quoted(role.value.as_str())
                ),
                help,
            )
            .with_related(role.span, "in this role"),
        );
    }

    /// Roles that include each other in a circle. Walks without recursion: a chain of roles
    /// may be longer than the stack.
    pub(super) fn include_cycles(&mut self) {
        #[derive(Clone, Copy, PartialEq)]
        enum Visit {
            New,
            Open,
            Done,
        }
        let roles = &self.manifest.roles.0;
        let number: HashMap<&str, usize> = roles
            .iter()
            .enumerate()
            .map(|(number, (name, _))| (name.value.as_str(), number))
            .collect();
        let mut visits = vec![Visit::New; roles.len()];
        let mut cycles = 0;
        for start in 0..roles.len() {
            if visits[start] != Visit::New {
                continue;
            }
            visits[start] = Visit::Open;
            // Each role on the way with the number of its next include.
            let mut path: Vec<(usize, usize)> = vec![(start, 0)];
            while let Some((role, next)) = path.last_mut() {
                let (role, include) = (*role, *next);
                let Some(included) = roles[role].1.includes.get(include) else {
                    visits[role] = Visit::Done;
                    path.pop();
                    continue;
                };
                *next += 1;
                let Some(&target) = number.get(included.value.as_str()) else {
                    continue;
                };
                match visits[target] {
                    Visit::Done => {}
                    Visit::New => {
                        visits[target] = Visit::Open;
                        path.push((target, 0));
                    }
                    Visit::Open => {
                        cycles += 1;
                        if cycles <= MAX_CYCLES {
                            let from = path.iter().position(|(one, _)| *one == target);
                            let circle: Vec<_> = path[from.unwrap_or(0)..]
                                .iter()
                                .map(|(role, next)| (&roles[*role], next.saturating_sub(1)))
                                .collect();
                            self.faults.push(cycle(&circle));
                        }
                    }
                }
            }
        }
    }
}

/// Where each member of a role is named first.
fn firsts_of<'m>(role: &'m RoleDecl, sources: &'m SourceMap) -> HashMap<&'m str, Span> {
    let mut firsts = HashMap::with_capacity(role.members.len());
    for member in role.members.iter(sources) {
        firsts.entry(member.user.value).or_insert(member.user.span);
    }
    firsts
}

/// A circle: each role with the number of the include that leads on.
fn cycle(circle: &[(&(Spanned<RoleName>, RoleDecl), usize)]) -> Fault {
    let links: Vec<(&str, &Spanned<RoleName>)> = circle
        .iter()
        .map(|((name, role), include)| (name.value.as_str(), &role.includes[*include]))
        .collect();
    let (first, first_link) = links[0];
    let label = |from: &str, to: &str| format!("{} includes {}", quoted(from), quoted(to));
    if links.len() == 1 {
        return Fault::error(
            FaultCode::IncludeCycle,
            first_link.span,
            "its own name",
            format!("role {} includes itself", quoted(first)),
            "remove the include",
        );
    }
    let mut whole: Vec<String> = links
        .iter()
        .take(MAX_LINKS)
        .map(|(name, _)| quoted(name).to_string())
        .collect();
    if links.len() > MAX_LINKS {
        whole.push("…".to_owned());
    }
    whole.push(quoted(first).to_string());
    let mut fault = Fault::error(
        FaultCode::IncludeCycle,
        first_link.span,
        label(first, first_link.value.as_str()),
        format!(
            "roles include each other in a circle: {}",
            whole.join(" → ")
        ),
        "remove one of these includes; whoever has one of the roles would have all of them",
    );
    for (name, link) in links.iter().take(MAX_LINKS).skip(1) {
        fault = fault.with_related(link.span, label(name, link.value.as_str()));
    }
    fault
}
