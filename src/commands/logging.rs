//! What `-v` and `-vv` tell: each request with its answer; then the bodies, masked.
//!
//! **Invariants.** Only this crate's own events are told: the HTTP library's hold headers.

use std::io;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::Terminal;

/// Begins to tell, if anything is asked for.
pub(super) fn begin(verbose: u8, terminal: &Terminal) {
    let level = match verbose {
        0 => return,
        1 => LevelFilter::DEBUG,
        2.. => LevelFilter::TRACE,
    };
    let terminal = terminal.clone();
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_target(false)
        .with_level(false)
        .with_timer(tracing_subscriber::fmt::time::uptime())
        .with_writer(move || Line(terminal.clone()));
    // Tells `Err` when something listens already, which then hears it.
    drop(
        tracing_subscriber::registry()
            .with(lines)
            .with(Targets::new().with_target(env!("CARGO_CRATE_NAME"), level))
            .try_init(),
    );
}

/// One event, printed as a status line, which goes above a progress bar: the library writes
/// each in one piece.
struct Line(Terminal);

impl io::Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.status(String::from_utf8_lossy(bytes).trim_end());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
