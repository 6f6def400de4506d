//! The HTML page of a plan in a real browser: `tests/page/run` installs what this needs and
//! runs it. What is checked in the browser is in `check.mjs`, beside this file.

#[path = "../support/planning.rs"]
mod planning;
#[path = "../support/plans.rs"]
mod plans;

use std::path::Path;
use std::process::Command;

use plans::{GROUPS, PEOPLE, everything, large, renamed};
use scim_sync::plan::Plan;
use scim_sync::render::html::{self, HtmlOptions};
use scim_sync::render::links::{LinkBase, Links};
use scim_sync::render::text::Detail;

fn page(plan: &Plan) -> String {
    let links = Links {
        base: LinkBase::parse("https://github.com/acme/access").unwrap(),
        commit: "89abcdef0123456789abcdef0123456789abcdef".to_owned(),
        folder: String::new(),
        files: ["people/all.yaml", "people/zada.yaml", "scim-sync.yaml"]
            .map(str::to_owned)
            .into(),
    };
    html::plan(
        plan,
        HtmlOptions {
            links: Some(&links),
            hash: &plan.fingerprint(),
            detail: Detail::Short,
        },
    )
}

/// Names that would run if they could.
const EVIL: &[&str] = &[
    "<img src=x onerror=\"window.ran=1\">",
    "</script><script>window.ran=1</script>",
    "\"><svg onload=window.ran=1>",
    "' autofocus onfocus='window.ran=1",
    "</style><style>*{display:none}</style>",
    "javascript:window.ran=1",
    "\u{202e}gnp.exe\u{200b}",
    "</li></ul></main><h1>Nothing to do</h1>",
    "${window.ran=1}{{window.ran=1}}",
    "<!--",
    "]]>",
    "&lt;script&gt;",
    "\n# heading",
    "اسم المستخدم",
];

#[test]
fn the_page_in_a_browser() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, plan: &Plan| {
        std::fs::write(folder.path().join(name), page(plan)).unwrap();
    };
    let plan = everything();
    let names = PEOPLE.iter().chain(GROUPS).copied();
    let evil: Vec<(&str, &str)> = names.zip(EVIL.iter().copied()).collect();
    assert_eq!(evil.len(), EVIL.len(), "a name for each");
    write("everything.html", &plan);
    write("hostile.html", &renamed(&plan, &evil));
    write("large.html", &large(10_000));
    let mut empty = plan.clone();
    empty.actions.clear();
    empty.refusals.clear();
    empty.manual_steps.clear();
    empty.notices.clear();
    empty.unmanaged = scim_sync::plan::Unmanaged::default();
    empty.summary = scim_sync::plan::Summary::default();
    write("empty.html", &empty);

    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let ran = Command::new("node")
        .arg(root.join("tests/page/check.mjs"))
        .arg(folder.path())
        .status()
        .expect("node runs");
    assert!(ran.success());
}
