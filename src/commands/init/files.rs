//! What `init` writes: names and texts, and nothing of the disk.

use crate::cli::{CiChoice, InitArgs};
use crate::manifest::load::ROOT_FILE;
use crate::manifest::schema::{included_schema, manifest_schema};
use crate::profile::Profile;
use crate::profile::base_url::BaseUrlRule;
use crate::scim::dialect::Groups;

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

/// The root file for a provider.
fn root(provider: &str) -> String {
    let plain = include_str!("files/scim.yaml");
    let Some(profile) = Profile::named(provider) else {
        return plain.to_owned();
    };
    let example = match profile.base_url {
        BaseUrlRule::Any => return plain.to_owned(),
        BaseUrlRule::Account(_) => return include_str!("files/harness.yaml").to_owned(),
        BaseUrlRule::Shape(shape) => shape.example,
    };
    let variable = provider.replace('-', "_").to_uppercase();
    let text = plain
        .replace("provider: scim", &format!("provider: {provider}"))
        .replace("https://scim.example.com/v2", example)
        .replace("SCIM_TOKEN", &format!("{variable}_SCIM_TOKEN"))
        .replace("For your provider:", "For your account:");
    match profile.dialect.groups {
        Groups::Served => text,
        Groups::NotServed => {
            let text = text.replace("[people/*.yaml, roles/*.yaml]", "[people/*.yaml]");
            let (before, rest) = text
                .split_once("# For each role")
                .expect("the template has a mapping");
            let (_, after) = rest
                .split_once("policy:")
                .expect("the template has a policy");
            format!("{before}policy:{after}")
        }
    }
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
    let groups = Profile::named(provider).map(|profile| profile.dialect.groups);
    let mut files = vec![
        NewFile {
            name: ROOT_FILE,
            text: root(provider),
            kind: FileKind::Plain,
        },
        file(
            "people/people.yaml",
            include_str!("files/people.yaml"),
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
    // Roles become groups, and some providers have only people.
    if groups == Some(Groups::Served) {
        files.push(file(
            "roles/platform.yaml",
            include_str!("files/roles.yaml"),
            FileKind::Example,
        ));
    }
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
