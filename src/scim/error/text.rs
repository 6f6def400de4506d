//! Making a provider's words safe to show.
//!
//! **Invariants.** What leaves here is one short line that cannot steer a terminal.

/// The longest excerpt of a body that is kept.
pub(super) const EXCERPT_CHARS: usize = 300;

/// Whether a body is a web page, whatever its `Content-Type` claims: some servers label
/// HTML as SCIM, and some SCIM as plain text.
pub fn is_web_page(body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    body.trim_ascii_start().first() == Some(&b'<')
}

/// The beginning of a body as one safe line; of a web page its title.
pub(super) fn excerpt(body: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(&body[..body.len().min(8 * EXCERPT_CHARS)]);
    let line = if is_web_page(body) {
        match title(&head) {
            Some(title) => format!("a web page titled \"{}\"", clean(title)),
            None => "a web page".to_owned(),
        }
    } else {
        clean(&head)
    };
    (!line.is_empty()).then_some(line)
}

fn title(page: &str) -> Option<&str> {
    // ASCII folding keeps the offsets.
    let folded = page.to_ascii_lowercase();
    let tag = folded.find("<title")?;
    let start = tag + folded[tag..].find('>')? + 1;
    let end = start + folded[start..].find("</title")?;
    Some(page[start..end].trim()).filter(|title| !title.is_empty())
}

/// One short line: no control, format or direction-changing characters, no run of white
/// space, nothing that looks like a token.
pub fn clean(text: &str) -> String {
    let mut out = String::new();
    let mut chars = 0;
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        let word: String = word.chars().filter(|c| !is_invisible(*c)).collect();
        if word.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push(' ');
            chars += 1;
        }
        let word = redact(&word);
        for c in word.chars() {
            if chars >= EXCERPT_CHARS {
                out.push('…');
                return out;
            }
            out.push(c);
            chars += 1;
        }
    }
    out
}

/// Characters that show nothing or turn the text around (CWE-150).
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Replaces what looks like a Harness token (`pat.…`, `sat.…`) or a JWT (`eyJ….….…`).
/// The transport takes out its own token exactly; this is for other people's.
fn redact(word: &str) -> std::borrow::Cow<'_, str> {
    for mark in ["pat.", "sat.", "eyJ"] {
        if let Some(at) = word.find(mark) {
            let secret = word[at..]
                .find(|c: char| {
                    !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | '='))
                })
                .map_or(&word[at..], |end| &word[at..at + end]);
            let boundary = word[..at]
                .chars()
                .next_back()
                .is_none_or(|c| !c.is_alphanumeric());
            if boundary && secret.len() > 16 && secret.matches('.').count() >= 2 {
                return word.replace(secret, "[token]").into();
            }
        }
    }
    word.into()
}
