//! Secrets, from where a manifest or an option says.
//!
//! **Invariants.** No more is read than a secret may have, and no program is waited for without
//! end.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use secrecy::SecretString;

use super::trouble::Trouble;
use crate::manifest::decl::TokenDecl;

/// The most bytes of a secret: a signed token with many claims has some thousand.
const MOST: u64 = 64 * 1024;
/// How long a program may take: somebody may have to unlock something for it.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often a program that has said all is looked after.
const LOOK: Duration = Duration::from_millis(10);

fn missing(message: String, help: String) -> Trouble {
    Trouble::new("missing-token", message, help)
}

/// Gets the token from where the manifest says.
pub(super) fn token(source: Option<&TokenDecl>, folder: &Path) -> Result<SecretString, Trouble> {
    let text = match source {
        None => {
            return Err(missing(
                "`target` has a base URL but no token".to_owned(),
                "add `token: { env: HARNESS_SCIM_TOKEN }` to `target`, and put the token into that variable".to_owned(),
            ));
        }
        Some(TokenDecl::Env(name)) => std::env::var(&name.value).map_err(|_| {
            missing(
                format!(
                    "the environment variable `{}`, which holds the token, is not set",
                    name.value
                ),
                format!(
                    "set it to the service provider's SCIM token, for instance `export {}=…`",
                    name.value
                ),
            )
        })?,
        Some(TokenDecl::File(file)) => in_file(&folder.join(&file.value))?,
        Some(TokenDecl::Command(command)) => printed("token", &command.value, folder)?,
    };
    let text = text.trim();
    if text.is_empty() {
        return Err(missing(
            "the token is empty".to_owned(),
            "put the service provider's SCIM token where `target.token` says".to_owned(),
        ));
    }
    Ok(SecretString::from(text))
}

fn in_file(path: &Path) -> Result<String, Trouble> {
    let trouble = |error: std::io::Error| Trouble::file("read the token from", path, &error);
    let file = std::fs::File::open(path).map_err(trouble)?;
    match capped(file).map_err(trouble)? {
        Capped::Whole(bytes) => String::from_utf8(bytes)
            .map_err(|error| trouble(std::io::Error::new(std::io::ErrorKind::InvalidData, error))),
        Capped::More => Err(missing(
            format!(
                "`{}` holds more than {} KiB, which is no token",
                path.display(),
                MOST / 1024
            ),
            "name a file that holds the token and nothing else".to_owned(),
        )),
    }
}

/// What was read.
enum Capped {
    Whole(Vec<u8>),
    /// It goes on after what a secret may have.
    More,
}

fn capped(from: impl Read) -> std::io::Result<Capped> {
    let mut bytes = Vec::new();
    from.take(MOST + 1).read_to_end(&mut bytes)?;
    Ok(match bytes.len() as u64 > MOST {
        true => Capped::More,
        false => Capped::Whole(bytes),
    })
}

/// The secret that a program prints; `what` it is.
pub(crate) fn printed(what: &str, command: &[String], folder: &Path) -> Result<String, Trouble> {
    printed_within(PATIENCE, what, command, folder)
}

fn printed_within(
    patience: Duration,
    what: &str,
    command: &[String],
    folder: &Path,
) -> Result<String, Trouble> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(missing(
            format!("the command that prints the {what} is empty"),
            "name a program and its arguments".to_owned(),
        ));
    };
    let trouble = |happened: String| {
        missing(
            format!("the {what} command `{program}` {happened}"),
            format!("run the command by hand: it has to print the {what} on stdout and end with 0"),
        )
    };
    let unusable = |error: std::io::Error| trouble(format!("cannot be run: {error}"));
    let until = Instant::now() + patience;
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .map_err(unusable)?;
    let out = child.stdout.take().expect("stdout is piped");
    let (says, hears) = channel();
    // Whoever is not waited for any more reads on until the program is gone.
    std::thread::spawn(move || says.send(capped(out)));
    let late = || {
        trouble(format!(
            "did not end within {} seconds",
            patience.as_secs_f32()
        ))
    };
    let read = match hears.recv_timeout(patience) {
        Ok(read) => read,
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
            end(&mut child);
            return Err(late());
        }
    };
    let bytes = match read {
        Ok(Capped::Whole(bytes)) => bytes,
        Ok(Capped::More) => {
            end(&mut child);
            return Err(trouble(format!(
                "prints more than {} KiB, which is no {what}",
                MOST / 1024
            )));
        }
        Err(error) => {
            end(&mut child);
            return Err(unusable(error));
        }
    };
    let Some(status) = ended(&mut child, until).map_err(unusable)? else {
        end(&mut child);
        return Err(late());
    };
    if !status.success() {
        return Err(trouble(format!("failed: {status}")));
    }
    String::from_utf8(bytes).map_err(|_| trouble("printed no text".to_owned()))
}

/// How a program ended that has closed its stdout; nothing if it did not in time.
fn ended(child: &mut Child, until: Instant) -> std::io::Result<Option<ExitStatus>> {
    loop {
        let status = child.try_wait()?;
        if status.is_some() || Instant::now() >= until {
            return Ok(status);
        }
        std::thread::sleep(LOOK);
    }
}

fn end(child: &mut Child) {
    // It may have ended by itself; either way it is gone afterwards.
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn words(command: &[&str]) -> Vec<String> {
        command.iter().map(|&word| word.to_owned()).collect()
    }

    #[test]
    fn a_program_that_does_not_end_is_not_waited_for() {
        let patience = Duration::from_millis(200);
        let here = Path::new(".");
        // One that is silent, and one that has said all.
        for script in ["exec sleep 600", "echo tok; exec >&-; exec sleep 600"] {
            let began = Instant::now();
            let error = printed_within(patience, "token", &words(&["sh", "-c", script]), here);
            let error = error.unwrap_err().to_string();
            assert!(error.contains("did not end within 0.2 seconds"), "{error}");
            assert!(began.elapsed() < Duration::from_secs(60));
        }
        let text = printed("token", &words(&["echo", "tok"]), here).unwrap();
        assert_eq!(text, "tok\n");
    }
}
