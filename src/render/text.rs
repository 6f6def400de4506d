//! A plan for a terminal: risk first, then people, then groups, then the one line that
//! counts.
//!
//! Written for a tired reviewer: what is refused, what needs Support and what takes access
//! away comes before what gives it. Each line has a symbol *and* a word, a reason, and the
//! manifest line it comes from.

use std::fmt::Write as _;

use owo_colors::OwoColorize as _;
use unicode_width::UnicodeWidthStr as _;

use super::escape::terminal;
use super::style::{Colour, Mark, Styles, count};
use crate::plan::{
    Action, Change, Consequence, Evidence, LimitName, LimitUse, MemberChange, MembershipOrigin,
    Plan, Reason, Refusal, UnmanagedReason,
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

/// Names shown of a long list.
const SHORT_NAMES: usize = 8;
/// Items shown of a long section.
const SHORT_ITEMS: usize = 50;
/// Where the text of a line begins, after symbol and word.
const TEXT: usize = 14;

/// Draws a plan.
pub fn plan(plan: &Plan, options: TextOptions) -> String {
    let mut page = Page {
        out: String::new(),
        styles: Styles::new(options.colour),
        width: options.width.clamp(40, 200),
        detail: options.detail,
    };
    page.header(plan);
    page.refusals(plan);
    page.manual_steps(plan);
    page.removals(plan);
    page.people(plan);
    page.groups(plan);
    page.notices(plan);
    page.unmanaged(plan);
    page.limits(plan);
    page.verdict(plan);
    page.out
}

struct Page {
    out: String,
    styles: Styles,
    width: usize,
    detail: Detail,
}

impl Page {
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

    fn places(&mut self, evidence: &[Evidence]) {
        if let [first, rest @ ..] = evidence {
            let mut text = format!("at {}", terminal(&first.place.to_string()));
            if !rest.is_empty() {
                let _ = write!(
                    text,
                    " and {}",
                    count(rest.len(), "more line", "more lines")
                );
            }
            self.faint_under(&text);
        }
    }

    fn header(&mut self, plan: &Plan) {
        let title = format!(
            "Plan for {} at {}",
            plan.target.title,
            terminal(&plan.target.base_url)
        );
        let title = title.style(self.styles.heading).to_string();
        self.line(&title);
        let summary = &plan.summary;
        let read = format!(
            "compared {} and {}, grants judged on {}",
            count(summary.users_compared, "user", "users"),
            count(summary.groups_compared, "group", "groups"),
            plan.as_of
        );
        let read = read.style(self.styles.faint).to_string();
        self.line(&read);
    }

    fn refusals(&mut self, plan: &Plan) {
        if plan.refusals.is_empty() {
            return;
        }
        self.heading("Refused");
        for refusal in &plan.refusals {
            self.refusal(refusal);
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
        self.places(&refusal.evidence);
    }

    fn manual_steps(&mut self, plan: &Plan) {
        if plan.manual_steps.is_empty() {
            return;
        }
        self.heading("For Support");
        for step in &plan.manual_steps {
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
            self.places(&step.evidence);
        }
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

    fn section<'a>(&mut self, title: &str, actions: impl Iterator<Item = &'a Action>) {
        let actions: Vec<&Action> = actions.collect();
        if actions.is_empty() {
            return;
        }
        self.heading(title);
        let shown = self.shown(actions.len());
        for action in &actions[..shown] {
            let (mark, word) = mark(&action.change);
            let mut text = subject(action, self.detail);
            // Each member has the role that gives it beside the name.
            if action.reason != Reason::RoleGives {
                let _ = write!(text, " ({})", action.reason.words());
            }
            self.item(mark, word, &text);
            for consequence in &action.consequences {
                self.under(&consequence_text(consequence, self.detail));
            }
            self.places(&places_of(action));
        }
        self.more(actions.len() - shown);
    }

    fn removals(&mut self, plan: &Plan) {
        self.section(
            "Takes access away",
            plan.actions.iter().filter(|a| a.change.is_removal()),
        );
    }

    fn people(&mut self, plan: &Plan) {
        self.section(
            "People",
            plan.actions
                .iter()
                .filter(|a| !a.change.is_removal() && a.change.group_name().is_none()),
        );
    }

    /// Group by group: its creation or renaming, then who gets in.
    fn groups(&mut self, plan: &Plan) {
        let mut actions: Vec<&Action> = plan
            .actions
            .iter()
            .filter(|a| !a.change.is_removal() && a.change.group_name().is_some())
            .collect();
        actions.sort_by(|a, b| {
            (a.change.group_name(), a.change.phase())
                .cmp(&(b.change.group_name(), b.change.phase()))
        });
        self.section("Groups", actions.into_iter());
    }

    fn notices(&mut self, plan: &Plan) {
        if plan.notices.is_empty() {
            return;
        }
        self.heading("To know");
        let shown = self.shown(plan.notices.len());
        for notice in &plan.notices[..shown] {
            self.item(
                Mark::Note,
                "note",
                &format!("{} [{}]", terminal(&notice.message), notice.code.as_str()),
            );
            self.places(&notice.evidence);
        }
        self.more(plan.notices.len() - shown);
    }

    fn unmanaged(&mut self, plan: &Plan) {
        let unmanaged = &plan.unmanaged;
        if unmanaged.users.is_empty()
            && unmanaged.groups.is_empty()
            && unmanaged.memberships.is_empty()
        {
            return;
        }
        self.heading("Left alone");
        if !unmanaged.users.is_empty() {
            let names: Vec<String> = unmanaged
                .users
                .iter()
                .map(|user| terminal(user.person.email.as_str()).into_owned())
                .collect();
            let text = format!(
                "{} that nothing declares: {}",
                count(names.len(), "user", "users"),
                list(&names, self.detail)
            );
            self.item(Mark::Note, "users", &text);
        }
        if !unmanaged.groups.is_empty() {
            let names: Vec<String> = unmanaged
                .groups
                .iter()
                .map(|group| {
                    format!(
                        "{} ({})",
                        terminal(group.group.name.as_str()),
                        count(group.members, "member", "members")
                    )
                })
                .collect();
            let text = format!(
                "{} that no role maps to: {}",
                count(names.len(), "group", "groups"),
                list(&names, self.detail)
            );
            self.item(Mark::Note, "groups", &text);
        }
        let shown = self.shown(unmanaged.memberships.len());
        for members in &unmanaged.memberships[..shown] {
            let why = match members.because {
                UnmanagedReason::AdditiveGroup => "that no role gives, as the group is additive",
                UnmanagedReason::UnlistedMember => "who are not in the list of users",
                UnmanagedReason::Undeclared | UnmanagedReason::RemovalKeeps => "kept",
            };
            let text = format!(
                "{} of {} {why}",
                count(members.ids.len(), "member", "members"),
                terminal(members.group.name.as_str())
            );
            self.item(Mark::Note, "members", &text);
        }
        self.more(unmanaged.memberships.len() - shown);
    }

    fn limits(&mut self, plan: &Plan) {
        let used: Vec<String> = plan
            .limits
            .iter()
            .filter(|limit| limit.used > 0)
            .map(limit_text)
            .collect();
        if used.is_empty() {
            return;
        }
        let text = format!("\nLimits: {}", used.join("; "));
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

fn mark(change: &Change) -> (Mark, &'static str) {
    match change {
        Change::CreateUser { .. } | Change::CreateGroup { .. } => (Mark::Add, "create"),
        Change::ReactivateUser { .. } => (Mark::Add, "reactivate"),
        Change::AddMembers { .. } => (Mark::Add, "add"),
        Change::UpdateUser { .. } => (Mark::Change, "update"),
        Change::RenameGroup { .. } => (Mark::Change, "rename"),
        Change::RemoveMembers { .. } => (Mark::Remove, "remove"),
        Change::DeactivateUser { .. } => (Mark::Remove, "deactivate"),
        Change::DeleteUser { .. } | Change::DeleteGroup { .. } => (Mark::Remove, "delete"),
    }
}

/// The word of an action and what it is about, for one line.
pub fn describe(action: &Action, detail: Detail) -> String {
    format!("{} {}", mark(&action.change).1, subject(action, detail))
}

fn subject(action: &Action, detail: Detail) -> String {
    match &action.change {
        Change::CreateUser {
            key,
            user,
            external_id: _,
        } => format!(
            "user {} <{}> \"{}\"",
            terminal(key.as_str()),
            terminal(user.email.as_str()),
            terminal(&user.display_name)
        ),
        Change::UpdateUser {
            person,
            changes,
            becomes: _,
        } => {
            let changes: Vec<String> = changes
                .iter()
                .map(|change| {
                    let before = change
                        .before
                        .as_deref()
                        .map_or("none".to_owned(), |before| {
                            format!("\"{}\"", terminal(before))
                        });
                    format!(
                        "{} {before} -> \"{}\"",
                        change.attribute.path(),
                        terminal(&change.after)
                    )
                })
                .collect();
            format!("user {}: {}", person_text(person), changes.join(", "))
        }
        Change::ReactivateUser { person }
        | Change::DeactivateUser { person }
        | Change::DeleteUser { person } => format!("user {}", person_text(person)),
        Change::CreateGroup {
            name,
            expected_id: _,
        } => format!("group {}", terminal(name.as_str())),
        Change::RenameGroup {
            id: _,
            before,
            after,
        } => {
            format!(
                "group {} -> {}",
                terminal(before.as_str()),
                terminal(after.as_str())
            )
        }
        Change::DeleteGroup { id, name } => {
            format!(
                "group {} (id {})",
                terminal(name.as_str()),
                terminal(id.as_str())
            )
        }
        Change::AddMembers { group, members } => format!(
            "{} to group {}: {}",
            count(members.len(), "member", "members"),
            terminal(group.name.as_str()),
            members_text(members, detail)
        ),
        Change::RemoveMembers { group, members } => format!(
            "{} from group {}: {}",
            count(members.len(), "member", "members"),
            terminal(group.name.as_str()),
            members_text(members, detail)
        ),
    }
}

fn person_text(person: &crate::plan::Person) -> String {
    match &person.key {
        Some(key) => format!(
            "{} <{}>",
            terminal(key.as_str()),
            terminal(person.email.as_str())
        ),
        None => terminal(person.email.as_str()).into_owned(),
    }
}

fn members_text(members: &[MemberChange], detail: Detail) -> String {
    let names: Vec<String> = members
        .iter()
        .map(|member| {
            let label = terminal(member.person.label()).into_owned();
            match member.origins.as_slice() {
                [] => label,
                origins => format!("{label} ({})", origins_text(origins)),
            }
        })
        .collect();
    list(&names, detail)
}

/// `role dev`, `role dev and 2 more`, `role dev until 2027-01-31`. A membership ends with the
/// last of its paths, and with none if one has no end.
fn origins_text(origins: &[MembershipOrigin]) -> String {
    let mut roles: Vec<&str> = origins.iter().map(|it| it.role.as_str()).collect();
    roles.dedup();
    let mut text = match roles.as_slice() {
        [] => String::new(),
        [role] => format!("role {}", terminal(role)),
        [first, rest @ ..] => format!("role {} and {} more", terminal(first), rest.len()),
    };
    let ends: Option<Vec<jiff::civil::Date>> = origins.iter().map(|it| it.until).collect();
    if let Some(last) = ends.and_then(|ends| ends.into_iter().max()) {
        let _ = write!(text, " until {last}");
    }
    text
}

fn list(names: &[String], detail: Detail) -> String {
    let shown = match detail {
        Detail::Full => names.len(),
        Detail::Short => names.len().min(SHORT_NAMES),
    };
    let mut text = names[..shown].join(", ");
    if shown < names.len() {
        let _ = write!(text, " and {} more", names.len() - shown);
    }
    text
}

fn consequence_text(consequence: &Consequence, detail: Detail) -> String {
    match consequence {
        Consequence::InvitationMailed { to } => {
            format!("an invitation is mailed to {}", terminal(to.as_str()))
        }
        Consequence::MayAdopt { email } => format!(
            "if {} already has an account that SCIM cannot see, it is taken over",
            terminal(email.as_str())
        ),
        Consequence::SuspensionRemoves => {
            "suspending removes the account: there are no inactive ones here".to_owned()
        }
        Consequence::MembershipsLost { groups } => {
            let names: Vec<String> = groups
                .iter()
                .map(|name| terminal(name.as_str()).into_owned())
                .collect();
            format!(
                "loses {}: {}",
                count(names.len(), "group", "groups"),
                list(&names, detail)
            )
        }
        Consequence::GroupLeftEmpty { group } => {
            format!("nobody is left in group {}", terminal(group.as_str()))
        }
        Consequence::LeftWithoutGroups { person } => {
            format!("{} is left without any group", terminal(person.label()))
        }
        Consequence::Undocumented { note } => note.clone(),
    }
}

/// Where an action comes from: for memberships, the lines that give them.
fn places_of(action: &Action) -> Vec<Evidence> {
    match &action.change {
        Change::AddMembers { members, .. } => {
            let mut places: Vec<Evidence> = Vec::new();
            for origin in members.iter().filter_map(|member| member.origins.first()) {
                let evidence = Evidence {
                    place: origin.place.clone(),
                    what: String::new(),
                };
                if !places.contains(&evidence) && places.len() < 1000 {
                    places.push(evidence);
                }
            }
            places
        }
        Change::CreateUser { .. }
        | Change::ReactivateUser { .. }
        | Change::UpdateUser { .. }
        | Change::CreateGroup { .. }
        | Change::RenameGroup { .. }
        | Change::RemoveMembers { .. }
        | Change::DeactivateUser { .. }
        | Change::DeleteUser { .. }
        | Change::DeleteGroup { .. } => action.evidence.clone(),
    }
}

fn limit_text(limit: &LimitUse) -> String {
    let noun = match limit.limit {
        LimitName::UserRemovals => "people removed",
        LimitName::MembershipRemovals => "memberships removed",
        LimitName::PerGroupRemovals => "removed from one group",
    };
    let group = limit.group.as_ref().map_or(String::new(), |name| {
        format!(" {}", terminal(name.as_str()))
    });
    let of = match (limit.raised_to, limit.allowed) {
        (Some(raised), _) => format!("{raised} (raised from {})", limit.configured),
        (None, Some(allowed)) if limit.configured.ends_with('%') => {
            format!("{allowed} ({} of {})", limit.configured, limit.population)
        }
        (None, Some(allowed)) => allowed.to_string(),
        (None, None) => {
            let used = match limit.limit {
                LimitName::UserRemovals => count(limit.used, "person removed", noun),
                LimitName::MembershipRemovals => count(limit.used, "membership removed", noun),
                LimitName::PerGroupRemovals => format!("{} {noun}", limit.used),
            };
            return format!(
                "{used}{group} (too few there for {} to count)",
                limit.configured
            );
        }
    };
    let tripped = if limit.tripped {
        ", over the limit"
    } else {
        ""
    };
    format!("{} of {of} {noun}{group}{tripped}", limit.used)
}
