//! The user export of OneLogin's console as a tenant.
//!
//! Activity, Reports, a report of "User Details", More Actions, Download CSV: whoever makes the
//! report chooses its columns, and nothing documents their headings or how roles are written
//! into one cell. So headings are read loosely, and what was taken for what is said.

use std::collections::BTreeMap;

use crate::manifest::words::{quoted, visible};

use super::tenant::{Account, Role, Rules, Standing, Tenant};

/// What goes wrong with an export.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CsvError {
    /// There is nothing in it.
    #[error("it is empty")]
    Empty,
    /// It is an archive.
    #[error("it is a zip archive")]
    Zipped,
    /// It is no text.
    #[error("it is not UTF-8 text")]
    NoText,
    /// A line cannot be read.
    #[error("{0}")]
    Line(String),
    /// There is no column of e-mails.
    #[error("none of its columns is called like an e-mail: {0}")]
    NoEmail(String),
    /// Two columns are called alike.
    #[error("its columns {0} are both taken for the {1}")]
    Twice(String, &'static str),
}

impl CsvError {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            CsvError::Empty => {
                "download it again: OneLogin's report begins with a line of headings"
            }
            CsvError::Zipped => "OneLogin's exports come zipped: unpack it, and name the CSV in it",
            CsvError::NoText | CsvError::Line(_) => "export it again from OneLogin as CSV",
            CsvError::NoEmail(_) => {
                "export a report of \"User Details\" with the columns Email, First name, Last \
                 name, Status, and Roles if it has them"
            }
            CsvError::Twice(_, _) => "leave one of them out of the report",
        }
    }
}

/// A tenant, and what was taken for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// The tenant; its rules are not in an export.
    pub tenant: Tenant,
    /// A sentence of which column was taken for what.
    pub read_as: String,
}

/// What a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Column {
    Id,
    Email,
    First,
    Last,
    Status,
    Roles,
}

/// What columns are called, without case, spaces and punctuation.
const HEADINGS: &[(Column, &str, &[&str])] = &[
    (Column::Id, "id", &["id", "userid", "oneloginid"]),
    (
        Column::Email,
        "e-mail",
        &["email", "emailaddress", "mail", "useremail"],
    ),
    (
        Column::First,
        "first name",
        &["firstname", "givenname", "first"],
    ),
    (
        Column::Last,
        "last name",
        &["lastname", "familyname", "surname", "last"],
    ),
    (Column::Status, "status", &["status", "userstatus"]),
    (
        Column::Roles,
        "roles",
        &["roles", "role", "rolenames", "userroles"],
    ),
];

/// A word without case, spaces and punctuation.
pub(super) fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Reads an export.
///
/// # Errors
/// When it is no CSV with a column of e-mails.
pub fn read(bytes: &[u8]) -> Result<Export, CsvError> {
    if bytes.starts_with(b"PK\x03\x04") {
        return Err(CsvError::Zipped);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| CsvError::NoText)?;
    if text.trim_start_matches('\u{feff}').trim().is_empty() {
        return Err(CsvError::Empty);
    }
    // The reader counts lines by their last character.
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(&text))
        .from_reader(text.as_bytes());
    let line = |error: csv::Error| CsvError::Line(error.to_string());
    let headings = reader.headers().map_err(line)?.clone();
    let columns = columns(&headings)?;
    let mut records = Vec::new();
    for record in reader.records() {
        let record = record.map_err(line)?;
        if record.iter().any(|cell| !cell.trim().is_empty()) {
            records.push(record);
        }
    }
    let cell = |record: &csv::StringRecord, column| {
        let at = columns.get(&column)?;
        let cell = record.get(*at)?.trim();
        (!cell.is_empty()).then(|| cell.to_owned())
    };
    let between = separator(records.iter().filter_map(|it| cell(it, Column::Roles)));
    let mut accounts = Vec::new();
    let mut roles: BTreeMap<String, Vec<Box<str>>> = BTreeMap::new();
    for record in &records {
        let at = record.position().map_or(0, csv::Position::line);
        let id = cell(record, Column::Id).unwrap_or_else(|| format!("line {at}"));
        let status = cell(record, Column::Status);
        let names = cell(record, Column::Roles).unwrap_or_default();
        for name in names.split(between).map(str::trim) {
            if !name.is_empty() {
                roles
                    .entry(name.to_owned())
                    .or_default()
                    .push(id.as_str().into());
            }
        }
        accounts.push(Account {
            email: cell(record, Column::Email),
            first: cell(record, Column::First),
            last: cell(record, Column::Last),
            standing: Standing::of_word(status.as_deref().unwrap_or_default()),
            id: id.into(),
        });
    }
    let roles = roles.into_iter().map(|(name, mut members)| {
        members.sort();
        members.dedup();
        Role {
            id: name.as_str().into(),
            name,
            members,
        }
    });
    Ok(Export {
        read_as: read_as(&headings, &columns, between),
        tenant: Tenant {
            accounts,
            roles: roles.collect(),
            rules: Rules::Unread("an export holds none".to_owned()),
            app: None,
        },
    })
}

fn columns(headings: &csv::StringRecord) -> Result<BTreeMap<Column, usize>, CsvError> {
    let mut columns: BTreeMap<Column, usize> = BTreeMap::new();
    let shown = |at: usize| {
        let name = headings.get(at).unwrap_or_default().trim();
        quoted(&visible(name)).to_string()
    };
    for (at, heading) in headings.iter().enumerate() {
        let plain = plain(heading);
        let found = HEADINGS
            .iter()
            .find(|(_, _, names)| names.contains(&plain.as_str()));
        let Some((column, what, _)) = found else {
            continue;
        };
        if let Some(before) = columns.insert(*column, at) {
            let both = format!("{} and {}", shown(before), shown(at));
            return Err(CsvError::Twice(both, what));
        }
    }
    if !columns.contains_key(&Column::Email) {
        let all: Vec<String> = (0..headings.len().min(20)).map(shown).collect();
        return Err(CsvError::NoEmail(all.join(", ")));
    }
    Ok(columns)
}

/// The mark that parts cells, by the headings.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    let times = |mark: char| first.matches(mark).count();
    [',', ';', '\t']
        .into_iter()
        .max_by_key(|mark| (times(*mark), *mark == ','))
        .map_or(b',', |mark| mark as u8)
}

/// The mark that parts roles in their cell: the first of these that any cell has.
fn separator(cells: impl Iterator<Item = String>) -> char {
    let cells: Vec<String> = cells.collect();
    let used = |mark: &char| cells.iter().any(|cell| cell.contains(*mark));
    [';', '\n', '|'].into_iter().find(used).unwrap_or(',')
}

fn read_as(
    headings: &csv::StringRecord,
    columns: &BTreeMap<Column, usize>,
    between: char,
) -> String {
    let taken: Vec<String> = HEADINGS
        .iter()
        .filter_map(|(column, what, _)| {
            let heading = headings.get(*columns.get(column)?)?.trim();
            let heading = visible(heading);
            Some(format!("{} as the {what}", quoted(&heading)))
        })
        .collect();
    let missing: Vec<&str> = HEADINGS
        .iter()
        .filter(|(column, _, _)| !columns.contains_key(column))
        .map(|(_, what, _)| *what)
        .collect();
    let mut text = format!("read {}", taken.join(", "));
    if columns.contains_key(&Column::Roles) {
        let mark = match between {
            '\n' => "line breaks".to_owned(),
            mark => format!("`{mark}`"),
        };
        text.push_str(&format!(", parted at {mark}"));
    }
    if !missing.is_empty() {
        text.push_str(&format!(
            "; no column is called like the {}",
            missing.join(", ")
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_read_loosely() {
        let text = "\u{feff}\"First Name\",LASTNAME,E-mail,Status,Roles\n\
                    Ada,Lovelace,ada@x.io,Active,\"sre; on-call\"\n\
                    Bob,\"Byrne, Jr.\",bob@x.io,Suspended,sre\n\
                    ,,,,\n";
        let Export { tenant, read_as } = read(text.as_bytes()).unwrap();
        assert_eq!(tenant.accounts.len(), 2);
        assert_eq!(tenant.accounts[1].last.as_deref(), Some("Byrne, Jr."));
        assert_eq!(tenant.accounts[1].standing, Standing::Suspended);
        let roles: Vec<(&str, usize)> = tenant
            .roles
            .iter()
            .map(|role| (role.name.as_str(), role.members.len()))
            .collect();
        assert_eq!(roles, [("on-call", 1), ("sre", 2)]);
        assert_eq!(
            read_as,
            "read `E-mail` as the e-mail, `First Name` as the first name, `LASTNAME` as the last \
             name, `Status` as the status, `Roles` as the roles, parted at `;`; no column is \
             called like the id"
        );
    }

    #[test]
    fn other_marks_and_line_ends() {
        let text = "Email;Roles\r\nada@x.io;\"a,b\"\r\nbob@x.io;b\r\n";
        let tenant = read(text.as_bytes()).unwrap().tenant;
        assert_eq!(tenant.roles.len(), 2);
        assert_eq!(tenant.roles[1].members.len(), 2);
        assert_eq!(&*tenant.accounts[1].id, "line 3");
    }

    #[test]
    fn what_is_no_export_is_said() {
        assert_eq!(read(b"PK\x03\x04rest"), Err(CsvError::Zipped));
        assert_eq!(read(b"\xff\xfe"), Err(CsvError::NoText));
        for empty in [&b""[..], b"\n \r\n", b"\xef\xbb\xbf"] {
            assert_eq!(read(empty), Err(CsvError::Empty));
        }
        assert!(matches!(
            read(b"Name,Phone\na,b\n"),
            Err(CsvError::NoEmail(_))
        ));
        assert!(matches!(
            read(b"Email,Mail\na,b\n"),
            Err(CsvError::Twice(_, "e-mail"))
        ));
        assert!(matches!(
            read(b"Email,Roles\na,b,c\n"),
            Err(CsvError::Line(_))
        ));
    }
}
