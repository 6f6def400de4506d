//! Scalars: texts, names, words of an enumeration, numbers, limits, dates, e-mails.

use compact_str::CompactString;
use jiff::civil::Date;

use super::fields::Field;
use super::{Decoder, Of};
use crate::ids::Email;
use crate::manifest::decl::Limit;
use crate::manifest::fault::{Fault, FaultCode};
use crate::manifest::source::{Span, Spanned};
use crate::manifest::tree::{Form, Kind, Node, Scalar};
use crate::manifest::words::{closest, is_invisible, one_of, quoted};

impl Decoder {
    fn scalar<'t>(&mut self, field: Field<'t>, of: Of<'_>, expected: &str) -> Option<Scalar<'t>> {
        match field.node.kind() {
            Kind::Scalar(scalar) => Some(scalar),
            Kind::Sequence(_) | Kind::Mapping(_) => {
                let subject = format!("`{}` of {of}", field.name);
                let help = if field.node.is_flow() {
                    "put a text that starts with `{` or `[` in quotes".to_owned()
                } else {
                    format!("write {expected} after `{}:`", field.name)
                };
                self.wrong_type(field.node, &subject, expected, &help);
                None
            }
        }
    }

    /// A text for people to read: any but control characters.
    pub(super) fn text(&mut self, field: Field<'_>, of: Of<'_>) -> Option<Spanned<String>> {
        let text = self.text_of(field, of)?;
        Some(Spanned::new(text.value.to_owned(), text.span))
    }

    fn text_of<'t>(&mut self, field: Field<'t>, of: Of<'_>) -> Option<Spanned<&'t str>> {
        let scalar = self.scalar(field, of, "a text")?;
        let span = field.node.span();
        if let Some(c) = scalar
            .text
            .chars()
            .find(|c| c.is_control() && *c != '\n' && *c != '\t')
        {
            self.invalid(
                span,
                "holds a control character",
                format!(
                    "`{}` of {of} holds the control character U+{:04X}",
                    field.name,
                    u32::from(c)
                ),
                "remove the character",
            );
            return None;
        }
        Some(Spanned::new(scalar.text, span))
    }

    /// A text that is one line and not empty, such as a pattern.
    pub(super) fn line(&mut self, field: Field<'_>, of: Of<'_>) -> Option<Spanned<String>> {
        let line = self.line_of(field, of)?;
        Some(Spanned::new(line.value.to_owned(), line.span))
    }

    /// A name of a person: one line too. Most are short enough to be kept in place.
    pub(super) fn person_name(
        &mut self,
        field: Field<'_>,
        of: Of<'_>,
    ) -> Option<Spanned<CompactString>> {
        let line = self.line_of(field, of)?;
        Some(Spanned::new(line.value.into(), line.span))
    }

    fn line_of<'t>(&mut self, field: Field<'t>, of: Of<'_>) -> Option<Spanned<&'t str>> {
        let text = self.text_of(field, of)?;
        let problem = if text.value.trim().is_empty() {
            "is empty"
        } else if text.value.contains(['\n', '\t']) {
            "holds a line break or tab"
        } else {
            return Some(text);
        };
        self.invalid(
            text.span,
            problem,
            format!("`{}` of {of} {problem}", field.name),
            format!("write one line of text, or leave `{}` out", field.name),
        );
        None
    }

    /// A list item that names something.
    pub(super) fn item_name<'t>(
        &mut self,
        item: Node<'t>,
        list: &str,
        of: Of<'_>,
        what: &str,
    ) -> Option<Spanned<&'t str>> {
        let Kind::Scalar(scalar) = item.kind() else {
            self.wrong_type(
                item,
                &format!("an item of `{list}` of {of}"),
                what,
                &format!("write {what} as a plain text"),
            );
            return None;
        };
        let span = item.span();
        self.name(scalar.text, span, what)
            .then(|| Spanned::new(scalar.text, span))
    }

    /// Whether a text can be a name: not empty, no surrounding spaces, nothing unseen. Two
    /// names must never look alike and differ.
    pub(super) fn name(&mut self, text: &str, span: Span, what: &str) -> bool {
        let bytes = text.as_bytes();
        if let ([first, ..], [.., last]) = (bytes, bytes)
            && *first != b' '
            && *last != b' '
            && bytes.iter().all(|byte| (b' '..=b'~').contains(byte))
        {
            return true;
        }
        let (label, message, help) = if text.is_empty() {
            (
                "empty",
                format!("{what} is empty"),
                "write the name".to_owned(),
            )
        } else if text.trim() != text {
            (
                "spaces at an end",
                format!("{what} starts or ends with white space"),
                format!("write {}", quoted(text.trim())),
            )
        } else if let Some(c) = text.chars().find(|c| is_invisible(*c)) {
            (
                "holds a character that cannot be seen",
                format!(
                    "{what} holds the invisible character U+{:04X}",
                    u32::from(c)
                ),
                format!("retype it as {}", quoted(&text.replace(is_invisible, ""))),
            )
        } else {
            return true;
        };
        self.invalid(span, label, message, help);
        false
    }

    /// A word of an enumeration.
    pub(super) fn word<T: Copy>(
        &mut self,
        field: Field<'_>,
        of: Of<'_>,
        words: &[(&'static str, T)],
    ) -> Option<Spanned<T>> {
        let subject = format!("`{}` of {of}", field.name);
        self.word_at(field.node, &subject, words)
    }

    pub(super) fn word_at<T: Copy>(
        &mut self,
        node: Node<'_>,
        subject: &str,
        words: &[(&'static str, T)],
    ) -> Option<Spanned<T>> {
        let names = || words.iter().map(|(word, _)| *word);
        let Kind::Scalar(scalar) = node.kind() else {
            let help = format!("write {}", one_of(names()));
            self.wrong_type(node, subject, "a word", &help);
            return None;
        };
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == scalar.text) {
            return Some(Spanned::new(*value, node.span()));
        }
        let help = match closest(scalar.text, names()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("write {}", one_of(names())),
        };
        let message = if scalar.is_null() {
            format!("{subject} has no value")
        } else {
            format!("{subject} cannot be {}", quoted(scalar.text))
        };
        self.invalid(
            node.span(),
            format!("expected {}", one_of(names())),
            message,
            help,
        );
        None
    }

    /// A whole number, written plainly.
    pub(super) fn number(&mut self, field: Field<'_>, of: Of<'_>) -> Option<Spanned<u32>> {
        let subject = format!("`{}` of {of}", field.name);
        self.number_at(field.node, &subject)
    }

    pub(super) fn number_at(&mut self, node: Node<'_>, subject: &str) -> Option<Spanned<u32>> {
        let Kind::Scalar(scalar) = node.kind() else {
            self.wrong_type(node, subject, "a number", "write a whole number: `2`");
            return None;
        };
        let span = node.span();
        if let Some(number) = plain_number(scalar) {
            return Some(Spanned::new(number, span));
        }
        if scalar.is_number() {
            self.invalid(
                span,
                "not a whole number in range",
                format!("{subject} cannot be {}", quoted(scalar.text)),
                "write a whole number, zero or more, in plain digits: `2`",
            );
        } else {
            let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            let help = if scalar.form == Form::Quoted && digits(scalar.text) {
                format!("write it without quotes: `{}`", scalar.text)
            } else {
                "write a whole number in plain digits, without quotes".to_owned()
            };
            self.wrong_type(node, subject, "a number", &help);
        }
        None
    }

    /// A limit: `5` or `10%`.
    pub(super) fn limit(&mut self, field: Field<'_>, of: Of<'_>) -> Option<Spanned<Limit>> {
        let scalar = self.scalar(field, of, "a number or a percentage")?;
        let span = field.node.span();
        if let Some(number) = plain_number(scalar) {
            return Some(Spanned::new(Limit::Count(number), span));
        }
        let percent = scalar
            .text
            .strip_suffix('%')
            .filter(|digits| is_plain_digits(digits))
            .and_then(|digits| digits.parse::<u8>().ok())
            .filter(|percent| *percent <= 100);
        if let Some(percent) = percent {
            return Some(Spanned::new(Limit::Percent(percent), span));
        }
        self.invalid(
            span,
            "not a limit",
            format!("`{}` of {of} cannot be {}", field.name, quoted(scalar.text)),
            "write a whole number, `5`, or a whole percentage from 0 to 100, `10%`",
        );
        None
    }

    /// A day of the calendar.
    pub(super) fn date(&mut self, field: Field<'_>, of: Of<'_>) -> Option<Spanned<Date>> {
        let scalar = self.scalar(field, of, "a date")?;
        let span = field.node.span();
        let text = scalar.text;
        if scalar.is_null() {
            self.invalid(
                span,
                "no date",
                format!("`{}` of {of} has no date", field.name),
                "write the last day, `2027-01-31`; a grant without an end has no `until` at all",
            );
            return None;
        }
        match parse_date(text) {
            DateText::Day(date) => Some(Spanned::new(date, span)),
            DateText::NoSuchDay => {
                self.invalid(
                    span,
                    "no such day",
                    format!("{} is not a day of the calendar", quoted(text)),
                    "correct the month or the day",
                );
                None
            }
            DateText::OtherForm => {
                self.invalid(
                    span,
                    "not a date",
                    format!("`{}` of {of} cannot be {}", field.name, quoted(text)),
                    "write year, month and day with hyphens: `2027-01-31`",
                );
                None
            }
        }
    }

    /// An e-mail address. An impossible one is noted and comes out empty, so that its
    /// person is still known.
    pub(super) fn email(&mut self, field: Field<'_>, of: Of<'_>) -> Spanned<Email> {
        let span = field.node.span();
        let Some(scalar) = self.scalar(field, of, "an e-mail address") else {
            return Spanned::new(Email::new(""), span);
        };
        match email_problem(scalar.text) {
            None => Spanned::new(Email::new(scalar.text), span),
            Some((problem, help)) => {
                self.fault(Fault::error(
                    FaultCode::InvalidEmail,
                    span,
                    problem.clone(),
                    format!("the e-mail of {of} {problem}"),
                    help,
                ));
                Spanned::new(Email::new(""), span)
            }
        }
    }
}

/// Whether a text can name a person, a role or a group.
pub fn is_name(text: &str) -> bool {
    !text.is_empty() && text.trim() == text && !text.contains(is_invisible)
}

/// Whether a text can be a person's name or a group's template: one line, not blank.
pub fn is_line(text: &str) -> bool {
    !text.trim().is_empty() && !text.contains(char::is_control)
}

/// Whether a text can be a person's e-mail.
pub fn is_email(text: &str) -> bool {
    email_problem(text).is_none()
}

fn is_plain_digits(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'))
}

fn plain_number(scalar: Scalar<'_>) -> Option<u32> {
    (scalar.form == Form::Plain && is_plain_digits(scalar.text))
        .then(|| scalar.text.parse().ok())
        .flatten()
}

enum DateText {
    Day(Date),
    NoSuchDay,
    OtherForm,
}

fn parse_date(text: &str) -> DateText {
    let shape = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| {
            if matches!(at, 4 | 7) {
                byte == b'-'
            } else {
                byte.is_ascii_digit()
            }
        });
    if !shape {
        return DateText::OtherForm;
    }
    match text.parse() {
        Ok(date) => DateText::Day(date),
        Err(_) => DateText::NoSuchDay,
    }
}

/// Why a text is no e-mail address: a fragment that follows "the e-mail", and what to do.
fn email_problem(text: &str) -> Option<(String, String)> {
    let plain = text.bytes().all(|byte| (b'!'..=b'~').contains(&byte));
    if !plain {
        if let Some(c) = text.chars().find(|c| is_invisible(*c)) {
            return Some((
                format!("holds the invisible character U+{:04X}", u32::from(c)),
                format!("retype it as {}", quoted(&text.replace(is_invisible, ""))),
            ));
        }
        if text.chars().any(char::is_whitespace) {
            return Some((
                "holds a space".to_owned(),
                "write only the address: `ada@example.com`".to_owned(),
            ));
        }
    }
    if text.is_empty() {
        return Some((
            "is empty".to_owned(),
            "write the address: `ada@example.com`".to_owned(),
        ));
    }
    let help = "write it as `name@domain`: `ada@example.com`".to_owned();
    let Some((local, domain)) = text.split_once('@') else {
        return Some(("has no `@`".to_owned(), help));
    };
    if domain.contains('@') {
        return Some(("has more than one `@`".to_owned(), help));
    }
    if local.is_empty() {
        return Some(("has nothing before the `@`".to_owned(), help));
    }
    if domain.split('.').any(str::is_empty) {
        return Some(("has an incomplete domain after the `@`".to_owned(), help));
    }
    if let Some(c) = text.chars().find(|c| "<>()[]\\,;:\"".contains(*c)) {
        return Some((format!("holds `{c}`"), help));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emails_are_checked_for_what_is_surely_wrong() {
        for good in [
            "ada@example.com",
            "a+b@x",
            "josé@bücher.example",
            "o'neil@x.io",
        ] {
            assert_eq!(email_problem(good), None, "{good}");
        }
        for bad in [
            "",
            "ada",
            "a@b@c",
            "@x",
            "a@",
            "a@x..y",
            "a@.x",
            "a b@x",
            "a\u{200b}@x",
            "Ada <ada@x>",
            "a,b@x",
            "a\n@x",
        ] {
            assert!(email_problem(bad).is_some(), "{bad:?}");
        }
    }

    #[test]
    fn dates_are_days_and_nothing_else() {
        assert!(matches!(parse_date("2027-01-31"), DateText::Day(_)));
        assert!(matches!(parse_date("2027-02-30"), DateText::NoSuchDay));
        for other in [
            "2027-1-31",
            "31.01.2027",
            "2027-01-31T00:00",
            "",
            "2027/01/31",
            "２０２７-01-31",
        ] {
            assert!(matches!(parse_date(other), DateText::OtherForm), "{other}");
        }
    }
}
