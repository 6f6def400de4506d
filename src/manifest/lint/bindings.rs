//! Role bindings of groups, and what may be taken over for them.

use std::collections::HashMap;

use super::Lint;
use crate::ids::Binding;
use crate::manifest::decl::{Adoption, GroupStatus, Management};
use crate::manifest::fault::{Fault, FaultCode};
use crate::manifest::source::Span;
use crate::manifest::words::quoted;

impl Lint<'_> {
    /// Bindings declared twice, or of groups that must not exist; authority without a list.
    pub(super) fn bindings(&mut self) {
        for (name, group) in &self.manifest.groups.0 {
            let shown = quoted(name.value.as_str()).to_string();
            let mut seen: HashMap<Binding, Span> = HashMap::new();
            for declared in group.bindings.iter().flatten() {
                let span = declared.role.span;
                let binding = declared.binding();
                if let Some(first) = seen.get(&binding) {
                    self.faults.push(
                        Fault::warning(
                            FaultCode::DuplicateDeclaration,
                            span,
                            "again here",
                            format!(
                                "group {shown} has the binding of {} to {} at {} twice",
                                quoted(&binding.role),
                                quoted(&binding.resource_group),
                                binding.scope
                            ),
                            "remove one of the two",
                        )
                        .with_related(*first, "first declared here"),
                    );
                } else {
                    seen.insert(binding, span);
                }
            }
            if let (Some(management), None) = (group.binding_management, &group.bindings)
                && management.value == Management::Authoritative
            {
                self.faults.push(Fault::error(
                    FaultCode::MissingField,
                    management.span,
                    "over which bindings",
                    format!("group {shown} has no `bindings` that could be all there are"),
                    "list them; if it is to have none, write `bindings: []`",
                ));
            }
            let Some(status) = group.status else { continue };
            if status.value != GroupStatus::Absent {
                continue;
            }
            let bound = group.bindings.iter().flatten().next();
            let bound = bound.map(|binding| (binding.role.span, "bound here"));
            let adopted = group
                .adopt_group
                .filter(|adopt| adopt.value == Adoption::Wanted)
                .map(|adopt| (adopt.span, "to be taken over, says this"));
            for (span, label) in bound.into_iter().chain(adopted) {
                self.faults.push(
                    Fault::error(
                        FaultCode::TombstoneReferenced,
                        span,
                        label,
                        format!("group {shown} is `absent` and is to be something as well"),
                        "remove it, or the `status: absent`",
                    )
                    .with_related(status.span, "must not exist, says this"),
                );
            }
        }
    }
}
