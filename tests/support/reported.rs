//! A run with its report in memory.

use std::io;
use std::sync::{Arc, Mutex};

use scim_sync::apply::recorded::{Recorded, Recorder};
use scim_sync::apply::report::{self, Event, REPORT_VERSION, Report, Sink, Verified};
use scim_sync::apply::{MadeBy, Options, Outcome, Progress, Status, Stop, execute};
use scim_sync::plan::{Action, Plan};
use scim_sync::profile::Profile;
use scim_sync::scim::http::Transport;
use scim_sync::scim::service::Writer;

/// Lines kept, until `room` of them are.
#[derive(Clone)]
pub struct Paper {
    pub text: Arc<Mutex<String>>,
    pub room: usize,
}

impl Paper {
    pub fn with_room(room: usize) -> Self {
        Self {
            text: Arc::default(),
            room,
        }
    }
}

impl Sink for Paper {
    fn append(&mut self, line: &str) -> io::Result<()> {
        let mut text = self.text.lock().unwrap();
        if text.lines().count() >= self.room {
            return Err(io::ErrorKind::StorageFull.into());
        }
        text.push_str(line);
        Ok(())
    }
}

/// Carries a plan out through a transport, as the program does, and reports on `paper`.
pub async fn carry_out_reported<T: Transport + Clone>(
    plan: &Plan,
    profile: &Profile,
    transport: T,
    options: &Options,
    paper: &Paper,
) -> Outcome {
    let report = Report::new(Box::new(paper.clone()), || {
        "2026-11-24T00:00:00Z".to_owned()
    });
    let begin = Event::Begin {
        version: REPORT_VERSION,
        tool: "scim-sync".to_owned(),
        target: plan.target.clone(),
        plan: plan.fingerprint(),
        commit: None,
        operator: None,
        items: plan.actions.len(),
        allowed: Vec::new(),
    };
    report.write(begin).expect("there is room for one line");
    let (report, stop) = (Arc::new(report), Arc::new(Stop::default()));
    let recorder = Recorder::default();
    recorder.begin(Arc::clone(&report), Arc::clone(&stop));
    let writer = Writer::new(Recorded::new(transport, recorder), profile.dialect.clone());
    let watch = Watch(Arc::clone(&report));
    let outcome = execute(plan, profile, &writer, options, &stop, &watch).await;
    let _ = report.write(Event::End {
        left: None,
        converged: None,
        stopped: outcome.stopped.clone(),
    });
    outcome
}

/// The report, checked.
pub fn verified(paper: &Paper) -> Verified {
    report::verify(&paper.text.lock().unwrap()).expect("an unbroken report")
}

struct Watch(Arc<Report>);

impl Progress for Watch {
    fn finished(&self, action: &Action, status: &Status, made: MadeBy) {
        let _ = self.0.write(Event::item(action, status, made));
    }
}
