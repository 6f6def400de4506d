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
use crate::ids::RoleName;
use crate::plan::{
    Action, Cause, Change, Consequence, Evidence, LimitName, LimitUse, ManualStep, MemberChange,
    MembershipOrigin, Plan, Refusal, UnmanagedReason,
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
    page.part(
        &Part::new(plan, |cause| cause != Some(Cause::Drift)),
        Titles::Each,
    );
    let drift = Part::new(plan, |cause| cause == Some(Cause::Drift));
    if !drift.is_empty() {
        page.heading("Drift already there (not from this change)");
        page.part(&drift, Titles::Given);
    }
    page.notices(plan);
    page.unmanaged(plan);
    page.limits(plan);
    page.verdict(plan);
    page.out
}

/// The items of a plan that are drawn together.
struct Part<'a> {
    refusals: Vec<&'a Refusal>,
    manual_steps: Vec<&'a ManualStep>,
    actions: Vec<&'a Action>,
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
            plan.target.title,
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
            for refusal in &part.refusals {
                self.refusal(refusal);
            }
        }
        self.manual_steps(part, titles);
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
        for step in &part.manual_steps {
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
        let shown = self.shown(actions.len());
        for action in &actions[..shown] {
            let (mark, word) = mark(&action.change);
            self.item(mark, word, &subject(action, self.detail));
            for consequence in &action.consequences {
                if let Some(text) = consequence_text(consequence, self.detail) {
                    self.under(&text);
                }
            }
            self.because(action.reason.words(), &places_of(action));
        }
        self.more(actions.len() - shown);
    }

    /// What every create sets off, said once.
    fn side_effects_of_creates(&mut self, part: &Part<'_>) {
        let (mut mailed, mut adopting) = (0, 0);
        for consequence in part.actions.iter().flat_map(|action| &action.consequences) {
            match consequence {
                Consequence::InvitationMailed { .. } => mailed += 1,
                Consequence::MayAdopt { .. } => adopting += 1,
                Consequence::SuspensionRemoves
                | Consequence::MembershipsLost { .. }
                | Consequence::GroupLeftEmpty { .. }
                | Consequence::LeftWithoutGroups { .. }
                | Consequence::Undocumented { .. } => {}
            }
        }
        if mailed > 0 {
            let invitations = count(mailed, "invitation is", "invitations are");
            self.item(
                Mark::Note,
                "mail",
                &format!("{invitations} mailed to the people created"),
            );
        }
        if adopting > 0 {
            self.item(
                Mark::Note,
                "adopt",
                "whoever of them already has an account that SCIM cannot see is taken over, not created",
            );
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
            self.declared_at(&notice.evidence);
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
            "{} to group {}{}",
            count(members.len(), "member", "members"),
            terminal(group.name.as_str()),
            members_text(members, detail)
        ),
        Change::RemoveMembers { group, members } => format!(
            "{} from group {}{}",
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

/// `ada, grace (until 2027-12-31), linus (through sre)`; the role is named once if all
/// have it by the same one and no other.
fn members_text(members: &[MemberChange], detail: Detail) -> String {
    let first = members
        .first()
        .and_then(|member| only_role(&member.origins));
    let common = first.filter(|first| {
        members
            .iter()
            .all(|member| only_role(&member.origins).as_ref() == Some(first))
    });
    let names: Vec<String> = members
        .iter()
        .map(|member| {
            let mut asides: Vec<String> = Vec::new();
            if common.is_none() && !member.origins.is_empty() {
                asides.push(roles_text(&member.origins));
            }
            if let [origin] = member.origins.as_slice()
                && let Some(through) = &origin.through
            {
                asides.push(format!("through {}", terminal(through.as_str())));
            }
            if let Some(until) = end_of(&member.origins) {
                asides.push(format!("until {until}"));
            }
            let label = terminal(member.person.label()).into_owned();
            if asides.is_empty() {
                label
            } else {
                format!("{label} ({})", asides.join(", "))
            }
        })
        .collect();
    let names = list(&names, detail);
    match common {
        Some(role) => format!(" by role {}: {names}", terminal(role.as_str())),
        None => format!(": {names}"),
    }
}

/// The role by which somebody is a member, if it is one.
fn only_role(origins: &[MembershipOrigin]) -> Option<RoleName> {
    let (first, rest) = origins.split_first()?;
    rest.iter()
        .all(|origin| origin.role == first.role)
        .then(|| first.role.clone())
}

/// `role dev`, `role dev and 2 more`.
fn roles_text(origins: &[MembershipOrigin]) -> String {
    let mut roles: Vec<&str> = origins.iter().map(|origin| origin.role.as_str()).collect();
    roles.dedup();
    match roles.as_slice() {
        [] => String::new(),
        [role] => format!("role {}", terminal(role)),
        [first, rest @ ..] => format!("role {} and {} more", terminal(first), rest.len()),
    }
}

/// When a membership ends: with the last of its paths, and never if one has no end.
fn end_of(origins: &[MembershipOrigin]) -> Option<jiff::civil::Date> {
    let ends: Option<Vec<jiff::civil::Date>> = origins.iter().map(|origin| origin.until).collect();
    ends?.into_iter().max()
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

/// What happens through an action; `None` for what is said once for all creates.
fn consequence_text(consequence: &Consequence, detail: Detail) -> Option<String> {
    Some(match consequence {
        Consequence::InvitationMailed { .. } | Consequence::MayAdopt { .. } => return None,
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
    })
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

/// Where an action comes from: for memberships, the lines that give them.
fn places_of(action: &Action) -> Vec<Evidence> {
    match &action.change {
        Change::AddMembers { members, .. } => {
            let mut places: Vec<Evidence> = Vec::new();
            for origin in members.iter().filter_map(|member| member.origins.first()) {
                let evidence = Evidence {
                    place: origin.place.clone(),
                    revision: None,
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

/// `memberships removed: 2 of 5 (10% of 57)`.
fn limit_text(limit: &LimitUse) -> String {
    let noun = match (limit.limit, &limit.group) {
        (LimitName::UserRemovals, _) => "people removed".to_owned(),
        (LimitName::MembershipRemovals, _) => "memberships removed".to_owned(),
        (LimitName::PerGroupRemovals, Some(group)) => {
            format!("removed from {}", terminal(group.as_str()))
        }
        (LimitName::PerGroupRemovals, None) => "removed from one group".to_owned(),
    };
    let share = limit.configured.ends_with('%');
    let of = match (limit.raised_to, limit.allowed) {
        (Some(raised), _) => format!(" of {raised} (raised from {})", limit.configured),
        (None, Some(allowed)) if share => {
            format!(
                " of {allowed} ({} of {})",
                limit.configured, limit.population
            )
        }
        (None, Some(allowed)) => format!(" of {allowed}"),
        (None, None) => format!(
            " (of {}, too few for {} to count)",
            limit.population, limit.configured
        ),
    };
    let tripped = if limit.tripped {
        ", over the limit"
    } else {
        ""
    };
    format!("{noun}: {}{of}{tripped}", limit.used)
}
