//! One known fact of one provider: what, from where, when read, what the tool does.

/// How a fact is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// The provider documents it.
    Documented,
    /// Its published source code does it; no document says so.
    Source,
    /// Document and source agree.
    Both,
    /// Document and source contradict each other; the statement gives both.
    Contradictory,
    /// Others who speak to it say so; the provider does not.
    Reported,
    /// Looked for and not found: the careful value is taken.
    Unknown,
}

impl Reading {
    /// The word for the reference table.
    pub fn as_str(self) -> &'static str {
        match self {
            Reading::Documented => "documented",
            Reading::Source => "source code",
            Reading::Both => "documented, source code",
            Reading::Contradictory => "contradictory",
            Reading::Reported => "reported by others",
            Reading::Unknown => "not known",
        }
    }
}

/// One row of a provider's fact table.
#[derive(Debug, Clone, Copy)]
pub struct Fact {
    /// A short stable name.
    pub name: &'static str,
    /// What is so.
    pub statement: &'static str,
    /// How it is known.
    pub reading: Reading,
    /// Where it was read.
    pub source: &'static str,
    /// When it was last checked, `YYYY-MM-DD`.
    pub verified: &'static str,
    /// What the tool does about it.
    pub handling: &'static str,
}

impl Fact {
    /// A row of a provider that documents it.
    pub(super) const fn documented(
        name: &'static str,
        statement: &'static str,
        source: &'static str,
        handling: &'static str,
    ) -> Self {
        Self::read(Reading::Documented, name, statement, source, handling)
    }

    /// A row that only others tell.
    pub(super) const fn reported(
        name: &'static str,
        statement: &'static str,
        source: &'static str,
        handling: &'static str,
    ) -> Self {
        Self::read(Reading::Reported, name, statement, source, handling)
    }

    /// A row that nobody tells; `source` says where it was looked for.
    pub(super) const fn unknown(
        name: &'static str,
        statement: &'static str,
        source: &'static str,
        handling: &'static str,
    ) -> Self {
        Self::read(Reading::Unknown, name, statement, source, handling)
    }

    /// A row read on the day on which the profiles besides Harness' were written.
    pub(super) const fn read(
        reading: Reading,
        name: &'static str,
        statement: &'static str,
        source: &'static str,
        handling: &'static str,
    ) -> Self {
        Self {
            name,
            statement,
            reading,
            source,
            verified: "2026-11-24",
            handling,
        }
    }
}

/// The reference table of a profile's facts in Markdown, one row a fact.
pub fn reference(facts: &[Fact]) -> String {
    let mut table =
        "| fact | what is so | known from | verified | what scim-sync does |\n|---|---|---|---|---|\n"
            .to_owned();
    for fact in facts {
        let Fact {
            name,
            statement,
            reading,
            source,
            verified,
            handling,
        } = fact;
        let cell = |text: &str| text.replace('|', "\\|");
        table.push_str(&format!(
            "| {} | {} | {} ({}) | {verified} | {} |\n",
            cell(name),
            cell(statement),
            reading.as_str(),
            cell(source),
            cell(handling)
        ));
    }
    table
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::Profile;
    use super::*;

    #[test]
    fn every_fact_says_what_from_where_since_when_and_what_follows() {
        for name in Profile::NAMES {
            let facts = Profile::named(name).expect("a named profile").facts;
            let names: BTreeSet<&str> = facts.iter().map(|fact| fact.name).collect();
            assert_eq!(names.len(), facts.len(), "{name}: a fact twice");
            for fact in facts {
                let verified: jiff::civil::Date = fact.verified.parse().expect(fact.name);
                assert!(verified >= jiff::civil::date(2026, 1, 1), "{}", fact.name);
                assert!(!fact.handling.is_empty(), "{}", fact.name);
                // A disagreement is told by both sides, each with its source.
                if fact.reading == Reading::Contradictory {
                    for word in ["Docs:", "Source:"] {
                        assert!(fact.statement.contains(word), "{}", fact.name);
                        let source = word.to_lowercase();
                        assert!(fact.source.contains(&source), "{}", fact.name);
                    }
                }
            }
        }
    }

    #[test]
    fn cells_stay_cells() {
        let fact = Fact {
            name: "a|b",
            statement: "x",
            reading: Reading::Both,
            source: "s",
            verified: "2026-11-24",
            handling: "h",
        };
        let row = "| a\\|b | x | documented, source code (s) | 2026-11-24 | h |\n";
        assert!(reference(&[fact]).ends_with(row));
    }
}
