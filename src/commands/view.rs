//! A plan in the format that was asked for: where links come from, who is hidden, what is
//! cut.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::Terminal;
use super::project::Failure;
use super::trouble::Trouble;
use crate::cli::{PlanFormat, RedactChoice, ViewArgs};
use crate::manifest::history::{Repository, TreeFiles};
use crate::manifest::load::Files as _;
use crate::plan::Plan;
use crate::profile::{GroupRemovalRule, Profile};
use crate::render;
use crate::render::annotations::Annotated;
use crate::render::html::HtmlOptions;
use crate::render::links::{self, LinkBase, Links};
use crate::render::markdown::MarkdownOptions;
use crate::render::redact::{Redaction, redact};
use crate::render::text::{Detail, TextOptions};

/// How a plan is to be shown.
pub(super) struct View<'a> {
    pub(super) args: &'a ViewArgs,
    pub(super) detail: Detail,
    /// The manifest's folder and its root file.
    pub(super) folder: &'a Path,
    pub(super) root: &'a Path,
}

/// What is hidden, if anything is.
pub(super) fn redaction(choice: RedactChoice) -> Option<Redaction> {
    match choice {
        RedactChoice::None => None,
        RedactChoice::Email => Some(Redaction::Email),
        RedactChoice::All => Some(Redaction::All),
    }
}

/// Addresses that are nobody's: those of a provider's Support.
pub(super) fn nobodys(profile: &Profile) -> Vec<&'static str> {
    match profile.group_removal {
        GroupRemovalRule::SupportOnly {
            contact,
            disagreement: _,
        } => vec![contact],
        GroupRemovalRule::Deletable | GroupRemovalRule::ByHand => Vec::new(),
    }
}

impl View<'_> {
    /// Prints a plan.
    ///
    /// # Errors
    /// When stdout takes no more, or the link base is none.
    pub(super) fn print(&self, plan: &Plan, terminal: &Terminal) -> Result<(), Failure> {
        let shown = self.hidden(plan);
        match self.args.format {
            PlanFormat::Text => terminal.stream(|out| {
                render::text::write(&shown, text_options(self.detail, terminal), out)
            }),
            PlanFormat::Json => terminal.stream(|out| render::json::write(&shown, out)),
            PlanFormat::Markdown => terminal.print(&self.markdown(plan, terminal)?),
            PlanFormat::Html => {
                let links = self.links(plan, terminal)?;
                let options = HtmlOptions {
                    links: links.as_ref(),
                    hash: &plan.fingerprint(),
                    detail: self.detail,
                };
                terminal.stream(|out| render::html::write(&shown, options, out))
            }
            PlanFormat::Sarif => terminal.print(&self.sarif(plan)),
            PlanFormat::Github => {
                terminal.print(&render::annotations::github(&shown, &self.annotated()))
            }
        }
    }

    /// The plan as Markdown: what `--format markdown` prints and a comment holds.
    ///
    /// # Errors
    /// When the link base is none.
    pub(super) fn markdown(&self, plan: &Plan, terminal: &Terminal) -> Result<String, Failure> {
        let links = self.links(plan, terminal)?;
        Ok(render::markdown::plan(
            &self.hidden(plan),
            MarkdownOptions {
                links: links.as_ref(),
                hash: &plan.fingerprint(),
                max_bytes: usize::try_from(self.args.max_bytes).unwrap_or(usize::MAX),
                detail: self.detail,
            },
        ))
    }

    /// The plan as SARIF.
    pub(super) fn sarif(&self, plan: &Plan) -> String {
        render::annotations::sarif(&self.hidden(plan), &self.annotated())
    }

    /// The plan without the people who are to be hidden.
    pub(super) fn hidden<'p>(&self, plan: &'p Plan) -> Cow<'p, Plan> {
        let Some(redaction) = redaction(self.args.redact) else {
            return Cow::Borrowed(plan);
        };
        let profile = Profile::named(&plan.target.provider);
        let keep = profile.as_ref().map_or_else(Vec::new, nobodys);
        Cow::Owned(redact(plan, redaction, &keep))
    }

    /// What annotations need to find files: paths as seen from where the command runs.
    fn annotated(&self) -> Annotated {
        let here = std::env::current_dir().ok();
        let folder = here
            .and_then(|here| self.folder.strip_prefix(here).ok())
            .unwrap_or(self.folder);
        Annotated {
            folder: folder.to_string_lossy().into_owned(),
            root: self
                .root
                .file_name()
                .map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        }
    }

    /// Links to the manifest's lines, as far as its files are committed as the plan saw
    /// them.
    fn links(&self, plan: &Plan, terminal: &Terminal) -> Result<Option<Links>, Trouble> {
        let typed = match &self.args.link_base {
            None => None,
            Some(text) => Some(
                LinkBase::parse(text)
                    .map_err(|error| Trouble::new("link-base", error.to_string(), error.help()))?,
            ),
        };
        let asked = typed.is_some();
        let links = self.committed(plan, typed);
        if asked && links.is_none() {
            terminal.status("note: the manifest is in no commit, so there are no links to it");
        }
        Ok(links)
    }

    fn committed(&self, plan: &Plan, typed: Option<LinkBase>) -> Option<Links> {
        let repository = Repository::of(self.folder).ok()?;
        let base = typed
            .or_else(|| LinkBase::from_pipeline(&environment()))
            .or_else(|| LinkBase::from_remote(&repository.origin()?))?;
        let commit = repository.commit("HEAD").ok()??;
        let tree = TreeFiles::new(&repository, &commit).ok()?;
        let same = |name: &str, hash: &str| {
            let bytes = tree.read(name).ok();
            bytes.is_some_and(|bytes| crate::ids::digest::of(&bytes) == hash)
        };
        let files: BTreeSet<String> = plan
            .inputs
            .files
            .iter()
            .filter(|(name, hash)| same(name, hash))
            .map(|(name, _)| name.clone())
            .collect();
        Some(Links {
            base,
            commit: commit.as_str().to_owned(),
            folder: repository.prefix().trim_end_matches('/').to_owned(),
            files,
        })
    }
}

/// How a plan is drawn on this terminal.
pub(super) fn text_options(detail: Detail, terminal: &Terminal) -> TextOptions {
    TextOptions {
        width: terminal.width(),
        colour: terminal.out_colour(),
        detail,
    }
}

fn environment() -> BTreeMap<String, String> {
    links::VARIABLES
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)))
        .collect()
}
