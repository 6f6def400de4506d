//! Roles → groups → people, for what changes: who gets in by which role, and who is taken
//! out.
//!
//! People to whom the same happens are one box, so that the picture of a large change is as
//! small as what it decides.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::super::escape::html;
use crate::plan::{Action, Direction, Plan, Taken};

/// Boxes drawn of each column.
const MOST: usize = 16;
/// Characters that fit into a box.
const FIT: usize = 24;

const BOX_WIDTH: f64 = 208.0;
const BOX_HEIGHT: f64 = 30.0;
const ROW: f64 = 42.0;
const TOP: f64 = 40.0;
const COLUMNS: [f64; 3] = [4.0, 326.0, 648.0];
const WIDTH: f64 = 860.0;

/// What happens between a group and people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Move {
    Out,
    In,
}

/// What happens to one person: per group, and by which roles.
type Moves<'a> = BTreeMap<&'a str, (Move, BTreeSet<&'a str>)>;

/// People to whom the same happens.
struct Bundle<'a> {
    people: Vec<&'a str>,
    moves: Moves<'a>,
}

/// Draws the memberships that change; nothing if none does.
pub(super) fn draw(plan: &Plan) -> String {
    let mut bundles = bundles(plan);
    if bundles.is_empty() {
        return String::new();
    }
    // Whom something is taken from first, then the many.
    bundles.sort_by_key(|bundle| {
        let out = bundle.moves.values().any(|(move_, _)| *move_ == Move::Out);
        (
            std::cmp::Reverse(out),
            std::cmp::Reverse(bundle.people.len()),
        )
    });
    let mut hidden: usize = bundles
        .iter()
        .skip(MOST)
        .map(|bundle| bundle.people.len())
        .sum();
    bundles.truncate(MOST);

    let mut groups: Vec<&str> = Vec::new();
    for bundle in &bundles {
        for group in bundle.moves.keys() {
            if !groups.contains(group) {
                groups.push(group);
            }
        }
    }
    let hidden_groups = groups.len().saturating_sub(MOST);
    groups.truncate(MOST);
    bundles.retain(|bundle| {
        let drawn = bundle.moves.keys().any(|group| groups.contains(group));
        if !drawn {
            hidden += bundle.people.len();
        }
        drawn
    });
    let mut roles: Vec<&str> = Vec::new();
    for group in &groups {
        for (_, by) in bundles.iter().filter_map(|bundle| bundle.moves.get(group)) {
            for role in by {
                if !roles.contains(role) {
                    roles.push(role);
                }
            }
        }
    }
    let hidden_roles = roles.len().saturating_sub(MOST);
    roles.truncate(MOST);

    let rows = roles.len().max(groups.len()).max(bundles.len()).max(1);
    let height = TOP + rows_height(rows) + 8.0;
    let y = |column: usize, at: usize| {
        let used = [roles.len(), groups.len(), bundles.len()][column];
        let slack = (rows_height(rows) - rows_height(used.max(1))) / 2.0;
        TOP + slack + position(at) * ROW
    };
    let mut out = String::new();
    let told = told(&bundles);
    // Nobody is taken out by a role: then there is no column for them.
    let left = if roles.is_empty() {
        COLUMNS[1] - COLUMNS[0]
    } else {
        0.0
    };
    let width = WIDTH - left;
    let _ = write!(
        out,
        "<figure class=\"picture\">\n<figcaption>Who gets in, and who is taken out</figcaption>\n\
         <div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Picture of the changed memberships\">\n\
         <svg viewBox=\"{left} 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"{}\">\n",
        html(&told)
    );
    let counts = [roles.len(), groups.len(), bundles.len()];
    for ((title, x), number) in ["Roles", "Groups", "People"]
        .into_iter()
        .zip(COLUMNS)
        .zip(counts)
    {
        if number > 0 {
            let _ = writeln!(
                out,
                "<text class=\"column\" x=\"{x}\" y=\"20\">{title}</text>"
            );
        }
    }
    let mut from_roles: BTreeSet<(usize, usize)> = BTreeSet::new();
    for (at, bundle) in bundles.iter().enumerate() {
        for (group, (move_, by)) in &bundle.moves {
            let Some(to) = groups.iter().position(|name| name == group) else {
                continue;
            };
            edge(&mut out, *move_, (1, y(1, to)), (2, y(2, at)));
            for role in by {
                if let Some(from) = roles.iter().position(|name| name == role) {
                    from_roles.insert((from, to));
                }
            }
        }
    }
    for (from, to) in from_roles {
        edge(&mut out, Move::In, (0, y(0, from)), (1, y(1, to)));
    }
    for (at, role) in roles.iter().enumerate() {
        node(&mut out, "role", 0, y(0, at), role);
    }
    for (at, group) in groups.iter().enumerate() {
        node(&mut out, "group", 1, y(1, at), group);
    }
    for (at, bundle) in bundles.iter().enumerate() {
        node(&mut out, "person", 2, y(2, at), &bundle.label());
    }
    out.push_str("</svg>\n</div>\n<p class=\"legend\"><span class=\"in\">gets in</span> <span class=\"out\">is taken out</span>");
    let rest: Vec<String> = [
        (hidden, "people"),
        (hidden_groups, "groups"),
        (hidden_roles, "roles"),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, what)| format!("{number} more {what}"))
    .collect();
    if !rest.is_empty() {
        let _ = write!(out, " <span>Not drawn: {}.</span>", rest.join(", "));
    }
    out.push_str("</p>\n</figure>\n");
    out
}

impl Bundle<'_> {
    fn label(&self) -> String {
        match self.people.as_slice() {
            [] => String::new(),
            [only] => (*only).to_owned(),
            [one, other] if one.len() + other.len() < FIT - 2 => format!("{one}, {other}"),
            [first, rest @ ..] => format!("{} and {} more", shortened(first, 12), rest.len()),
        }
    }
}

fn bundles(plan: &Plan) -> Vec<Bundle<'_>> {
    let mut people: BTreeMap<&str, Moves<'_>> = BTreeMap::new();
    for action in &plan.actions {
        moves(action, &mut people);
    }
    let mut together: BTreeMap<Moves<'_>, Vec<&str>> = BTreeMap::new();
    for (person, moves) in people {
        together.entry(moves).or_default().push(person);
    }
    together
        .into_iter()
        .map(|(moves, people)| Bundle { people, moves })
        .collect()
}

fn moves<'a>(action: &'a Action, people: &mut BTreeMap<&'a str, Moves<'a>>) {
    if let Some(memberships) = action.change.memberships() {
        let move_ = match memberships.direction {
            Direction::In => Move::In,
            Direction::Out => Move::Out,
        };
        for member in memberships.members {
            let (_, roles) = people
                .entry(member.person.label())
                .or_default()
                .entry(memberships.group.name.as_str())
                .or_insert_with(|| (move_, BTreeSet::new()));
            roles.extend(member.origins.iter().map(|origin| origin.role.as_str()));
        }
    }
    // With the account its memberships end.
    if let Taken::Account(person) | Taken::UseOf(person) = action.change.taken() {
        for group in action.memberships_lost() {
            people
                .entry(person.label())
                .or_default()
                .entry(group.as_str())
                .or_insert_with(|| (Move::Out, BTreeSet::new()));
        }
    }
}

/// The picture in one sentence, for whoever does not see it; the lists tell the rest.
fn told(bundles: &[Bundle<'_>]) -> String {
    let number = |wanted: Move| -> usize {
        bundles
            .iter()
            .map(|bundle| {
                let moves = bundle.moves.values();
                moves.filter(|(move_, _)| *move_ == wanted).count() * bundle.people.len()
            })
            .sum()
    };
    format!(
        "Roles, groups and people: {} memberships begin and {} end. The lists on this page tell each of them.",
        number(Move::In),
        number(Move::Out)
    )
}

fn node(out: &mut String, class: &str, column: usize, y: f64, name: &str) {
    let x = COLUMNS[column];
    let _ = writeln!(
        out,
        "<g class=\"node {class}\"><title>{}</title>\
         <rect x=\"{x}\" y=\"{y}\" width=\"{BOX_WIDTH}\" height=\"{BOX_HEIGHT}\" rx=\"8\"/>\
         <text x=\"{}\" y=\"{}\">{}</text></g>",
        html(name),
        x + 12.0,
        y + 20.0,
        html(&shortened(name, FIT)),
    );
}

fn edge(out: &mut String, move_: Move, from: (usize, f64), to: (usize, f64)) {
    let class = match move_ {
        Move::In => "in",
        Move::Out => "out",
    };
    let middle = BOX_HEIGHT / 2.0;
    let (x1, y1) = (COLUMNS[from.0] + BOX_WIDTH, from.1 + middle);
    let (x2, y2) = (COLUMNS[to.0], to.1 + middle);
    let bend = (x1 + x2) / 2.0;
    let _ = writeln!(
        out,
        "<path class=\"edge {class}\" d=\"M{x1} {y1} C{bend} {y1} {bend} {y2} {x2} {y2}\"/>"
    );
}

/// Rows of a column with their gaps.
fn rows_height(rows: usize) -> f64 {
    position(rows) * ROW
}

fn position(at: usize) -> f64 {
    f64::from(u32::try_from(at).unwrap_or(u32::MAX))
}

fn shortened(text: &str, to: usize) -> String {
    match text.char_indices().nth(to) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
