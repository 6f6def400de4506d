//! A tenant to declarations.
//!
//! Who cannot be declared for certain (no e-mail, one address twice, never approved) is left
//! out, and the groups of their roles become additive: leaving them out must not take them out
//! of their groups. Roles whose groups are one group at the provider become one role where
//! that changes nothing, else the later ones are left out.

use std::collections::{BTreeMap, BTreeSet};

use super::rules;
use super::tenant::{Account, Role, Rules, Standing, Tenant};
use crate::ids::attributes::Attributes;
use crate::ids::{Email, GroupName, PersonKey, RoleName, UserId, fold};
use crate::import::draft::{Draft, DraftMapping, DraftPerson, DraftRole, First, Note};
use crate::import::keys::{Keys, LONGEST_EMAIL, is_overlong};
use crate::import::names;
use crate::import::write::{fits_a_key, too_long};
use crate::live::{Activity, LiveUser};
use crate::manifest::decl::{MappingDecl, UserStatus};
use crate::manifest::decode::{is_email, is_name};
use crate::manifest::lint::compatible;
use crate::manifest::mapping::{CompiledMapping, MappingSet};
use crate::manifest::source::{FileId, Span, Spanned};
use crate::manifest::words::{all_of, count, visible};
use crate::profile::{GroupIds, GroupNames, Profile};
use crate::scim::wire::EmailChoice;

/// Declarations of a tenant, for the provider of this profile.
pub fn draft(tenant: &Tenant, profile: &Profile) -> Draft {
    let mut import = Import {
        tenant,
        profile,
        keys: BTreeMap::new(),
        draft: Draft::default(),
    };
    import.people();
    let mut roles = import.roles();
    import.mappings(&roles);
    let mappings = compiled(&import.draft.mappings);
    import.collisions(&mut roles, &mappings);
    import.declare(roles, &mappings);
    import.draft
}

struct Import<'a> {
    tenant: &'a Tenant,
    profile: &'a Profile,
    /// Which person each account is declared as.
    keys: BTreeMap<&'a str, PersonKey>,
    draft: Draft,
}

/// A role on its way into the manifest.
#[derive(Debug, Clone, Default)]
struct Coming<'a> {
    members: BTreeSet<&'a str>,
    /// Other names whose members it takes.
    also: Vec<String>,
    /// How many roles of OneLogin have its name.
    roles: usize,
}

type Roles<'a> = BTreeMap<RoleName, Coming<'a>>;

impl<'a> Import<'a> {
    fn note(&mut self, first: First, subject: String, message: impl Into<String>) {
        self.draft.notes.push(Note {
            first,
            subject,
            message: message.into(),
        });
    }

    fn out(&mut self, account: &Account, why: impl Into<String>) {
        let name = shown(account);
        self.note(First::Unmanaged, name, why);
    }

    fn people(&mut self) {
        let tenant = self.tenant;
        let mut by_address: BTreeMap<String, Vec<(&'a Account, Email)>> = BTreeMap::new();
        for account in &tenant.accounts {
            let email = account.email.as_deref().map(str::trim).unwrap_or_default();
            if let Standing::Out(why) = account.standing {
                self.out(account, why);
            } else if email.is_empty() {
                self.out(account, "has no e-mail, by which a person is known");
            } else if is_email(email) {
                let email = Email::new(email);
                if is_overlong(&email) {
                    let length = email.as_str().chars().count();
                    self.out(
                        account,
                        format!(
                            "has an address of {length} characters, and one has {LONGEST_EMAIL} \
                             at most"
                        ),
                    );
                    continue;
                }
                let form = compatible(email.folded());
                by_address.entry(form).or_default().push((account, email));
            } else {
                self.out(
                    account,
                    format!("has an address that is no e-mail: `{}`", visible(email)),
                );
            }
        }
        let mut keys = Keys::default();
        for accounts in by_address.into_values() {
            if let Some((account, email)) = self.the_one(accounts) {
                let key = keys.make(&email);
                let person = self.person(account, email);
                self.keys.insert(&account.id, key.clone());
                self.draft.people.insert(key, person);
            }
        }
    }

    /// Of several accounts with one address the only one in use, if there is one.
    fn the_one(&mut self, mut accounts: Vec<(&'a Account, Email)>) -> Option<(&'a Account, Email)> {
        if accounts.len() > 1 {
            let in_use = |it: &&(&Account, Email)| it.0.standing != Standing::Suspended;
            let used = accounts.iter().filter(in_use).count();
            let ids: Vec<&str> = accounts.iter().map(|(account, _)| &*account.id).collect();
            let others = all_of(ids);
            for (account, _) in &accounts {
                if used == 1 && account.standing != Standing::Suspended {
                    continue;
                }
                let why = match used {
                    1 => "the one that is not suspended is declared",
                    _ => "none of them is declared: remove in OneLogin the ones not in use",
                };
                self.out(
                    account,
                    format!("shares its e-mail with another account ({others}); {why}"),
                );
            }
            if used != 1 {
                return None;
            }
            accounts.retain(|(account, _)| account.standing != Standing::Suspended);
        }
        accounts.pop()
    }

    fn person(&mut self, account: &Account, email: Email) -> DraftPerson {
        let text = |name: &Option<String>| {
            let words: Vec<&str> = name.as_deref()?.split_whitespace().collect();
            (!words.is_empty()).then(|| words.join(" "))
        };
        let (first, last) = (text(&account.first), text(&account.last));
        let both: Vec<&str> = [&first, &last]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        // What the account would be at the provider, of which names are told as for any other.
        let live = LiveUser {
            id: UserId::from(&*account.id),
            user_name: email.as_str().into(),
            email: email.clone(),
            email_choice: EmailChoice::Told,
            external_id: None,
            given_name: first.as_deref().map(Into::into),
            family_name: last.as_deref().map(Into::into),
            display_name: (!both.is_empty()).then(|| both.join(" ").into()),
            attributes: Attributes::default(),
            activity: Activity::Active,
        };
        let (names, unwritable) = names::of(&live, self.profile.names);
        let (status, mut remark) = match account.standing {
            Standing::Active | Standing::Out(_) => (UserStatus::Active, None),
            Standing::Remarked(remark) => (UserStatus::Active, Some(remark.to_owned())),
            Standing::Suspended => (UserStatus::Suspended, None),
        };
        if let Some(names::Unwritable { name, why }) = unwritable {
            let name = visible(&name).into_owned();
            self.note(
                First::Silent,
                shown(account),
                format!("the name `{name}` {why}"),
            );
            remark.get_or_insert_with(|| format!("called `{name}`, which {why}"));
        }
        DraftPerson {
            email,
            given_name: names.given,
            family_name: names.family,
            display_name: names.display,
            // Its export tells of none.
            attributes: Attributes::default(),
            status,
            remark,
        }
    }

    fn roles(&mut self) -> Roles<'a> {
        let tenant = self.tenant;
        let mut roles = Roles::new();
        for role in &tenant.roles {
            if !is_name(&role.name) {
                self.note(
                    First::Unmanaged,
                    format!("role `{}` (id {})", visible(&role.name), role.id),
                    "has a name that no role can have here: it is empty, has white space at an \
                     end, or holds characters that cannot be seen",
                );
                continue;
            }
            if !fits_a_key(&role.name) {
                self.note(
                    First::Unmanaged,
                    format!("role `{}` (id {})", visible(&role.name), role.id),
                    too_long(&role.name),
                );
                continue;
            }
            let coming = roles.entry(RoleName::from(role.name.as_str())).or_default();
            coming.members.extend(role.members.iter().map(|id| &**id));
            coming.roles += 1;
        }
        roles
    }

    fn mappings(&mut self, roles: &Roles<'_>) {
        let named = |role: &&Role| roles.contains_key(role.name.as_str());
        let known: Vec<Role> = self.tenant.roles.iter().filter(named).cloned().collect();
        match &self.tenant.rules {
            Rules::Read { rules, values } => {
                let mapped = rules::map(rules, values, &known);
                if mapped.mappings.is_empty() && !known.is_empty() {
                    self.note(
                        First::Silent,
                        "OneLogin's rules".to_owned(),
                        format!(
                            "make no group of a role ({} enabled): no group is declared",
                            count(rules.len(), "rule", "rules")
                        ),
                    );
                }
                self.draft.mappings = mapped.mappings;
                self.draft.notes.extend(mapped.notes);
            }
            Rules::Unread(why) => {
                self.note(
                    First::Silent,
                    "OneLogin's rules".to_owned(),
                    format!(
                        "were not read: {}; the manifest assumes that each role gives the group \
                         of its name, which Harness' page on OneLogin sets up",
                        visible(why)
                    ),
                );
                if !known.is_empty() {
                    self.draft.mappings.push(DraftMapping {
                        pattern: ".*".to_owned(),
                        group: "{role}".to_owned(),
                        remark: Some("Assumed: OneLogin's rules were not read.".to_owned()),
                    });
                }
            }
        }
    }

    /// Names that are one to the provider.
    fn one_name(&self, name: &str) -> String {
        match self.profile.group_names {
            GroupNames::Exact => name.to_owned(),
            GroupNames::Folded => fold(name),
        }
    }

    /// What the groups of a role are to the provider, or why it does not take one.
    fn ids(
        &self,
        name: &RoleName,
        mappings: &MappingSet,
    ) -> Result<BTreeMap<String, GroupName>, String> {
        let mut ids = BTreeMap::new();
        for (_, group) in mappings.groups_for(name) {
            // A group with members of its own gets an entry; without one they would go.
            if !fits_a_key(group.as_str()) {
                return Err(format!("its group `{group}` {}", too_long(group.as_str())));
            }
            let id = match self.profile.group_ids {
                GroupIds::Opaque => self.one_name(group.as_str()),
                GroupIds::DerivedFromName(derive) => derive(group.as_str()).map_err(|fault| {
                    format!("{} takes no group `{group}`: {fault}", self.profile.title)
                })?,
            };
            match ids.get(&id) {
                Some(other) if *other != group => {
                    return Err(format!(
                        "its groups `{other}` and `{group}` are one at {}",
                        self.profile.title
                    ));
                }
                Some(_) | None => ids.insert(id, group),
            };
        }
        Ok(ids)
    }

    fn collisions(&mut self, roles: &mut Roles<'a>, mappings: &MappingSet) {
        let names: Vec<RoleName> = roles.keys().cloned().collect();
        let mut ids: BTreeMap<RoleName, BTreeMap<String, GroupName>> = BTreeMap::new();
        // Whose name a group has: of the first role that gives it.
        let mut owners: BTreeMap<String, (GroupName, RoleName)> = BTreeMap::new();
        for name in names {
            let own = match self.ids(&name, mappings) {
                Ok(own) => own,
                Err(why) => {
                    roles.remove(&name);
                    self.note(
                        First::Unmanaged,
                        format!("role `{name}`"),
                        format!("is left out: {why}"),
                    );
                    continue;
                }
            };
            let rival = own.iter().find_map(|(id, group)| {
                let (taken, owner) = owners.get(id)?;
                (taken != group).then(|| (group.clone(), taken.clone(), owner.clone()))
            });
            let Some((group, taken, owner)) = rival else {
                for (id, group) in &own {
                    let first = || (group.clone(), name.clone());
                    owners.entry(id.clone()).or_insert_with(first);
                }
                ids.insert(name, own);
                continue;
            };
            let title = self.profile.title;
            let same = ids.get(&owner).is_some_and(|of| of.keys().eq(own.keys()));
            let Some(coming) = roles.remove(&name) else {
                continue;
            };
            let subject = format!("role `{name}`");
            match roles.get_mut(&owner) {
                Some(first) if same => {
                    first.members.extend(coming.members);
                    first.also.push(name.to_string());
                    self.note(
                        First::Silent,
                        subject,
                        format!(
                            "gives the group `{group}`, which at {title} is the same as `{taken}`: \
                             its members are declared in the role `{owner}`"
                        ),
                    );
                }
                Some(_) | None => {
                    self.draft.additive.insert(taken.clone());
                    self.note(
                        First::Unmanaged,
                        subject,
                        format!(
                            "is left out: its group `{group}` is at {title} the same as `{taken}` \
                             of the role `{owner}`, and its other groups differ; give it another \
                             name in OneLogin, or declare it by hand"
                        ),
                    );
                }
            }
        }
    }

    fn declare(&mut self, roles: Roles<'a>, mappings: &MappingSet) {
        for (name, coming) in roles {
            let declared = coming
                .members
                .iter()
                .filter_map(|id| self.keys.get(id))
                .cloned();
            let members: BTreeSet<PersonKey> = declared.collect();
            let undeclared = coming
                .members
                .iter()
                .filter(|id| !self.keys.contains_key(*id))
                .count();
            let mut remarks = Vec::new();
            if coming.roles > 1 {
                remarks.push(format!("{} roles of OneLogin have this name", coming.roles));
            }
            if !coming.also.is_empty() {
                let also = all_of(coming.also.iter().map(String::as_str));
                remarks.push(format!("with those of {also}, whose group is the same"));
            }
            if undeclared > 0 {
                remarks.push(format!(
                    "{undeclared} left alone because nothing declares them"
                ));
                let groups = mappings.groups_for(&name).into_iter();
                self.draft.additive.extend(groups.map(|(_, group)| group));
            }
            let remark = (!remarks.is_empty()).then(|| remarks.join(", "));
            self.draft.roles.insert(name, DraftRole { members, remark });
        }
        // A group that no role gives any more cannot be declared.
        let given: BTreeSet<GroupName> = self
            .draft
            .roles
            .keys()
            .flat_map(|role| mappings.groups_for(role))
            .map(|(_, group)| group)
            .collect();
        self.draft.additive.retain(|group| given.contains(group));
    }
}

/// The mappings as a manifest will have them.
fn compiled(mappings: &[DraftMapping]) -> MappingSet {
    let span = Span::start_of(FileId(0));
    let compiled = mappings.iter().enumerate().filter_map(|(at, mapping)| {
        let decl = MappingDecl {
            pattern: Spanned::new(mapping.pattern.clone(), span),
            group: Spanned::new(mapping.group.clone(), span),
            targets: Vec::new(),
        };
        Some((at, CompiledMapping::compile(&decl).ok()?))
    });
    MappingSet::new(compiled.collect())
}

fn shown(account: &Account) -> String {
    let email = account
        .email
        .as_deref()
        .map(str::trim)
        .filter(|it| !it.is_empty());
    let names = [&account.first, &account.last].into_iter().flatten();
    let names: Vec<&str> = names
        .map(|name| name.trim())
        .filter(|it| !it.is_empty())
        .collect();
    let name = match email {
        Some(email) => email.to_owned(),
        None if names.is_empty() => "somebody without a name".to_owned(),
        None => names.join(" "),
    };
    let id = match account.id.starts_with("line ") {
        true => account.id.to_string(),
        false => format!("id {}", account.id),
    };
    format!("{} ({id})", visible(&name))
}
