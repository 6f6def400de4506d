//! `scim-sync schema`: the JSON Schemas this tool publishes.

use super::Terminal;
use super::project::Failure;
use crate::cli::{SchemaArgs, SchemaName};
use crate::exit::Exit;
use crate::live::snapshot::Snapshot;
use crate::manifest::decl::{IncludedDecl, RootDecl};
use crate::render::json::plan_schema;

pub(super) fn run(args: &SchemaArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let schema = match args.which {
        SchemaName::Manifest => schemars::schema_for!(RootDecl),
        SchemaName::Included => schemars::schema_for!(IncludedDecl),
        SchemaName::Plan => plan_schema(),
        SchemaName::Snapshot => schemars::schema_for!(Snapshot),
    };
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema has only string keys");
    text.push('\n');
    terminal.print(&text)?;
    Ok(Exit::Success)
}
