//! The real binary in a real folder, with an environment of its own.

#![allow(dead_code, reason = "each test binary uses its part of it")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// A temporary folder to run in.
pub struct Place {
    folder: tempfile::TempDir,
}

/// What a run printed and how it ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Place {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    /// A place with this manifest as `scim-sync.yaml`.
    pub fn with(manifest: &str) -> Self {
        let place = Self::new();
        place.write("scim-sync.yaml", manifest);
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder above")).expect("a folder");
        std::fs::write(&path, text).expect("a file");
        path
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("a readable file")
    }

    /// The binary with these arguments, nothing of our environment but the path.
    pub fn command(&self, arguments: &[&str]) -> Command {
        binary(self.folder.path(), arguments)
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::new(self.command(arguments).output().expect("the binary runs"))
    }

    pub fn run_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
        let mut command = self.command(arguments);
        command.envs(variables.iter().copied());
        Ran::new(command.output().expect("the binary runs"))
    }
}

fn binary(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scim-sync"));
    command
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(Stdio::null());
    command
}

impl Ran {
    fn new(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).expect("stdout is text"),
            err: String::from_utf8(output.stderr).expect("stderr is text"),
        }
    }

    /// The same run, after checking how it ended.
    #[track_caller]
    pub fn ends(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "stdout:\n{}\nstderr:\n{}",
            self.out, self.err
        );
        self
    }

    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(
            words(&self.out).contains(&words(text)),
            "no {text:?} in stdout:\n{}\nstderr:\n{}",
            self.out,
            self.err
        );
        self
    }

    /// Like `says`, wherever lines are wrapped.
    #[track_caller]
    pub fn tells(self, text: &str) -> Self {
        assert!(
            words(&self.out).contains(&words(text)),
            "no {text:?} in stdout:\n{}\nstderr:\n{}",
            self.out,
            self.err
        );
        self
    }

    #[track_caller]
    pub fn warns(self, text: &str) -> Self {
        assert!(
            words(&self.err).contains(&words(text)),
            "no {text:?} in stderr:\n{}\nstdout:\n{}",
            self.err,
            self.out
        );
        self
    }
}

/// Long lines are wrapped for people; the words are what counts.
fn words(text: &str) -> String {
    let words = text
        .split(|c: char| c.is_whitespace() || c == '│')
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// A running `sandbox serve`, ended when dropped.
pub struct Served {
    child: Child,
    pub base_url: String,
}

impl Served {
    /// Serves a world to whoever has the token `tok`, from `state.json`.
    pub fn holding(place: &Place, world: &scim_sync::sandbox::world::World) -> Self {
        use scim_sync::manifest::decl::SandboxBehavior;
        let json = String::from_utf8(world.to_json()).expect("JSON is text");
        place.write("state.json", &json);
        let behavior = match world.settings().behavior {
            SandboxBehavior::Documented => "documented",
            SandboxBehavior::Source => "source",
        };
        let arguments = [
            "--token",
            "tok",
            "--behavior",
            behavior,
            "--state",
            "state.json",
        ];
        Self::start(place, &arguments)
    }

    pub fn start(place: &Place, arguments: &[&str]) -> Self {
        use std::io::BufRead as _;
        let mut all = vec!["sandbox", "serve", "--port", "0"];
        all.extend_from_slice(arguments);
        let mut child = place
            .command(&all)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the sandbox starts");
        let out = child.stdout.take().expect("stdout is piped");
        let mut line = String::new();
        std::io::BufReader::new(out)
            .read_line(&mut line)
            .expect("a line on stdout");
        Self {
            child,
            base_url: line.trim().to_owned(),
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone afterwards.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
