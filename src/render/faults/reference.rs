//! Every fault code, for the documentation.

use crate::manifest::fault::FaultCode;

/// The reference table in Markdown, one row a code.
pub fn reference() -> String {
    let mut table = "| code | means |\n|---|---|\n".to_owned();
    for code in FaultCode::ALL {
        let means = code.describe().trim().replace('|', "\\|");
        table.push_str(&format!("| `{code}` | {means} |\n"));
    }
    table
}
