//! `scim-sync schema`: the JSON Schemas this tool publishes.

use super::Terminal;
use super::project::Failure;
use crate::apply::report::Line;
use crate::cli::{SchemaArgs, SchemaName};
use crate::exit::Exit;
use crate::live::diff::SnapshotDiff;
use crate::live::snapshot::Snapshot;
use crate::manifest::schema::{included_schema, manifest_schema};
use crate::plan::Plan;
use crate::plan::compare::Comparison;
use crate::plan::explain::Explanation;
use crate::plan::status::Status;
use crate::probe::found::Probed;
use crate::render::doctor::Examination;
use crate::render::json::plan_schema;
use crate::render::several;
use crate::render::support::SupportRequest;

pub(super) fn run(args: &SchemaArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let schema = match args.which {
        SchemaName::Manifest => manifest_schema(),
        SchemaName::Included => included_schema(),
        SchemaName::Plan => plan_schema().to_value(),
        SchemaName::Plans => several::schema::<Plan>("plans", "plans"),
        SchemaName::ExplainOfTargets => {
            several::schema::<Explanation>("explain-of-targets", "explanations")
        }
        SchemaName::DoctorOfTargets => {
            several::schema::<Examination>("doctor-of-targets", "examinations")
        }
        SchemaName::StatusOfTargets => several::schema::<Status>("status-of-targets", "status"),
        SchemaName::SupportRequestOfTargets => {
            several::schema::<SupportRequest>("support-request-of-targets", "support requests")
        }
        SchemaName::SnapshotDiff => schemars::schema_for!(SnapshotDiff).to_value(),
        SchemaName::Probe => schemars::schema_for!(Probed).to_value(),
        SchemaName::Explain => schemars::schema_for!(Explanation).to_value(),
        SchemaName::Comparison => schemars::schema_for!(Comparison).to_value(),
        SchemaName::Report => schemars::schema_for!(Line).to_value(),
        SchemaName::Doctor => schemars::schema_for!(Examination).to_value(),
        SchemaName::Status => schemars::schema_for!(Status).to_value(),
        SchemaName::SupportRequest => schemars::schema_for!(SupportRequest).to_value(),
        SchemaName::Snapshot => schemars::schema_for!(Snapshot).to_value(),
    };
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema has only string keys");
    text.push('\n');
    terminal.print(&text)?;
    Ok(Exit::Success)
}
