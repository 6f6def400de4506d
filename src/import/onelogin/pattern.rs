//! OneLogin's expressions in our dialect.
//!
//! OneLogin's reference calls them regular expressions and says no more; its examples write
//! `/.*/` and `.*`. They are read as Ruby's (its console and API are Ruby programs), and only
//! what means the same in Rust's `regex` is taken over: the rest is said, not guessed.

use regex_syntax::is_meta_character;

/// An expression in our dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Translated {
    /// The expression, to be matched with a whole name.
    pub(super) pattern: String,
    /// Whether it captures a part of the name.
    pub(super) captures: Captures,
}

/// Whether an expression captures a part of what it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Captures {
    /// It does.
    APart,
    /// It does not.
    Nothing,
}

/// Translates an expression, or says what in it has no counterpart, ending "it holds …".
pub(super) fn translate(expression: &str) -> Result<Translated, String> {
    let (body, flags) = delimited(expression);
    let mut walk = Walk {
        chars: body.chars().collect(),
        at: 0,
        out: String::new(),
        captures: Captures::Nothing,
    };
    walk.outside()?;
    let mut pattern = walk.out;
    for flag in flags.chars() {
        match flag {
            'i' => pattern = format!("(?i:{pattern})"),
            // Whether a dot takes a line break: no role's name has one.
            'm' | 'o' | 'u' => {}
            _ => return Err(format!("the flag `{flag}`")),
        }
    }
    if let Err(error) = regex_syntax::Parser::new().parse(&pattern) {
        let reason = match &error {
            regex_syntax::Error::Parse(error) => error.kind().to_string(),
            regex_syntax::Error::Translate(error) => error.kind().to_string(),
            // The type may grow.
            error => error.to_string(),
        };
        return Err(format!(
            "what our expressions do not take ({})",
            reason.lines().next().unwrap_or_default()
        ));
    }
    Ok(Translated {
        pattern: tidy(pattern),
        captures: walk.captures,
    })
}

/// Takes `/…/flags` apart.
fn delimited(expression: &str) -> (&str, &str) {
    let is_flag = |c: char| c.is_ascii_lowercase();
    match expression
        .strip_prefix('/')
        .and_then(|rest| rest.rsplit_once('/'))
    {
        Some((body, flags)) if flags.chars().all(is_flag) => (body, flags),
        Some(_) | None => (expression, ""),
    }
}

/// Ends that a whole name has anyway.
fn tidy(pattern: String) -> String {
    if pattern.contains('|') {
        return pattern;
    }
    let mut text = pattern.as_str();
    for start in ["^", r"\A"] {
        text = text.strip_prefix(start).unwrap_or(text);
    }
    for end in ["$", r"\z"] {
        if let Some(rest) = text.strip_suffix(end) {
            let escapes = rest.chars().rev().take_while(|c| *c == '\\').count();
            if escapes % 2 == 0 {
                text = rest;
            }
        }
    }
    // A repeated anchor, `^*`, is no expression without it.
    match regex_syntax::Parser::new().parse(text) {
        Ok(_) => text.to_owned(),
        Err(_) => pattern,
    }
}

struct Walk {
    chars: Vec<char>,
    at: usize,
    out: String,
    captures: Captures,
}

impl Walk {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn take(&mut self) -> Option<char> {
        let c = self.peek(0)?;
        self.at += 1;
        Some(c)
    }

    fn starts(&self, text: &str) -> bool {
        text.chars()
            .enumerate()
            .all(|(n, c)| self.peek(n) == Some(c))
    }

    fn outside(&mut self) -> Result<(), String> {
        while let Some(c) = self.take() {
            match c {
                '\\' => self.escape(Place::Outside)?,
                '[' => self.class()?,
                '(' => self.group()?,
                '*' | '+' | '?' => {
                    self.out.push(c);
                    if self.peek(0) == Some('+') {
                        return Err(format!("the possessive repetition `{c}+`"));
                    }
                }
                '{' => self.repetition(),
                '}' => self.out.push_str(r"\}"),
                c => self.out.push(c),
            }
        }
        Ok(())
    }

    /// `{2}`, `{2,}`, `{,3}` or `{2,3}`; any other brace means itself.
    fn repetition(&mut self) {
        let rest: String = self.chars[self.at..].iter().take(12).collect();
        let inner = rest.split_once('}').map(|(inner, _)| inner);
        let (low, high) = match inner {
            Some(inner) => inner.split_once(',').unwrap_or((inner, inner)),
            None => ("", ""),
        };
        let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
        let counts = digits(low) && digits(high) && !(low.is_empty() && high.is_empty());
        match inner {
            Some(inner) if counts => {
                let low = if low.is_empty() { "0" } else { low };
                match inner.contains(',') {
                    true => self.out.push_str(&format!("{{{low},{high}}}")),
                    false => self.out.push_str(&format!("{{{low}}}")),
                }
                self.at += inner.chars().count() + 1;
            }
            Some(_) | None => self.out.push_str(r"\{"),
        }
    }

    fn group(&mut self) -> Result<(), String> {
        if self.peek(0) != Some('?') {
            self.captures = Captures::APart;
            self.out.push('(');
            return Ok(());
        }
        for (start, what) in [
            ("?=", "a look-ahead `(?=…)`"),
            ("?!", "a look-ahead `(?!…)`"),
            ("?<=", "a look-behind `(?<=…)`"),
            ("?<!", "a look-behind `(?<!…)`"),
            ("?>", "an atomic group `(?>…)`"),
            ("?~", "an absence `(?~…)`"),
            ("?(", "a condition `(?(…)…)`"),
        ] {
            if self.starts(start) {
                return Err(what.to_owned());
            }
        }
        if self.starts("?#") {
            while self.take().is_some_and(|c| c != ')') {}
            return Ok(());
        }
        if self.starts("?<") || self.starts("?'") {
            let closing = if self.starts("?<") { '>' } else { '\'' };
            while self.take().is_some_and(|c| c != closing) {}
            // A capture's name would be one of our template's.
            self.captures = Captures::APart;
            self.out.push('(');
            return Ok(());
        }
        // `(?:`, `(?i)`, `(?i-mx:`
        self.at += 1;
        let mut flags = String::new();
        while let Some(c) = self.take() {
            match c {
                ':' | ')' => {
                    let flags = flags.trim_end_matches('-');
                    match (flags.is_empty(), c) {
                        (true, ')') => {}
                        _ => self.out.push_str(&format!("(?{flags}{c}")),
                    }
                    return Ok(());
                }
                'i' | '-' => flags.push(c),
                'm' => flags.push('s'),
                'x' => return Err("the flag `x`".to_owned()),
                other => return Err(format!("a group `(?{other}`")),
            }
        }
        Err("a group that never ends".to_owned())
    }

    /// A class in brackets, which may hold others.
    fn class(&mut self) -> Result<(), String> {
        self.out.push('[');
        let mut depth = 1;
        while let Some(c) = self.take() {
            match c {
                '\\' => self.escape(Place::Class)?,
                '[' => {
                    depth += 1;
                    self.out.push('[');
                    // `[:alpha:]` is closed by what follows.
                    if self.peek(0) == Some(':') {
                        while let Some(c) = self.take() {
                            self.out.push(c);
                            if c == ']' {
                                depth -= 1;
                                break;
                            }
                        }
                    }
                }
                ']' => {
                    self.out.push(']');
                    depth -= 1;
                    if depth == 0 {
                        return Ok(());
                    }
                }
                // Twice, they take away or differ in our dialect.
                '-' | '~' if self.peek(0) == Some(c) => {
                    self.out.push('\\');
                    self.out.push(c);
                }
                c => self.out.push(c),
            }
        }
        Err("a class that never ends".to_owned())
    }

    fn escape(&mut self, place: Place) -> Result<(), String> {
        let Some(c) = self.take() else {
            return Err("a `\\` at its end".to_owned());
        };
        // Ruby's classes are ASCII, ours are not.
        let class = match c {
            'd' => Some("[0-9]"),
            'D' => Some("[^0-9]"),
            'w' => Some("[0-9A-Za-z_]"),
            'W' => Some("[^0-9A-Za-z_]"),
            's' => Some(r"[ \t\r\n\f\v]"),
            'S' => Some(r"[^ \t\r\n\f\v]"),
            'h' => Some("[0-9A-Fa-f]"),
            'H' => Some("[^0-9A-Fa-f]"),
            _ => None,
        };
        if let Some(class) = class {
            self.out.push_str(class);
            return Ok(());
        }
        match (c, place) {
            ('A' | 'z' | 'b' | 'B', Place::Outside) => self.out.push_str(&format!("\\{c}")),
            // Before a last line break, which no name has.
            ('Z', Place::Outside) => self.out.push_str(r"\z"),
            ('n' | 't' | 'r' | 'f' | 'v' | 'a' | 'x' | 'u' | 'p' | 'P', _) => {
                self.out.push_str(&format!("\\{c}"));
            }
            ('1'..='9' | 'k', _) => return Err(format!("a backreference `\\{c}`")),
            (c, _) if c.is_ascii_alphanumeric() => return Err(format!("the escape `\\{c}`")),
            (c, Place::Outside) if !is_meta_character(c) => self.out.push(c),
            (c, Place::Outside | Place::Class)
                if c.is_ascii_punctuation() && c != '<' && c != '>' =>
            {
                self.out.push_str(&format!("\\{c}"));
            }
            (c, Place::Outside | Place::Class) => self.out.push(c),
        }
        Ok(())
    }
}

/// Where a character stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Outside,
    Class,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(expression: &str) -> String {
        translate(expression).unwrap().pattern
    }

    #[test]
    fn what_means_the_same_is_taken_over() {
        for (theirs, ours) in [
            (".*", ".*"),
            ("/.*/", ".*"),
            ("/^eng-.+$/", "eng-.+"),
            (r"\AHarness\Z", "Harness"),
            ("^a|b$", "^a|b$"),
            ("a/b", "a/b"),
            (r"a\/b\-c\.d", r"a/b\-c\.d"),
            (r"\d{2,}x{,3}y{4}", "[0-9]{2,}x{0,3}y{4}"),
            (r"[\w-]+", "[[0-9A-Za-z_]-]+"),
            ("[[:alpha:]a--]", r"[[:alpha:]a\--]"),
            ("/sre/i", "(?i:sre)"),
            ("(?<team>.+)-x", "(.+)-x"),
            ("(?:a)(?i-m:b)(?#c)", "(?:a)(?i-s:b)"),
            (r"price\$", r"price\$"),
            ("a{b}", r"a\{b\}"),
            (r"a\<b\>", "a<b>"),
        ] {
            assert_eq!(pattern(theirs), ours, "{theirs}");
            let whole = format!("^(?:{ours})$");
            assert!(regex::Regex::new(&whole).is_ok(), "{ours}");
        }
        assert_eq!(translate("(a)b").unwrap().captures, Captures::APart);
        assert_eq!(translate("(?:a)b").unwrap().captures, Captures::Nothing);
    }

    #[test]
    fn what_has_no_counterpart_is_named() {
        for (theirs, named) in [
            ("(?!admin).*", "look-ahead"),
            ("(?=a).*", "look-ahead"),
            ("(?<=a)b", "look-behind"),
            ("(?<!a)b", "look-behind"),
            (r"(a)\1", "backreference"),
            (r"(?<x>a)\k<x>", "backreference"),
            ("(?>a)", "atomic"),
            ("a++", "possessive"),
            ("a(", "do not take"),
            ("[a", "never ends"),
            ("/a/x", "flag `x`"),
            (r"a\G", r"escape `\G`"),
            ("a\\", "at its end"),
            ("*", "do not take"),
        ] {
            let why = translate(theirs).unwrap_err();
            assert!(why.contains(named), "{theirs}: {why}");
        }
    }

    proptest::proptest! {
        /// Whatever comes, it is translated into what compiles, or said.
        #[test]
        fn anything_compiles_or_is_said(text in r"[a-c\\\[\](){}?*+|^$./:<>=!#&~,0-9-]{0,20}") {
            if let Ok(translated) = translate(&text) {
                let parsed = regex_syntax::Parser::new().parse(&translated.pattern);
                proptest::prop_assert!(parsed.is_ok(), "{text:?} gave {:?}", translated.pattern);
            }
        }
    }
}
