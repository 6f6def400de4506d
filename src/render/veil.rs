//! What a run prints, without the people in it: lines that no plan holds lose whoever the
//! plan tells of, under the pseudonyms of the redacted plan, and whatever else has the form of
//! an address.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use regex::{Captures, Regex};

use super::redact::{HIDDEN as GONE, Redaction, Redactor};
use crate::plan::Plan;

/// Hides people in the lines of one run.
pub struct Veil {
    redactor: Redactor,
    hidden: Hidden,
}

/// Texts that tell of people, and what is shown instead.
#[derive(Default)]
struct Hidden {
    instead: Vec<String>,
    /// Nothing before anybody is known.
    texts: Option<AhoCorasick>,
}

/// Whatever has the form of an address, written out or in a URL.
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    let word = r#"[^\s"'`<>()\[\]{},;:/=?&|│]"#;
    let end = r#"[^\s"'`<>()\[\]{},;:/=?&|│.!]"#;
    // A quote or space in a URL ends an address there; a plus sign and what is not ASCII do not.
    let in_url = "(?:[A-Za-z0-9._~-]|%2B|%[89A-F][0-9A-F])";
    Regex::new(&format!(
        "(?<before>(?:%[0-7][0-9A-F])*)(?<coded>{in_url}+%40{in_url}+)|{word}+@{word}*{end}"
    ))
    .expect("a pattern that compiles")
});

impl Veil {
    /// A veil that knows nobody yet. `keep` are addresses that are nobody's: a provider's
    /// Support.
    pub fn new(redaction: Redaction, keep: &[&str]) -> Self {
        Self {
            redactor: Redactor::new(redaction, keep),
            hidden: Hidden::default(),
        }
    }

    /// Hides the people of a plan, and from now on everywhere.
    pub fn plan(&mut self, plan: &Plan) -> Plan {
        self.redactor.learn(plan);
        let shown = self.redactor.plan(plan);
        let (mut texts, mut instead) = (Vec::new(), Vec::new());
        for (text, pseudonym) in self.redactor.spelt() {
            let in_url: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
            if in_url != text {
                texts.push(in_url);
                instead.push(pseudonym.clone());
            }
            texts.push(text);
            instead.push(pseudonym);
        }
        let texts = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .ascii_case_insensitive(true)
            .build(texts);
        self.hidden = Hidden {
            instead,
            // As many texts as it would refuse do not fit into memory before.
            texts: texts.ok(),
        };
        shown
    }

    /// Whether names are hidden as well, and not only addresses.
    pub fn hides_names(&self) -> bool {
        self.redactor.hides_all()
    }

    /// A text without people.
    pub fn hide(&mut self, text: &str) -> String {
        if self.redactor.shows_all() {
            return text.to_owned();
        }
        let mut known = self.hidden.replaced(text);
        if self.hides_names() {
            known = unquoted(&known);
        }
        let redactor = &mut self.redactor;
        let hidden = ADDRESS.replace_all(&known, |found: &Captures<'_>| {
            let Some(coded) = found.name("coded") else {
                return redactor.address(&found[0]);
            };
            let address = percent_encoding::percent_decode_str(coded.as_str());
            let shown = redactor.address(&address.decode_utf8_lossy());
            format!("{}{shown}", &found["before"])
        });
        hidden.into_owned()
    }
}

/// What a provider says, and values it has now, stand in quotes and may tell of anybody; an id
/// that was just given stands in a path. With names hidden, nothing of that is shown that is not
/// known to be a pseudonym.
static QUOTED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?<key>"(?:detail|message|path)"\s*:\s*)"[^"]*"|(?<json>"[A-Za-z$]+"\s*:)|(?<quoted>"[^"]{0,2000}")|(?<value>\b(?:was|is)\s+)`(?<now>[^`]{0,2000})`|(?<users>\bUsers/)(?<id>[^\s/:?"`,]+)"#,
    )
    .expect("a pattern that compiles")
});

/// A text in which whatever is quoted is a pseudonym or gone.
fn unquoted(text: &str) -> String {
    let is_hidden = |text: &str| {
        let text = text.trim_matches('"');
        text.strip_prefix("person-").is_some_and(|rest| {
            rest.starts_with(|c: char| c.is_ascii_digit()) && !rest.contains(' ')
        })
    };
    let hidden = QUOTED.replace_all(text, |found: &Captures<'_>| {
        let of = |name| found.name(name).map_or("", |part| part.as_str());
        if found.name("key").is_some() {
            return format!("{}\"{GONE}\"", of("key"));
        }
        if found.name("json").is_some() || is_hidden(of("quoted")) || is_hidden(of("now")) {
            return found[0].to_owned();
        }
        if found.name("quoted").is_some() {
            return format!("\"{GONE}\"");
        }
        if found.name("now").is_some() {
            return format!("{}`{GONE}`", of("value"));
        }
        match is_hidden(of("id")) {
            true => found[0].to_owned(),
            false => format!("{}{GONE}", of("users")),
        }
    });
    hidden.into_owned()
}

impl Hidden {
    fn replaced(&self, text: &str) -> String {
        let Some(texts) = &self.texts else {
            return text.to_owned();
        };
        let mut out = String::with_capacity(text.len());
        let mut from = 0;
        for found in texts.find_iter(text) {
            if !stands_alone(text, found.start(), found.end()) {
                continue;
            }
            out.push_str(&text[from..found.start()]);
            out.push_str(&self.instead[found.pattern().as_usize()]);
            from = found.end();
        }
        out.push_str(&text[from..]);
        out
    }
}

/// Whether a text is a whole word, and no part of a longer name: `ada` in `user:ada:create`,
/// not in `ada-admins`.
fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let joins = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '@');
    let before = text[..start].chars().next_back();
    let mut after = text[end..].chars();
    let next = after.next();
    // A full stop ends a sentence, or goes on with the name.
    let goes_on = next == Some('.') && after.next().is_some_and(joins);
    !before.is_some_and(joins) && !next.is_some_and(joins) && !goes_on
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_nobody_knows_yet() {
        let mut veil = Veil::new(Redaction::Email, &["support@harness.io"]);
        assert_eq!(
            veil.hide("GET Users?filter=userName+eq+%22ada%40x.io%22 for <ada@x.io>, bob@y.io."),
            "GET Users?filter=userName+eq+%22person-1@redacted.invalid%22 for \
             <person-1@redacted.invalid>, person-2@redacted.invalid."
        );
        assert_eq!(
            veil.hide("write to support@harness.io: nobody else"),
            "write to support@harness.io: nobody else"
        );
        let mut open = Veil::new(Redaction::None, &[]);
        assert_eq!(open.hide("ada@x.io"), "ada@x.io");
    }

    #[test]
    fn what_is_quoted_may_be_anybody() {
        for (text, shown) in [
            (
                "moved: update user person-1: name.givenName \"ZZold\" -> \"person-1\"",
                "moved: update user person-1: name.givenName \"[hidden]\" -> \"person-1\"",
            ),
            (
                "name.givenName of `person-1` was `ZZold` and is `ZZother` now",
                "name.givenName of `person-1` was `[hidden]` and is `[hidden]` now",
            ),
            (
                "`GET Users`: failed (500): \"cannot do it for\n  Ada\"",
                "`GET Users`: failed (500): \"[hidden]\"",
            ),
            (
                "GET Users/xhN2: 200 in 1 ms, answered: {\"detail\":\"of Ada\",\"status\":\"404\"}",
                "GET Users/[hidden]: 200 in 1 ms, answered: {\"detail\":\"[hidden]\",\"status\":\"[hidden]\"}",
            ),
            ("GET Users/person-1: 200", "GET Users/person-1: 200"),
        ] {
            assert_eq!(unquoted(text), shown);
        }
    }

    #[test]
    fn whole_words_only() {
        for (text, alone) in [
            ("user:ada:create", true),
            ("ada-admins", false),
            ("adam", false),
            ("of ada.", true),
            ("ada.yaml", false),
            ("(ada)", true),
        ] {
            let start = text.find("ada").expect("it is there");
            assert_eq!(stands_alone(text, start, start + 3), alone, "{text}");
        }
    }
}
