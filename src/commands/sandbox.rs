//! `scim-sync sandbox`: serve it, fill it, empty it.

use std::time::Duration;

use super::project::{self, Failure};
use super::trouble::Trouble;
use super::{Terminal, selection, serving_runtime, target};
use crate::cli::{BehaviorChoice, GlobalArgs, SandboxCommand, SandboxLoadArgs, SandboxServeArgs};
use crate::exit::Exit;
use crate::ids::{Email, UserId};
use crate::live::beside::{Beside, Bound, Made};
use crate::live::snapshot::Snapshot;
use crate::manifest::decl::SandboxBehavior;
use crate::manifest::load;
use crate::profile::Profile;
use crate::render::style::count;
use crate::sandbox::server::{Options, Server, ServerError};
use crate::sandbox::state_file::{StateFile, StateFileError};
use crate::sandbox::world::{PrincipalKind, SeedError, SeedGroup, SeedUser, World};

pub(super) fn run(
    global: &GlobalArgs,
    command: &SandboxCommand,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    match command {
        SandboxCommand::Serve(args) => serve(args, terminal),
        SandboxCommand::Load(args) => fill(global, args, terminal),
        SandboxCommand::Reset => reset(global, terminal),
    }
}

/// Whose sandbox is served where neither an option nor a state file says.
const DEFAULT_PROVIDER: &str = "harness";

fn serve(args: &SandboxServeArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let behavior = args.behavior.map(|behavior| match behavior {
        BehaviorChoice::Documented => SandboxBehavior::Documented,
        BehaviorChoice::Source => SandboxBehavior::Source,
    });
    // What a state file holds is served as it is; what is asked for has to fit it.
    let asked = args.personality.as_deref().and_then(Profile::named);
    let options = Options {
        port: args.port,
        state: args.state.as_ref().map(StateFile::new),
        personality: asked.as_ref().map(target::personality),
        latency: Duration::from_millis(args.latency),
    };
    serving_runtime().block_on(async {
        let server = Server::start(options, || {
            let provider = args.personality.as_deref().unwrap_or(DEFAULT_PROVIDER);
            let behavior = behavior.unwrap_or(SandboxBehavior::Documented);
            target::empty_world(provider, behavior, &args.token)
        })
        .await
        .map_err(|error| not_of(error, asked.as_ref()))?;
        server.with_world(|world| {
            target::admit(world, &args.token, behavior);
            let quirks = asked.as_ref().and_then(target::quirks);
            target::depart(world, quirks.as_ref());
        });
        terminal.print(&format!("{}\n", server.base_url()))?;
        wait_for_the_end().await;
        server.shutdown().await;
        Ok(Exit::Success)
    })
}

/// Why there is no server; whose state was wanted is told by its name.
fn not_of(error: ServerError, asked: Option<&Profile>) -> Trouble {
    match (&error, asked) {
        (ServerError::State(StateFileError::Personality { path, found, .. }), Some(profile)) => {
            Trouble::new(
                "sandbox",
                format!(
                    "`{}` holds {}, not a sandbox of {}",
                    path.display(),
                    found.title(),
                    profile.title
                ),
                error.help(),
            )
        }
        (ServerError::State(_) | ServerError::Listen { .. }, _) => error.into(),
    }
}

#[cfg(unix)]
async fn wait_for_the_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).expect("signals can be listened for");
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(not(unix))]
async fn wait_for_the_end() {
    // Without a handler there is nothing to wait for but the end of the process.
    let _ = tokio::signal::ctrl_c().await;
}

fn fill(global: &GlobalArgs, args: &SandboxLoadArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let file = &args.snapshot;
    let text = std::fs::read_to_string(file)
        .map_err(|error| Trouble::file("read the snapshot", file, &error))?;
    let snapshot = Snapshot::parse(&text).map_err(|error| {
        Trouble::new(
            "snapshot",
            format!("`{}` is {error}", file.display()),
            "write one with `scim-sync snapshot --out FILE`",
        )
    })?;
    let state = match &args.state {
        Some(file) => StateFile::new(file),
        None => sandbox_of(global)?,
    };
    let (users, groups) = (snapshot.users.len(), snapshot.groups.len());
    let world = seeded(snapshot, &args.token).map_err(|error| {
        Trouble::new(
            "snapshot",
            format!("the snapshot cannot be a sandbox's state: {error}"),
            "correct the snapshot, or take it again",
        )
    })?;
    let held = state.hold().map_err(ServerError::from);
    let held = held.map_err(Trouble::from)?;
    let saved = state.save(&world.to_json()).map_err(ServerError::from);
    saved.map_err(Trouble::from)?;
    drop(held);
    terminal.status(&format!(
        "filled {} with {} and {}",
        state.path().display(),
        count(users, "user", "users"),
        count(groups, "group", "groups")
    ));
    Ok(Exit::Success)
}

/// A world that holds what a snapshot tells.
pub(crate) fn seeded(snapshot: Snapshot, token: &str) -> Result<World, SeedError> {
    let mut world = target::empty_world(&snapshot.provider, SandboxBehavior::Documented, token);
    for user in snapshot.users {
        world.seed_scim_user(SeedUser {
            id: Some(user.id),
            mail: (user.email.as_str() != user.user_name).then(|| user.email.to_string()),
            email: Email::new(user.user_name),
            name: user.display_name,
            given_name: user.given_name,
            family_name: user.family_name,
            attributes: user.attributes,
            external_id: user.external_id,
            disabled: !user.active,
        })?;
    }
    for group in snapshot.groups {
        world.seed_scim_group(SeedGroup {
            id: Some(group.id),
            name: group.display_name.to_string(),
            external_id: None,
            members: group
                .members
                .into_iter()
                .map(Into::into)
                .filter(|id| world.user(id).is_some())
                .collect(),
        })?;
    }
    seed_beside(&mut world, snapshot.beside)?;
    Ok(world)
}

/// What SCIM does not list: accounts and groups made by hand, and role bindings.
fn seed_beside(world: &mut World, beside: Beside) -> Result<(), SeedError> {
    for account in beside.accounts.known().into_iter().flatten() {
        world.seed_standalone_user(SeedUser {
            id: Some(account.id.clone()),
            ..SeedUser::new(account.email.as_str())
        })?;
    }
    for group in beside.groups.known().into_iter().flatten() {
        let ids = group.members.iter().map(|id| UserId::from(id.as_str()));
        let seed = SeedGroup {
            id: Some(group.id.clone()),
            name: group.name.to_string(),
            external_id: None,
            members: ids.filter(|id| world.user(id).is_some()).collect(),
        };
        match group.made {
            Made::ByHand => world.seed_manual_group(seed)?,
            Made::ByProvider => world.seed_built_in_group(seed)?,
            Made::ByProvisioning => world.seed_scim_group(seed)?,
        };
    }
    for live in beside.bindings.known().into_iter().flatten() {
        let (kind, principal) = match &live.bound {
            Bound::Group(id) => (PrincipalKind::UserGroup, id.as_str()),
            Bound::User(id) => (PrincipalKind::User, id.as_str()),
        };
        // One whose principal is not in the snapshot is none to the sandbox either.
        let _ = world.seed_binding(&live.id, kind, principal, &live.binding);
    }
    Ok(())
}

/// The state file of the manifest's sandbox. The manifest may have faults: only the place
/// matters.
fn sandbox_of(global: &GlobalArgs) -> Result<StateFile, Failure> {
    let root = project::root_file(global)?;
    let folder = project::folder_of(&root);
    let Some(manifest) = load::load(&root).manifest else {
        return Err(Trouble::new(
            "no-manifest",
            format!("`{}` cannot be read as a manifest", root.display()),
            "run `scim-sync validate`, or name the state file with `--state`",
        )
        .into());
    };
    let (name, target) = selection::target(&manifest, &global.target)?;
    Ok(target::sandbox_state(name, target, &folder))
}

fn reset(global: &GlobalArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let state = sandbox_of(global)?;
    // Where there is none yet, no file is made to say so.
    let held = state.path().exists().then(|| state.hold()).transpose();
    let _held = held.map_err(ServerError::from).map_err(Trouble::from)?;
    match std::fs::remove_file(state.path()) {
        Ok(()) => terminal.status(&format!("removed {}", state.path().display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            terminal.status("the sandbox is empty already");
        }
        Err(error) => return Err(Trouble::file("remove", state.path(), &error).into()),
    }
    Ok(Exit::Success)
}
