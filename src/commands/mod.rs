//! One file for each verb: glue and printing.
//!
//! **Invariants.** Data goes to stdout, status to stderr. Every error ends here as one
//! message with an instruction; the process ends with an [`Exit`].

mod ahead;
mod apply;
mod base;
mod codeowners;
mod comment;
mod completions;
mod doctor;
mod explain;
mod fmt;
mod import;
mod init;
mod interrupts;
mod logging;
mod logins;
mod man;
mod newer;
mod observe;
mod plan;
mod private;
mod probe;
mod progress;
mod project;
mod recent;
mod report;
mod review;
mod sandbox;
mod schema;
mod secret;
mod selection;
mod several;
mod show;
mod snapshot;
mod state;
mod status;
mod support_request;
mod target;
mod trouble;
mod undo;
mod validate;
mod view;
mod written;

use std::borrow::Cow;
use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clap::Parser as _;

use crate::cli::{Cli, ColourChoice, Command, GlobalArgs, RedactChoice};
use crate::exit::Exit;
use crate::ids::TargetName;
use crate::plan::Plan;
use crate::profile::Profile;
use crate::render::faults::{Color, Glyphs, TextStyle};
use crate::render::style::Colour;
use crate::render::veil::Veil;
use project::Failure;

/// Parses the command line, runs the command, prints its errors.
pub fn main() -> Exit {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let exit = if error.use_stderr() {
                Exit::Failure
            } else {
                Exit::Success
            };
            // A closed pipe while printing help is nobody's failure.
            let _ = error.print();
            return exit;
        }
    };
    let terminal = Terminal::new(&cli.global);
    logging::begin(cli.global.verbose, &terminal);
    match run(&cli, &terminal) {
        Ok(exit) => exit,
        Err(failure) => {
            terminal.failure(&failure);
            Exit::Failure
        }
    }
}

fn run(cli: &Cli, terminal: &Terminal) -> Result<Exit, Failure> {
    match &cli.command {
        Command::Validate(args) => validate::run(&cli.global, args, terminal),
        Command::Init(args) => init::run(args, terminal),
        Command::Fmt(args) => fmt::run(&cli.global, args, terminal),
        Command::Explain(args) => explain::run(&cli.global, args, terminal),
        Command::Review(args) => review::run(&cli.global, args, terminal),
        Command::Codeowners(args) => codeowners::run(&cli.global, args, terminal),
        Command::Import(command) => import::run(&cli.global, command, terminal),
        Command::Plan(args) => plan::run(&cli.global, args, terminal),
        Command::Show(args) => show::run(&cli.global, args, terminal),
        Command::Apply(args) => apply::run(&cli.global, args, terminal),
        Command::Doctor(args) => doctor::run(&cli.global, args, terminal),
        Command::Probe(args) => probe::run(&cli.global, args, terminal),
        Command::Status(args) => status::run(&cli.global, args, terminal),
        Command::SupportRequest(args) => support_request::run(&cli.global, args, terminal),
        Command::Snapshot(args) => snapshot::run(&cli.global, args, terminal),
        Command::Comment(args) => comment::run(&cli.global, args, terminal),
        Command::Report(command) => report::run(command, terminal),
        Command::Schema(args) => schema::run(args, terminal),
        Command::Sandbox(command) => sandbox::run(&cli.global, command, terminal),
        Command::Completions(args) => completions::run(args, terminal),
        Command::Man(args) => man::run(args, terminal),
    }
}

/// Where output goes, how wide it is, and whether it has colours.
#[derive(Clone)]
pub(crate) struct Terminal {
    choice: ColourChoice,
    screen: Arc<Screen>,
    /// Whose status it is, where there are several targets.
    of: Option<TargetName>,
}

/// What is on the terminal besides lines; shared by all who print.
#[derive(Default)]
struct Screen {
    bar: Mutex<Option<indicatif::ProgressBar>>,
    retries: AtomicUsize,
    veil: Mutex<Option<Veil>>,
}

/// Columns of a text that does not go to a terminal.
const PLAIN_WIDTH: usize = 80;

impl Terminal {
    fn new(global: &GlobalArgs) -> Self {
        Self {
            choice: global.color,
            screen: Arc::default(),
            of: None,
        }
    }

    /// The same, for the status of one of several targets.
    pub(crate) fn of(&self, target: &TargetName) -> Self {
        Self {
            of: Some(target.clone()),
            ..self.clone()
        }
    }

    /// From now on lines go above this bar.
    fn show(&self, bar: &indicatif::ProgressBar) {
        *self.bar() = Some(bar.clone());
    }

    /// The bar is gone.
    fn hide(&self) {
        *self.bar() = None;
    }

    fn bar(&self) -> MutexGuard<'_, Option<indicatif::ProgressBar>> {
        // Nobody panics while holding it.
        self.screen
            .bar
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on lines lose people; with [`RedactChoice::None`] nothing changes.
    pub(crate) fn redact(&self, choice: RedactChoice) {
        if let Some(redaction) = view::redaction(choice) {
            let profiles = Profile::NAMES
                .iter()
                .filter_map(|name| Profile::named(name));
            let nobodys: Vec<&str> = profiles.flat_map(|it| view::nobodys(&it)).collect();
            *self.veil() = Some(Veil::new(redaction, &nobodys));
        }
    }

    /// Whether names of people are hidden in what is printed.
    pub(crate) fn hides_names(&self) -> bool {
        self.veil().as_ref().is_some_and(Veil::hides_names)
    }

    /// A plan without the people who are to be hidden; lines hide them from now on.
    pub(crate) fn without_people(&self, plan: &Plan) -> Option<Plan> {
        self.veil().as_mut().map(|veil| veil.plan(plan))
    }

    /// A text without the people who are to be hidden.
    pub(crate) fn hidden<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match &mut *self.veil() {
            None => Cow::Borrowed(text),
            Some(veil) => Cow::Owned(veil.hide(text)),
        }
    }

    fn veil(&self) -> MutexGuard<'_, Option<Veil>> {
        self.screen
            .veil
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Prints that a request is sent again, and counts it.
    pub(crate) fn retried(&self, text: &str) {
        self.screen.retries.fetch_add(1, Ordering::Relaxed);
        self.status(text);
    }

    fn retries(&self) -> usize {
        self.screen.retries.load(Ordering::Relaxed)
    }

    fn colour(&self, is_terminal: bool) -> Colour {
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        match self.choice {
            ColourChoice::Always => Colour::On,
            ColourChoice::Never => Colour::Off,
            ColourChoice::Auto if is_terminal && !no_colour => Colour::On,
            ColourChoice::Auto => Colour::Off,
        }
    }

    /// Whether stdout gets colours.
    pub(crate) fn out_colour(&self) -> Colour {
        self.colour(std::io::stdout().is_terminal())
    }

    /// Whether stderr gets colours.
    pub(crate) fn err_colour(&self) -> Colour {
        self.colour(std::io::stderr().is_terminal())
    }

    /// Columns of stdout.
    pub(crate) fn width(&self) -> usize {
        match terminal_size::terminal_size() {
            Some((terminal_size::Width(width), _)) => usize::from(width),
            None => PLAIN_WIDTH,
        }
    }

    /// How faults are drawn.
    pub(crate) fn fault_style(&self, colour: Colour) -> TextStyle {
        let color = match colour {
            Colour::On => Color::Always,
            Colour::Off => Color::Never,
        };
        TextStyle {
            width: self.width(),
            color,
            glyphs: Glyphs::Unicode,
        }
    }

    /// Prints data.
    ///
    /// # Errors
    /// When stdout cannot be written. A reader that went away is not an error.
    pub(crate) fn print(&self, text: &str) -> Result<(), Failure> {
        self.stream(|out| out.write_all(text.as_bytes()))
    }

    /// Prints data that is written piece by piece.
    ///
    /// # Errors
    /// As [`Terminal::print`].
    pub(crate) fn stream(
        &self,
        write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>,
    ) -> Result<(), Failure> {
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        match write(&mut out).and_then(|()| out.flush()) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            Err(error) => {
                Err(
                    trouble::Trouble::file("write to", std::path::Path::new("stdout"), &error)
                        .into(),
                )
            }
        }
    }

    /// Prints status, without the people who are to be hidden.
    pub(crate) fn status(&self, text: &str) {
        let text = self.hidden(text);
        let write = || {
            // Nothing can be told about a stderr that is gone.
            let _ = match &self.of {
                Some(target) => writeln!(std::io::stderr().lock(), "{target}: {text}"),
                None => writeln!(std::io::stderr().lock(), "{text}"),
            };
        };
        let bar = self.bar().clone();
        match bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    fn failure(&self, failure: &Failure) {
        match failure {
            Failure::Trouble(trouble) => {
                let colour = self.err_colour();
                self.status(draw(trouble, colour, self.width()).trim_end());
            }
            Failure::Faults(faults) => self.status(faults.trim_end()),
        }
    }
}

fn draw(trouble: &trouble::Trouble, colour: Colour, width: usize) -> String {
    let theme = match colour {
        Colour::On => miette::GraphicalTheme::unicode(),
        Colour::Off => miette::GraphicalTheme::unicode_nocolor(),
    };
    let mut text = String::new();
    miette::GraphicalReportHandler::new_themed(theme)
        .with_width(width.clamp(40, 120))
        // An option broken at its hyphens cannot be copied.
        .with_word_splitter(textwrap::WordSplitter::NoHyphenation)
        .render_report(&mut text, trouble)
        .expect("writing to a string does not fail");
    text
}

/// A runtime for the commands that speak to a service provider: one thread moves bytes, while this
/// one asks and others parse. Each thread that there is keeps memory of its own.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    runtime_of(1)
}

/// A runtime for serving others, who do not wait while one is answered.
pub(crate) fn serving_runtime() -> tokio::runtime::Runtime {
    runtime_of(2)
}

fn runtime_of(workers: usize) -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        // They parse pages, which no core does faster for being asked by more threads.
        .max_blocking_threads(2)
        .enable_all()
        .build()
        .expect("an operating system that runs processes gives threads")
}
