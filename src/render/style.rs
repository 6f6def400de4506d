//! Symbols, words and colours, in one place.

use owo_colors::Style;

/// How a line is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Something is made or added.
    Add,
    /// Something changes.
    Change,
    /// Something is taken away.
    Remove,
    /// Something is refused.
    Refused,
    /// A person has to do something.
    Manual,
    /// Something to know.
    Note,
}

impl Mark {
    /// The symbol.
    pub fn symbol(self) -> &'static str {
        match self {
            Mark::Add => "+",
            Mark::Change => "~",
            Mark::Remove => "-",
            Mark::Refused => "x",
            Mark::Manual => "!",
            Mark::Note => "i",
        }
    }
}

/// Whether colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// They are.
    On,
    /// They are not.
    Off,
}

/// The styles of one output.
#[derive(Debug, Clone, Copy, Default)]
pub struct Styles {
    /// What is made.
    pub add: Style,
    /// What changes.
    pub change: Style,
    /// What is taken away.
    pub remove: Style,
    /// What is refused.
    pub refused: Style,
    /// What a person has to do.
    pub manual: Style,
    /// Headings.
    pub heading: Style,
    /// What may be skipped in reading.
    pub faint: Style,
}

impl Styles {
    /// The styles for an output with or without colour.
    pub fn new(colour: Colour) -> Self {
        match colour {
            Colour::Off => Self::default(),
            Colour::On => Self {
                add: Style::new().green(),
                change: Style::new().yellow(),
                remove: Style::new().red(),
                refused: Style::new().red().bold(),
                manual: Style::new().magenta().bold(),
                heading: Style::new().bold(),
                faint: Style::new().dimmed(),
            },
        }
    }

    /// The style of a mark.
    pub fn mark(&self, mark: Mark) -> Style {
        match mark {
            Mark::Add => self.add,
            Mark::Change => self.change,
            Mark::Remove => self.remove,
            Mark::Refused => self.refused,
            Mark::Manual => self.manual,
            Mark::Note => self.faint,
        }
    }
}

/// `1 group`, `2 groups`.
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
