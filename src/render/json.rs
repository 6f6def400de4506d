//! A plan as JSON: the stable interface for machines, described by `schema/plan.schema.json`.

use crate::plan::Plan;

/// The plan, indented, with a line break at the end.
pub fn plan(plan: &Plan) -> String {
    let mut text = serde_json::to_string_pretty(plan).expect("a plan has only string keys");
    text.push('\n');
    text
}

/// Writes what [`plan`] gives piece by piece.
///
/// # Errors
/// When `sink` takes no more.
pub fn write(plan: &Plan, sink: &mut dyn std::io::Write) -> std::io::Result<()> {
    serde_json::to_writer_pretty(&mut *sink, plan)?;
    sink.write_all(b"\n")
}

/// The schema of [`plan`]'s output.
pub fn plan_schema() -> schemars::Schema {
    schemars::schema_for!(Plan)
}
