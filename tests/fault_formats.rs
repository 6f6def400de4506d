//! What each format does with hostile names, secrets and long lines.

use jiff::civil::date;
use scim_sync::manifest::load::{Loaded, MemoryFiles, load_from};
use scim_sync::render::faults::{Color, Glyphs, TextStyle, github, json, sarif, text};
use serde_json::Value;

fn check(text: &str) -> Loaded {
    let files = MemoryFiles([("scim-sync.yaml".into(), text.as_bytes().to_vec())].into());
    load_from(&files, "scim-sync.yaml").checked(date(2027, 6, 1))
}

fn draw(loaded: &Loaded, color: Color, glyphs: Glyphs) -> String {
    let style = TextStyle {
        width: 80,
        color,
        glyphs,
    };
    text(&loaded.faults, &loaded.sources, style)
}

const HOSTILE: &str = "version: 1\ntarget: { provider: harness }\nusers:\n  \
    \"x\\e[31m\\u202e::error::\\r\\n%0A,y\": { email: ada@example.com }\n";

#[test]
fn hostile_names_cannot_steer_a_terminal_or_a_workflow() {
    let loaded = check(HOSTILE);
    assert_eq!(loaded.faults.len(), 1);
    let drawn = draw(&loaded, Color::Never, Glyphs::Unicode);
    assert!(!drawn.contains(['\x1b', '\u{202e}', '\r']), "{drawn}");
    let annotations = github(&loaded.faults, &loaded.sources, "access");
    assert_eq!(annotations.lines().count(), 1, "{annotations}");
    assert!(
        annotations.starts_with("::error file=access/scim-sync.yaml,line=4,endLine=4,col=3,"),
        "{annotations}"
    );
    assert!(!annotations.contains(['\x1b', '\r']), "{annotations}");
}

#[test]
fn machines_get_the_true_bytes() {
    let loaded = check(
        "version: 1\ntarget: { provider: harness }\nusers: { a: { email: \"a\u{200b}\" } }\n",
    );
    let report: Value = serde_json::from_str(&json(&loaded.faults, &loaded.sources)).unwrap();
    assert_eq!(report["version"], 1);
    assert_eq!(report["errors"], 1);
    assert_eq!(report["faults"][0]["code"], "invalid-email");
    assert_eq!(report["faults"][0]["place"]["line"], 3);
    let log: Value =
        serde_json::from_str(&sarif(&loaded.faults, &loaded.sources, "my files")).unwrap();
    let result = &log["runs"][0]["results"][0];
    let location = &result["locations"][0]["physicalLocation"];
    assert_eq!(
        location["artifactLocation"]["uri"],
        "my%20files/scim-sync.yaml"
    );
    assert_eq!(location["region"]["startLine"], 3);
    let rule = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(
        log["runs"][0]["tool"]["driver"]["rules"][rule]["id"],
        result["ruleId"]
    );
}

#[test]
fn tokens_are_hidden_wherever_they_stand() {
    for token in [
        "token: SECRET",
        "token:   \"SECRET",
        "'token': SECRET",
        "token: |\n    SECRET",
        "token: [SECRET]",
        "token: { env: SE.CRET-SECRET }",
        "token: { environment: SECRET }",
        "token: { env: { x: SECRET } }",
        "token: { env: A, file: SECRET }",
    ] {
        let loaded = check(&format!(
            "version: 1\ntarget:\n  provider: harness\n  {token}\n  baseUrl: [x]\nusers: 1\n"
        ));
        assert!(!loaded.faults.is_empty(), "{token}");
        let drawn = draw(&loaded, Color::Never, Glyphs::Unicode);
        assert!(!drawn.contains("SECRET"), "{token}:\n{drawn}");
    }
}

#[test]
fn frames_are_drawn_in_the_style_asked_for() {
    let loaded = check("version: 2\ntarget: { provider: harness }\nusers: {}\n");
    let plain = draw(&loaded, Color::Never, Glyphs::Ascii);
    assert!(plain.is_ascii(), "{plain}");
    let colored = draw(&loaded, Color::Always, Glyphs::Unicode);
    assert!(colored.contains("\x1b["));
    let width = |drawn: &str| drawn.lines().map(|line| line.chars().count()).max();
    assert!(width(&plain) <= Some(80));
}

#[test]
fn long_lines_are_shown_around_what_matters() {
    let people: Vec<String> = (0..500)
        .map(|number| format!("p{number}: {{ email: p{number}@example.com }}"))
        .collect();
    let loaded = check(&format!(
        "version: 1\ntarget: {{ provider: harness }}\nusers: {{ {}, last: {{ emial: x }} }}\n",
        people.join(", ")
    ));
    let drawn = draw(&loaded, Color::Never, Glyphs::Unicode);
    assert!(drawn.contains("emial: x"), "{drawn}");
    assert!(
        drawn.lines().all(|line| line.chars().count() < 250),
        "{drawn}"
    );
    let place = loaded.sources.place(loaded.faults[0].primary.span);
    assert!(drawn.contains(&place.to_string()), "{drawn}");
}
