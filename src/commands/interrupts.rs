//! Ctrl-C and SIGTERM: the first finishes what is in flight, the second ends at once.

use std::sync::Arc;

use super::Terminal;
use crate::apply::Stop;
use crate::exit::Exit;

/// Listens for both from now on.
pub(super) fn listen(stop: &Arc<Stop>, terminal: &Terminal) {
    let stop = Arc::clone(stop);
    let terminal = terminal.clone();
    let mut interrupts = Interrupts::new();
    tokio::spawn(async move {
        if interrupts.next().await {
            terminal
                .status("stopping: what is in flight is finished; interrupt again to end at once");
            stop.ask();
        }
        if interrupts.next().await {
            // Every line of the report is in the operating system's hands already.
            std::process::exit(i32::from(Exit::Partial.code()));
        }
    });
}

/// One stream for all of them, so that none between two waits is missed.
#[cfg(unix)]
struct Interrupts {
    interrupt: Option<tokio::signal::unix::Signal>,
    terminate: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Interrupts {
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self {
            interrupt: signal(SignalKind::interrupt()).ok(),
            terminate: signal(SignalKind::terminate()).ok(),
        }
    }

    async fn next(&mut self) -> bool {
        async fn one(signal: &mut Option<tokio::signal::unix::Signal>) -> bool {
            match signal {
                Some(signal) => signal.recv().await.is_some(),
                None => std::future::pending().await,
            }
        }
        tokio::select! {
            came = one(&mut self.interrupt) => came,
            came = one(&mut self.terminate) => came,
        }
    }
}

#[cfg(not(unix))]
struct Interrupts;

#[cfg(not(unix))]
impl Interrupts {
    fn new() -> Self {
        Self
    }

    async fn next(&mut self) -> bool {
        tokio::signal::ctrl_c().await.is_ok()
    }
}
