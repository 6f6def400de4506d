//! Plans in every format: what hostile names can do (nothing), what is left of people when
//! they are hidden (nothing), and what large plans come to.

#[path = "support/planning.rs"]
mod planning;
#[path = "support/plans.rs"]
mod plans;

use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, Options};
use plans::{GROUPS, PEOPLE, everything, large, renamed};
use proptest::prelude::*;
use scim_sync::plan::Plan;
use scim_sync::render::annotations::{self, Annotated};
use scim_sync::render::html::{self, HtmlOptions};
use scim_sync::render::links::{LinkBase, Links};
use scim_sync::render::markdown::{self, MAX_BYTES, MIN_BYTES, MarkdownOptions};
use scim_sync::render::redact::{Redaction, redact};
use scim_sync::render::review::Verdict;
use scim_sync::render::style::Colour;
use scim_sync::render::text::{self, Detail, TextOptions};
use serde_json::Value;

const FORGE: &str = "https://github.com/acme/access/";
const SUPPORT: &str = "support@harness.io";

fn links(plan: &Plan) -> Links {
    Links {
        base: LinkBase::parse("https://github.com/acme/access").unwrap(),
        commit: "89abcdef0123456789abcdef0123456789abcdef".to_owned(),
        folder: "iam".to_owned(),
        files: plan.evidence_files(),
    }
}

trait EvidenceFiles {
    fn evidence_files(&self) -> std::collections::BTreeSet<String>;
}

impl EvidenceFiles for Plan {
    /// Every file an item comes from, as if all were committed.
    fn evidence_files(&self) -> std::collections::BTreeSet<String> {
        fn walk(value: &Value, files: &mut std::collections::BTreeSet<String>) {
            match value {
                Value::Object(fields) => {
                    if let Some(file) = fields.get("file").and_then(Value::as_str) {
                        files.insert(file.to_owned());
                    }
                    fields.values().for_each(|value| walk(value, files));
                }
                Value::Array(values) => values.iter().for_each(|value| walk(value, files)),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            }
        }
        let mut files = std::collections::BTreeSet::new();
        walk(&serde_json::to_value(self).unwrap(), &mut files);
        files
    }
}

fn markdown_of(plan: &Plan, max_bytes: usize, detail: Detail) -> String {
    let links = links(plan);
    markdown::plan(
        plan,
        MarkdownOptions {
            links: Some(&links),
            hash: "sha256:0123456789abcdef0123456789abcdef",
            max_bytes,
            detail,
        },
    )
}

fn html_of(plan: &Plan, detail: Detail) -> String {
    let links = links(plan);
    html::plan(
        plan,
        HtmlOptions {
            links: Some(&links),
            hash: "sha256:0123456789abcdef0123456789abcdef",
            detail,
        },
    )
}

fn text_of(plan: &Plan, detail: Detail) -> String {
    let options = TextOptions {
        width: 80,
        colour: Colour::Off,
        detail,
    };
    text::plan(plan, options)
}

fn annotated() -> Annotated {
    Annotated {
        folder: "iam".to_owned(),
        root: "scim-sync.yaml".to_owned(),
    }
}

/// Every dialect at once: whatever any forge makes of a text, one of these does.
fn dialects() -> Options<'static> {
    let mut options = Options::default();
    let on = &mut options.extension;
    on.strikethrough = true;
    on.table = true;
    on.autolink = true;
    on.tasklist = true;
    on.superscript = true;
    on.subscript = true;
    on.footnotes = true;
    on.description_lists = true;
    on.math_dollars = true;
    on.math_code = true;
    on.wikilinks_title_after_pipe = true;
    on.underline = true;
    on.spoiler = true;
    on.alerts = true;
    on.multiline_block_quotes = true;
    options
}

/// Everything a comment may be made of.
fn check_markdown(markdown: &str) -> Result<(), TestCaseError> {
    let arena = Arena::new();
    let root = comrak::parse_document(&arena, markdown, &dialects());
    let mut depth = 0_i32;
    for node in root.descendants() {
        let value = node.data.borrow().value.clone();
        match &value {
            NodeValue::Document
            | NodeValue::List(_)
            | NodeValue::Item(_)
            | NodeValue::Paragraph
            | NodeValue::Heading(_)
            | NodeValue::Strong
            | NodeValue::ThematicBreak
            | NodeValue::Code(_) => {}
            NodeValue::Text(text) => {
                for forbidden in ["@", "#", "://", "www.", "<", "`", "*", "_", "|", "\\", "$"] {
                    prop_assert!(
                        !text.contains(forbidden),
                        "text {text:?} has {forbidden:?} in\n{markdown}"
                    );
                }
                let hidden = text.chars().find(|c| {
                    c.is_control()
                        || ('\u{200b}'..='\u{200f}').contains(c)
                        || ('\u{202a}'..='\u{202e}').contains(c)
                });
                prop_assert!(hidden.is_none(), "{text:?}");
            }
            NodeValue::Link(link) => {
                prop_assert!(link.url.starts_with(FORGE), "{}", link.url);
                prop_assert!(link.title.is_empty());
                prop_assert!(
                    node.children().all(|child| is_code(child)),
                    "a link of words in\n{markdown}"
                );
            }
            NodeValue::HtmlBlock(block) => {
                for line in block.literal.lines() {
                    depth += i32::try_from(line.matches("<details>").count()).unwrap();
                    depth -= i32::try_from(line.matches("</details>").count()).unwrap();
                    let ours = line.is_empty()
                        || line == "</details>"
                        || is_marker(line)
                        || is_summary(line);
                    prop_assert!(ours, "{line:?} in\n{markdown}");
                }
            }
            other => prop_assert!(false, "{other:?} in\n{markdown}"),
        }
    }
    prop_assert_eq!(depth, 0, "details that stay open");
    Ok(())
}

fn is_code<'a>(node: &'a AstNode<'a>) -> bool {
    matches!(node.data.borrow().value, NodeValue::Code(_))
}

fn is_marker(line: &str) -> bool {
    let inner = line
        .strip_prefix("<!-- scim-sync:plan:")
        .and_then(|line| line.strip_suffix(" -->"));
    inner.is_some_and(|target| {
        !target.contains("--")
            && target
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-._~:/%".contains(c))
    })
}

fn is_summary(line: &str) -> bool {
    let inner = line
        .strip_prefix("<details><summary>")
        .and_then(|line| line.strip_suffix("</summary>"));
    inner.is_some_and(|words| {
        words
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || " ,:".contains(c))
    })
}

/// Pieces that mean something somewhere.
fn evil() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "@team",
        "@acme/admins",
        "#1",
        "GH-12",
        "acme/access#3",
        "!12",
        "%milestone",
        "~label",
        "deadbeef12",
        "http://evil.example/x",
        "https://",
        "www.evil.example",
        "a@evil.example",
        "mailto:x",
        "[x](http://e.x)",
        "](x)",
        "![x](y)",
        "[^1]",
        "[[x]]",
        "<b>",
        "</details>",
        "<details>",
        "<summary>",
        "<!--",
        "-->",
        "--",
        "<img src=x onerror=alert(1)>",
        "<script>",
        "</script>",
        "</style>",
        "<![CDATA[",
        "`",
        "``",
        "```",
        "````",
        "|",
        "| a |",
        "\n",
        "\r\n",
        "\n\n",
        "\n# ",
        "\n- ",
        "\n> ",
        "\n    ",
        "\t",
        "---",
        "===",
        "***",
        "**",
        "*",
        "_",
        "__",
        "~~",
        "^",
        "$",
        "$$",
        "$`",
        "`$",
        "\\",
        "\\`",
        "&lt;",
        "&#60;",
        "&amp",
        ":smile:",
        ":",
        "::error::",
        "::set-output name=a::b",
        "%0A",
        "%25",
        "\u{202e}",
        "\u{200b}",
        "\u{2066}",
        "\u{feff}",
        "\u{1b}[31m",
        "\u{9b}",
        "\0",
        "'",
        "\"",
        "\" onclick=\"x",
        "{",
        "}",
        "{commit}",
        "{0}",
        "(",
        ")",
        "[",
        "]",
        "<",
        ">",
        "=",
        "+",
        "- [ ] ",
        "1. ",
        " ",
        "  ",
        "ä",
        "日本",
        "اسم",
        "e\u{301}",
        "…",
        "`a`",
        "x",
        "javascript:alert(1)",
        "||",
        "==",
    ]);
    prop::collection::vec(pieces, 0..6).prop_map(|pieces| pieces.concat())
}

fn evil_plan() -> impl Strategy<Value = Plan> {
    let names = PEOPLE.len() + GROUPS.len() + 1;
    prop::collection::vec(evil(), names).prop_map(|texts| {
        let names = PEOPLE.iter().chain(GROUPS).copied().chain(["sha256:live"]);
        let pairs: Vec<(&str, &str)> = names.zip(texts.iter().map(String::as_str)).collect();
        let mut plan = renamed(&everything(), &pairs);
        plan.target.base_url = texts[0].clone();
        plan.target.title = texts[1].clone();
        plan
    })
}

/// The tags of a page, without what stands in their attributes' quotes.
fn tags(page: &str) -> Vec<String> {
    let mut tags = Vec::new();
    for tag in page.split('<').skip(1) {
        let (tag, rest) = tag.split_once('>').expect("a tag that ends");
        assert!(
            !rest.contains('>') || tag == "style" || tag == "script",
            "{tag}>{rest}"
        );
        let mut shape = String::new();
        for (at, part) in tag.split('"').enumerate() {
            if at % 2 == 0 {
                shape.push_str(part);
            }
        }
        tags.push(shape);
    }
    tags
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_name_means_anything_in_markdown(plan in evil_plan()) {
        check_markdown(&markdown_of(&plan, MAX_BYTES, Detail::Full))?;
        check_markdown(&markdown_of(&plan, MIN_BYTES, Detail::Short))?;
    }

    #[test]
    fn no_name_makes_a_tag_in_html(plan in evil_plan()) {
        let page = html_of(&plan, Detail::Full);
        let known: std::collections::BTreeSet<String> =
            tags(&html_of(&everything(), Detail::Full)).into_iter().collect();
        // Coordinates depend on how many names there are.
        let known = |tag: &String| known.contains(tag)
            || ["details class=", "bdi class=", "text class=", "g class=", "/", "p class=", "ul class=",
                "li class=", "button type=", "path class=", "rect x=", "span", "section class=", "svg viewBox=",
                "header class=", "text x=", "h3", "b", "h2"]
                .iter().any(|start| tag.starts_with(start) && !tag.contains("on"));
        for tag in tags(&page) {
            prop_assert!(known(&tag) || tag.starts_with("button type= class= data-kind="), "<{tag}>");
        }
        prop_assert_eq!(page.matches("<script>").count(), 1);
        prop_assert_eq!(page.matches("</script>").count(), 1);
        let unseen = ['\u{202e}', '\u{200b}', '\u{1b}', '\0', '\u{9b}'];
        prop_assert!(!page.contains(unseen), "something unseen");
    }

    #[test]
    fn no_name_makes_a_command_of_a_workflow(plan in evil_plan()) {
        let commands = annotations::github(&plan, &annotated());
        for line in commands.split('\n').filter(|line| !line.is_empty()) {
            let ours = ["::error ", "::warning ", "::notice "].iter().any(|start| line.starts_with(start));
            prop_assert!(ours, "{line}");
            let unseen = ['\r', '\u{1b}'];
            prop_assert!(!line.contains(unseen), "{}", line);
            let (head, _) = line[2..].split_once("::").expect("an end of the properties");
            let properties = head.split_once(' ').expect("properties").1;
            for property in properties.split(',') {
                let name = property.split('=').next().unwrap();
                prop_assert!(["file", "line", "col", "title"].contains(&name), "{property}");
            }
        }
        prop_assert_eq!(commands.split('\n').count(), commands.matches('\n').count() + 1);
    }

    #[test]
    fn sarif_messages_have_no_links(plan in evil_plan()) {
        let log: Value = serde_json::from_str(&annotations::sarif(&plan, &annotated())).unwrap();
        for result in log["runs"][0]["results"].as_array().unwrap() {
            let text = result["message"]["text"].as_str().unwrap();
            let mut before = ' ';
            for c in text.chars() {
                prop_assert!(!(matches!(c, '[' | ']') && before != '\\'), "{text}");
                before = if before == '\\' && c == '\\' { ' ' } else { c };
            }
        }
    }
}

#[test]
fn what_checks_markdown_sees_what_names_could_do() {
    for text in [
        "- ask @team",
        "- see #12",
        "- [x](https://evil.example)",
        "- <https://evil.example>",
        "- www.evil.example",
        "- mail a@evil.example",
        "- <b>x</b>",
        "<details>",
        "</details>\n",
        "<details open>\n\n</details>",
        "| a | b |\n|---|---|\n| c | d |",
        "- ![x](y)",
        "- *x*",
        "- ~~x~~",
        "> x",
        "    x",
        "- [ ] x",
        "- $x$",
        "<!-- scim-sync:plan:x -->y",
    ] {
        assert!(check_markdown(text).is_err(), "{text}");
    }
    check_markdown("- **x** `@team` [`a:1`](https://github.com/acme/access/blob/x)\n").unwrap();
}

#[test]
fn the_marker_is_one_line_and_one_comment() {
    for target in [
        "sandbox",
        "https://app.harness.io/gateway/ng/api/scim/account/x",
        "--> <script>--\n---",
        "",
    ] {
        let marker = markdown::marker(target);
        assert!(is_marker(&marker), "{marker}");
    }
    assert_eq!(
        markdown::marker("sandbox"),
        "<!-- scim-sync:plan:sandbox -->"
    );
    let mut plan = everything();
    plan.target.base_url = "https://x.example/scim".to_owned();
    let text = markdown_of(&plan, MAX_BYTES, Detail::Short);
    let first = text.lines().next().unwrap();
    assert_eq!(first, markdown::marker(&plan.target.base_url));
}

#[test]
fn sarif_obeys_its_schema_and_grades_what_it_tells() {
    let schema = include_str!("data/sarif-2.1.0.schema.json");
    let odd = r#""^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$""#;
    let schema = schema.replace(odd, r#""^[a-zA-Z]{2}(-[a-zA-Z]{2})?$""#);
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let plan = everything();
    let log: Value = serde_json::from_str(&annotations::sarif(&plan, &annotated())).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&log)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let results = log["runs"][0]["results"].as_array().unwrap();
    let level = |rule: &str| {
        let of_rule = results.iter().find(|result| result["ruleId"] == rule);
        of_rule.map(|result| result["level"].as_str().unwrap().to_owned())
    };
    for (rule, expected) in [
        ("email-immutable", "error"),
        ("group-removal-needs-support", "warning"),
        ("remove-members", "warning"),
        ("delete-user", "warning"),
        ("create-user", "note"),
        ("update-user", "note"),
        ("join", "note"),
        ("grant-ends", "note"),
    ] {
        assert_eq!(level(rule).as_deref(), Some(expected), "{rule}");
    }
    let joins: Vec<&str> = results
        .iter()
        .filter(|result| result["ruleId"] == "join")
        .map(|result| result["message"]["text"].as_str().unwrap())
        .collect();
    assert!(joins.contains(&"zada joins zrole"), "{joins:?}");
    for result in results {
        let at = &result["locations"][0]["physicalLocation"];
        let uri = at["artifactLocation"]["uri"].as_str().unwrap();
        assert!(uri.starts_with("iam/"), "{uri}");
    }
}

/// Every format there is, with its name.
fn all_formats(plan: &Plan) -> Vec<(&'static str, String)> {
    vec![
        ("text", text_of(plan, Detail::Full)),
        ("json", scim_sync::render::json::plan(plan)),
        ("markdown", markdown_of(plan, MAX_BYTES, Detail::Full)),
        ("html", html_of(plan, Detail::Full)),
        ("sarif", annotations::sarif(plan, &annotated())),
        ("github", annotations::github(plan, &annotated())),
    ]
}

#[test]
fn whoever_is_hidden_is_in_no_format() {
    let plan = everything();
    let whole = all_formats(&plan);
    let hidden_emails = redact(&plan, Redaction::Email, &[SUPPORT]);
    for (format, text) in all_formats(&hidden_emails) {
        let text = text.to_lowercase();
        assert!(!text.contains("mail.example"), "{format}:\n{text}");
        assert!(
            text.contains("person-1@redacted.invalid") || format == "sarif" || format == "github",
            "{format}"
        );
    }
    let hidden = redact(&plan, Redaction::All, &[SUPPORT]);
    for ((format, text), (_, before)) in all_formats(&hidden).iter().zip(&whole) {
        let lower = text.to_lowercase();
        for name in PEOPLE
            .iter()
            .chain(&["mail.example", "hopper", "covers for"])
        {
            let name = name.to_lowercase();
            assert!(!lower.contains(&name), "{name} in {format}:\n{text}");
        }
        for id in ["\"u1\"", "\"u4\""] {
            assert!(!text.contains(id), "{id} in {format}");
        }
        // What is hidden was there, and what is nobody's is there still.
        assert!(before.contains("zada"), "{format}");
        for name in ["zrole", "zgone"] {
            assert!(text.contains(name), "{name} is not in {format}:\n{text}");
        }
    }
    assert!(text_of(&hidden, Detail::Full).contains(SUPPORT));
}

#[test]
fn pseudonyms_are_the_same_throughout_a_plan_and_twice_over() {
    let plan = everything();
    let hidden = redact(&plan, Redaction::All, &[]);
    assert_eq!(hidden, redact(&plan, Redaction::All, &[]));
    assert_eq!(plan, redact(&plan, Redaction::None, &[]));
    let people: std::collections::BTreeSet<&str> = PEOPLE.iter().copied().collect();
    assert_eq!(people.len(), PEOPLE.len());
    // One person's account, membership and item have one name.
    let text = text_of(&hidden, Detail::Full);
    let line = text
        .lines()
        .find(|line| line.contains("+ create") && line.contains("user"))
        .expect("a creation");
    let key = line.split_whitespace().nth(3).unwrap();
    assert!(key.starts_with("person-"), "{line}");
    let json = scim_sync::render::json::plan(&hidden);
    assert!(json.contains(&format!("user:{key}:create")), "{json}");
    assert!(json.contains(&format!("{key}@redacted.invalid")));
    assert!(json.matches(&format!("\"key\": \"{key}\"")).count() > 1);
    // And it still is a plan.
    let schema: Value = serde_json::from_str(include_str!("../schema/plan.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let value: Value = serde_json::from_str(&json).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&value)
        .map(|e| e.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn a_long_plan_fits_and_keeps_its_risks() {
    let plan = large(2_000);
    let verdict = Verdict::of(&plan).text;
    for max in [MIN_BYTES, 16_384, 32_768, MAX_BYTES, 1_000_000] {
        let text = markdown_of(&plan, max, Detail::Short);
        assert!(text.len() <= max, "{} of {max}", text.len());
        assert_eq!(
            text.lines().nth(1),
            Some(format!("### Plan: {verdict}").as_str())
        );
        assert!(text.contains("`email-immutable`"), "{max}");
        assert!(text.contains("`group-removal-needs-support`"), "{max}");
        check_markdown(&text).unwrap();
        for line in text.lines() {
            let whole = line.is_empty()
                || [
                    "<!-- ",
                    "#",
                    "- ",
                    "  - ",
                    "<details>",
                    "</details>",
                    "---",
                    "Harness at ",
                    "Not everything",
                    "**",
                ]
                .iter()
                .any(|start| line.starts_with(start));
            assert!(whole, "{line}");
        }
        assert!(text.contains("sha256:0123456789abcdef0123456789abcdef"));
        assert!(text.contains("read until nothing more came"));
    }
    // 400 removals with their links do not fit into 64 KiB of text, but into a megabyte.
    let all = markdown_of(&plan, 1_000_000, Detail::Short);
    assert!(!all.contains("Not everything fits"));
    for action in plan
        .actions
        .iter()
        .filter(|action| action.change.is_removal())
    {
        let subject = text::describe(action, Detail::Full);
        let name = subject
            .split_whitespace()
            .last()
            .unwrap()
            .trim_matches(['<', '>']);
        assert!(all.contains(name), "{name}");
    }
    // What is cut is counted, risks last.
    let cut = markdown_of(&plan, MAX_BYTES, Detail::Short);
    let removals = cut.matches("- **remove** ").count() + cut.matches("- **delete** ").count();
    let created = cut.matches("- **create** ").count();
    assert!(removals >= 150, "{removals}");
    assert!(
        created < 1_000 && cut.contains("more: people to create"),
        "{created}"
    );
    assert!(cut.contains("`scim-sync plan --full` shows all of it"));
}

#[test]
fn risks_are_all_there_while_they_fit_and_push_out_the_rest() {
    let mut plan = large(2_000);
    let mut kept = 0;
    plan.actions.retain(|action| {
        kept += usize::from(action.change.is_removal());
        !action.change.is_removal() || kept <= 150
    });
    let text = markdown_of(&plan, MAX_BYTES, Detail::Short);
    for action in plan
        .actions
        .iter()
        .filter(|action| action.change.is_removal())
    {
        let subject = text::describe(action, Detail::Full);
        let name = subject
            .split_whitespace()
            .last()
            .unwrap()
            .trim_matches(['<', '>']);
        assert!(text.contains(name), "{name}");
    }
    assert!(!text.contains("more: removals of members"));
    assert!(text.contains("more: people to create"));
    assert!(
        text.contains("- **create** "),
        "the first of each kind are shown"
    );
    assert!(text.contains("- **join** "));
}

#[test]
fn one_removal_of_thousands_of_members_is_shortened_not_lost() {
    let mut plan = large(20_000);
    let mut members = Vec::new();
    plan.actions.retain_mut(|action| match &mut action.change {
        scim_sync::plan::Change::RemoveMembers { members: some, .. } => {
            members.append(some);
            members.len() == 1
        }
        _ => false,
    });
    let scim_sync::plan::Change::RemoveMembers { members: all, .. } = &mut plan.actions[0].change
    else {
        panic!("a removal");
    };
    all.append(&mut members);
    assert_eq!(all.len(), 2_000);
    let text = markdown_of(&plan, 16_384, Detail::Short);
    assert!(text.len() <= 16_384);
    assert!(
        text.contains("- **remove** 2000 members from group"),
        "{text}"
    );
    assert!(text.contains(" more"), "{text}");
}

#[test]
fn a_hundred_thousand_items_are_a_page_of_text() {
    let plan = large(100_000);
    let short = text_of(&plan, Detail::Short);
    assert!(short.lines().count() < 1_200, "{}", short.lines().count());
    for more in [
        "49950 more people to create",
        "29950 more additions of members",
        "9950 more removals of members",
        "9950 more people to delete",
    ] {
        assert!(short.contains(more), "{more}");
    }
    assert!(
        short.contains("\nPlan: 50001 to create, "),
        "{}",
        &short[short.len() - 400..]
    );
    for kind in ["+ create", "+ add", "- remove", "- delete"] {
        assert!(short.matches(kind).count() >= 50, "{kind}");
    }
    let full = text_of(&plan, Detail::Full);
    assert!(full.contains("person099990") && !full.contains("--full shows all"));
    let comment = markdown_of(&plan, MAX_BYTES, Detail::Full);
    assert!(comment.len() <= MAX_BYTES);
    let page = html_of(&plan, Detail::Short);
    assert!(page.contains("… and 40000 more people to create"));
    assert!(page.len() < 30_000_000, "{}", page.len());
}
