//! What was typed: clap's types, and nothing of what it means.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// This tool's version, and the commit it was built from.
pub const VERSION: &str = env!("SCIM_SYNC_VERSION");

/// People, roles and groups, declared in YAML and applied to a SCIM 2.0 service provider.
#[derive(Debug, Parser)]
#[command(
    name = "scim-sync",
    version = VERSION,
    propagate_version = true,
    max_term_width = 100,
    after_help = "Examples:\n  scim-sync init access\n  scim-sync validate\n  scim-sync plan --out plan.json --format markdown > comment.md\n  scim-sync apply plan.json --auto-approve\n\n`scim-sync COMMAND --help` has more of each."
)]
pub struct Cli {
    #[command(flatten)]
    pub global: GlobalArgs,
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub struct GlobalArgs {
    /// The manifest; without it, `scim-sync.yaml` is looked for here and in the folders above
    #[arg(short = 'f', long = "file", global = true, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Which of several targets, by name; may be repeated, and `all` is every one
    #[arg(long, global = true, value_name = "NAME")]
    pub target: Vec<String>,
    /// Colours in the output
    #[arg(long, global = true, value_enum, default_value_t = ColourChoice::Auto)]
    pub color: ColourChoice,
    /// Tell each request and its answer on stderr; twice: the bodies too, without their texts
    #[arg(short = 'v', long = "verbose", global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// Whether to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColourChoice {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a repository that works: manifest, editor settings, hook, pipeline
    Init(InitArgs),
    /// Check the manifest, offline: every fault at once
    Validate(ValidateArgs),
    /// Put every file of the manifest into the one layout
    Fmt(FmtArgs),
    /// Write a manifest from what exists
    #[command(subcommand)]
    Import(ImportCommand),
    /// Show what would change, and what would not and why; writes nothing
    Plan(PlanArgs),
    /// Show saved plans in any format, without planning again
    Show(ShowArgs),
    /// Plan, ask, carry it out, read everything back and plan again
    Apply(ApplyArgs),
    /// Tell why somebody is in a group, or why not and what would give it
    Explain(ExplainArgs),
    /// List who has what, since when and by which commit, for whoever has to confirm it
    Review(ReviewArgs),
    /// Print the CODEOWNERS that the roles' `owners` ask for
    Codeowners(CodeownersArgs),
    /// Keep a plan's comment on a pull request up to date, or an issue
    Comment(CommentArgs),
    /// Read the report of a run
    #[command(subcommand)]
    Report(ReportCommand),
    /// Look for what will fail, before it does; writes nothing
    Doctor(DoctorArgs),
    /// Measure what a provider does, by writing to it
    Probe(ProbeArgs),
    /// Where everybody and every group stands; writes nothing
    Status(StatusArgs),
    /// Write the letter to the provider's Support for groups that only they remove
    SupportRequest(SupportRequestArgs),
    /// Save the live state as one JSON file, to plan from offline
    Snapshot(SnapshotArgs),
    /// Print a JSON Schema
    Schema(SchemaArgs),
    /// The embedded sandbox: a service provider that behaves like Harness
    #[command(subcommand)]
    Sandbox(SandboxCommand),
    /// Print what a shell needs to complete this tool's command line
    Completions(CompletionsArgs),
    /// Print a manual page, or write all of them into a folder
    Man(ManArgs),
}

/// Options of `init`.
#[derive(Debug, Args)]
#[command(
    after_help = "Overwrites nothing.\n\nExamples:\n  scim-sync init\n  scim-sync init access --ci github"
)]
pub struct InitArgs {
    /// The folder; it is made if it does not exist
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    /// Which pipeline to write
    #[arg(long, value_enum, default_value_t = CiChoice::None)]
    pub ci: CiChoice,
    /// Which kind of service provider it is for
    #[arg(long, value_parser = providers(), default_value = "harness")]
    pub provider: String,
}

/// A system that runs pipelines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CiChoice {
    /// GitHub Actions
    Github,
    /// GitLab CI/CD
    Gitlab,
    /// Bitbucket Pipelines
    Bitbucket,
    /// Azure Pipelines
    Azure,
    /// Jenkins
    Jenkins,
    /// Harness CI
    Harness,
    /// No pipeline
    None,
}

/// What a change is compared with.
#[derive(Debug, Clone, Args)]
pub struct BaseArgs {
    /// Compare with the manifest as it was at a git revision (REV... for where HEAD left it) or
    /// in a folder; in a pull request's pipeline its start is found by itself
    #[arg(long, value_name = "REV|FOLDER", conflicts_with = "no_base")]
    pub base: Option<String>,
    /// Compare with nothing, not in a pull request's pipeline either
    #[arg(long)]
    pub no_base: bool,
}

/// Options of `validate`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  scim-sync validate\n  scim-sync validate --base origin/main...\n  scim-sync validate --format sarif > faults.sarif"
)]
pub struct ValidateArgs {
    /// How faults are printed
    #[arg(long, value_enum, default_value_t = FaultFormat::Text)]
    pub format: FaultFormat,
    /// The day to judge grants on, YYYY-MM-DD; today if absent
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<jiff::civil::Date>,
    #[command(flatten)]
    pub base: BaseArgs,
}

/// Options of `fmt`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  scim-sync fmt\n  scim-sync fmt --check")]
pub struct FmtArgs {
    /// Write nothing: show what would change, and exit with 1 if anything would
    #[arg(long)]
    pub check: bool,
}

/// How faults are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FaultFormat {
    /// For people, with the source line
    Text,
    /// For machines
    Json,
    /// SARIF 2.1.0
    Sarif,
    /// GitHub workflow annotations
    Github,
}

/// Where to import from.
#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// From the live state: a manifest whose first plan is empty
    Live(ImportLiveArgs),
    /// From OneLogin: its people, its roles, and the rules that make groups of them
    #[command(name = "onelogin")]
    OneLogin(Box<ImportOneLoginArgs>),
}

/// Options of `import live`.
#[derive(Debug, Args)]
#[command(
    after_help = "Never writes over a file.\n\nExamples:\n  scim-sync import live --base-url https://app.harness.io/gateway/ng/api/scim/account/ID\n  scim-sync import live --live snapshot.json --out access --layout per-group\n  scim-sync import live --merge\n  scim-sync import live --as-patch | git apply"
)]
pub struct ImportLiveArgs {
    /// Add what is missing to the manifest that is there; comments and order stay
    #[arg(long, conflicts_with_all = ["as_patch", "out", "layout", "base_url"])]
    pub merge: bool,
    /// Print, as a patch for `git apply`, what would make the manifest say what is live
    #[arg(long, conflicts_with_all = ["out", "layout", "base_url"])]
    pub as_patch: bool,
    /// How a new manifest is spread over files
    #[arg(long, value_enum, default_value_t = ImportLayout::Single)]
    pub layout: ImportLayout,
    /// The folder of a new manifest; the current one if absent
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// Import from a snapshot, offline
    #[arg(long, value_name = "FILE")]
    pub live: Option<PathBuf>,
    /// The SCIM base URL to read, where no manifest names one; ${NAME} takes a variable
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// The kind of service provider at the base URL
    #[arg(long, value_parser = providers(), default_value = "harness")]
    pub provider: String,
    /// The environment variable that holds the token for the base URL
    #[arg(long, value_name = "NAME", default_value = "HARNESS_SCIM_TOKEN")]
    pub token_env: String,
}

/// Options of `import onelogin`.
#[derive(Debug, Args)]
#[command(
    after_help = "Writes nothing to OneLogin, and never over a file. People and roles need a credential with the\nscope `Read All`; rules alone want `Manage All`, and are left out without it.\n\nExamples:\n  scim-sync import onelogin --subdomain acme --app Harness --out access\n  scim-sync import onelogin --subdomain acme --app Harness --no-rules --layout per-group --out access\n  scim-sync import onelogin --subdomain acme --app Harness --compare --live snapshot.json\n  scim-sync import onelogin --csv users.csv --out access"
)]
pub struct ImportOneLoginArgs {
    /// The tenant: SUBDOMAIN of `SUBDOMAIN.onelogin.com`
    #[arg(long, value_name = "SUBDOMAIN", conflicts_with_all = ["base_url", "csv"])]
    pub subdomain: Option<String>,
    /// The tenant by its whole address, where it has another one
    #[arg(long, value_name = "URL", conflicts_with = "csv")]
    pub base_url: Option<String>,
    /// Read the user export of OneLogin's console instead, offline
    #[arg(long, value_name = "FILE", conflicts_with_all = ["app", "no_rules", "all_roles"])]
    pub csv: Option<PathBuf>,
    /// The app that provisions, by name or number: only its people, its roles and its rules
    #[arg(long, value_name = "APP")]
    pub app: Option<String>,
    /// All roles, not only those that give the app
    #[arg(long, requires = "app")]
    pub all_roles: bool,
    /// Leave rules out: each role gives the group of its name
    #[arg(long)]
    pub no_rules: bool,
    /// The environment variable that holds the client id
    #[arg(long, value_name = "NAME", default_value = "ONELOGIN_CLIENT_ID")]
    pub client_id_env: String,
    /// The environment variable that holds the client secret
    #[arg(long, value_name = "NAME", default_value = "ONELOGIN_CLIENT_SECRET")]
    pub client_secret_env: String,
    /// The file that holds the client secret
    #[arg(long, value_name = "FILE")]
    pub client_secret_file: Option<PathBuf>,
    /// The program that prints the client secret, with its arguments, parted at spaces
    #[arg(long, value_name = "COMMAND", conflicts_with = "client_secret_file")]
    pub client_secret_command: Option<String>,
    /// A PEM file of certificate authorities to trust besides the system's
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// How the manifest is spread over files
    #[arg(long, value_enum, default_value_t = ImportLayout::Single, conflicts_with = "compare")]
    pub layout: ImportLayout,
    /// The folder of the manifest; the current one if absent
    #[arg(long, value_name = "FOLDER", conflicts_with = "compare")]
    pub out: Option<PathBuf>,
    /// The SCIM base URL the manifest is for, where no manifest names one; the sandbox if absent
    #[arg(long, value_name = "URL")]
    pub target_url: Option<String>,
    /// The kind of service provider the manifest is for
    #[arg(long, value_parser = providers(), default_value = "harness")]
    pub provider: String,
    /// The environment variable that holds the service provider's token
    #[arg(long, value_name = "NAME", default_value = "HARNESS_SCIM_TOKEN")]
    pub token_env: String,
    /// Write no manifest: print what OneLogin would provision beside what is live
    #[arg(long)]
    pub compare: bool,
    /// Compare with a snapshot instead of the service provider
    #[arg(long, value_name = "FILE", requires = "compare")]
    pub live: Option<PathBuf>,
    /// How the comparison is printed
    #[arg(long, value_enum, default_value_t = ExplainFormat::Text, requires = "compare")]
    pub format: ExplainFormat,
}

/// How a new manifest is spread over files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ImportLayout {
    /// One file
    Single,
    /// A root file, a file of people, and a file for each group
    PerGroup,
}

/// What shapes a plan.
#[derive(Debug, Args)]
pub struct PlanShape {
    /// The day to judge grants on, YYYY-MM-DD; today if absent
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<jiff::civil::Date>,
    /// Raise one limit for this plan only: user-removals=12
    #[arg(long, value_name = "LIMIT=N")]
    pub allow: Vec<String>,
    /// Show every item of long lists
    #[arg(long)]
    pub full: bool,
    #[command(flatten)]
    pub base: BaseArgs,
}

/// Options of `plan`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  scim-sync plan\n  scim-sync plan --out plan.json --format markdown > comment.md\n  scim-sync plan --live snapshot.json --as-of 2027-02-01"
)]
pub struct PlanArgs {
    #[command(flatten)]
    pub shape: PlanShape,
    #[command(flatten)]
    pub view: ViewArgs,
    /// Plan from a snapshot, offline
    #[arg(long, value_name = "FILE")]
    pub live: Option<PathBuf>,
    /// Exit with 2 if the plan holds changes
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// The change is somebody else's: refuse it, before any token is read, unless `target` is as
    /// it is at the base; needs a base, and a token that no program prints
    #[arg(long, conflicts_with = "no_base")]
    pub untrusted: bool,
    /// Save the plan, so that `apply FILE` carries out this very plan; of several targets, a folder
    /// or a name with {target} in it
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Plan the inverse of a run instead, from its report
    #[arg(long, value_name = "REPORT", conflicts_with = "base")]
    pub undo: Option<PathBuf>,
}

/// How a plan is shown.
#[derive(Debug, Clone, Args)]
pub struct ViewArgs {
    /// How the plan is printed
    #[arg(long, value_enum, default_value_t = PlanFormat::Text)]
    pub format: PlanFormat,
    /// Which people are told only by a pseudonym, the same throughout a plan
    #[arg(long, value_enum, default_value_t = RedactChoice::None)]
    pub redact: RedactChoice,
    /// Where the manifest's repository is browsed, for links to its lines: its web address, or
    /// any with {commit}, {path} and {line}; found by itself in a pipeline or from git's remote
    #[arg(long, value_name = "URL")]
    pub link_base: Option<String>,
    /// The longest Markdown; what does not fit is counted, risk last (GitHub takes 65536 bytes,
    /// Bitbucket 32768)
    #[arg(long, value_name = "BYTES", default_value_t = 65536, value_parser = clap::value_parser!(u32).range(6144..))]
    pub max_bytes: u32,
}

/// How a plan is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlanFormat {
    /// For people
    Text,
    /// For machines: the whole plan, versioned
    Json,
    /// For the comment under a pull request
    Markdown,
    /// One page with search, filters and a picture
    Html,
    /// SARIF 2.1.0, for items with a line in the manifest
    Sarif,
    /// GitHub workflow annotations
    Github,
}

/// Who is hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RedactChoice {
    /// Nobody
    None,
    /// E-mail addresses
    Email,
    /// Addresses, keys, names and ids of people
    All,
}

/// Options of `show`.
#[derive(Debug, Args)]
#[command(
    after_help = "Asks nobody. Links need the manifest's repository, and a folder the names of its targets.\n\nExamples:\n  scim-sync show plan.json --format markdown > comment.md\n  scim-sync show plan.json --format html --redact email > plan.html"
)]
pub struct ShowArgs {
    /// A plan saved with `plan --out`, or the folder of several
    #[arg(value_name = "PLAN")]
    pub plan: PathBuf,
    #[command(flatten)]
    pub view: ViewArgs,
    /// Show every item of long lists
    #[arg(long)]
    pub full: bool,
}

/// Options of `apply`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  scim-sync apply\n  scim-sync apply plan.json --auto-approve\n  scim-sync apply --auto-approve --approve delete"
)]
pub struct ApplyArgs {
    /// A plan saved with `plan --out`, or the folder of several; without it, a plan is made now
    #[arg(value_name = "PLAN", conflicts_with_all = ["as_of", "allow"])]
    pub plan: Option<PathBuf>,
    #[command(flatten)]
    pub shape: PlanShape,
    /// Do not ask before writing
    #[arg(long)]
    pub auto_approve: bool,
    /// Approve a kind of action that the policy wants approved by name
    #[arg(long, value_enum, value_name = "KIND")]
    pub approve: Vec<ApproveKind>,
    /// Where the report goes; `.scim-sync/runs/TIME.jsonl` beside the manifest if absent
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// No progress: only what did not go well
    #[arg(long, short)]
    pub quiet: bool,
    /// Begin nothing new after this time (90s, 30m); what is in flight is finished
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub deadline: Option<std::time::Duration>,
    /// Hide people in what is printed; the report keeps them, as an undo needs it
    #[arg(long, value_enum, default_value_t = RedactChoice::None)]
    pub redact: RedactChoice,
    /// Apply although a newer commit of this manifest was applied from here before
    #[arg(long)]
    pub older: bool,
    /// How many writes at once
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub concurrency: u16,
}

/// Reads `90s`, `30m`, `1h 30m`.
fn time(text: &str) -> Result<std::time::Duration, String> {
    text.parse::<jiff::SignedDuration>()
        .ok()
        .and_then(|time| std::time::Duration::try_from(time).ok())
        .filter(|time| !time.is_zero())
        .ok_or_else(|| "write it as `90s`, `30m` or `1h 30m`".to_owned())
}

/// A kind of action to approve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ApproveKind {
    /// Creating and taking over people and groups, and binding roles
    Create,
    /// Changing people, groups and memberships
    Update,
    /// Removing people, groups and role bindings
    Delete,
}

/// Options of `explain`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  scim-sync explain ada\n  scim-sync explain ada@example.com sre\n  scim-sync explain ada --as-of 2027-02-01 --no-live"
)]
pub struct ExplainArgs {
    /// A person's key, e-mail or id
    pub person: String,
    /// A group's name or id; all groups of the person if absent
    pub group: Option<String>,
    /// The day to judge grants on, YYYY-MM-DD; today if absent
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<jiff::civil::Date>,
    /// Compare with a snapshot, offline
    #[arg(long, value_name = "FILE", conflicts_with = "no_live")]
    pub live: Option<PathBuf>,
    /// Tell what is declared only
    #[arg(long)]
    pub no_live: bool,
    /// How the answer is printed
    #[arg(long, value_enum, default_value_t = ExplainFormat::Text)]
    pub format: ExplainFormat,
}

/// How an answer is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExplainFormat {
    /// For people
    Text,
    /// For machines
    Json,
}

/// Options of `doctor`.
#[derive(Debug, Args)]
#[command(
    after_help = "Ends with 1 if anything failed.\n\nExamples:\n  scim-sync doctor\n  scim-sync doctor --format json"
)]
pub struct DoctorArgs {
    /// How it is printed
    #[arg(long, value_enum, default_value_t = DoctorFormat::Text)]
    pub format: DoctorFormat,
}

/// How an examination is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DoctorFormat {
    /// For people
    Text,
    /// For machines
    Json,
}

/// Options of `status`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  scim-sync status\n  scim-sync status --full\n  scim-sync status --format json"
)]
pub struct StatusArgs {
    /// How it is printed
    #[arg(long, value_enum, default_value_t = StatusFormat::Text)]
    pub format: StatusFormat,
    /// List those who are as declared, and the unmanaged, as well
    #[arg(long)]
    pub full: bool,
    /// Take the live state from a snapshot, offline
    #[arg(long, value_name = "FILE")]
    pub live: Option<PathBuf>,
    /// The folder with reports of past runs; `.scim-sync/runs` beside the manifest if absent
    #[arg(long, value_name = "FOLDER")]
    pub runs: Option<PathBuf>,
    #[command(flatten)]
    pub base: BaseArgs,
}

/// How a status is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StatusFormat {
    /// For people
    Text,
    /// For machines
    Json,
}

/// Options of `review`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  scim-sync review > review.csv\n  scim-sync review --format html > review.html\n  scim-sync review --format markdown --no-live"
)]
pub struct ReviewArgs {
    /// How the list is printed
    #[arg(long, value_enum, default_value_t = ReviewFormat::Csv)]
    pub format: ReviewFormat,
    /// The day to judge grants on, YYYY-MM-DD; today if absent
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<jiff::civil::Date>,
    /// Compare with a snapshot, offline
    #[arg(long, value_name = "FILE", conflicts_with = "no_live")]
    pub live: Option<PathBuf>,
    /// List what is declared only
    #[arg(long)]
    pub no_live: bool,
}

/// How a review is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReviewFormat {
    /// For spreadsheets
    Csv,
    /// For tickets and pull requests
    Markdown,
    /// A page by itself
    Html,
}

/// Options of `codeowners`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  scim-sync codeowners\n  scim-sync codeowners --write .github/CODEOWNERS\n  scim-sync codeowners --check .github/CODEOWNERS"
)]
pub struct CodeownersArgs {
    /// Put the lines into this file, between their marks; other lines stay
    #[arg(long, value_name = "FILE", conflicts_with = "check")]
    pub write: Option<PathBuf>,
    /// Write nothing: end with 1 if this file has other lines between the marks
    #[arg(long, value_name = "FILE")]
    pub check: Option<PathBuf>,
}

/// Options of `support-request`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  scim-sync support-request\n  scim-sync support-request --format markdown --live snapshot.json"
)]
pub struct SupportRequestArgs {
    /// How it is printed
    #[arg(long, value_enum, default_value_t = SupportFormat::Text)]
    pub format: SupportFormat,
    /// Take the live state from a snapshot, offline
    #[arg(long, value_name = "FILE")]
    pub live: Option<PathBuf>,
    #[command(flatten)]
    pub base: BaseArgs,
}

/// How a letter to Support is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SupportFormat {
    /// A mail that can be sent as it is
    Text,
    /// For a ticket or a pull request
    Markdown,
    /// For machines
    Json,
}

/// Options of `snapshot`.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  scim-sync snapshot --out snapshot.json\n  scim-sync plan --live snapshot.json\n  scim-sync snapshot diff before.json after.json"
)]
pub struct SnapshotArgs {
    /// Where to write it; stdout if absent
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Option<SnapshotCommand>,
}

/// What to do with snapshots.
#[derive(Debug, Subcommand)]
pub enum SnapshotCommand {
    /// Tell what changed from one to another
    Diff(SnapshotDiffArgs),
}

/// Options of `snapshot diff`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  scim-sync snapshot diff before.json after.json\n  scim-sync snapshot diff before.json after.json --format json"
)]
pub struct SnapshotDiffArgs {
    /// The first snapshot
    pub before: PathBuf,
    /// The second snapshot
    pub after: PathBuf,
    /// How the difference is printed
    #[arg(long, value_enum, default_value_t = ExplainFormat::Text)]
    pub format: ExplainFormat,
}

/// Options of `schema`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  scim-sync schema manifest > manifest.schema.json\n  scim-sync schema plan"
)]
pub struct SchemaArgs {
    /// Which schema
    #[arg(value_enum)]
    pub which: SchemaName,
}

/// A JSON Schema this tool publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaName {
    /// The root file of a manifest
    Manifest,
    /// An included file of a manifest
    Included,
    /// The output of `plan --format json`
    Plan,
    /// The same of several targets
    Plans,
    /// The output of `explain --format json` of several targets
    ExplainOfTargets,
    /// The output of `doctor --format json` of several targets
    DoctorOfTargets,
    /// The output of `status --format json` of several targets
    StatusOfTargets,
    /// The output of `support-request --format json` of several targets
    SupportRequestOfTargets,
    /// A line of a run's report
    Report,
    /// The output of `snapshot`
    Snapshot,
    /// The output of `snapshot diff --format json`
    SnapshotDiff,
    /// The output of `explain --format json`
    Explain,
    /// The output of `import onelogin --compare --format json`
    Comparison,
    /// The output of `probe --format json`
    Probe,
    /// The output of `doctor --format json`
    Doctor,
    /// The output of `status --format json`
    Status,
    /// The output of `support-request --format json`
    SupportRequest,
}

/// What to do with a report.
#[derive(Debug, Subcommand)]
pub enum ReportCommand {
    /// Check that nothing in it was changed, taken out or put in
    Verify(ReportArgs),
    /// Show what was done
    Show(ReportArgs),
}

/// Which report.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  scim-sync report show run.jsonl\n  scim-sync report verify run.jsonl"
)]
pub struct ReportArgs {
    /// The report
    pub report: PathBuf,
}

/// What to do with the sandbox.
#[derive(Debug, Subcommand)]
pub enum SandboxCommand {
    /// Serve it on loopback; prints its base URL when ready
    Serve(SandboxServeArgs),
    /// Fill a sandbox's state from a snapshot
    Load(SandboxLoadArgs),
    /// Delete the state of the manifest's sandbox
    #[command(after_help = "Examples:\n  scim-sync sandbox reset")]
    Reset,
}

/// Options of `sandbox serve`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  scim-sync sandbox serve --port 0 --token secret\n  scim-sync sandbox serve --state world.json --behavior source"
)]
pub struct SandboxServeArgs {
    /// The port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Where the state is kept; one sandbox at a time may have it
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// The bearer token it wants
    #[arg(long, default_value = "sandbox", value_parser = bearer_token)]
    pub token: String,
    /// Which reading of Harness it follows; a new state is `documented`
    #[arg(long, value_enum)]
    pub behavior: Option<BehaviorChoice>,
    /// Which kind of service provider it is; a new state is of `harness`
    #[arg(long, visible_alias = "provider", value_parser = providers())]
    pub personality: Option<String>,
    /// Milliseconds to wait before each answer
    #[arg(long, default_value_t = 0, value_name = "MS")]
    pub latency: u64,
}

/// Which reading of Harness the sandbox follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BehaviorChoice {
    /// As the OneLogin page documents it
    Documented,
    /// As the newest public source code does it
    Source,
}

/// The names of providers, as `target.provider` knows them; `tests/init.rs` holds that.
fn providers() -> clap::builder::PossibleValuesParser {
    clap::builder::PossibleValuesParser::new([
        "harness",
        "scim",
        "atlassian",
        "aws-identity-center",
        "databricks",
        "github-emu",
        "gitlab",
        "grafana",
        "new-relic",
        "pagerduty",
        "sentry",
        "slack",
        "snowflake",
    ])
}

/// Options of `sandbox load`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  scim-sync sandbox load snapshot.json\n  scim-sync sandbox load snapshot.json --state world.json"
)]
pub struct SandboxLoadArgs {
    /// The snapshot
    pub snapshot: PathBuf,
    /// The state file to write; the manifest's sandbox if absent
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// The bearer token it will want
    #[arg(long, default_value = "sandbox", value_parser = bearer_token)]
    pub token: String,
}

/// Options of `probe`.
#[derive(Debug, Args)]
#[command(
    after_help = "Everything it makes is named scim-sync-probe-RUN-…, is written down before it is made, and is\nremoved again, after an interrupt too. Whatever was made otherwise is not touched.\n\nExamples:\n  scim-sync probe --i-know-it-writes\n  scim-sync probe --i-know-it-writes --format json --deadline 10m\n  scim-sync probe --clean"
)]
pub struct ProbeArgs {
    /// Begin: users and groups are made at the target, changed, and removed
    #[arg(long)]
    pub i_know_it_writes: bool,
    /// The domain of the addresses; a provider may mail an invitation to each
    #[arg(long, value_name = "DOMAIN", default_value = "example.com", value_parser = mail_domain)]
    pub email_domain: String,
    /// Where only the provider's Support removes groups, measure with one that may stay
    #[arg(long)]
    pub groups_may_stay: bool,
    /// Begin nothing new after this time (90s, 30m); what was made is removed then
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub deadline: Option<std::time::Duration>,
    /// Measure nothing: remove what earlier runs left
    #[arg(long, conflicts_with_all = ["i_know_it_writes", "groups_may_stay", "deadline", "format"])]
    pub clean: bool,
    /// With --clean: remove what the run of this number left, whose journal is not here
    #[arg(long, value_name = "RUN", requires = "clean", value_parser = run_number)]
    pub run: Option<String>,
    /// How the findings are printed
    #[arg(long, value_enum, default_value_t = ProbeFormat::Text)]
    pub format: ProbeFormat,
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProbeFormat {
    /// For people
    Text,
    /// For machines
    Json,
}

/// Reads a domain: names of letters, digits and hyphens, parted by dots.
fn mail_domain(text: &str) -> Result<String, String> {
    let is_name = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|it| it.is_ascii_alphanumeric() || it == b'-')
    };
    match text.contains('.') && text.split('.').all(is_name) {
        true => Ok(text.to_ascii_lowercase()),
        false => Err("write a domain, such as `probe.example.com`".to_owned()),
    }
}

/// Reads the number of a probe's run, as it stands in the names of what the run made.
fn run_number(text: &str) -> Result<String, String> {
    let is_digit = |it: u8| it.is_ascii_digit() || (b'a'..=b'f').contains(&it);
    match text.len() == 12 && text.bytes().all(is_digit) {
        true => Ok(text.to_owned()),
        false => Err(
            "write the 12 digits after `scim-sync-probe-` in the name of what is left".to_owned(),
        ),
    }
}

/// Reads a bearer token: something, and nothing that a header cannot carry.
fn bearer_token(text: &str) -> Result<String, String> {
    match !text.is_empty() && text.bytes().all(|it| it.is_ascii_graphic()) {
        true => Ok(text.to_owned()),
        false => Err("write at least one letter, digit or sign, and no spaces".to_owned()),
    }
}

/// Reads the title of an issue, which its forge would refuse without a word in it.
fn title(text: &str) -> Result<String, String> {
    match text.trim().is_empty() {
        false => Ok(text.to_owned()),
        true => Err("write a title, such as `Access drift`".to_owned()),
    }
}

/// Options of `comment`.
#[derive(Debug, Args)]
#[command(
    after_help = "Only comments of the token's own account are changed. In pipelines of GitHub and GitLab the\nplace is found by itself, and the token in GITHUB_TOKEN, GH_TOKEN or GITLAB_TOKEN.\n\nExamples:\n  scim-sync comment plan.json\n  scim-sync comment plan.json --repository acme/access --number 7\n  scim-sync comment plan.json --issue \"Access drift\""
)]
pub struct CommentArgs {
    /// A plan saved with `plan --out`, or the folder of several
    #[arg(value_name = "PLAN")]
    pub plan: PathBuf,
    /// Keep an issue of this title instead: open while the plan holds anything, closed after
    #[arg(long, value_name = "TITLE", conflicts_with = "number", value_parser = title)]
    pub issue: Option<String>,
    /// Where the repository is
    #[arg(long, value_enum)]
    pub forge: Option<ForgeChoice>,
    /// The forge's API, such as https://HOST/api/v3 (GitHub Enterprise), https://HOST/api/v4 (GitLab)
    #[arg(long, value_name = "URL")]
    pub api_url: Option<String>,
    /// The repository: owner/name, or a GitLab project's path or number
    #[arg(long, value_name = "REPOSITORY")]
    pub repository: Option<String>,
    /// The pull request or merge request
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub number: Option<u64>,
    /// Which people are told only by a pseudonym, the same throughout a plan
    #[arg(long, value_enum, default_value_t = RedactChoice::None)]
    pub redact: RedactChoice,
    /// Where the manifest's repository is browsed, as for `plan`
    #[arg(long, value_name = "URL")]
    pub link_base: Option<String>,
    /// The longest text; what does not fit is counted, risk last (GitHub takes 65536 bytes)
    #[arg(long, value_name = "BYTES", default_value_t = 65536, value_parser = clap::value_parser!(u32).range(6144..))]
    pub max_bytes: u32,
    /// The environment variable that holds the forge's token
    #[arg(long, value_name = "NAME")]
    pub token_env: Option<String>,
    /// A PEM file of certificate authorities to trust besides the system's
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
}

/// Where pull requests and issues live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ForgeChoice {
    /// GitHub or GitHub Enterprise
    Github,
    /// GitLab, theirs or one's own
    Gitlab,
}

/// Options of `completions`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  scim-sync completions bash > scim-sync.bash\n  scim-sync completions zsh > _scim-sync\n  scim-sync completions fish > scim-sync.fish\n  scim-sync completions powershell > scim-sync.ps1\n\nPut bash's file into ~/.local/share/bash-completion/completions/scim-sync, zsh's into a\nfolder of $fpath, fish's into ~/.config/fish/completions; dot-source PowerShell's in $PROFILE."
)]
pub struct CompletionsArgs {
    /// Which shell
    #[arg(value_enum)]
    pub shell: ShellChoice,
}

/// A shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ShellChoice {
    /// Bash
    Bash,
    /// Zsh
    Zsh,
    /// Fish
    Fish,
    /// PowerShell
    Powershell,
}

/// Options of `man`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  scim-sync man > scim-sync.1\n  scim-sync man report show\n  scim-sync man --out man1"
)]
pub struct ManArgs {
    /// The command whose page is printed; the tool's own if absent
    #[arg(value_name = "COMMAND", conflicts_with = "out")]
    pub command: Vec<String>,
    /// Write the pages of all commands into this folder
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
}
