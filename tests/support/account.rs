//! An account at a simulated provider, read and written by the real client and executor.

use std::collections::BTreeSet;

use scim_sync::apply::{MadeBy, Options, Outcome, Picture, Progress, Status, Stop, execute};
use scim_sync::live::LiveState;
use scim_sync::live::collect::collect;
use scim_sync::plan::{Action, Moved, Plan};
use scim_sync::profile::Profile;
use scim_sync::sandbox::in_memory::InMemory;
use scim_sync::sandbox::world::World;
use scim_sync::scim::error::ScimError;
use scim_sync::scim::http::Transport;
use scim_sync::scim::service::{Reader, Writer};

/// The token every simulated provider knows.
pub const TOKEN: &str = "pat.AcC0unt.tok.secret";

/// A world and the door to it.
pub struct Account {
    pub door: InMemory,
    profile: Profile,
}

impl Account {
    pub fn new(world: World, profile: &Profile) -> Self {
        Self {
            door: InMemory::new(world, TOKEN),
            profile: profile.clone(),
        }
    }

    fn reader(&self) -> Reader<&InMemory> {
        Reader::new(&self.door, self.profile.dialect.clone())
    }

    /// Reads everything, as `plan` does.
    pub async fn read(&self) -> Result<LiveState, ScimError> {
        collect(&self.reader()).await
    }

    /// Carries a plan out, as `apply` does.
    pub async fn apply(&self, plan: &Plan, stop: &Stop) -> Outcome {
        let writer = Writer::new(&self.door, self.profile.dialect.clone());
        carry_out(plan, &self.profile, &writer, stop).await
    }
}

/// Carries a plan out through any transport.
pub async fn carry_out<T: Transport>(
    plan: &Plan,
    profile: &Profile,
    writer: &Writer<T>,
    stop: &Stop,
) -> Outcome {
    let options = Options {
        picture: Picture::Fresh,
        moved: Moved::default(),
        concurrency: 4,
        needs_approval: BTreeSet::new(),
        approved: BTreeSet::new(),
    };
    execute(plan, profile, writer, &options, stop, &Silent).await
}

struct Silent;

impl Progress for Silent {
    fn finished(&self, _: &Action, _: &Status, _: MadeBy) {}
}

/// Runs something that waits, with time that passes by itself.
pub fn run<R>(work: impl Future<Output = R>) -> R {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime can be made")
        .block_on(work)
}
