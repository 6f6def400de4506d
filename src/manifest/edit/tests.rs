use super::*;
use crate::manifest::source::FileId;
use crate::manifest::tree::{self, Tree};

fn edited(
    text: &str,
    edit: impl for<'t> Fn(&mut Editor<'t>, &'t Tree<'t>) -> Result<(), NoPlace>,
) -> String {
    let tree = tree::parse(text, FileId(0)).unwrap();
    let mut editor = Editor::new(text);
    edit(&mut editor, &tree).unwrap();
    let edited = editor.finish();
    tree::parse(&edited, FileId(0)).unwrap_or_else(|fault| panic!("{}:\n{edited}", fault.message));
    edited
}

fn with_zoe(text: &str) -> String {
    edited(text, |editor, tree| {
        editor.add_entry(
            tree.root(),
            "users",
            ("bea", "bea"),
            "{ email: b@x.io }",
            None,
        )
    })
}

#[test]
fn entries_go_where_they_sort_and_comments_stay() {
    assert_eq!(
        with_zoe(
            "users:\n  # the first\n  ada: { email: a@x.io } # behind\n  # the last\n  cyd:\n    email: c@x.io\n\nroles: {}\n"
        ),
        "users:\n  # the first\n  ada: { email: a@x.io } # behind\n  bea: { email: b@x.io }\n  # the last\n  cyd:\n    email: c@x.io\n\nroles: {}\n"
    );
    assert_eq!(
        with_zoe("users:\n  cyd: { email: c@x.io }"),
        "users:\n  bea: { email: b@x.io }\n  cyd: { email: c@x.io }"
    );
    assert_eq!(
        with_zoe("users:\n  ada: { email: a@x.io }"),
        "users:\n  ada: { email: a@x.io }\n  bea: { email: b@x.io }\n"
    );
    assert_eq!(
        with_zoe("users: { ada: { email: a@x.io } }\n"),
        "users: { ada: { email: a@x.io }, bea: { email: b@x.io } }\n"
    );
    assert_eq!(
        with_zoe("users: {} # nobody yet\nroles: {}\n"),
        "users:  # nobody yet\n  bea: { email: b@x.io }\nroles: {}\n"
    );
    assert_eq!(
        with_zoe("version: 1\n# the end\n"),
        "version: 1\n# the end\n\nusers:\n  bea: { email: b@x.io }\n"
    );
    assert_eq!(
        with_zoe("users:\r\n  ada: { email: a@x.io }\r\n"),
        "users:\r\n  ada: { email: a@x.io }\r\n  bea: { email: b@x.io }\r\n"
    );
    let braces = "{ version: 1 }";
    let tree = tree::parse(braces, FileId(0)).unwrap();
    let refused = Editor::new(braces).add_entry(tree.root(), "users", ("a", "a"), "{}", None);
    assert_eq!(refused, Err(NoPlace::Braces));
}

fn members(text: &str, add: &[&str], remove: &[&str]) -> String {
    let change = ListChange {
        add: add
            .iter()
            .map(|one| ((*one).to_owned(), (*one).to_owned()))
            .collect(),
        remove: remove.iter().map(|one| (*one).to_owned()).collect(),
    };
    edited(text, |editor, tree| {
        let (_, roles) = field(tree.root(), "roles").unwrap();
        let sre = field(roles, "sre").unwrap();
        editor.edit_list(sre, "members", &change, |item| match item.kind() {
            Kind::Scalar(scalar) => Some(scalar.text),
            Kind::Mapping(_) => match field(item, "user")?.1.kind() {
                Kind::Scalar(scalar) => Some(scalar.text),
                Kind::Mapping(_) | Kind::Sequence(_) => None,
            },
            Kind::Sequence(_) => None,
        })
    })
}

#[test]
fn members_come_and_go_in_brackets() {
    let text = "roles:\n  sre: { members: [ada, { user: cyd, until: 2027-01-31 }] } # two\n";
    assert_eq!(
        members(text, &["bob"], &[]),
        "roles:\n  sre: { members: [ada, bob, { user: cyd, until: 2027-01-31 }] } # two\n"
    );
    assert_eq!(
        members(text, &[], &["cyd"]),
        "roles:\n  sre: { members: [ada] } # two\n"
    );
    assert_eq!(
        members(
            "roles:\n  sre:\n    members: [\n      ada,\n      cyd,\n    ]\n",
            &["bob"],
            &["ada"]
        ),
        "roles:\n  sre:\n    members: [\n      bob,\n      cyd,\n    ]\n"
    );
    assert_eq!(
        members("roles:\n  sre:\n", &["bob"], &[]),
        "roles:\n  sre: { members: [bob] }\n"
    );
    assert_eq!(
        members("roles:\n  sre: {}\n", &["bob"], &[]),
        "roles:\n  sre: { members: [bob] }\n"
    );
    assert_eq!(
        members("roles:\n  sre: { includes: [a] }\n", &["bob"], &[]),
        "roles:\n  sre: { includes: [a], members: [bob] }\n"
    );
    assert_eq!(
        members("roles:\n  sre: { members: [] }\n", &["bob"], &[]),
        "roles:\n  sre: { members: [bob] }\n"
    );
}

#[test]
fn members_come_and_go_on_lines() {
    let text = "roles:\n  sre:\n    members:\n      # founder\n      - ada # since ever\n      - user: cyd\n        until: 2027-01-31\n    includes: [a]\n";
    assert_eq!(
        members(text, &["bob", "zoe"], &["cyd"]),
        "roles:\n  sre:\n    members:\n      # founder\n      - ada # since ever\n      - bob\n      - zoe\n    includes: [a]\n"
    );
    assert_eq!(
        members("roles:\n  sre:\n    members:\n      - ada\n", &[], &["ada"]),
        "roles:\n  sre:\n    members: []\n"
    );
    assert_eq!(
        members(
            "roles:\n  sre:\n    members:\n      - bob\n",
            &["ada"],
            &["bob"]
        ),
        "roles:\n  sre:\n    members:\n      - ada\n"
    );
}

#[test]
fn fields_are_set_and_taken_out() {
    let set = |text: &str, name: &str, value: &str| {
        edited(text, |editor, tree| {
            let (_, users) = field(tree.root(), "users").unwrap();
            editor.set_field(field(users, "ada").unwrap(), name, value)
        })
    };
    let text = "users:\n  ada: { email: a@x.io, status: active } # one\n";
    assert_eq!(
        set(text, "status", "absent"),
        "users:\n  ada: { email: a@x.io, status: absent } # one\n"
    );
    assert_eq!(
        set(
            "users:\n  ada:\n    email: a@x.io # hers\n  bob: 1\n",
            "status",
            "absent"
        ),
        "users:\n  ada:\n    email: a@x.io # hers\n    status: absent\n  bob: 1\n"
    );
    let remove = |text: &str, name: &str| {
        edited(text, |editor, tree| {
            let (_, users) = field(tree.root(), "users").unwrap();
            editor.remove_field(field(users, "ada").unwrap().1, name)
        })
    };
    assert_eq!(
        remove(text, "status"),
        "users:\n  ada: { email: a@x.io } # one\n"
    );
    assert_eq!(
        remove(text, "email"),
        "users:\n  ada: { status: active } # one\n"
    );
    assert_eq!(
        remove(
            "users:\n  ada:\n    email: a@x.io\n    # why\n    status: active\n",
            "status"
        ),
        "users:\n  ada:\n    email: a@x.io\n    # why\n"
    );
}
