//! What a person sees of a run: a bar on a terminal, a line every few seconds elsewhere;
//! and the report, always.

use std::fmt;
use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::ProgressState;

use super::Terminal;
use crate::apply::report::{Event, Report};
use crate::apply::{MadeBy, Progress, Status};
use crate::plan::Action;
use crate::render::outcome::{Standing, finished_line, progress_line};
use crate::render::text::{Detail, describe};

/// How often a line is printed where there is no terminal.
const EVERY: Duration = Duration::from_secs(5);

/// How much is told while a run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// How far it is, and what did not go well.
    Progress,
    /// The same in lines, on a terminal too: there is one bar, and there are several runs.
    Lines,
    /// What did not go well.
    Failures,
}

/// Watches a run.
pub(super) struct Watch {
    bar: Option<indicatif::ProgressBar>,
    shared: Arc<Shared>,
    report: Arc<Report>,
    terminal: Terminal,
}

struct Shared {
    total: usize,
    began: Instant,
    done: AtomicUsize,
    failed: AtomicUsize,
    current: Mutex<String>,
    ended: AtomicBool,
}

impl Watch {
    /// Begins to watch a run of so many items; to be called inside a runtime.
    pub(super) fn begin(
        total: usize,
        told: Told,
        terminal: &Terminal,
        report: Arc<Report>,
    ) -> Self {
        let shared = Arc::new(Shared {
            total,
            began: Instant::now(),
            done: AtomicUsize::new(0),
            failed: AtomicUsize::new(0),
            current: Mutex::default(),
            ended: AtomicBool::new(false),
        });
        let on_terminal = std::io::stderr().is_terminal();
        let bar = (on_terminal && told == Told::Progress).then(|| {
            let bar = indicatif::ProgressBar::new(total as u64);
            let template = "{bar:20} {pos}/{len} {rate}, {eta} left{prefix}  {wide_msg}";
            let style = indicatif::ProgressStyle::with_template(template)
                .expect("the template is well-formed")
                .with_key("rate", |state: &ProgressState, out: &mut dyn fmt::Write| {
                    // A bar that cannot be drawn is nobody's failure.
                    let _ = write!(out, "{:.1}/s", state.per_sec());
                });
            bar.set_style(style);
            bar.enable_steady_tick(Duration::from_millis(250));
            terminal.show(&bar);
            bar
        });
        if told == Told::Lines || (!on_terminal && told == Told::Progress) {
            tokio::spawn(tell(Arc::clone(&shared), terminal.clone()));
        }
        Self {
            bar,
            shared,
            report,
            terminal: terminal.clone(),
        }
    }

    /// The run has ended; nothing more is told.
    pub(super) fn end(&self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        if let Some(bar) = &self.bar {
            self.terminal.hide();
            bar.finish_and_clear();
        }
    }
}

async fn tell(shared: Arc<Shared>, terminal: Terminal) {
    loop {
        tokio::time::sleep(EVERY).await;
        if shared.ended.load(Ordering::Relaxed) {
            return;
        }
        terminal.status(&progress_line(&shared.standing(&terminal)));
    }
}

impl Shared {
    fn standing(&self, terminal: &Terminal) -> Standing {
        Standing {
            done: self.done.load(Ordering::Relaxed),
            total: self.total,
            failed: self.failed.load(Ordering::Relaxed),
            retries: terminal.retries(),
            elapsed: self.began.elapsed(),
            current: self
                .current
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
        }
    }
}

impl Progress for Watch {
    fn started(&self, action: &Action) {
        let text = describe(action, Detail::Short);
        if let Some(bar) = &self.bar {
            bar.set_message(self.terminal.hidden(&text).into_owned());
        }
        *self
            .shared
            .current
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = text;
    }

    fn finished(&self, action: &Action, status: &Status, made: MadeBy) {
        let line = finished_line(action, status);
        self.shared.done.fetch_add(1, Ordering::Relaxed);
        if status.is_good() {
            tracing::debug!("{line}");
        } else {
            self.shared.failed.fetch_add(1, Ordering::Relaxed);
            self.terminal.status(&line);
        }
        if let Some(bar) = &self.bar {
            bar.inc(1);
            bar.set_prefix(self.shared.standing(&self.terminal).troubles());
        }
        // A report that cannot be written stops the run at its next request.
        let _ = self.report.write(Event::item(action, status, made));
    }
}
