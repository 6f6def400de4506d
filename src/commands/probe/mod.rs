//! `scim-sync probe`: measures a provider with users and groups of its own, and takes them
//! away again.

mod files;

use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;

use self::files::Kept;
use super::apply::end_after;
use super::project::{self, Failure, Project};
use super::state::Lock;
use super::target::ProbingConnection;
use super::trouble::Trouble;
use super::{Terminal, interrupts, runtime, target};
use crate::apply::Stop;
use crate::cli::{GlobalArgs, ProbeArgs, ProbeFormat};
use crate::exit::Exit;
use crate::probe::found::Left;
use crate::probe::namespace::Namespace;
use crate::probe::{self, GROUPS, Groups, Seen, UNREMOVABLE, USERS};
use crate::profile::{Creation, GroupRemovalRule, Profile};
use crate::render;
use crate::render::escape;
use crate::render::style::count;
use crate::scim::dialect::{Groups as ServedGroups, UserDeletion};

pub(super) fn run(
    global: &GlobalArgs,
    args: &ProbeArgs,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let project = project::load_project(global, project::today(), terminal)?;
    if !args.clean && !args.i_know_it_writes {
        return Err(unasked(&project, args).into());
    }
    if !args.clean {
        stays_clean(&project)?;
    }
    let _lock = Lock::take(&project.folder)?;
    runtime().block_on(async {
        let connection = target::connect_to_probe(&project, terminal).await?;
        match args.clean {
            true => clean(&project, args, &connection, terminal).await,
            false => measure(&project, args, &connection, terminal).await,
        }
    })
}

/// Refuses where nothing that is made could be taken away again.
fn stays_clean(project: &Project) -> Result<(), Trouble> {
    match project.profile.dialect.user_deletion {
        UserDeletion::Removes => Ok(()),
        UserDeletion::Deactivates => Err(Trouble::new(
            "probe-leaves-users",
            format!("{} is not probed: {UNREMOVABLE}", project.profile.title),
            "if DELETE does remove users there, set `target.dialect.userDeletion` to `removes`",
        )),
    }
}

/// Says what it would do, to somebody who has not said that they know.
fn unasked(project: &Project, args: &ProbeArgs) -> Trouble {
    let Profile {
        title, creation, ..
    } = &project.profile;
    let url = project.manifest.target.base_url.as_ref();
    let place = url.map_or_else(
        || target::sandbox_title(project.manifest.name.as_ref()),
        |url| url.value.clone(),
    );
    let groups = groups_made(&project.profile, args);
    let mail = match creation {
        Creation::Invites => format!(
            "; an invitation is mailed for each user, to addresses at `{}`",
            args.email_domain
        ),
        Creation::Silent => String::new(),
    };
    Trouble::new(
        "probe-writes",
        format!(
            "`probe` writes to {title} at {place}: it makes up to {USERS} users and {groups}, \
             named `scim-sync-probe-…`, changes them, and removes them again{mail}"
        ),
        "try it on a test account; `--i-know-it-writes` begins, `--email-domain` names another \
         domain for the addresses (`example.com` takes no mail)",
    )
}

/// How many groups a run makes, in words.
fn groups_made(profile: &Profile, args: &ProbeArgs) -> String {
    match profile.dialect.groups {
        // Whether that is so is measured as well.
        ServedGroups::NotServed => {
            return format!(
                "no group, because its profile has none (if it lists groups all the same, up to \
                 {GROUPS})"
            );
        }
        ServedGroups::Served => {}
    }
    match (&profile.group_removal, args.groups_may_stay) {
        (GroupRemovalRule::SupportOnly { .. }, false) => {
            "no group, because only Support removes them there".to_owned()
        }
        (GroupRemovalRule::SupportOnly { .. }, true) => {
            "one group, which may stay, because only Support removes them there".to_owned()
        }
        (GroupRemovalRule::ByHand, false) => {
            "no group, because groups are removed by hand there".to_owned()
        }
        (GroupRemovalRule::ByHand, true) => {
            "one group, which may stay, because groups are removed by hand there".to_owned()
        }
        (GroupRemovalRule::Deletable, _) => format!("up to {GROUPS} groups"),
    }
}

async fn measure(
    project: &Project,
    args: &ProbeArgs,
    connection: &ProbingConnection,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let earlier = clean_earlier(project, connection, terminal).await?;
    if !earlier.left.is_empty() {
        tell_left(&earlier.left, terminal);
    }
    // Seeded by the operating system anew for each process.
    let random = RandomState::new().hash_one(std::process::id());
    let names = Namespace::new(random, &args.email_domain);
    let shown = &connection.target.base_url;
    let mut kept = Kept::begin(&project.folder, names, shown)?;
    terminal.status(&format!(
        "probing as `{}…`; what is made is noted in {} until it is gone",
        kept.journal.names().prefix(),
        kept.path().display()
    ));
    let stop = Arc::new(Stop::default());
    interrupts::listen(&stop, terminal);
    if let Some(time) = args.deadline {
        end_after(time, &stop);
    }
    let groups = match args.groups_may_stay {
        true => Groups::OneMayStay,
        false => Groups::IfRemovable,
    };
    let run = probe::probe(
        &connection.wire,
        &connection.profile,
        connection.target.clone(),
        groups,
        &mut kept.journal,
        &stop,
    )
    .await;
    let probed = run.probed;
    // The finding is told even where the file cannot be removed.
    let closed = kept.close();
    match args.format {
        ProbeFormat::Text => {
            let (width, colour) = (terminal.width(), terminal.out_colour());
            terminal.print(&render::probe::text(&probed, width, colour))?;
        }
        ProbeFormat::Json => {
            let mut json = serde_json::to_string_pretty(&probed)
                .expect("what a probe found has only string keys");
            json.push('\n');
            terminal.print(&json)?;
        }
    }
    closed?;
    Ok(match probed.is_whole() {
        true => Exit::Success,
        false => Exit::Partial,
    })
}

fn tell_left(left: &[Left], terminal: &Terminal) {
    let text = render::probe::left(left, terminal.width(), terminal.err_colour());
    terminal.status(text.trim_end());
}

/// What the journals beside the manifest tell.
#[derive(Default)]
struct Earlier {
    /// The runs at this target.
    runs: BTreeSet<String>,
    /// The runs at other targets, which were left as they are.
    elsewhere: BTreeSet<String>,
    /// What of this target's runs could not be taken away.
    left: Vec<Left>,
}

/// Takes away what the journals of this target tell.
async fn clean_earlier(
    project: &Project,
    connection: &ProbingConnection,
    terminal: &Terminal,
) -> Result<Earlier, Failure> {
    let mut earlier = Earlier::default();
    for mut kept in files::earlier(&project.folder)? {
        let run = kept.journal.names().run().to_owned();
        if kept.journal.target() != connection.target.base_url {
            terminal.status(&format!(
                "the journal of run {run} is of {}, and is left for a manifest of that target",
                escape::terminal(kept.journal.target())
            ));
            earlier.elsewhere.insert(run);
            continue;
        }
        let stays = probe::clean(&connection.wire, &connection.profile, &mut kept.journal).await;
        if stays.is_empty() {
            terminal.status(&format!("run {run}: everything it made is gone"));
        }
        earlier.left.extend(stays);
        earlier.runs.insert(run);
        kept.close()?;
    }
    Ok(earlier)
}

/// Of a run that is asked for by its number there is neither a journal nor anything to see, nor
/// a note that it has ended.
fn unknown_run(run: &str) -> Trouble {
    Trouble::new(
        "probe-run",
        format!(
            "nothing is known of the run {run}: no journal, no note that it is gone, and nothing in \
             the lists"
        ),
        "it never was, or was taken away from another folder; `scim-sync probe --clean` without \
         `--run` tells which runs have left something",
    )
}

async fn clean(
    project: &Project,
    args: &ProbeArgs,
    connection: &ProbingConnection,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let Earlier {
        runs,
        elsewhere,
        mut left,
    } = clean_earlier(project, connection, terminal).await?;
    let seen = probe::seen(&connection.wire, &connection.profile).await?;
    let (asked, others): (Vec<Seen>, Vec<Seen>) = seen
        .into_iter()
        .filter(|seen| !runs.contains(&seen.run))
        .partition(|seen| args.run.as_ref() == Some(&seen.run));
    let unknown = args
        .run
        .as_ref()
        .filter(|run| asked.is_empty() && !runs.contains(*run) && !elsewhere.contains(*run));
    if let (Some(run), false) = (&args.run, asked.is_empty()) {
        let names = Namespace::of_run(run).expect("a resource has the run in its name");
        let shown = &connection.target.base_url;
        let mut kept = Kept::begin(&project.folder, names, shown)?;
        for seen in &asked {
            kept.journal
                .adopt(seen.collection, &seen.name, &seen.id)
                .map_err(|error| Trouble::file("write the journal", kept.path(), &error))?;
        }
        left.extend(probe::clean(&connection.wire, &connection.profile, &mut kept.journal).await);
        kept.close()?;
    }
    for seen in &others {
        terminal.status(&format!(
            "{} {} (id {}) is of run {}, whose journal is not here",
            seen.collection.one(),
            escape::terminal(&seen.name),
            escape::terminal(&seen.id),
            seen.run
        ));
    }
    let strangers: BTreeSet<&str> = others.iter().map(|seen| seen.run.as_str()).collect();
    for run in strangers {
        terminal.status(&format!(
            "-> if that run has ended, `scim-sync probe --clean --run {run}` takes it away"
        ));
    }
    if !left.is_empty() {
        tell_left(&left, terminal);
        return Ok(Exit::Partial);
    }
    if let Some(run) = unknown {
        match files::ended(&project.folder)?.get(run) {
            Some(target) => terminal.status(&format!(
                "run {run}: everything it made at {} is gone already",
                escape::terminal(target)
            )),
            None => return Err(unknown_run(run).into()),
        }
    }
    terminal.print(&format!(
        "{} of earlier runs {} left\n",
        match others.len() {
            0 => "nothing".to_owned(),
            others => count(others, "resource", "resources"),
        },
        if others.len() > 1 { "are" } else { "is" }
    ))?;
    Ok(Exit::Success)
}
