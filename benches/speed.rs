//! How fast a plan is, against what bounds it and against what others do.
//!
//! ```text
//! cargo bench --bench speed              # about ten minutes
//! cargo bench --bench speed -- --quick   # a tenth of the size
//! ```
//!
//! Everything runs on this machine, and each figure stands beside the one it is compared with,
//! from the same run: absolute times say little about another machine, ratios do. Medians of
//! five where a run is short. The service provider is `scim-sync sandbox serve` in a process
//! of its own. Peers are measured where they are installed: `curl`, `python3` with PyYAML,
//! `terraform` with nothing but its built-in `terraform_data`.

#[path = "../examples/make_world.rs"]
mod make_world;

use std::fmt::Write as _;
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use jiff::civil::date;
use nix::sys::resource::{UsageWho, getrusage};
use scim_sync::live::LiveState;
use scim_sync::live::collect::collect;
use scim_sync::manifest::load::load;
use scim_sync::plan::policy::Policy;
use scim_sync::plan::{
    Allowances, Inputs, PlanInput, Population, Recent, TargetInfo, Written, plan,
};
use scim_sync::profile::lint;
use scim_sync::scim::client::{ClientOptions, HttpTransport};
use scim_sync::scim::service::Reader;

const BINARY: &str = env!("CARGO_BIN_EXE_scim-sync");
const TOKEN: &str = "sandbox";
const RUNS: usize = 5;

/// What one process took.
#[derive(Debug, Clone, Copy)]
struct Took {
    wall: Duration,
    cpu: Duration,
}

impl Took {
    fn wall(self) -> f64 {
        self.wall.as_secs_f64()
    }
    fn cpu(self) -> f64 {
        self.cpu.as_secs_f64()
    }
}

/// The time all finished children had on a processor, and the most memory one of them ever
/// had, in MiB.
fn children() -> (Duration, f64) {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("children's usage is told");
    let time = |value: nix::sys::time::TimeVal| {
        Duration::from_secs(value.tv_sec().unsigned_abs())
            + Duration::from_micros(value.tv_usec().unsigned_abs())
    };
    let mebibytes = usage.max_rss() as f64 / 1024.0;
    (
        time(usage.user_time()) + time(usage.system_time()),
        mebibytes,
    )
}

/// Runs a process to its end.
fn run(command: &mut Command) -> Took {
    let (before, _) = children();
    let start = Instant::now();
    let output = command
        .stdin(Stdio::null())
        .output()
        .expect("the process starts");
    let wall = start.elapsed();
    let (after, _) = children();
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Took {
        wall,
        cpu: after - before,
    }
}

fn median_of(mut runs: Vec<Took>) -> Took {
    let middle = runs.len() / 2;
    runs.sort_by_key(|took| took.wall);
    let wall = runs[middle].wall;
    runs.sort_by_key(|took| took.cpu);
    Took {
        wall,
        cpu: runs[middle].cpu,
    }
}

fn median(times: usize, mut once: impl FnMut() -> Took) -> Took {
    median_of((0..times).map(|_| once()).collect())
}

/// A function's time, the best of five: what it could be without the neighbours.
fn best<T>(mut once: impl FnMut() -> T) -> Duration {
    (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            std::hint::black_box(once());
            start.elapsed()
        })
        .min()
        .expect("at least one run")
}

/// A served sandbox, ended when dropped.
struct Served {
    child: Child,
    url: String,
}

impl Served {
    fn start(dir: &Path, latency: u64) -> Self {
        let mut child = Command::new(BINARY)
            .args(["sandbox", "serve", "--token", TOKEN, "--state"])
            .arg(dir.join(".scim-sync/sandbox.json"))
            .args(["--latency", &latency.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the sandbox starts");
        let mut url = String::new();
        BufReader::new(child.stdout.take().expect("a pipe"))
            .read_line(&mut url)
            .expect("the sandbox tells its URL");
        Self {
            child,
            url: url.trim().to_owned(),
        }
    }

    fn plan(&self, dir: &Path) -> Command {
        let mut command = Command::new(BINARY);
        command
            .arg("-f")
            .arg(dir.join("served.yaml"))
            .args(["plan", "--format", "json", "--no-base"])
            .env("SCIM_SYNC_WORLD_URL", &self.url)
            .env("SCIM_SYNC_WORLD_TOKEN", TOKEN)
            .env("SCIM_SYNC_LOG", "off");
        command
    }

    /// The same pages as a plan reads, by curl, so many at once.
    fn curl(&self, world: &World, at_once: usize) -> Command {
        let mut config = String::new();
        for (kind, rows) in [("Users", world.users), ("Groups", world.groups)] {
            for start in (0..rows).step_by(PAGE) {
                let _ = writeln!(
                    config,
                    "url = \"{}/{kind}?startIndex={}&count={PAGE}\"\noutput = \"/dev/null\"",
                    self.url,
                    start + 1
                );
            }
        }
        let file = world.dir().join("curl.txt");
        std::fs::write(&file, config).expect("written");
        let mut command = Command::new("curl");
        command
            .args(["-s", "-H", &format!("Authorization: Bearer {TOKEN}")])
            .args(["--parallel", "--parallel-max", &at_once.to_string(), "-K"])
            .arg(file);
        command
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It is ours and there is nothing to save.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How many resources a page has in Harness' profile.
const PAGE: usize = 1000;

struct World {
    folder: tempfile::TempDir,
    users: usize,
    groups: usize,
    memberships: usize,
}

impl World {
    fn new(users: usize, groups: usize, memberships: usize, drift: f64) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let memberships = make_world::make(&make_world::Args {
            users,
            groups,
            memberships,
            files: 100,
            drift,
            seed: 1,
            dir: folder.path().to_owned(),
        })
        .expect("the world is written");
        Self {
            folder,
            users,
            groups,
            memberships,
        }
    }

    fn dir(&self) -> &Path {
        self.folder.path()
    }

    fn root(&self) -> PathBuf {
        self.dir().join("served.yaml")
    }

    fn size(&self) -> String {
        format!(
            "{} people, {} groups, {} memberships",
            self.users, self.groups, self.memberships
        )
    }
}

fn row(what: &str, ours: &str, against: &str, ratio: f64, goal: &str) {
    println!("{what:<40} {ours:>12} {against:>22} {ratio:>9.2} {goal:>9}");
}

fn heading(text: &str) {
    println!("\n{text}");
    println!(
        "{:<40} {:>12} {:>22} {:>9} {:>9}",
        "", "scim-sync", "against", "ratio", "goal"
    );
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.0} ms", duration.as_secs_f64() * 1e3)
}

/// The stages by themselves, inside this process.
fn stages(world: &World) {
    heading(&format!("Stages, {}", world.size()));
    let as_of = date(2026, 11, 24);
    let checked = best(|| lint::check(load(&world.root()).checked(as_of), as_of));
    let mut loaded = lint::check(load(&world.root()).checked(as_of), as_of);
    let resolved = loaded.targets.pop().expect("the manifest is valid");
    let manifest = resolved.manifest;
    let bytes: usize = loaded
        .sources
        .files()
        .map(|(_, file)| file.text.len())
        .sum();
    row(
        "read, parse, check and resolve",
        &milliseconds(checked),
        &format!("{:.0} MB of YAML", bytes as f64 / 1e6),
        bytes as f64 / 1e6 / checked.as_secs_f64(),
        "MB/s",
    );
    let resolve = best(|| scim_sync::desired::resolve(&manifest, as_of));
    row(
        "resolve alone",
        &milliseconds(resolve),
        "all of the above",
        resolve.as_secs_f64() / checked.as_secs_f64(),
        "",
    );

    let served = Served::start(world.dir(), 0);
    let live: LiveState = tokio::runtime::Runtime::new()
        .expect("a runtime")
        .block_on(async {
            let dialect = resolved.profile.dialect.clone();
            let options = ClientOptions::for_dialect(&dialect);
            let http = HttpTransport::new(&served.url, &TOKEN.into(), options).expect("a client");
            let reader = Reader::new(http, dialect);
            let start = Instant::now();
            let live = collect(&reader).await.expect("the live state is read");
            let took = start.elapsed();
            let curl = median(3, || run(&mut served.curl(world, 8)));
            row(
                "collect, 0 ms",
                &milliseconds(took),
                &format!("curl, 8 at once: {}", milliseconds(curl.wall)),
                took.as_secs_f64() / curl.wall(),
                "",
            );
            live
        });

    let policy = Policy::new(&manifest.policy);
    let (allow, target, inputs) = (
        Allowances::default(),
        TargetInfo {
            name: None,
            provider: "harness".to_owned(),
            title: "Harness".to_owned(),
            base_url: served.url.clone(),
        },
        Inputs {
            manifest: String::new(),
            files: std::collections::BTreeMap::new(),
            base: None,
            live: String::new(),
        },
    );
    let input = PlanInput {
        desired: &resolved.desired,
        sources: &loaded.sources,
        base: None,
        live: &live,
        population: &Population::of(&live),
        recent: &Recent::default(),
        written: &Written::default(),
        profile: &resolved.profile,
        policy: &policy,
        allow: &allow,
        target: &target,
        inputs: &inputs,
    };
    let planned = best(|| plan(input));
    let mut state = 1_u64;
    let numbers: Vec<u64> = (0..1_000_000)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            state
        })
        .collect();
    let sorted = best(|| {
        let mut copy = numbers.clone();
        copy.sort_unstable();
        copy
    });
    row(
        "planner alone",
        &milliseconds(planned),
        &format!("sort 10^6 u64: {}", milliseconds(sorted)),
        planned.as_secs_f64() / sorted.as_secs_f64(),
        "<= 3",
    );
}

/// The whole command at five sizes: how it grows.
fn growth(sizes: &[usize]) {
    println!("\nGrowth of `plan --format json`, ten memberships a person, a group for each twenty");
    println!(
        "{:>9} {:>9} {:>9} {:>10}",
        "people", "wall", "CPU", "peak MiB"
    );
    let mut points = Vec::new();
    for &users in sizes {
        let world = World::new(users, users / 20, users * 10, 0.1);
        let served = Served::start(world.dir(), 0);
        let took = median(3, || run(&mut served.plan(world.dir())));
        // The most of any child so far: sizes grow, so it is this one's.
        let (_, peak) = children();
        println!(
            "{users:>9} {:>7.2} s {:>7.2} s {peak:>10.0}",
            took.wall(),
            took.cpu()
        );
        points.push((users as f64, took.cpu(), peak));
    }
    let slope = |of: fn(&(f64, f64, f64)) -> f64| {
        let xs: Vec<f64> = points.iter().map(|point| point.0.ln()).collect();
        let ys: Vec<f64> = points.iter().map(|point| of(point).ln()).collect();
        let n = xs.len() as f64;
        let (mx, my) = (xs.iter().sum::<f64>() / n, ys.iter().sum::<f64>() / n);
        let top: f64 = xs.iter().zip(&ys).map(|(x, y)| (x - mx) * (y - my)).sum();
        let bottom: f64 = xs.iter().map(|x| (x - mx).powi(2)).sum();
        top / bottom
    };
    println!(
        "log-log slope: CPU {:.2}, memory {:.2} (goal <= 1.05)",
        slope(|point| point.1),
        slope(|point| point.2)
    );
}

/// The whole command against the pages alone.
fn against_curl(world: &World) {
    heading(&format!("Whole plan, {}", world.size()));
    for (latency, goal) in [(0, ""), (50, "<= 1.5")] {
        let served = Served::start(world.dir(), latency);
        // In turns, so that both meet the same neighbours.
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            ours.push(run(&mut served.plan(world.dir())));
            theirs.push(run(&mut served.curl(world, 8)));
        }
        let (ours, theirs) = (median_of(ours), median_of(theirs));
        row(
            &format!("wall, each answer after {latency} ms"),
            &milliseconds(ours.wall),
            &format!("curl, 8 at once: {}", milliseconds(theirs.wall)),
            ours.wall() / theirs.wall(),
            goal,
        );
        println!("{:<40} {:>12}", "CPU of it", milliseconds(ours.cpu));
    }
}

/// A plan of ten people in which nothing changes: what one pays to ask.
fn no_op() {
    let world = World::new(10, 2, 20, 0.0);
    let served = Served::start(world.dir(), 0);
    let ours = median(21, || run(&mut served.plan(world.dir())));
    let theirs = median(21, || run(&mut served.curl(&world, 8)));
    heading("Nothing to do, 10 people");
    row(
        "wall",
        &milliseconds(ours.wall),
        &format!("curl: {}", milliseconds(theirs.wall)),
        ours.wall() / theirs.wall(),
        "<= 3",
    );
}

/// A first fill: as many requests as there are operations, and what is done around them.
fn first_fill(people: usize) {
    let world = World::new(people, people / 20, people * 2, 0.0);
    let state = world.dir().join(".scim-sync/sandbox.json");
    std::fs::remove_file(&state).expect("the state is there");
    let served = Served::start(world.dir(), 0);
    let mut apply = served.plan(world.dir());
    let report = world.dir().join("report.jsonl");
    let mut command = Command::new(BINARY);
    command
        .arg("-f")
        .arg(world.root())
        .args([
            "apply",
            "--auto-approve",
            "--quiet",
            "--no-base",
            "--report",
        ])
        .arg(&report)
        .env("SCIM_SYNC_WORLD_URL", &served.url)
        .env("SCIM_SYNC_WORLD_TOKEN", TOKEN);
    let took = run(&mut command);
    let again = run(&mut apply);
    let text = std::fs::read_to_string(&report).expect("a report");
    let requests = text.matches("\"method\":").count();
    heading(&format!("First fill, {}", world.size()));
    row(
        "apply, 0 ms",
        &milliseconds(took.wall),
        &format!("{requests} requests told"),
        took.wall.as_secs_f64() * 1e3 / requests.max(1) as f64,
        "ms each",
    );
    row(
        "plan again, nothing to do",
        &milliseconds(again.wall),
        "",
        again.wall() / took.wall(),
        "",
    );
}

const PYTHON: &str = r#"
import glob, json, sys, urllib.request, yaml
base, folder = sys.argv[1], sys.argv[2]
users, roles = {}, {}
for name in sorted(glob.glob(folder + "/*/*.yaml")):
    with open(name) as file:
        document = yaml.load(file, Loader=yaml.CSafeLoader)
    users.update(document.get("users", {}))
    roles.update(document.get("roles", {}))
def read(kind):
    start, all = 1, []
    while True:
        request = urllib.request.Request(f"{base}/{kind}?startIndex={start}&count=1000", headers={"Authorization": "Bearer sandbox"})
        page = json.load(urllib.request.urlopen(request))["Resources"]
        all += page
        if len(page) < 1000: return all
        start += len(page)
live = {user["userName"]: user for user in read("Users")}
ids = {user["id"]: name for name, user in live.items()}
groups = {group["displayName"]: {ids[m["value"]] for m in group.get("members", [])} for group in read("Groups")}
changes = sum(1 for user in users.values() if user["email"] not in live)
for role, body in roles.items():
    wanted = {users[key]["email"] for key in body["members"]}
    changes += len(wanted ^ groups.get(role, set()))
print(changes)
"#;

/// Forty lines of Python with the fastest YAML reader it has.
fn against_python(world: &World) {
    let has = Command::new("python3")
        .args(["-c", "import yaml; yaml.CSafeLoader"])
        .output();
    if !has.is_ok_and(|output| output.status.success()) {
        println!("\npython3 with PyYAML's C loader is not here: not compared");
        return;
    }
    heading(&format!("Against Python, {}", world.size()));
    let served = Served::start(world.dir(), 0);
    let ours = median(3, || run(&mut served.plan(world.dir())));
    let theirs = run(Command::new("python3")
        .args(["-c", PYTHON, &served.url])
        .arg(world.dir()));
    row(
        "CPU",
        &milliseconds(ours.cpu),
        &format!("PyYAML: {}", milliseconds(theirs.cpu)),
        theirs.cpu() / ours.cpu(),
        ">= 8",
    );
}

/// `terraform plan` with state and nothing to do; nothing but its built-in resource, no
/// network.
fn against_terraform(users: usize) {
    let version = Command::new("terraform").arg("version").output();
    if !version.is_ok_and(|output| output.status.success()) {
        println!("\nterraform is not here: not compared");
        return;
    }
    let world = World::new(users, users / 20, users * 10, 0.0);
    let served = Served::start(world.dir(), 0);
    let ours = median(RUNS, || run(&mut served.plan(world.dir())));
    heading(&format!("Against terraform, {users} people"));
    let folder = tempfile::tempdir().expect("a folder");
    let mut users_yaml = String::from("users:\n");
    for person in 0..users {
        let _ = write!(
            users_yaml,
            "  person-{person:06}:\n    email: person.{person:06}@example.com\n    \
             givenName: Given\n    familyName: Family\n"
        );
    }
    std::fs::write(folder.path().join("users.yaml"), users_yaml).expect("written");
    let looped = "locals { users = yamldecode(file(\"users.yaml\")).users }\n\
                  resource \"terraform_data\" \"user\" {\n  for_each = local.users\n  \
                  input = each.value\n}\n";
    let mut unrolled = String::new();
    for person in 0..users {
        let _ = writeln!(
            unrolled,
            "resource \"terraform_data\" \"user_{person}\" {{\n  input = {{ email = \
             \"person.{person:06}@example.com\", givenName = \"Given\", familyName = \"Family\" \
             }}\n}}"
        );
    }
    for (shape, text, goal) in [
        ("for_each", looped, ">= 300"),
        // The goal of 100 is for 5,000 people, whom terraform takes many minutes to make.
        ("unrolled", unrolled.as_str(), ""),
    ] {
        let dir = folder.path().join(shape);
        std::fs::create_dir(&dir).expect("a folder");
        std::fs::copy(folder.path().join("users.yaml"), dir.join("users.yaml")).expect("copied");
        std::fs::write(dir.join("main.tf"), text).expect("written");
        let terraform = |arguments: &[&str]| {
            run(Command::new("terraform")
                .current_dir(&dir)
                .env("CHECKPOINT_DISABLE", "1")
                .args(arguments))
        };
        terraform(&["init", "-input=false"]);
        terraform(&["apply", "-auto-approve", "-input=false"]);
        let theirs = terraform(&["plan", "-input=false"]);
        row(
            &format!("CPU, {shape}"),
            &milliseconds(ours.cpu),
            &format!("terraform: {:.1} s", theirs.cpu()),
            theirs.cpu() / ours.cpu(),
            goal,
        );
    }
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    // `cargo test --benches` only wants to know that it starts.
    if arguments.iter().any(|argument| argument == "--test") {
        return Ok(());
    }
    let only: Vec<&str> = arguments[1..]
        .iter()
        .map(String::as_str)
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    let wanted = |name: &str| only.is_empty() || only.contains(&name);
    let scale = if arguments.iter().any(|argument| argument == "--quick") {
        10
    } else {
        1
    };
    if wanted("growth") {
        // First, while no larger child has been: memory is told as the most of all.
        let sizes = [12_500, 25_000, 50_000, 100_000, 200_000].map(|users| users / scale);
        growth(&sizes);
    }
    if wanted("stages") || wanted("curl") {
        let world = World::new(100_000 / scale, 5_000 / scale, 1_000_000 / scale, 0.1);
        if wanted("stages") {
            stages(&world);
        }
        if wanted("curl") {
            against_curl(&world);
        }
    }
    if wanted("noop") {
        no_op();
    }
    if wanted("fill") {
        first_fill(1_000 / scale);
    }
    if wanted("python") {
        against_python(&World::new(
            20_000 / scale,
            1_000 / scale,
            200_000 / scale,
            0.1,
        ));
    }
    if wanted("terraform") {
        against_terraform(1_000 / scale);
    }
    Ok(())
}
