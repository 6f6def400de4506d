//! A manifest as lines of YAML that can be spread over files in any order.

use scim_sync::manifest::load::{MemoryFiles, ROOT_FILE};

use crate::rng::Rng;

/// One line each, in flow style: `"ada": { email: "ada@x.io" }`.
#[derive(Default)]
pub struct ManifestText {
    pub provider: &'static str,
    pub users: Vec<String>,
    pub roles: Vec<String>,
    pub groups: Vec<String>,
    /// In the order that counts.
    pub mappings: Vec<String>,
    pub policy: Vec<String>,
}

/// A text as a double-quoted YAML scalar.
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

impl ManifestText {
    /// The files, every line in its place.
    pub fn files(&self) -> MemoryFiles {
        self.spread(|_| {}, |at| at % 2)
    }

    /// The same declarations in other files and other places.
    pub fn shuffled(&self, rng: &mut Rng) -> MemoryFiles {
        let mut order = Rng::new(rng.below(usize::MAX) as u64);
        self.spread(|lines| order.shuffle(lines), |_| rng.below(2))
    }

    fn spread(
        &self,
        mut order: impl FnMut(&mut Vec<&String>),
        mut file_of: impl FnMut(usize) -> usize,
    ) -> MemoryFiles {
        let mut texts = [String::new(), String::new()];
        for (section, lines) in [
            ("users", &self.users),
            ("roles", &self.roles),
            ("groups", &self.groups),
        ] {
            let mut lines: Vec<&String> = lines.iter().collect();
            order(&mut lines);
            let mut parts = [String::new(), String::new()];
            for (at, line) in lines.into_iter().enumerate() {
                parts[file_of(at)].push_str(&format!("  {line}\n"));
            }
            for (text, part) in texts.iter_mut().zip(parts) {
                if !part.is_empty() {
                    text.push_str(&format!("{section}:\n{part}"));
                }
            }
        }
        let mut root = format!(
            "version: 1\ntarget: {{ provider: {} }}\ninclude: [\"parts/*.yaml\"]\ngroupMappings:\n",
            self.provider
        );
        for mapping in &self.mappings {
            root.push_str(&format!("  - {mapping}\n"));
        }
        if !self.policy.is_empty() {
            root.push_str(&format!("policy:\n  {}\n", self.policy.join("\n  ")));
        }
        let mut files = MemoryFiles::default();
        files.0.insert(ROOT_FILE.to_owned(), root.into_bytes());
        for (name, text) in ["parts/a.yaml", "parts/b.yaml"].into_iter().zip(texts) {
            if !text.is_empty() {
                files.0.insert(name.to_owned(), text.into_bytes());
            }
        }
        files
    }
}
