//! A plan for a terminal: risk first, then people, then groups, then the one line that
//! counts.
//!
//! Written for a tired reviewer: what is refused, what needs Support and what takes access
//! away comes before what gives it. Each line has a symbol *and* a word, a reason, and the
//! manifest line it comes from.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;

use owo_colors::OwoColorize as _;
use unicode_width::UnicodeWidthStr as _;

use super::escape::terminal;
use super::phrase::Phrase;
use super::review::set_off;
use super::style::{Colour, Mark, Styles, count};
use super::words::{self, Names};
use crate::plan::{
    Action, Cause, Change, Effect, Evidence, ManualStep, Notice, Plan, Refusal, Stands,
    UnmanagedBinding, UnmanagedReason,
};

/// How a plan is drawn.
#[derive(Debug, Clone, Copy)]
pub struct TextOptions {
    /// Columns to fill.
    pub width: usize,
    /// Colours or not.
    pub colour: Colour,
    /// Everything, or long lists cut with a count.
    pub detail: Detail,
}

/// How much of long lists is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// The first of each long list, and how many more.
    Short,
    /// Everything.
    Full,
}

impl Detail {
    /// How many names of a long list.
    fn names(self) -> Names {
        match self {
            Detail::Full => Names::ALL,
            Detail::Short => Names::SHORT,
        }
    }
}

/// Items of one kind shown in a long section.
const SHORT_ITEMS: usize = 50;
/// How many bytes are drawn before they are handed over.
const DRAWN: usize = 64 * 1024;
/// Where the text of a line begins, after symbol and word.
const TEXT: usize = 14;

/// Draws a plan.
pub fn plan(plan: &Plan, options: TextOptions) -> String {
    let mut bytes = Vec::new();
    write(plan, options, &mut bytes).expect("memory takes everything");
    String::from_utf8(bytes).expect("only text was written")
}

/// Draws a plan piece by piece, so that a long one is never held whole.
///
/// # Errors
/// When `sink` takes no more.
pub fn write(plan: &Plan, options: TextOptions, sink: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page {
        out: String::new(),
        sink,
        taken: Ok(()),
        styles: Styles::new(options.colour),
        width: options.width.clamp(40, 200),
        detail: options.detail,
    };
    page.header(plan);
    page.first(plan);
    let mut change = Part::new(plan, |cause| cause != Some(Cause::Drift));
    let people = plan.people.iter();
    change.losses = people.filter(|effect| !effect.loses.is_empty()).collect();
    page.part(&change, Titles::Each);
    let drift = Part::new(plan, |cause| cause == Some(Cause::Drift));
    if !drift.is_empty() {
        page.heading("Drift already there (not from this change)");
        page.part(&drift, Titles::Given);
    }
    page.notices(plan);
    page.unmanaged(plan);
    page.limits(plan);
    page.approvals(plan);
    page.verdict(plan);
    page.drain();
    page.taken
}

/// The items of a plan that are drawn together.
struct Part<'a> {
    refusals: Vec<&'a Refusal>,
    manual_steps: Vec<&'a ManualStep>,
    actions: Vec<&'a Action>,
    /// Whoever loses something by the whole plan; told with this change.
    losses: Vec<&'a Effect>,
}

/// Which headings a part gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Titles {
    /// One for each kind of item.
    Each,
    /// The one that is drawn already.
    Given,
}

impl<'a> Part<'a> {
    fn new(plan: &'a Plan, wanted: impl Fn(Option<Cause>) -> bool) -> Self {
        let refusals = plan.refusals.iter();
        let steps = plan.manual_steps.iter();
        let actions = plan.actions.iter();
        Self {
            refusals: refusals.filter(|item| wanted(item.cause)).collect(),
            manual_steps: steps.filter(|item| wanted(item.cause)).collect(),
            actions: actions.filter(|item| wanted(item.cause)).collect(),
            losses: Vec::new(),
        }
    }

    fn is_empty(&self) -> bool {
        self.refusals.is_empty() && self.manual_steps.is_empty() && self.actions.is_empty()
    }

    fn actions(&self, wanted: impl Fn(&Change) -> bool) -> Vec<&'a Action> {
        let actions = self.actions.iter().copied();
        actions.filter(|action| wanted(&action.change)).collect()
    }
}

struct Page<'s> {
    out: String,
    sink: &'s mut dyn io::Write,
    /// The first thing that went wrong with the sink.
    taken: io::Result<()>,
    styles: Styles,
    width: usize,
    detail: Detail,
}

impl Page<'_> {
    /// Hands over what is drawn.
    fn drain(&mut self) {
        if self.taken.is_ok() {
            self.taken = self.sink.write_all(self.out.as_bytes());
        }
        self.out.clear();
    }

    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn heading(&mut self, text: &str) {
        let text = format!("\n{}", text.style(self.styles.heading));
        self.line(&text);
    }

    /// `  + create    text, wrapped and indented under itself`.
    fn item(&mut self, mark: Mark, word: &str, text: &str) {
        if self.out.len() > DRAWN {
            self.drain();
        }
        let style = self.styles.mark(mark);
        let label = format!("{} {word}", mark.symbol());
        let pad = TEXT.saturating_sub(2 + label.width()).max(1);
        let mut lines = wrap(text, self.width.saturating_sub(TEXT)).into_iter();
        let first = lines.next().unwrap_or_default();
        let _ = writeln!(self.out, "  {}{:pad$}{first}", label.style(style), "");
        for line in lines {
            let _ = writeln!(self.out, "{:TEXT$}{line}", "");
        }
    }

    /// A line under an item.
    fn under(&mut self, text: &str) {
        for line in wrap(text, self.width.saturating_sub(TEXT)) {
            let _ = writeln!(self.out, "{:TEXT$}{line}", "");
        }
    }

    fn faint_under(&mut self, text: &str) {
        for line in wrap(text, self.width.saturating_sub(TEXT)) {
            let _ = writeln!(self.out, "{:TEXT$}{}", "", line.style(self.styles.faint));
        }
    }

    /// Why, and where: the last line of an item.
    fn because(&mut self, reason: &str, evidence: &[Evidence]) {
        match places_text(evidence) {
            Some(places) => self.faint_under(&format!("{reason} ({places})")),
            None => self.faint_under(reason),
        }
    }

    fn declared_at(&mut self, evidence: &[Evidence]) {
        if let Some(places) = places_text(evidence) {
            self.faint_under(&format!("declared at {places}"));
        }
    }

    fn header(&mut self, plan: &Plan) {
        let title = format!(
            "Plan for {} at {}",
            terminal(&plan.target.called()),
            terminal(&plan.target.base_url)
        );
        let title = title.style(self.styles.heading).to_string();
        self.line(&title);
        let summary = &plan.summary;
        let read = format!(
            "compared {} and {}, {}; grants judged on {}{}",
            count(summary.users_compared, "user", "users"),
            count(summary.groups_compared, "group", "groups"),
            if plan.integrity.users.is_whole() && plan.integrity.groups.is_whole() {
                "read whole"
            } else {
                "perhaps not all of them"
            },
            plan.as_of,
            match &plan.base {
                Some(base) => format!("; base {}", terminal(base)),
                None => String::new(),
            }
        );
        let read = read.style(self.styles.faint).to_string();
        self.line(&read);
    }

    /// Risk first, then people, then groups.
    fn part(&mut self, part: &Part<'_>, titles: Titles) {
        if !part.refusals.is_empty() {
            self.title(titles, "Refused");
            let mut kinds = BTreeMap::new();
            for refusal in &part.refusals {
                if self.is_shown(&mut kinds, refusal.code) {
                    self.refusal(refusal);
                }
            }
            self.more_of(kinds, |code| format!("[{}]", code.as_str()));
        }
        self.manual_steps(part, titles);
        self.losses(&part.losses);
        self.section(
            titles,
            "Takes access away",
            &part.actions(Change::is_removal),
        );
        let of_people = |change: &Change| !change.is_removal() && change.group_name().is_none();
        self.section(titles, "People", &part.actions(of_people));
        self.side_effects_of_creates(part);
        self.groups(part, titles);
    }

    fn title(&mut self, titles: Titles, text: &str) {
        match titles {
            Titles::Each => self.heading(text),
            Titles::Given => {}
        }
    }

    fn refusal(&mut self, refusal: &Refusal) {
        self.item(
            Mark::Refused,
            "refused",
            &format!("{} [{}]", terminal(&refusal.message), refusal.code.as_str()),
        );
        let shown = self.shown(refusal.blocked.len());
        for action in &refusal.blocked[..shown] {
            self.under(&format!("blocked: {}", describe(action, self.detail)));
        }
        self.more(refusal.blocked.len() - shown);
        self.under(&format!("-> {}", terminal(&refusal.help)));
        self.declared_at(&refusal.evidence);
    }

    fn manual_steps(&mut self, part: &Part<'_>, titles: Titles) {
        if part.manual_steps.is_empty() {
            return;
        }
        self.title(titles, "For Support");
        let mut kinds = BTreeMap::new();
        for step in &part.manual_steps {
            if !self.is_shown(&mut kinds, step.code) {
                continue;
            }
            self.item(
                Mark::Manual,
                "support",
                &format!("{} [{}]", terminal(&step.message), step.code.as_str()),
            );
            let left = match step.members {
                0 => "it has no members".to_owned(),
                members => format!("it has {} now", count(members, "member", "members")),
            };
            self.under(&left);
            self.under(&format!("-> {}", terminal(&step.help)));
            self.declared_at(&step.evidence);
        }
        self.more_of(kinds, |code| format!("[{}]", code.as_str()));
    }

    fn shown(&self, items: usize) -> usize {
        match self.detail {
            Detail::Full => items,
            Detail::Short => items.min(SHORT_ITEMS),
        }
    }

    fn more(&mut self, hidden: usize) {
        if hidden > 0 {
            self.under(&format!("… and {hidden} more (--full shows all)"));
        }
    }

    fn section(&mut self, titles: Titles, title: &str, actions: &[&Action]) {
        if actions.is_empty() {
            return;
        }
        self.title(titles, title);
        let mut kinds = BTreeMap::new();
        for action in actions {
            if !self.is_shown(&mut kinds, action.change.phase()) {
                continue;
            }
            let (mark, word) = words::mark(&action.change);
            let names = self.detail.names();
            self.item(mark, word, &words::subject(action, names).terminal());
            for consequence in action
                .consequences
                .iter()
                .filter(|it| !words::is_of_people(it))
            {
                if let Some(text) = words::consequence(consequence, names) {
                    self.under(&text.terminal());
                }
            }
            self.because(action.reason.words(), &words::places_of(action));
        }
        self.more_of(kinds, |phase| words::phase(phase).to_owned());
    }

    /// Who loses what, by any path; the worst first.
    fn losses(&mut self, losing: &[&Effect]) {
        if losing.is_empty() {
            return;
        }
        self.heading("Who loses access");
        let shown = self.shown(losing.len());
        let names = self.detail.names();
        for effect in &losing[..shown] {
            let text = words::loss(effect, names).terminal();
            self.item(Mark::Remove, "loses", &text);
        }
        self.more(losing.len() - shown);
    }

    /// Counts an item of a kind; the first of each kind are shown.
    fn is_shown<K: Ord>(&self, kinds: &mut BTreeMap<K, usize>, kind: K) -> bool {
        let number = kinds.entry(kind).or_default();
        *number += 1;
        *number <= self.shown(*number)
    }

    /// How many of each kind are not shown.
    fn more_of<K: Copy + Ord>(&mut self, kinds: BTreeMap<K, usize>, word: impl Fn(K) -> String) {
        for (kind, number) in kinds {
            let hidden = number - self.shown(number);
            if hidden > 0 {
                let word = word(kind);
                self.under(&format!("… and {hidden} more {word} (--full shows all)"));
            }
        }
    }

    /// What every create sets off, said once.
    fn side_effects_of_creates(&mut self, part: &Part<'_>) {
        for (word, told) in set_off(part.actions.iter().copied()) {
            self.item(Mark::Note, word, &told);
        }
    }

    /// Group by group: its creation or renaming, then who gets in.
    fn groups(&mut self, part: &Part<'_>, titles: Titles) {
        let of_groups = |change: &Change| !change.is_removal() && change.group_name().is_some();
        let mut actions = part.actions(of_groups);
        actions.sort_by(|a, b| {
            (a.change.group_name(), a.change.phase())
                .cmp(&(b.change.group_name(), b.change.phase()))
        });
        self.section(titles, "Groups", &actions);
    }

    /// Group by group, since that is how one looks for them.
    fn unmanaged_bindings(&mut self, bindings: &[UnmanagedBinding]) {
        let names = self.detail.names();
        for same in bindings.chunk_by(|a, b| a.group == b.group) {
            let told = same
                .iter()
                .map(|binding| words::binding_phrase(&binding.binding));
            let group = same.first().map_or("", |first| first.group.name.as_str());
            let text = Phrase::of(count(same.len(), "role binding", "role bindings"))
                .words(" of ")
                .name(group)
                .words(" that nothing declares: ")
                .then(words::list(told, same.len(), names));
            self.item(Mark::Note, "bindings", &text.terminal());
        }
    }

    /// What puts the whole plan in doubt.
    fn first(&mut self, plan: &Plan) {
        let notices: Vec<&Notice> = plan.notices_at(Stands::First).collect();
        if notices.is_empty() {
            return;
        }
        self.heading("First of all");
        for notice in notices {
            self.notice(Mark::Manual, "attention", notice);
        }
    }

    fn notice(&mut self, mark: Mark, word: &str, notice: &Notice) {
        let text = format!("{} [{}]", terminal(&notice.message), notice.code.as_str());
        self.item(mark, word, &text);
        self.declared_at(&notice.evidence);
    }

    fn notices(&mut self, plan: &Plan) {
        let notices: Vec<&Notice> = plan.notices_at(Stands::Below).collect();
        if notices.is_empty() {
            return;
        }
        self.heading("To know");
        let shown = self.shown(notices.len());
        for notice in &notices[..shown] {
            self.notice(Mark::Note, "note", notice);
        }
        self.more(notices.len() - shown);
    }

    fn unmanaged(&mut self, plan: &Plan) {
        let unmanaged = &plan.unmanaged;
        if unmanaged.users.is_empty()
            && unmanaged.groups.is_empty()
            && unmanaged.memberships.is_empty()
            && unmanaged.bindings.is_empty()
        {
            return;
        }
        self.heading("Left alone");
        let names = self.detail.names();
        for because in [UnmanagedReason::Undeclared, UnmanagedReason::RemovalKeeps] {
            let (of_users, of_groups) = words::left_alone(because);
            let users = unmanaged.users.iter().filter(|it| it.because == because);
            let told: Vec<Phrase> = users
                .map(|user| Phrase::new().name(user.person.email.as_str()))
                .collect();
            if !told.is_empty() {
                let number = told.len();
                let text = format!(
                    "{} {}: {}",
                    count(number, "user", "users"),
                    of_users.why,
                    words::list(told, number, names).terminal()
                );
                self.item(Mark::Note, "users", &text);
                self.under(&format!("-> {}", of_users.help));
            }
            let groups = unmanaged.groups.iter().filter(|it| it.because == because);
            let told: Vec<Phrase> = groups
                .map(|group| {
                    Phrase::new()
                        .name(group.group.name.as_str())
                        .words(words::members_left(group))
                })
                .collect();
            if !told.is_empty() {
                let number = told.len();
                let text = format!(
                    "{} {}: {}",
                    count(number, "group", "groups"),
                    of_groups.why,
                    words::list(told, number, names).terminal()
                );
                self.item(Mark::Note, "groups", &text);
                self.under(&format!("-> {}", of_groups.help));
            }
        }
        let shown = self.shown(unmanaged.memberships.len());
        for members in &unmanaged.memberships[..shown] {
            let text = words::unmanaged_members(members).terminal();
            self.item(Mark::Note, "members", &text);
        }
        self.unmanaged_bindings(&unmanaged.bindings);
        self.more(unmanaged.memberships.len() - shown);
    }

    fn limits(&mut self, plan: &Plan) {
        let used: Vec<String> = plan
            .limits
            .iter()
            .map(|limit| words::limit(limit).terminal())
            .collect();
        let text = format!("\nLimits: {}", used.join("; "));
        for line in wrap(&text, self.width) {
            self.line(&line);
        }
    }

    /// What `apply` will not do unless it is told by name.
    fn approvals(&mut self, plan: &Plan) {
        if plan.needs_approval.is_empty() {
            return;
        }
        let told: Vec<String> = plan
            .needs_approval
            .iter()
            .map(|kind| {
                let actions = plan.actions.iter();
                let number = actions.filter(|it| it.change.approval() == *kind).count();
                let word = kind.as_str();
                let actions = count(number, "action", "actions");
                format!("{word} ({actions}, `--approve {word}`)")
            })
            .collect();
        let text = format!("\nNeeds approval by name: {}", told.join(", "));
        for line in wrap(&text, self.width) {
            self.line(&line);
        }
    }

    fn verdict(&mut self, plan: &Plan) {
        let summary = &plan.summary;
        if plan.is_empty() {
            let text = format!(
                "Nothing to do: {} and {} compared, {} and {} left alone.",
                count(summary.users_compared, "user", "users"),
                count(summary.groups_compared, "group", "groups"),
                count(summary.users_unmanaged, "user", "users"),
                count(summary.groups_unmanaged, "group", "groups"),
            );
            self.out.push('\n');
            for line in wrap(&text, self.width) {
                let line = line.style(self.styles.heading).to_string();
                self.line(&line);
            }
            return;
        }
        let text = format!("Plan: {}", summary.counts());
        self.out.push('\n');
        for line in wrap(&text, self.width) {
            let line = line.style(self.styles.heading).to_string();
            self.line(&line);
        }
    }
}

fn wrap(text: &str, width: usize) -> Vec<String> {
    let options =
        textwrap::Options::new(width.max(20)).word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::wrap(text, options)
        .into_iter()
        .map(|line| line.into_owned())
        .collect()
}

/// The word of an action and what it is about, for one line.
pub fn describe(action: &Action, detail: Detail) -> String {
    let subject = words::subject(action, detail.names()).terminal();
    format!("{} {subject}", words::mark(&action.change).1)
}

/// `people/ada.yaml:3:3 and 2 more lines`; both lines of what was and what is.
fn places_text(evidence: &[Evidence]) -> Option<String> {
    let (first, rest) = evidence.split_first()?;
    let mut text = terminal(&first.shown()).into_owned();
    if let ([before], None) = (rest, &first.revision)
        && before.revision.is_some()
    {
        let _ = write!(text, ", was {}", terminal(&before.shown()));
        return Some(text);
    }
    if !rest.is_empty() {
        let _ = write!(
            text,
            " and {}",
            count(rest.len(), "more line", "more lines")
        );
    }
    Some(text)
}
