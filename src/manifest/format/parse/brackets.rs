//! Collections in brackets.

use super::super::piece::{Above, Behind, Collection, Item, Kind as Shape, Line, Style, comments};
use super::{Alone, Parsed, Parser, Trivia, is_missing, sort_name, trimmed};
use crate::manifest::tree::{Kind, Node};

impl Parser<'_> {
    /// A collection in brackets.
    pub(super) fn flow(&mut self, node: Node<'_>) -> Parsed<Collection> {
        let above_it = std::mem::take(&mut self.pending);
        let outside = std::mem::take(&mut self.spilled);
        let (kind, close) = if self.peek() == Some('[') {
            (Shape::Sequence, ']')
        } else {
            (Shape::Mapping, '}')
        };
        self.at += 1;
        // What is said of the bracket is said of the whole.
        let whole: Vec<String> = self.behind().into_iter().map(|one| one.text).collect();
        let mut items: Vec<Item> = Vec::new();
        match (kind, node.kind()) {
            (Shape::Sequence, Kind::Sequence(nodes)) => {
                for node in nodes {
                    self.trivia();
                    let above = self.above_in_brackets(&mut items);
                    // `[a: b]`: a mapping without brackets of its own.
                    let bare = matches!(node.kind(), Kind::Mapping(_)) && !node.is_flow();
                    if !node.is_alias() && bare {
                        return Err(self.unusual());
                    }
                    let item = self.in_brackets(above, None, sort_name(node), node)?;
                    items.push(item);
                    self.comma(close, &mut items)?;
                }
            }
            (Shape::Mapping, Kind::Mapping(entries)) => {
                for (key, value) in entries.pairs() {
                    self.trivia();
                    let above = self.above_in_brackets(&mut items);
                    let (key, name) = self.key(key)?;
                    self.trivia();
                    if self.peek() == Some(':') {
                        self.at += 1;
                    } else if !is_missing(value) {
                        return Err(self.unusual());
                    }
                    let item = self.in_brackets(above, Some(key), name, value)?;
                    items.push(item);
                    self.comma(close, &mut items)?;
                }
            }
            (_, Kind::Scalar(_) | Kind::Sequence(_) | Kind::Mapping(_)) => {
                return Err(self.unusual());
            }
        }
        self.trivia();
        if self.peek() != Some(close) {
            return Err(self.unusual());
        }
        self.at += 1;
        let mut footer = trimmed(self.take_pending());
        self.spilled = outside;
        self.spilled.extend(whole);
        if items.is_empty() {
            self.spilled
                .append(&mut comments(std::mem::take(&mut footer)));
        }
        self.pending = above_it;
        Ok(Collection {
            kind,
            style: Style::Flow,
            items,
            footer,
        })
    }

    pub(super) fn in_brackets(
        &mut self,
        mut above: Above,
        key: Option<String>,
        name: String,
        node: Node<'_>,
    ) -> Parsed<Item> {
        let value = self.value(node, 0)?;
        above.attached.extend(comments(self.take_pending()));
        above.attached.append(&mut self.spilled);
        Ok(Item {
            above,
            key,
            name,
            value,
            behind: Vec::new(),
        })
    }

    /// What stands above an item in brackets. A comment on the line of the item before is
    /// that one's.
    pub(super) fn above_in_brackets(&mut self, items: &mut [Item]) -> Above {
        if let Some(last) = items.last_mut() {
            self.give_behind(last);
        }
        let lines: Vec<Line> = self.take_pending();
        let mut above = Above::new(lines);
        if items.is_empty() {
            above.separated = false;
        }
        above
    }

    /// Moves a comment that does not have its line for itself to the item on that line.
    pub(super) fn give_behind(&mut self, item: &mut Item) {
        if let Some(Trivia::Comment(first)) = self.pending.first()
            && first.alone == Alone::No
            && let Trivia::Comment(comment) = self.pending.remove(0)
        {
            if item.behind.is_empty() {
                item.behind.push(Behind {
                    gap: comment.gap,
                    text: comment.text,
                });
            } else {
                item.above.attached.push(comment.text);
            }
        }
    }

    pub(super) fn comma(&mut self, close: char, items: &mut [Item]) -> Parsed<()> {
        self.trivia();
        let Some(last) = items.last_mut() else {
            return Ok(());
        };
        self.give_behind(last);
        match self.peek() {
            Some(',') => {
                last.above.attached.extend(comments(self.take_pending()));
                self.at += 1;
                self.trivia();
                self.give_behind(last);
                Ok(())
            }
            Some(c) if c == close => Ok(()),
            Some(_) | None => Err(self.unusual()),
        }
    }
}
