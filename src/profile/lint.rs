//! What a provider would not take, found offline: faults of a manifest that only a profile
//! can tell.

use std::collections::{BTreeMap, HashMap};

use compact_str::CompactString;
use jiff::civil::Date;

use super::base_url::{BaseUrlFault, BaseUrlRule};
use super::{GroupIds, GroupNames, NameModel, Profile, RequiredName, left_out};
use crate::desired::{self, DesiredGroup, DesiredState};
use crate::ids::fold;
use crate::manifest::at::TargetManifest;
use crate::manifest::decl::{Targets, UserStatus};
use crate::manifest::decode::Wholeness;
use crate::manifest::fault::{self, Fault, FaultCode};
use crate::manifest::load::Loaded;
use crate::manifest::source::{SourceMap, Span, Spanned};
use crate::manifest::together::together;
use crate::manifest::words::{closest, quoted};
use crate::scim::dialect::Groups;

/// What follows from a manifest at one of its targets. Of one with errors it is good for
/// comparing only.
#[derive(Debug)]
pub struct Resolved {
    /// What of the manifest holds there.
    pub manifest: TargetManifest,
    /// The profile of the provider.
    pub profile: Profile,
    /// What is wanted there.
    pub desired: DesiredState,
}

/// A manifest, checked against the profile of each of its targets.
#[derive(Debug)]
#[must_use = "a manifest may have faults"]
pub struct Checked {
    /// The texts, for drawing the faults.
    pub sources: SourceMap,
    /// Everything found, in reading order.
    pub faults: Vec<Fault>,
    /// Whether everything that was written was understood.
    pub wholeness: Wholeness,
    /// What follows for each target, in the order of their names, also where there are errors.
    /// Nothing for a provider without a profile, and nothing at all of a manifest that was not
    /// understood or has a circle of roles, which makes it meaningless.
    pub targets: Vec<Resolved>,
}

/// What becomes of declared people and roles once they are resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declarations {
    /// They can be asked for.
    Kept,
    /// They are let go, and the manifest is left without: of a million memberships one copy is
    /// enough while live ones come in.
    LetGo,
}

/// Checks a loaded manifest against the profiles it names, also where it has other errors.
pub fn check(loaded: Loaded, as_of: Date) -> Checked {
    check_keeping(loaded, as_of, Declarations::Kept)
}

/// As [`check`], and says what becomes of the declarations.
pub fn check_keeping(loaded: Loaded, as_of: Date, declarations: Declarations) -> Checked {
    let (understood, sources, mut faults) = loaded.into_parts();
    let Some((manifest, wholeness)) = understood else {
        return Checked {
            sources,
            faults,
            wholeness: Wholeness::Partial,
            targets: Vec::new(),
        };
    };
    let several = match &manifest.targets {
        Targets::One(_) => Several::No,
        Targets::Named(_) => Several::Yes,
    };
    let mut known = Vec::new();
    for manifest in manifest.into_targets() {
        let provider = &manifest.target.provider;
        match Profile::named(&provider.value) {
            Some(profile) => {
                let profile = profile.overridden(&manifest.target.dialect);
                known.push((manifest, profile));
            }
            // Where nothing usable is written, that is a fault already.
            None if provider.value.is_empty() => {}
            None => faults.push(unknown_provider(provider)),
        }
    }
    if several == Several::Yes {
        faults.extend(left_out::leave_out(&mut known));
    }
    let circle = |fault: &Fault| fault.code == FaultCode::IncludeCycle;
    let is_circle = faults.iter().any(circle);
    let mut targets = Vec::new();
    let mut found = Vec::new();
    for (mut manifest, profile) in known {
        let name = manifest.name.clone();
        let here = if is_circle {
            // Whoever has one of the roles has all: what follows from that is not worth saying.
            let mut here = Vec::new();
            base_url(&manifest, &profile, &mut here);
            other_login(&manifest, &profile, &mut here);
            people(&manifest, &profile, &mut here);
            here
        } else {
            let mut here = declared(&manifest, &profile);
            let desired = match declarations {
                Declarations::Kept => desired::resolve(&manifest, as_of),
                Declarations::LetGo => desired::resolve_and_forget(&mut manifest, as_of),
            };
            here.extend(wanted(&desired, &profile));
            targets.push(Resolved {
                manifest,
                profile,
                desired,
            });
            here
        };
        match name {
            Some(name) => found.push((name, here)),
            None => faults.extend(here),
        }
    }
    faults.extend(together(found, |_| 1));
    fault::sort(&mut faults, &sources);
    Checked {
        sources,
        faults,
        wholeness,
        targets,
    }
}

/// Whether a manifest names its targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Several {
    Yes,
    No,
}

/// What a provider finds in what is declared.
fn declared(manifest: &TargetManifest, profile: &Profile) -> Vec<Fault> {
    let mut faults = Vec::new();
    base_url(manifest, profile, &mut faults);
    other_login(manifest, profile, &mut faults);
    people(manifest, profile, &mut faults);
    beside_scim(manifest, profile, &mut faults);
    no_groups(manifest, profile, &mut faults);
    faults
}

/// What it finds in what follows from that.
fn wanted(desired: &DesiredState, profile: &Profile) -> Vec<Fault> {
    let mut faults = Vec::new();
    groups(desired, profile, &mut faults);
    group_names(desired, profile, &mut faults);
    faults.extend(desired::assertion::faults(desired));
    faults
}

fn unknown_provider(provider: &Spanned<String>) -> Fault {
    let names = Profile::NAMES;
    Fault::error(
        FaultCode::UnknownProvider,
        provider.span,
        "no profile has this name",
        format!(
            "there is no profile for the provider {}",
            quoted(&provider.value)
        ),
        match closest(&provider.value, names.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("use one of: {}", names.join(", ")),
        },
    )
}

fn base_url(manifest: &TargetManifest, profile: &Profile, faults: &mut Vec<Fault>) {
    let Some(url) = &manifest.target.base_url else {
        return;
    };
    if let Some(found) = profile.base_url.fault(&url.value) {
        let fault = url_fault(url.span, found);
        faults.push(match url.value.contains('@') {
            // It may be a password, which is not shown.
            true => fault.redact_snippet(url.span),
            false => fault,
        });
    }
}

fn url_fault(span: Span, found: BaseUrlFault) -> Fault {
    let BaseUrlFault {
        severity,
        label,
        message,
        help,
    } = found;
    Fault {
        severity,
        ..Fault::error(FaultCode::InvalidBaseUrl, span, label, message, help)
    }
}

/// The integration that decides who can log in: only where there can be one, and its token
/// goes to the host it is for.
fn other_login(manifest: &TargetManifest, profile: &Profile, faults: &mut Vec<Fault>) {
    let target = &manifest.target;
    let Some(declared) = &target.harness.first_gen else {
        return;
    };
    let Some(source) = declared.emails.as_ref().or(declared.base_url.as_ref()) else {
        return; // a fault already
    };
    if profile.other_login.is_none() {
        faults.push(Fault::error(
            FaultCode::UnsupportedAttribute,
            source.span,
            "not taken here",
            format!("{} has no `firstGen`", profile.title),
            "take `harness` out of `target`",
        ));
        return;
    }
    let Some(url) = &declared.base_url else {
        return;
    };
    if let Some(found) = BaseUrlRule::Any.fault(&url.value) {
        faults.push(url_fault(url.span, found));
        return;
    }
    let place = |url: &str| url.trim().trim_end_matches('/').to_owned();
    let same = target.base_url.as_ref();
    let same = same.is_some_and(|target| place(&target.value) == place(&url.value));
    let older = profile.base_url.of_other(&url.value);
    if same || older.is_some() {
        faults.push(Fault::error(
            FaultCode::InvalidBaseUrl,
            url.span,
            "not FirstGen's",
            "`target.harness.firstGen.baseUrl` is that of NextGen: whoever is provisioned is there, \
             so nobody would be found missing",
            match older {
                Some(older) => format!("did you mean `{older}`?"),
                None => "name FirstGen's base URL, or its members with `emails`".to_owned(),
            },
        ));
        return;
    }
    let theirs = target.base_url.as_ref().map(|url| origin(&url.value));
    if declared.token.is_none() && theirs != Some(origin(&url.value)) {
        faults.push(Fault::error(
            FaultCode::MissingField,
            url.span,
            "another host than the target's",
            "`target.harness.firstGen` has no `token`, and the target's goes to its own host only",
            "add `token: { env: … }` beside `baseUrl`",
        ));
    }
}

/// Scheme and authority of a URL.
fn origin(url: &str) -> &str {
    let after = url.find("://").map_or(0, |at| at + 3);
    let end = url[after..].find('/').map_or(url.len(), |at| after + at);
    &url[..end]
}

fn people(manifest: &TargetManifest, profile: &Profile, faults: &mut Vec<Fault>) {
    missing_names(manifest, profile, faults);
    attributes(manifest, profile, faults);
    let NameModel::DisplayNameOnly { dropped, max_chars } = profile.names else {
        return;
    };
    for (key, user) in &manifest.users.0 {
        if user.status() == UserStatus::Absent {
            continue;
        }
        if let Some(name) = &user.display_name {
            faults.push(Fault::error(
                FaultCode::UnsupportedAttribute,
                name.span,
                "not taken here",
                format!(
                    "`displayName` of `{}` is not an attribute {} takes",
                    key.value, profile.title
                ),
                "take it out: only `givenName`, `familyName` and `email` are accepted",
            ));
        }
        for name in [&user.given_name, &user.family_name].into_iter().flatten() {
            forbidden(name, dropped, profile, faults);
        }
        let length: usize = [&user.given_name, &user.family_name]
            .into_iter()
            .flatten()
            .map(|name| name.value.chars().count() + 1)
            .sum();
        if length > max_chars + 1 {
            faults.push(Fault::error(
                FaultCode::InvalidName,
                key.span,
                "this person's name",
                format!(
                    "the name of `{}` is longer than {max_chars} characters",
                    key.value
                ),
                "shorten it",
            ));
        }
    }
}

/// Names without which the provider makes nobody. Whoever is there already may do without, so
/// that it is no error.
fn missing_names(manifest: &TargetManifest, profile: &Profile, faults: &mut Vec<Fault>) {
    if profile.required_names.is_empty() {
        return;
    }
    for (key, user) in &manifest.users.0 {
        if user.status() == UserStatus::Absent {
            continue;
        }
        let missing = profile.required_names.iter().filter_map(|name| match name {
            RequiredName::Given => user.given_name.is_none().then_some("`givenName`"),
            RequiredName::Family => user.family_name.is_none().then_some("`familyName`"),
        });
        let missing: Vec<&str> = missing.collect();
        if missing.is_empty() {
            continue;
        }
        faults.push(Fault::warning(
            FaultCode::MissingName,
            key.span,
            "this person",
            format!(
                "{} has no {}, and {} makes nobody without",
                quoted(key.value.as_str()),
                missing.join(" and no "),
                profile.title
            ),
            format!("add {}", missing.join(" and ")),
        ));
    }
}

/// Attributes that the provider is not known to take. Those of a tombstone are never sent.
fn attributes(manifest: &TargetManifest, profile: &Profile, faults: &mut Vec<Fault>) {
    for (key, user) in &manifest.users.0 {
        let declared = match user.status() {
            UserStatus::Absent => None,
            UserStatus::Active | UserStatus::Suspended => user.attributes.as_ref(),
        };
        for declared in declared.iter().flat_map(|declared| &declared.0) {
            let Spanned { value, span } = declared.attribute;
            if profile.attributes.contains(&value) {
                continue;
            }
            let name = value.name();
            faults.push(Fault::error(
                FaultCode::UnsupportedAttribute,
                span,
                "not taken here",
                format!(
                    "`{name}` of `{}` is not an attribute {} is known to take",
                    key.value, profile.title
                ),
                match profile.names {
                    // It has but one name, and nothing beside it.
                    NameModel::DisplayNameOnly { .. } => {
                        "take it out: only `givenName`, `familyName` and `email` are accepted"
                            .to_owned()
                    }
                    NameModel::Full | NameModel::NotKept => format!(
                        "take it out, or put `{name}` into `target.dialect.userAttributes` if this one does"
                    ),
                },
            ));
        }
    }
}

/// What takes an API that only some providers have beside SCIM.
fn beside_scim(manifest: &TargetManifest, profile: &Profile, faults: &mut Vec<Fault>) {
    if profile.dialect.platform.is_some() {
        return;
    }
    let mut fault = |span, key: &str, of: &str, what: &str| {
        faults.push(Fault::error(
            FaultCode::UnsupportedAttribute,
            span,
            "not taken here",
            format!("`{key}` of `{of}` needs {what}, and SCIM knows none"),
            format!("take it out: `provider: {}` is SCIM alone", profile.name),
        ));
    };
    for (key, user) in &manifest.users.0 {
        if let Some(adopt) = &user.adopt {
            let what = "accounts that SCIM does not list";
            fault(adopt.span, "adopt", key.value.as_str(), what);
        }
    }
    for (name, group) in &manifest.groups.0 {
        let name = name.value.as_str();
        if let Some(adopt) = &group.adopt_group {
            let what = "groups that SCIM does not list";
            fault(adopt.span, "adoptGroup", name, what);
        }
        if let Some(management) = &group.binding_management {
            fault(management.span, "bindingManagement", name, "role bindings");
        }
        for binding in group.bindings.iter().flatten() {
            fault(binding.role.span, "bindings", name, "role bindings");
        }
    }
}

/// Where there are only people, whatever would be a group is a fault.
fn no_groups(manifest: &TargetManifest, profile: &Profile, faults: &mut Vec<Fault>) {
    match profile.dialect.groups {
        Groups::Served => return,
        Groups::NotServed => {}
    }
    let mut fault = |span, what: String| {
        faults.push(Fault::error(
            FaultCode::GroupsNotSupported,
            span,
            "there are no groups there",
            format!("{what}, and {} has no groups over SCIM", profile.title),
            "take it out: only people are provisioned there",
        ));
    };
    for mapping in &manifest.group_mappings {
        let what = format!("the mapping `{}` makes groups", mapping.pattern.value);
        fault(mapping.pattern.span, what);
    }
    for (name, _) in &manifest.groups.0 {
        fault(
            name.span,
            format!("`{}` is declared as a group", name.value),
        );
    }
}

fn forbidden(
    name: &Spanned<CompactString>,
    dropped: &[char],
    profile: &Profile,
    faults: &mut Vec<Fault>,
) {
    if let Some(c) = name.value.chars().find(|c| dropped.contains(c)) {
        let all: String = dropped.iter().collect();
        faults.push(Fault::error(
            FaultCode::InvalidName,
            name.span,
            format!("contains `{c}`"),
            format!("{} does not take `{c}` in a name", profile.title),
            format!("leave out the characters {all}"),
        ));
    }
}

fn groups(desired: &DesiredState, profile: &Profile, faults: &mut Vec<Fault>) {
    let GroupIds::DerivedFromName(derive) = profile.group_ids else {
        return;
    };
    let mut by_id: BTreeMap<String, &DesiredGroup> = BTreeMap::new();
    for group in &desired.groups {
        let Some(span) = role_span(desired, group) else {
            continue;
        };
        if group.name.as_str().trim().is_empty() {
            continue; // `manifest::lint` says so for every provider
        }
        match derive(group.name.as_str()) {
            Err(fault) => faults.push(
                Fault::error(
                    FaultCode::InvalidGroupName,
                    span,
                    "this role's group",
                    format!(
                        "{} would not accept the group `{}`: {fault}",
                        profile.title, group.name
                    ),
                    "rename the role, or give its mapping another group template",
                )
                .with_related(mapping_span(desired, group), "by this mapping"),
            ),
            Ok(id) => {
                if let Some(first) = by_id.get(&id) {
                    let fault = Fault::error(
                        FaultCode::GroupIdCollision,
                        span,
                        format!("becomes the group `{}`", group.name),
                        format!(
                            "the groups `{}` and `{}` would both have the id `{id}`: {} would make one group of them",
                            first.name, group.name, profile.title
                        ),
                        "rename one of the roles so that their ids differ, or map both to one group",
                    );
                    faults.push(match role_span(desired, first) {
                        Some(other) => {
                            fault.with_related(other, format!("becomes the group `{}`", first.name))
                        }
                        None => fault,
                    });
                } else {
                    by_id.insert(id, group);
                }
            }
        }
    }
}

/// Groups whose names differ for us and not for the provider: two of them would be planned
/// against one live group, each undoing the other.
fn group_names(desired: &DesiredState, profile: &Profile, faults: &mut Vec<Fault>) {
    match profile.group_names {
        GroupNames::Exact => return,
        GroupNames::Folded => {}
    }
    let mut by_name: HashMap<String, &DesiredGroup> = HashMap::new();
    for group in &desired.groups {
        let Some(span) = role_span(desired, group) else {
            continue;
        };
        let Some(first) = by_name.insert(fold(group.name.as_str()), group) else {
            continue;
        };
        let fault = Fault::error(
            FaultCode::GroupNameCollision,
            span,
            format!("becomes the group `{}`", group.name),
            format!(
                "the groups `{}` and `{}` have one name to {}, which compares without case",
                first.name, group.name, profile.title
            ),
            "rename one of the roles, or map both to one group",
        );
        faults.push(match role_span(desired, first) {
            Some(other) => fault.with_related(other, format!("becomes the group `{}`", first.name)),
            None => fault,
        });
    }
    for absent in &desired.absent_groups {
        let name = fold(absent.name.as_str());
        let earlier = desired.groups.iter().find(|group| {
            let mut earlier = group.previously.iter();
            earlier.any(|earlier| fold(earlier.as_str()) == name)
        });
        if let Some(group) = earlier {
            faults.push(Fault::error(
                FaultCode::PreviousKeyInUse,
                absent.span,
                "must not exist, says this",
                format!(
                    "group `{}` is `absent` and has one name, to {}, with an earlier one of `{}`",
                    absent.name, profile.title, group.name
                ),
                "remove the `status: absent`, or the name from `previously`",
            ));
        }
        let Some(group) = by_name.get(&name) else {
            continue;
        };
        let fault = Fault::error(
            FaultCode::TombstoneMapped,
            absent.span,
            "must not exist, says this",
            format!(
                "group `{}` is `absent` and a mapping produces `{}`, one name to {}",
                absent.name, group.name, profile.title
            ),
            "remove the role or narrow the mapping, or remove the `status: absent`",
        );
        faults.push(match role_span(desired, group) {
            Some(role) => fault.with_related(role, format!("becomes the group `{}`", group.name)),
            None => fault,
        });
    }
}

fn role_span(desired: &DesiredState, group: &DesiredGroup) -> Option<Span> {
    group
        .sources
        .first()
        .map(|source| desired.role(source.role).span)
}

fn mapping_span(desired: &DesiredState, group: &DesiredGroup) -> Span {
    let source = group
        .sources
        .first()
        .expect("a desired group comes from a role");
    desired.mappings[source.mapping as usize].span
}
