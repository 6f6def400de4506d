//! Who an older integration lets in: from a file of addresses, or from its own SCIM.

use std::collections::BTreeSet;
use std::path::Path;

use super::project::{Failure, Project};
use super::trouble::Trouble;
use super::{Terminal, target};
use crate::ids::Email;
use crate::live::beside::Told;
use crate::manifest::decode::is_email;

/// Reads whom the manifest's `target` says that the older integration has; nothing is asked
/// where the manifest names none.
///
/// # Errors
/// When the file cannot be read or is no list of addresses. What the integration itself does
/// not tell is no error: the plan says so.
pub(super) async fn read(
    project: &Project,
    terminal: &Terminal,
) -> Result<Told<BTreeSet<String>>, Failure> {
    let Some(declared) = &project.manifest.target.harness.first_gen else {
        return Ok(Told::NotAsked);
    };
    if let Some(file) = &declared.emails {
        return Ok(Told::Known(of_file(&project.folder.join(&file.value))?));
    }
    let Some(reader) = target::connect_to_other_login(project, terminal)? else {
        return Ok(Told::NotAsked);
    };
    let mut admitted = BTreeSet::new();
    let listed = reader.list_users(|user| {
        let email = user.email().or(user.user_name.as_deref());
        admitted.extend(email.map(|email| Email::new(email).folded().to_owned()));
    });
    Ok(match listed.await {
        Ok(walk) if walk.is_whole() => Told::Known(admitted),
        Ok(_) => Told::NotTold("its list may have gaps".to_owned()),
        Err(error) => Told::NotTold(error.to_string()),
    })
}

/// As [`read`], asking nobody: for plans that are made from a snapshot.
pub(super) fn read_offline(project: &Project) -> Result<Told<BTreeSet<String>>, Trouble> {
    let declared = project.manifest.target.harness.first_gen.as_ref();
    match declared.and_then(|declared| declared.emails.as_ref()) {
        Some(file) => Ok(Told::Known(of_file(&project.folder.join(&file.value))?)),
        None => Ok(Told::NotAsked),
    }
}

/// The largest list of addresses: a million of them fit.
const MAX_BYTES: u64 = 64 << 20;

fn of_file(path: &Path) -> Result<BTreeSet<String>, Trouble> {
    let cannot = |error: &std::io::Error| Trouble::file("read the addresses in", path, error);
    let about = std::fs::metadata(path).map_err(|error| cannot(&error))?;
    if !about.is_file() || about.len() > MAX_BYTES {
        return Err(Trouble::new(
            "first-gen-emails",
            format!(
                "`{}` is no file of at most {} MiB",
                path.display(),
                MAX_BYTES >> 20
            ),
            "name a text file with one address a line",
        ));
    }
    let text = std::fs::read_to_string(path).map_err(|error| cannot(&error))?;
    addresses(&text).map_err(|line| {
        // What stands there is not repeated: it may be any file.
        Trouble::new(
            "first-gen-emails",
            format!(
                "line {line} of `{}` is not an e-mail address",
                path.display()
            ),
            "write one address a line; `#` begins a comment",
        )
    })
}

/// The addresses of a list, folded.
///
/// # Errors
/// The number of the first line that is none.
fn addresses(text: &str) -> Result<BTreeSet<String>, usize> {
    let mut found = BTreeSet::new();
    for (line, number) in text.trim_start_matches('\u{feff}').lines().zip(1..) {
        let address = line.split('#').next().unwrap_or_default().trim();
        if address.is_empty() {
            continue;
        }
        // Separators of lists that are written otherwise.
        if !is_email(address) || address.contains([',', ';']) {
            return Err(number);
        }
        found.insert(Email::new(address).folded().to_owned());
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_addresses() {
        let text = "\u{feff}# the FirstGen app\nAda@Example.com  # since 2019\r\n\n bob@x.io\n";
        let found = addresses(text).expect("addresses");
        assert_eq!(Vec::from_iter(found), ["ada@example.com", "bob@x.io"]);
        for (text, line) in [
            ("ada@x.io\nbob", 2),
            ("@x.io", 1),
            ("ada@", 1),
            ("ada@x.io, bob@x.io", 1),
            ("root:x:0:0:root:/root:/bin/bash", 1),
        ] {
            assert_eq!(addresses(text), Err(line), "{text}");
        }
    }
}
