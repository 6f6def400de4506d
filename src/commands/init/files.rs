//! What `init` writes: names and texts, and nothing of the disk.

use crate::cli::{CiChoice, InitArgs, ProviderChoice};
use crate::manifest::load::ROOT_FILE;
use crate::manifest::schema::{included_schema, manifest_schema};

/// A file to make.
pub(super) struct NewFile {
    pub(super) name: &'static str,
    pub(super) text: String,
    pub(super) kind: FileKind,
}

/// What a file is for, as far as that decides whether and how it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileKind {
    /// Made wherever it is missing.
    Plain,
    /// Made together with the root file only: a manifest that is already there must not
    /// gain people because one of its globs matches.
    Example,
    /// Made wherever it is missing, and can be run.
    Program,
}

/// Every file for these choices, the root file first.
pub(super) fn files(args: &InitArgs) -> Vec<NewFile> {
    let InitArgs {
        dir: _,
        ci,
        provider,
    } = args;
    let file = |name, text: &str, kind| NewFile {
        name,
        text: text.to_owned(),
        kind,
    };
    let plain = |name, text| file(name, text, FileKind::Plain);
    let root = match provider {
        ProviderChoice::Harness => include_str!("files/harness.yaml"),
        ProviderChoice::Scim => include_str!("files/scim.yaml"),
    };
    let mut files = vec![
        plain(ROOT_FILE, root),
        file(
            "people/people.yaml",
            include_str!("files/people.yaml"),
            FileKind::Example,
        ),
        file(
            "roles/platform.yaml",
            include_str!("files/roles.yaml"),
            FileKind::Example,
        ),
        NewFile {
            name: "schema/manifest.schema.json",
            text: format!("{:#}\n", manifest_schema()),
            kind: FileKind::Plain,
        },
        NewFile {
            name: "schema/included.schema.json",
            text: format!("{:#}\n", included_schema()),
            kind: FileKind::Plain,
        },
        plain(".vscode/settings.json", include_str!("files/settings.json")),
        plain(
            ".vscode/extensions.json",
            include_str!("files/extensions.json"),
        ),
        plain(".gitignore", include_str!("files/gitignore")),
        file(
            ".githooks/pre-commit",
            include_str!("files/pre-commit"),
            FileKind::Program,
        ),
        plain("CODEOWNERS", include_str!("files/codeowners")),
    ];
    files.extend(match ci {
        CiChoice::None => None,
        CiChoice::Github => Some(plain(
            ".github/workflows/access.yml",
            include_str!("../../../examples/pipelines/github.yml"),
        )),
        CiChoice::Gitlab => Some(plain(
            ".gitlab-ci.yml",
            include_str!("../../../examples/pipelines/gitlab.yml"),
        )),
        CiChoice::Bitbucket => Some(plain(
            "bitbucket-pipelines.yml",
            include_str!("../../../examples/pipelines/bitbucket.yml"),
        )),
        CiChoice::Azure => Some(plain(
            "azure-pipelines.yml",
            include_str!("../../../examples/pipelines/azure.yml"),
        )),
        CiChoice::Jenkins => Some(plain(
            "Jenkinsfile",
            include_str!("../../../examples/pipelines/Jenkinsfile"),
        )),
        CiChoice::Harness => Some(plain(
            ".harness/access.yaml",
            include_str!("../../../examples/pipelines/harness.yaml"),
        )),
    });
    files
}
