//! Reading the live state while the manifest's files are still being read: a plan then takes as
//! long as the longer of the two.
//!
//! **Invariants.** Only where the root file alone, without a fault, says where to read, and only
//! for who would read there anyway. What was read is used only if the manifest turns out to be
//! valid; if not, the reading is given up.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use super::project::{self, Failure};
use super::target::{self, Connection, Site};
use super::{Terminal, runtime};
use crate::desired::DesiredState;
use crate::live::LiveState;
use crate::live::collect::collect;
use crate::manifest::decl::{IncludedDecl, TargetDecl};
use crate::manifest::fault::Severity;
use crate::manifest::load::Begun;
use crate::profile::Profile;
use crate::scim::listing::Foretold;

/// A reading that goes on. Dropped, it is given up.
pub(super) struct Ahead {
    reading: JoinHandle<Option<Result<Read, Failure>>>,
    foretold: Arc<Foretold>,
    /// Never sent: that it is gone is the sign to stop.
    _stop: oneshot::Sender<()>,
}

/// What was read, and what it was read with.
pub(super) struct Read {
    /// What the connection lives on.
    pub(super) runtime: Runtime,
    pub(super) connection: Connection,
    pub(super) live: LiveState,
}

impl Ahead {
    /// Begins to read the one target that a root file names, if it does.
    pub(super) fn begin(begun: &Begun, root: &Path, terminal: &Terminal) -> Option<Self> {
        let target = begun.target()?;
        // The embedded sandbox costs nothing to read.
        let url = target.base_url.as_ref()?;
        let profile = Profile::named(&target.provider.value)?.overridden(&target.dialect);
        let fault = profile.base_url.fault(&url.value);
        if fault.is_some_and(|fault| fault.severity == Severity::Error) {
            return None;
        }
        let (target, folder) = (TargetDecl::clone(target), project::folder_of(root));
        let (stop, stopped) = oneshot::channel();
        let terminal = terminal.clone();
        let foretold: Arc<Foretold> = Arc::default();
        let told = Arc::clone(&foretold);
        let reading = std::thread::spawn(move || {
            let site = Site {
                name: None,
                target: &target,
                profile: &profile,
                folder: &folder,
            };
            read(site, told, &terminal, stopped)
        });
        Some(Self {
            reading,
            foretold,
            _stop: stop,
        })
    }

    /// Tells of an included file: there is probably as much to read as is declared.
    pub(super) fn count(&self, decl: &IncludedDecl) {
        self.foretold.count(decl.users.0.len(), decl.roles.0.len());
    }

    /// Tells how much there probably is to read, now that the manifest says what is wanted.
    pub(super) fn foretell(&self, desired: &DesiredState) {
        self.foretold
            .tell(desired.users.len(), desired.groups.len());
    }

    /// Waits for what is read.
    ///
    /// # Errors
    /// As connecting and reading at the usual time.
    pub(super) fn finish(self) -> Result<Read, Failure> {
        let Self {
            reading,
            foretold: _,
            _stop,
        } = self;
        match reading.join() {
            Ok(Some(read)) => read,
            Ok(None) => unreachable!("it is stopped only when nobody waits for it"),
            // A panic is a bug there; pass it on.
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

fn read(
    site: Site<'_>,
    foretold: Arc<Foretold>,
    terminal: &Terminal,
    stopped: oneshot::Receiver<()>,
) -> Option<Result<Read, Failure>> {
    let runtime = runtime();
    let work = async {
        let mut connection = target::connect_at(site, terminal).await?;
        connection.reader = connection.reader.foretold(foretold);
        let live = collect(&connection.reader).await?;
        Ok((connection, live))
    };
    let read = runtime.block_on(async {
        tokio::select! {
            read = work => Some(read),
            _gone = stopped => None,
        }
    })?;
    Some(read.map(|(connection, live)| Read {
        runtime,
        connection,
        live,
    }))
}
