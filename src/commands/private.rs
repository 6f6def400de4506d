//! Files that hold personal data.
//!
//! **Invariants.** A file is there whole or not at all, and only its owner reads it. What is no
//! file (a device, a pipe) is written to, never replaced; a link stays, and what it leads to is
//! written.

use std::fs::{FileType, Metadata, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// So many links after each other are a circle, as the kernel has it (`ELOOP`).
const LINKS: usize = 40;

/// Writes a file that holds personal data.
///
/// # Errors
/// When it cannot be written, or is nothing to write to: a folder, a disk.
pub(crate) fn write_private(file: &Path, bytes: &[u8]) -> io::Result<()> {
    match std::fs::metadata(file) {
        Ok(there) if goes_to_stdout(&there) => {
            let mut out = io::stdout().lock();
            out.write_all(bytes)?;
            out.flush()
        }
        Ok(there) if there.is_file() || there.is_dir() => replace(&behind_links(file)?, bytes),
        Ok(there) => {
            if let Some(what) = no_place_for_a_file(there.file_type()) {
                return Err(io::Error::other(format!(
                    "it is {what}, which is not written to"
                )));
            }
            // A reader that went away has what it wanted.
            let mut special = OpenOptions::new().write(true).open(file)?;
            match special.write_all(bytes) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                written => written,
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            replace(&behind_links(file)?, bytes)
        }
        Err(error) => Err(error),
    }
}

fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        Some(_) | None => Path::new("."),
    };
    let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
    temporary.write_all(bytes)?;
    temporary.persist(file)?;
    Ok(())
}

/// Where a path leads, which need not be there yet.
pub(super) fn behind_links(file: &Path) -> io::Result<PathBuf> {
    let mut file = file.to_owned();
    for _ in 0..LINKS {
        match std::fs::read_link(&file) {
            Ok(to) => {
                let folder = file.parent().unwrap_or(Path::new(""));
                file = folder.join(to);
            }
            // It is no link, or not there.
            Err(_) => return Ok(file),
        }
    }
    Err(io::Error::other("its links lead in a circle"))
}

/// Whether this is the file that stdout goes to: another file of its name would take that
/// file's place while we print to it.
#[cfg(unix)]
fn goes_to_stdout(there: &Metadata) -> bool {
    use std::os::fd::AsFd as _;
    use std::os::unix::fs::MetadataExt as _;
    let stdout = io::stdout().as_fd().try_clone_to_owned();
    let stdout = stdout.and_then(|fd| std::fs::File::from(fd).metadata());
    stdout.is_ok_and(|stdout| {
        there.is_file() && (stdout.dev(), stdout.ino()) == (there.dev(), there.ino())
    })
}

#[cfg(not(unix))]
fn goes_to_stdout(_: &Metadata) -> bool {
    false
}

/// What a special file is that holds no plan.
#[cfg(unix)]
fn no_place_for_a_file(kind: FileType) -> Option<&'static str> {
    use std::os::unix::fs::FileTypeExt as _;
    if kind.is_block_device() {
        Some("a block device")
    } else if kind.is_socket() {
        Some("a socket")
    } else {
        None
    }
}

#[cfg(not(unix))]
fn no_place_for_a_file(_: FileType) -> Option<&'static str> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn a_link_stays_and_leads_to_what_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let (link, file) = (folder.path().join("link"), folder.path().join("sub/file"));
        std::fs::create_dir(folder.path().join("sub")).unwrap();
        symlink("sub/second", &link).unwrap();
        symlink("file", folder.path().join("sub/second")).unwrap();
        // The second time there is a file behind it.
        for bytes in ["one", "two"] {
            write_private(&link, bytes.as_bytes()).unwrap();
            assert!(link.symlink_metadata().unwrap().is_symlink());
            assert!(file.symlink_metadata().unwrap().is_file());
            assert_eq!(std::fs::read_to_string(&file).unwrap(), bytes);
            let mode = file.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{mode:o}");
        }
        let (a, b) = (folder.path().join("a"), folder.path().join("b"));
        symlink(&a, &b).unwrap();
        symlink(&b, &a).unwrap();
        write_private(&a, b"x").unwrap_err();
        assert!(a.symlink_metadata().unwrap().is_symlink());
    }

    #[test]
    fn a_pipe_is_written_to_and_a_socket_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || std::fs::read_to_string(pipe)
        });
        write_private(&pipe, b"a plan").unwrap();
        assert_eq!(reader.join().unwrap().unwrap(), "a plan");
        assert!(pipe.symlink_metadata().unwrap().file_type().is_fifo());

        let socket = folder.path().join("socket");
        let _listens = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let error = write_private(&socket, b"a plan").unwrap_err();
        assert!(error.to_string().contains("a socket"), "{error}");
        assert!(socket.symlink_metadata().unwrap().file_type().is_socket());
        write_private(folder.path(), b"a plan").unwrap_err();
    }
}
