//! The pieces a file is taken apart into.

/// A whole file.
#[derive(Debug)]
pub(super) struct Document {
    /// What stands before a `---` line, if there is one.
    pub(super) prologue: Option<Vec<Line>>,
    pub(super) root: Value,
    /// Comments behind everything.
    pub(super) epilogue: Vec<Line>,
}

/// A line that says nothing to the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    /// One or more empty lines; one is kept.
    Blank,
    /// A comment with its `#`.
    Comment(String),
}

/// A value with the anchor and tag in front of it.
#[derive(Debug)]
pub(super) struct Value {
    pub(super) properties: Vec<String>,
    pub(super) body: Body,
}

#[derive(Debug)]
pub(super) enum Body {
    /// Nothing is written.
    Missing,
    /// A scalar or alias, as written.
    Raw(String),
    /// A `|` or `>` scalar.
    Block(BlockScalar),
    Collection(Collection),
}

/// A `|` or `>` scalar.
#[derive(Debug)]
pub(super) struct BlockScalar {
    /// `|`, `>-`, `|2+`.
    pub(super) header: String,
    /// How far the text is indented below its parent.
    pub(super) indent: usize,
    /// The lines without that indentation.
    pub(super) lines: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Collection {
    pub(super) kind: Kind,
    pub(super) style: Style,
    pub(super) items: Vec<Item>,
    /// Comments behind the last item, at its indentation.
    pub(super) footer: Vec<Line>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Mapping,
    Sequence,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// In brackets.
    Flow,
    /// One item a line.
    Block,
}

/// An entry of a mapping or an item of a sequence, with what belongs to it.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) above: Above,
    /// The key as written, with its properties; nothing in a sequence.
    pub(super) key: Option<String>,
    /// The key, or what a sequence is sorted by, as it is meant.
    pub(super) name: String,
    pub(super) value: Value,
    /// Comments behind it: the first on its line, the others right below that one.
    pub(super) behind: Vec<Behind>,
}

/// What stands above an item.
#[derive(Debug, Default)]
pub(super) struct Above {
    /// An empty line separates it from the item before.
    pub(super) separated: bool,
    /// What stays where it is when items are sorted: a heading, a comment with an empty line
    /// below it.
    pub(super) heading: Vec<Line>,
    /// Comments right above the item, which go where it goes.
    pub(super) attached: Vec<String>,
}

/// A comment behind something.
#[derive(Debug, Clone)]
pub(super) struct Behind {
    /// Spaces in front of the `#`.
    pub(super) gap: usize,
    pub(super) text: String,
}

impl Above {
    /// Divides lines into what stays and what goes along.
    pub(super) fn new(mut lines: Vec<Line>) -> Self {
        let separated = lines.first() == Some(&Line::Blank);
        if separated {
            lines.remove(0);
        }
        let stays = lines
            .iter()
            .rposition(|line| match line {
                Line::Blank => true,
                Line::Comment(text) => is_heading(text),
            })
            .map_or(0, |last| last + 1);
        let attached = comments(lines.split_off(stays));
        Self {
            separated,
            heading: lines,
            attached,
        }
    }

    pub(super) fn starts_group(&self) -> bool {
        self.separated || !self.heading.is_empty()
    }
}

/// The comments among lines.
pub(super) fn comments(lines: Vec<Line>) -> Vec<String> {
    lines
        .into_iter()
        .filter_map(|line| match line {
            Line::Blank => None,
            Line::Comment(text) => Some(text),
        })
        .collect()
}

/// True for a comment written as a heading: `## People`, `# --- People ---`, `# They left:`.
fn is_heading(comment: &str) -> bool {
    comment.starts_with("##")
        || comment.ends_with(':')
        || ["---", "===", "***", "───", "━━━"]
            .iter()
            .any(|rule| comment.contains(rule))
}

impl Collection {
    /// True if nothing in it, at any depth, needs a line of its own.
    pub(super) fn fits_brackets(&self) -> bool {
        self.style == Style::Flow
            && self.footer.is_empty()
            && self.items.iter().all(|item| {
                let Item {
                    above,
                    key: _,
                    name: _,
                    value,
                    behind,
                } = item;
                above.heading.is_empty()
                    && above.attached.is_empty()
                    && behind.is_empty()
                    && value.fits_brackets()
            })
    }
}

impl Value {
    fn fits_brackets(&self) -> bool {
        match &self.body {
            Body::Missing => true,
            Body::Raw(text) => !text.contains('\n'),
            Body::Block(_) => false,
            Body::Collection(collection) => collection.fits_brackets(),
        }
    }
}
