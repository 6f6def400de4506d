//! With several targets: what one of them takes and another does not is left out at the
//! other, so that one set of people can be declared for both.
//!
//! **Invariants.** What no target takes stays, and is a fault at each. What is left out is
//! told, once for each target and attribute.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use foldhash::fast::RandomState;

use super::{NameModel, Profile};
use crate::ids::TargetName;
use crate::ids::attributes::ExtraAttribute;
use crate::manifest::at::TargetManifest;
use crate::manifest::fault::{Fault, FaultCode};
use crate::manifest::source::{Span, Spanned};
use crate::manifest::words::{all_of, count};
use crate::scim::dialect::Groups;

/// An attribute that only some service providers take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Optional {
    DisplayName,
    /// One of `attributes`.
    Extra(ExtraAttribute),
    Adopt,
    AdoptGroup,
    Bindings,
    BindingManagement,
    /// A whole group, where there are only people.
    Group,
    /// A mapping, which makes groups.
    Mapping,
}

impl Optional {
    /// So many of them, for a message.
    fn told(self, number: usize) -> String {
        let people = || count(number, "person", "people");
        let groups = || count(number, "group", "groups");
        match self {
            Optional::DisplayName => format!("`displayName` of {}", people()),
            Optional::Extra(attribute) => format!("`{}` of {}", attribute.name(), people()),
            Optional::Adopt => format!("`adopt` of {}", people()),
            Optional::AdoptGroup => format!("`adoptGroup` of {}", groups()),
            Optional::Bindings => format!("`bindings` of {}", groups()),
            Optional::BindingManagement => format!("`bindingManagement` of {}", groups()),
            Optional::Group => format!("the declaration of {}", groups()),
            Optional::Mapping => {
                format!("what becomes of {}", count(number, "mapping", "mappings"))
            }
        }
    }

    fn is_taken(self, profile: &Profile) -> bool {
        match self {
            Optional::DisplayName => match profile.names {
                NameModel::Full | NameModel::NotKept => true,
                NameModel::DisplayNameOnly { .. } => false,
            },
            Optional::Extra(attribute) => profile.attributes.contains(&attribute),
            Optional::Group | Optional::Mapping => match profile.dialect.groups {
                Groups::Served => true,
                Groups::NotServed => false,
            },
            Optional::Adopt
            | Optional::AdoptGroup
            | Optional::Bindings
            | Optional::BindingManagement => profile.dialect.platform.is_some(),
        }
    }
}

/// Leaves out at each target what it does not take and another target of the same
/// declaration does.
pub(super) fn leave_out(targets: &mut [(TargetManifest, Profile)]) -> Vec<Fault> {
    let mut taken: HashSet<Span, RandomState> = HashSet::default();
    for (manifest, profile) in &mut *targets {
        visit(manifest, |attribute, span| {
            if attribute.is_taken(profile) {
                taken.insert(span);
            }
            Kept::Yes
        });
    }
    let mut left: BTreeMap<(Optional, &'static str), LeftOut> = BTreeMap::new();
    for (manifest, profile) in targets {
        let Some(name) = manifest.name.clone() else {
            continue;
        };
        visit(manifest, |attribute, span| {
            if attribute.is_taken(profile) || !taken.contains(&span) {
                return Kept::Yes;
            }
            let left = left.entry((attribute, profile.title)).or_default();
            left.places.insert(span);
            left.targets.insert(name.clone());
            Kept::No
        });
    }
    left.into_iter()
        .filter_map(|((attribute, title), left)| left.fault(attribute, title))
        .collect()
}

/// Where one attribute is left out because of one kind of service provider.
#[derive(Default)]
struct LeftOut {
    places: BTreeSet<Span>,
    targets: BTreeSet<TargetName>,
}

impl LeftOut {
    fn fault(&self, attribute: Optional, title: &str) -> Option<Fault> {
        let label = match self.places.len() {
            1 => "this one",
            _ => "the first of them",
        };
        let names = all_of(self.targets.iter().map(TargetName::as_str));
        let message = format!(
            "{} is left out at {names}: {title} does not take it",
            attribute.told(self.places.len()),
        );
        Some(Fault::notice(
            FaultCode::LeftOutAtTarget,
            *self.places.first()?,
            label,
            message,
            "nothing is to do; it holds at the other targets",
        ))
    }
}

/// Whether an attribute stays in the declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    Yes,
    No,
}

/// Visits every attribute that only some providers take, and takes out what is not kept.
fn visit(manifest: &mut TargetManifest, mut keep: impl FnMut(Optional, Span) -> Kept) {
    fn one<T>(
        value: &mut Option<T>,
        span: impl Fn(&T) -> Option<Span>,
        attribute: Optional,
        keep: &mut impl FnMut(Optional, Span) -> Kept,
    ) {
        if let Some(span) = value.as_ref().and_then(span)
            && keep(attribute, span) == Kept::No
        {
            *value = None;
        }
    }
    manifest
        .group_mappings
        .retain(|mapping| keep(Optional::Mapping, mapping.pattern.span) == Kept::Yes);
    manifest
        .groups
        .0
        .retain(|(name, _)| keep(Optional::Group, name.span) == Kept::Yes);
    for (_, user) in &mut manifest.users.0 {
        let name = &mut user.display_name;
        one(
            name,
            |name| Some(name.span),
            Optional::DisplayName,
            &mut keep,
        );
        if let Some(attributes) = &mut user.attributes {
            attributes.0.retain(|declared| {
                let Spanned { value, span } = declared.attribute;
                keep(Optional::Extra(value), span) == Kept::Yes
            });
        }
        let adopt = &mut user.adopt;
        one(adopt, |adopt| Some(adopt.span), Optional::Adopt, &mut keep);
    }
    for (_, group) in &mut manifest.groups.0 {
        let adopt = &mut group.adopt_group;
        one(
            adopt,
            |adopt| Some(adopt.span),
            Optional::AdoptGroup,
            &mut keep,
        );
        // An empty list is no fault anywhere.
        let first = |bindings: &Vec<crate::manifest::decl::BindingDecl>| {
            bindings.first().map(|binding| binding.role.span)
        };
        one(&mut group.bindings, first, Optional::Bindings, &mut keep);
        let management = &mut group.binding_management;
        let span = |management: &crate::manifest::source::Spanned<_>| Some(management.span);
        one(management, span, Optional::BindingManagement, &mut keep);
    }
}
