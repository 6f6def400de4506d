//! Exit codes: a public interface, the same for every command.

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// All went well; with `--detailed-exitcode`, there is nothing to do either.
    Success = 0,
    /// It failed: bad usage, bad manifest, the live state cannot be read.
    Failure = 1,
    /// Only with `--detailed-exitcode`: the plan holds changes.
    Changes = 2,
    /// The plan holds refusals, whatever else it holds.
    Refusals = 3,
    /// `apply` was partial, or did not converge; `probe` ended early, or left something behind.
    Partial = 4,
    /// The saved plan is stale.
    Stale = 5,
}

impl Exit {
    /// Every code, for the reference table.
    pub const ALL: &'static [Exit] = &[
        Exit::Success,
        Exit::Failure,
        Exit::Changes,
        Exit::Refusals,
        Exit::Partial,
        Exit::Stale,
    ];

    /// The codes from the worst on: what a run for several targets ends with is the first of
    /// these that one of them ends with.
    pub const WORST_FIRST: &'static [Exit] = &[
        Exit::Failure,
        Exit::Partial,
        Exit::Stale,
        Exit::Refusals,
        Exit::Changes,
        Exit::Success,
    ];

    /// How several targets ended: as the worst of them.
    pub fn worst(exits: impl IntoIterator<Item = Exit>) -> Exit {
        let ended: Vec<Exit> = exits.into_iter().collect();
        let worst = Self::WORST_FIRST.iter().find(|exit| ended.contains(exit));
        worst.copied().unwrap_or(Exit::Success)
    }

    /// The number the process ends with.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// What it means, for the reference table.
    pub fn meaning(self) -> &'static str {
        match self {
            Exit::Success => "success; with `--detailed-exitcode`: nothing to do",
            Exit::Failure => "failure (bad usage, bad manifest, cannot read the live state, …)",
            Exit::Changes => "only with `--detailed-exitcode`: the plan holds changes",
            Exit::Refusals => "the plan holds refusals (whatever else it holds)",
            Exit::Partial => {
                "apply was partial, or did not converge; probe ended early, or left something behind"
            }
            Exit::Stale => "the saved plan is stale",
        }
    }
}
