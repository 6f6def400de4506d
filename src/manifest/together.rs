//! What was found at each of several targets, as one list of faults.

use std::collections::BTreeMap;

use super::fault::{Fault, FaultCode};
use super::source::Span;
use super::words::{all_of, quoted};
use crate::ids::TargetName;

/// Makes one list of the faults of several targets. What is found at all of them is told
/// once, as it is; what is found at some names them. `needed` says at how many targets a
/// fault has to be found to be one at all.
pub fn together(
    found: Vec<(TargetName, Vec<Fault>)>,
    needed: impl Fn(&Fault) -> usize,
) -> Vec<Fault> {
    type Key = (Span, FaultCode, String);
    let all = found.len();
    let mut merged: BTreeMap<Key, (Fault, Vec<TargetName>)> = BTreeMap::new();
    for (target, faults) in found {
        for fault in faults {
            // Of what something lacks everywhere, each target may say another thing.
            let message = match needed(&fault) {
                1 => fault.message.clone(),
                _ => String::new(),
            };
            let key = (fault.primary.span, fault.code, message);
            let (_, targets) = merged.entry(key).or_insert((fault, Vec::new()));
            if targets.last() != Some(&target) {
                targets.push(target.clone());
            }
        }
    }
    merged
        .into_values()
        .filter(|(fault, targets)| targets.len() >= needed(fault))
        .map(|(mut fault, targets)| {
            if targets.len() < all && needed(&fault) == 1 {
                fault.message.push_str(&at(&targets));
            }
            fault
        })
        .collect()
}

/// Where a fault is one, for the end of its message.
fn at(targets: &[TargetName]) -> String {
    match targets {
        [one] => format!(" (target {})", quoted(one.as_str())),
        several => {
            let names = several.iter().map(TargetName::as_str);
            format!(" (targets {})", all_of(names))
        }
    }
}
