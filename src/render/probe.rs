//! What a probe found, for a terminal.

use std::fmt::Write as _;

use owo_colors::OwoColorize as _;

use super::escape::terminal;
use super::style::{Colour, Mark, Styles, count};
use crate::probe::found::{Finding, Left, Probed, Verdict};

/// One line for each topic, then what `target.dialect` has to say, then what is left.
pub fn text(probed: &Probed, width: usize, colour: Colour) -> String {
    let styles = Styles::new(colour);
    let width = width.clamp(60, 120);
    let mut out = String::new();
    let head = format!(
        "Probed {} at {}",
        terminal(&probed.target.called()),
        terminal(&probed.target.base_url)
    );
    let _ = writeln!(out, "{}", head.style(styles.heading));
    let _ = writeln!(
        out,
        "{} with {} and {} of its own",
        count(probed.requests, "request", "requests"),
        count(probed.users, "user", "users"),
        count(probed.groups, "group", "groups")
    );
    let titles = probed.findings.iter().map(|it| it.topic.title().len());
    let titles = titles.max().unwrap_or_default();
    let indent = " ".repeat(titles + 13);
    let options = textwrap::Options::new(width)
        .initial_indent(&indent)
        .subsequent_indent(&indent)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    let mut area = None;
    let known = |finding: &&Finding| finding.verdict != Verdict::Unknown;
    for finding in probed.findings.iter().filter(known) {
        if area.replace(finding.topic.area()) != Some(finding.topic.area()) {
            let title = finding.topic.area().title();
            let _ = writeln!(out, "\n{}", title.style(styles.heading));
        }
        let style = match finding.verdict {
            Verdict::AsUsed => styles.add,
            Verdict::Differs => styles.refused,
            Verdict::Noted | Verdict::Unknown => styles.faint,
        };
        let word = format!("  {:<7}", finding.verdict.word());
        let found = textwrap::fill(&terminal(&finding.found), &options);
        let _ = writeln!(
            out,
            "{}  {:<titles$}  {}",
            word.style(style),
            finding.topic.title(),
            found.trim_start()
        );
        if let Some(in_use) = &finding.in_use {
            let in_use = format!("in use: {}", terminal(in_use));
            let _ = writeln!(out, "{}", textwrap::fill(&in_use, &options));
        }
    }
    unknown(&mut out, probed, width, styles);
    let number = |verdict| {
        let found = probed.findings.iter();
        found.filter(|finding| finding.verdict == verdict).count()
    };
    let counts = format!(
        "{} as used, {}, {} noted, {} unknown",
        number(Verdict::AsUsed),
        count(number(Verdict::Differs), "differs", "differ"),
        number(Verdict::Noted),
        number(Verdict::Unknown)
    );
    let _ = writeln!(out, "\n{}", counts.style(styles.heading));
    dialect(&mut out, probed, width);
    if let Some(stopped) = &probed.stopped {
        let told = format!("Stopped early: {}", terminal(stopped));
        let _ = writeln!(
            out,
            "\n{}",
            textwrap::fill(&told, width).style(styles.refused)
        );
    }
    let _ = writeln!(out);
    match probed.left.is_empty() {
        true => out.push_str("Everything that was made is gone.\n"),
        false => out.push_str(&left(&probed.left, width, colour)),
    }
    out
}

/// What was not measured, once for each reason.
fn unknown(out: &mut String, probed: &Probed, width: usize, styles: Styles) {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for finding in &probed.findings {
        match finding.verdict {
            Verdict::AsUsed | Verdict::Differs | Verdict::Noted => continue,
            Verdict::Unknown => {}
        }
        let title = finding.topic.title();
        match reasons.iter_mut().find(|(why, _)| *why == finding.found) {
            Some((_, titles)) => titles.push(title),
            None => reasons.push((&finding.found, vec![title])),
        }
    }
    if reasons.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", "Not measured".style(styles.heading));
    let options = textwrap::Options::new(width)
        .initial_indent("  ")
        .subsequent_indent("           ")
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    for (why, titles) in reasons {
        let line = format!("unknown  {}: {}", titles.join(", "), terminal(why));
        let _ = writeln!(out, "{}", textwrap::fill(&line, &options));
    }
}

fn dialect(out: &mut String, probed: &Probed, width: usize) {
    let unsayable: Vec<&str> = probed
        .findings
        .iter()
        .filter(|it| it.verdict == Verdict::Differs && it.setting.is_none())
        .map(|it| it.topic.title())
        .collect();
    if !unsayable.is_empty() {
        let told = format!(
            "No key of `target.dialect` says this; it is for another `provider`, or a profile of \
             its own: {}.",
            unsayable.join(", ")
        );
        let _ = writeln!(out, "\n{}", textwrap::fill(&told, width));
    }
    if probed.dialect.is_empty() {
        let told = format!(
            "No `target.dialect` is needed: every key it has is as the profile `{}` says, \
             wherever it was tried.",
            terminal(&probed.target.provider)
        );
        let _ = writeln!(out, "\n{}", textwrap::fill(&told, width));
        return;
    }
    let _ = writeln!(
        out,
        "\nFor the manifest, below `target` and in place of any `dialect` there:\n\n  dialect:"
    );
    for setting in &probed.dialect {
        let line = format!("    {}: {}", setting.key, setting.value);
        let _ = match &setting.in_use {
            Some(in_use) => writeln!(out, "{line:<32} # in use: {in_use}"),
            None => writeln!(out, "{line}"),
        };
    }
}

/// What may still be there, and what to do about it.
pub fn left(left: &[Left], width: usize, colour: Colour) -> String {
    let styles = Styles::new(colour);
    let options = textwrap::Options::new(width.clamp(60, 120))
        .subsequent_indent("      ")
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    let mut out = format!("{}\n", "Left behind".style(styles.heading));
    for Left {
        collection,
        name,
        id,
        because,
    } in left
    {
        let id = match id {
            Some(id) => format!(" (id {})", terminal(id)),
            None => String::new(),
        };
        let line = format!(
            "  {} left  {} {}{id}: {}",
            Mark::Manual.symbol(),
            collection,
            terminal(name),
            terminal(because)
        );
        let _ = writeln!(
            out,
            "{}",
            textwrap::fill(&line, &options).style(styles.manual)
        );
    }
    let help = "-> `scim-sync probe --clean` tries again; what it cannot remove is for whoever \
                administers the provider";
    let options = options.initial_indent("    ").subsequent_indent("       ");
    let _ = writeln!(out, "{}", textwrap::fill(help, options));
    out
}
