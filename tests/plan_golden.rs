//! Plans as a reviewer sees them: one situation each, 80 columns, no colour.
//!
//! `UPDATE_EXPECT=1 cargo test --test plan_golden` accepts new output. Read what you accept.

use expect_test::{Expect, expect};
use scim_sync::live::{Builder, LiveState};
use scim_sync::manifest::load::{MemoryFiles, ROOT_FILE};
use scim_sync::plan::Allowances;
use scim_sync::render::style::Colour;
use scim_sync::render::text::{self, Detail, TextOptions};
use scim_sync::scim::listing::{Doubt, Proof, Verdict, Walk};
use scim_sync::scim::wire;

#[path = "support/planning.rs"]
mod planning;

/// The plan for a manifest without its head, against a live state in lines of
///
/// ```text
/// user u1 ada@x.io Ada Lovelace; key=ada off
/// group g1 admins: u1 u2
/// partial
/// ```
#[track_caller]
fn check_plan(provider: &str, manifest: &str, live: &str, expected: Expect) {
    check_plan_allowing(&[], provider, manifest, live, expected);
}

#[track_caller]
fn check_plan_allowing(
    allow: &[&str],
    provider: &str,
    manifest: &str,
    live: &str,
    expected: Expect,
) {
    let mut allowances = Allowances::default();
    for text in allow {
        let (limit, to) = Allowances::parse_one(text).expect("an allowance");
        allowances.raise(limit, to);
    }
    let project = planning::Project::load(&files(provider, manifest)).expect("no faults");
    let plan = project.plan(&state(live), &allowances);
    let options = TextOptions {
        width: 80,
        colour: Colour::Off,
        detail: Detail::Short,
    };
    expected.assert_eq(&text::plan(&plan, options));
}

/// The errors of a manifest without its head.
#[track_caller]
fn check_faults(provider: &str, manifest: &str, expected: Expect) {
    let faults = planning::Project::load(&files(provider, manifest)).err();
    expected.assert_eq(&faults.expect("a fault").join("\n"));
}

fn files(provider: &str, manifest: &str) -> MemoryFiles {
    let indent = manifest
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start().len())
        .min()
        .unwrap_or(0);
    let mut root = format!("version: 1\ntarget: {{ provider: {provider} }}\n");
    for line in manifest.lines().filter(|line| !line.trim().is_empty()) {
        root.push_str(&line[indent..]);
        root.push('\n');
    }
    let mut files = MemoryFiles::default();
    files.0.insert(ROOT_FILE.to_owned(), root.into_bytes());
    files
}

fn state(lines: &str) -> LiveState {
    let mut builder = Builder::default();
    let mut verdict = Verdict::Whole {
        how: Proof::EmptyPages,
    };
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
        match kind {
            "user" => builder.add_user(user(rest)),
            "group" => builder.add_group(group(rest)),
            "partial" => {
                verdict = Verdict::Partial {
                    reasons: vec![Doubt::TotalMoved],
                };
            }
            other => panic!("no line starts with `{other}`"),
        }
    }
    let walk = Walk {
        pages: 1,
        rows: 0,
        duplicates: 0,
        reported_total: None,
        verdict,
    };
    builder.finish(walk.clone(), walk)
}

fn user(line: &str) -> wire::User {
    let (names, rest) = line.split_once(';').unwrap_or((line, ""));
    let mut words = names.split_whitespace().map(str::to_owned);
    let (id, email) = (words.next(), words.next());
    let names: Vec<String> = words.collect();
    let mut user = wire::User {
        id,
        user_name: email,
        display_name: Some(names.join(" ")),
        name: wire::Name {
            given_name: names.first().cloned(),
            family_name: names.get(1).cloned(),
            ..wire::Name::default()
        },
        ..wire::User::default()
    };
    for word in rest.split_whitespace() {
        match word.split_once('=') {
            Some(("key", key)) => user.external_id = Some(format!("scim-sync:{key}")),
            Some(("ext", id)) => user.external_id = Some(id.to_owned()),
            _ if word == "off" => user.active = Some(false),
            _ => panic!("a user has no `{word}`"),
        }
    }
    user
}

fn group(line: &str) -> wire::Group {
    let (head, members) = line.split_once(':').expect("members follow a colon");
    let (id, name) = head.split_once(' ').expect("an id and a name");
    let member = |id: &str| wire::Member {
        value: Some(id.into()),
        ..wire::Member::default()
    };
    wire::Group {
        id: Some(id.to_owned()),
        display_name: Some(name.to_owned()),
        members: Some(members.split_whitespace().map(member).collect()),
        ..wire::Group::default()
    }
}

/// Ada and Grace in `ops`, as most situations here begin.
const TWO: &str = "
    users:
      ada: { email: ada@x.io, givenName: Ada, familyName: Lovelace }
      grace: { email: grace@x.io, givenName: Grace, familyName: Hopper }
    roles:
      ops: { members: [ada, grace] }
    groupMappings: [{ match: '.*', group: '{role}' }]
";
const TWO_LIVE: &str = "
    user u1 ada@x.io Ada Lovelace; key=ada
    user u2 grace@x.io Grace Hopper; key=grace
    group ops ops: u1 u2
";

#[test]
fn create() {
    check_plan(
        "harness",
        TWO,
        "",
        expect![[r#"
            Plan for Harness at sandbox
            compared 0 users and 0 groups, read whole; grants judged on 2026-11-24

            People
              + create    user ada <ada@x.io> "Ada Lovelace"
                          declared, not there yet (scim-sync.yaml:4:3)
              + create    user grace <grace@x.io> "Grace Hopper"
                          declared, not there yet (scim-sync.yaml:5:3)
              i mail      2 invitations are mailed to the people created
              i adopt     whoever of them already has an account that SCIM cannot see is
                          taken over, not created

            Groups
              + create    group ops
                          declared, not there yet (scim-sync.yaml:7:3 and 1 more line)
              + add       2 members to group ops by role ops: ada, grace
                          a role gives it (scim-sync.yaml:7:20 and 1 more line)

            Limits: people removed: 0 of 5; memberships removed: 0; from one group: 0

            Plan: 3 to create, 2 memberships to add
        "#]],
    );
}

#[test]
fn nothing_to_do() {
    check_plan(
        "harness",
        TWO,
        TWO_LIVE,
        expect![[r#"
            Plan for Harness at sandbox
            compared 2 users and 1 group, read whole; grants judged on 2026-11-24

            Limits: people removed: 0 of 5; memberships removed: 0; from one group: 0

            Nothing to do: 2 users and 1 group compared, 0 users and 0 groups left alone.
        "#]],
    );
}

#[test]
fn a_person_is_renamed() {
    let live = TWO_LIVE.replace("Ada Lovelace", "Ada Byron");
    check_plan(
        "harness",
        TWO,
        &live,
        expect![[r#"
            Plan for Harness at sandbox
            compared 2 users and 1 group, read whole; grants judged on 2026-11-24

            People
              ~ update    user ada <ada@x.io>: displayName "Ada Byron" -> "Ada Lovelace"
                          differs from what is declared (scim-sync.yaml:4:3)

            Limits: people removed: 0 of 5; memberships removed: 0; from one group: 0

            Plan: 1 to update
        "#]],
    );
    check_plan(
        "scim",
        TWO,
        &live,
        expect![[r#"
            Plan for SCIM 2.0 at sandbox
            compared 2 users and 1 group, read whole; grants judged on 2026-11-24

            People
              ~ update    user ada <ada@x.io>: name.familyName "Byron" -> "Lovelace",
                          displayName "Ada Byron" -> "Ada Lovelace"
                          differs from what is declared (scim-sync.yaml:4:3)

            Limits: people removed: 0 of 5; memberships removed: 0; from one group: 0

            Plan: 1 to update
        "#]],
    );
}

#[test]
fn suspended_is_removed_at_harness() {
    let manifest = TWO.replace(
        "familyName: Hopper",
        "familyName: Hopper, status: suspended",
    );
    check_plan(
        "harness",
        &manifest,
        TWO_LIVE,
        expect![[r#"
            Plan for Harness at sandbox
            compared 2 users and 1 group, read whole; grants judged on 2026-11-24

            Who loses access
              - loses     grace <grace@x.io>: the account, and with it ops

            Takes access away
              - delete    user grace <grace@x.io>
                          suspending removes the account: there are no inactive ones here
                          declared suspended (scim-sync.yaml:5:3)

            Limits: people removed: 1 of 5; memberships removed: 1 (of 2, too few for 10% to
            count); from ops: 1 (of 2, too few for 50% to count)

            Plan: 1 to delete
        "#]],
    );
}

#[test]
fn suspended_is_deactivated_elsewhere() {
    let manifest = TWO.replace(
        "familyName: Hopper",
        "familyName: Hopper, status: suspended",
    );
    check_plan(
        "scim",
        &manifest,
        TWO_LIVE,
        expect![[r#"
            Plan for SCIM 2.0 at sandbox
            compared 2 users and 1 group, read whole; grants judged on 2026-11-24

            Takes access away
              - deactivate user grace <grace@x.io>
                          declared suspended (scim-sync.yaml:5:3)

            Limits: people removed: 1 of 5; memberships removed: 0; from one group: 0

            Plan: 1 to deactivate
        "#]],
    );
}

#[test]
fn inactive_is_reactivated() {
    let live = TWO_LIVE.replace("key=ada", "key=ada off");
    check_plan(
        "scim",
        TWO,
        &live,
        expect![[r#"
            Plan for SCIM 2.0 at sandbox
            compared 2 users and 1 group, read whole; grants judged on 2026-11-24

            People
              + reactivate user ada <ada@x.io>
                          declared active, is inactive (scim-sync.yaml:4:3)

            Limits: people removed: 0 of 5; memberships removed: 0; from one group: 0

            Plan: 1 to update
        "#]],
    );
}

#[test]
fn a_tombstone_removes() {
    let manifest = TWO.replace("members: [ada, grace]", "members: [ada]");
    let manifest = manifest.replace("familyName: Hopper", "familyName: Hopper, status: absent");
    check_plan(
        "harness",
        &manifest,
        TWO_LIVE,
        expect![[r#"
            Plan for Harness at sandbox
            compared 2 users and 1 group, read whole; grants judged on 2026-11-24

            Who loses access
              - loses     grace <grace@x.io>: the account, and with it ops

            Takes access away
              - delete    user grace <grace@x.io>
                          declared absent (scim-sync.yaml:5:3)

            Limits: people removed: 1 of 5; memberships removed: 1 (of 2, too few for 10% to
            count); from ops: 1 (of 2, too few for 50% to count)

            Plan: 1 to delete
        "#]],
    );
    check_plan(
        "scim",
        &manifest,
        TWO_LIVE,
        expect![[r#"
            Plan for SCIM 2.0 at sandbox
            compared 2 users and 1 group, read whole; grants judged on 2026-11-24

            Who loses access
              - loses     grace <grace@x.io>: the account, and with it ops

            Takes access away
              - remove    1 member from group ops: grace
                          no role gives it (scim-sync.yaml:7:3 and 1 more line)
              - delete    user grace <grace@x.io>
                          declared absent (scim-sync.yaml:5:3)

            Limits: people removed: 1 of 5; memberships removed: 1 (of 2, too few for 10% to
            count); from ops: 1 (of 2, too few for 50% to count)

            Plan: 1 membership to remove, 1 to delete
        "#]],
    );
}

#[test]
fn an_email_change_is_refused() {
    let manifest = TWO.replace("ada@x.io", "ada.king@x.io");
    check_plan(
        "harness",
        &manifest,
        TWO_LIVE,
        expect![[r#"
            Plan for Harness at sandbox
            compared 2 users and 1 group, read whole; grants judged on 2026-11-24

            Refused
              x refused   the e-mail of `ada` is `ada@x.io` and must not become
                          `ada.king@x.io`: Harness documents that an address must stay the
                          same once provisioned: after a change, removing the user fails
                          [email-immutable]
                          -> put `ada@x.io` back; for a new address declare `ada` absent
                          with the old one, apply, and then add the person under a new key
                          declared at scim-sync.yaml:4:17

            Limits: people removed: 0 of 5; memberships removed: 0; from one group: 0

            Plan: 1 refused
        "#]],
    );
}

#[test]
fn two_live_users_differ_by_case() {
    let live = format!(
        "{}\nuser u3 ADA@X.IO Ada Lovelace",
        TWO_LIVE.replace("; key=ada", "")
    );
    check_plan(
        "harness",
        TWO,
        &live,
        expect![[r#"
            Plan for Harness at sandbox
            compared 3 users and 1 group, read whole; grants judged on 2026-11-24

            Refused
              x refused   2 live users could be `ada`: `ada@x.io` (id u1), `ADA@X.IO` (id
                          u3) [ambiguous-match]
                          -> remove the account that is not in use at the service provider,
                          then plan again
                          declared at scim-sync.yaml:4:3

            Limits: people removed: 0 of 5; memberships removed: 0; from one group: 0

            Plan: 1 refused
        "#]],
    );
}

#[test]
fn an_account_of_another_key() {
    let live = TWO_LIVE.replace("key=ada", "key=countess");
    check_plan(
        "harness",
        TWO,
        &live,
        expect![[r#"
            Plan for Harness at sandbox
            compared 2 users and 1 group, read whole; grants judged on 2026-11-24

            Refused
              x refused   the live user `ada@x.io` was made for person `countess`, not for
                          `ada` [ambiguous-match]
                          -> if they are one person, add `previously: [countess]` to `ada`
                          declared at scim-sync.yaml:4:3

            Limits: people removed: 0 of 5; memberships removed: 0; from one group: 0

            Plan: 1 refused
        "#]],
    );
}

#[test]
fn another_clients_external_id_is_left_alone() {
    let live = TWO_LIVE.replace("key=ada", "ext=00u1abcd");
    check_plan(
        "harness",
        TWO,
        &live,
        expect![[r#"
            Plan for Harness at sandbox
            compared 2 users and 1 group, read whole; grants judged on 2026-11-24

            Limits: people removed: 0 of 5; memberships removed: 0; from one group: 0

            Nothing to do: 2 users and 1 group compared, 0 users and 0 groups left alone.
        "#]],
    );
}

/// Seed 200721: the tombstone would remove whom the next plan creates again.
#[test]
fn a_tombstone_does_not_remove_whoever_is_declared_under_a_new_key() {
    let manifest = TWO.replace(
        "roles:",
        "  countess: { email: a.l@x.io, status: absent }\n    roles:",
    );
    let live = TWO_LIVE.replace("key=ada", "key=countess");
    check_plan(
        "scim",
        &manifest,
        &live,
        expect![[r#"
            Plan for SCIM 2.0 at sandbox
            compared 2 users and 1 group, read whole; grants judged on 2026-11-24

            Refused
              x refused   the live user `ada@x.io` was made for person `countess`, not for
                          `ada` [ambiguous-match]
                          -> correct the e-mail of `ada` or of `countess`: the account
                          belongs to `countess`
                          declared at scim-sync.yaml:4:3
              x refused   `countess` is declared absent, but its live user has the e-mail of
                          `ada`: `ada@x.io` [ambiguous-match]
                          -> if they are one person, take `countess` out and add
                          `previously: [countess]` to `ada`; if not, correct the e-mail of
                          `ada`
                          declared at scim-sync.yaml:6:3 and 1 more line

            Limits: people removed: 0 of 5; memberships removed: 0; from one group: 0

            Plan: 2 refused
        "#]],
    );
}

#[test]
fn a_role_is_gone_and_support_removes_the_group() {
    let manifest = format!("{TWO}\n    groups: {{ auditors: {{ status: absent }} }}");
    let live = format!("{TWO_LIVE}\ngroup auditors auditors: u1");
    check_plan(
        "harness",
        &manifest,
        &live,
        expect![[r#"
            Plan for Harness at sandbox
            compared 2 users and 2 groups, read whole; grants judged on 2026-11-24

            For Support
              ! support   the group `auditors` (id auditors) can be removed only by Harness
                          Support [group-removal-needs-support]
                          it has 1 member now
                          -> write to support@harness.io: please remove the user group
                          `auditors` with the identifier `auditors`, which was created by
                          SCIM and is no longer wanted
                          declared at scim-sync.yaml:9:11

            Who loses access
              - loses     ada <ada@x.io>: auditors; is left with 1 group

            Takes access away
              - remove    1 member from group auditors: ada
                          nobody is left in group auditors
                          the group is to go (scim-sync.yaml:9:11)

            Limits: people removed: 0 of 5; memberships removed: 1 (of 3, too few for 10% to
            count); from one group: 0

            Plan: 1 membership to remove, 1 for Support
        "#]],
    );
}

#[test]
fn a_role_is_gone_and_policy_deletes_the_group() {
    let manifest = format!(
        "{TWO}
    groups: {{ auditors: {{ status: absent }} }}
    policy: {{ onRemoval: {{ groups: delete }} }}"
    );
    let live = format!("{TWO_LIVE}\ngroup auditors auditors: u1");
    check_plan(
        "harness",
        &manifest,
        &live,
        expect![[r#"
            Plan for Harness at sandbox
            compared 2 users and 2 groups, read whole; grants judged on 2026-11-24

            Who loses access
              - loses     ada <ada@x.io>: auditors; is left with 1 group

            Takes access away
              - remove    1 member from group auditors: ada
                          the group is to go (scim-sync.yaml:9:11)
              - delete    group auditors (id auditors)
                          Harness documents that only support@harness.io removes such a
                          group, and its older servers refuse the DELETE; the newest
                          published source carries it out. If it is refused, the members are
                          out all the same
                          declared absent (scim-sync.yaml:9:11)

            To know
              i note      the next plan would remove the group `auditors` again: as the
                          provider is known, it never settles [does-not-converge]
                          declared at scim-sync.yaml:9:11

            Limits: people removed: 0 of 5; memberships removed: 1 (of 3, too few for 10% to
            count); from one group: 0

            Plan: 1 membership to remove, 1 to delete
        "#]],
    );
}

#[test]
fn a_group_id_is_taken() {
    let manifest = TWO.replace("ops:", "ops-a:");
    let live = TWO_LIVE.replace("group ops ops:", "group ops_a ops.a:");
    check_plan(
        "harness",
        &manifest,
        &live,
        expect![[r#"
            Plan for Harness at sandbox
            compared 2 users and 1 group, read whole; grants judged on 2026-11-24

            Refused
              x refused   the group `ops-a` would get the id `ops_a`, which belongs to the
                          group `ops.a` [group-id-taken]
                          blocked: create group ops-a
                          blocked: add 2 members to group ops-a by role ops-a: ada, grace
                          -> map the role to `ops.a`, or rename the role so that its id
                          differs
                          declared at scim-sync.yaml:7:3 and 1 more line

            Left alone
              i groups    1 group that no role maps to: ops.a (2 members)
                          -> to adopt one, map a role to a group of that name

            Limits: people removed: 0 of 5; memberships removed: 0; from one group: 0

            Plan: 1 refused
        "#]],
    );
}

/// The plan that removes the other group frees the id only for the next one.
#[test]
fn a_group_id_is_taken_by_a_group_that_goes() {
    let manifest = TWO.replace("ops:", "ops-a:")
        + "    policy: { undeclared: { groups: remove }, onRemoval: { groups: delete } }\n";
    let live = TWO_LIVE.replace("group ops ops:", "group ops_a ops.a:");
    check_plan(
        "harness",
        &manifest,
        &live,
        expect![[r#"
        Plan for Harness at sandbox
        compared 2 users and 1 group, read whole; grants judged on 2026-11-24

        Refused
          x refused   the group `ops-a` would get the id `ops_a`, which belongs to the
                      group `ops.a` [group-id-taken]
                      blocked: create group ops-a
                      blocked: add 2 members to group ops-a by role ops-a: ada, grace
                      -> map the role to `ops.a`, or rename the role so that its id
                      differs
                      declared at scim-sync.yaml:7:3 and 1 more line

        Who loses access
          - loses     ada <ada@x.io>: ops.a; no group is left
          - loses     grace <grace@x.io>: ops.a; no group is left

        Takes access away
          - remove    2 members from group ops.a: ada, grace
                      the group is to go
          - delete    group ops.a (id ops_a)
                      Harness documents that only support@harness.io removes such a
                      group, and its older servers refuse the DELETE; the newest
                      published source carries it out. If it is refused, the members are
                      out all the same
                      not declared, and policy.undeclared says remove

        To know
          i note      the next plan would remove the group `ops.a` again: as the
                      provider is known, it never settles [does-not-converge]

        Limits: people removed: 0 of 5; memberships removed: 2 (of 2, too few for 10% to
        count); from one group: 0

        Plan: 2 memberships to remove, 1 to delete, 1 refused
    "#]],
    );
}

#[test]
fn two_live_groups_of_one_name() {
    let live = format!("{TWO_LIVE}\ngroup ops2 ops:");
    check_plan(
        "harness",
        TWO,
        &live,
        expect![[r#"
            Plan for Harness at sandbox
            compared 2 users and 2 groups, read whole; grants judged on 2026-11-24

            Refused
              x refused   2 live groups have the name `ops`: `ops` (id ops, 2 members),
                          `ops` (id ops2, 0 members) [ambiguous-group]
                          -> rename or remove the group that is not meant at the service
                          provider, then plan again
                          declared at scim-sync.yaml:7:3 and 1 more line

            Limits: people removed: 0 of 5; memberships removed: 0; from one group: 0

            Plan: 1 refused
        "#]],
    );
}

#[test]
fn an_additive_group_keeps_others() {
    let manifest = format!("{TWO}\n    groups: {{ ops: {{ membership: additive }} }}");
    let live = format!(
        "user u3 bob@x.io Bob\n{}",
        TWO_LIVE.replace("u1 u2", "u1 u3")
    );
    check_plan(
        "harness",
        &manifest,
        &live,
        expect![[r#"
            Plan for Harness at sandbox
            compared 3 users and 1 group, read whole; grants judged on 2026-11-24

            Groups
              + add       1 member to group ops by role ops: grace
                          a role gives it (scim-sync.yaml:7:25)

            Left alone
              i users     1 user that nothing declares: bob@x.io
                          -> to adopt one, declare a person with that e-mail under `users`
              i members   1 member of ops that no role gives, as the group is additive

            Limits: people removed: 0 of 5; memberships removed: 0; from one group: 0

            Plan: 1 membership to add
        "#]],
    );
}

#[test]
fn members_that_are_not_listed_stay() {
    let live = TWO_LIVE.replace("u1 u2", "u1 u2 u9 ghost");
    check_plan(
        "harness",
        TWO,
        &live,
        expect![[r#"
            Plan for Harness at sandbox
            compared 2 users and 1 group, read whole; grants judged on 2026-11-24

            Left alone
              i members   2 members of ops who are not in the list of users

            Limits: people removed: 0 of 5; memberships removed: 0; from one group: 0

            Nothing to do: 2 users and 1 group compared, 0 users and 0 groups left alone.
        "#]],
    );
}

#[test]
fn an_undeclared_member_of_a_managed_group() {
    let live = format!(
        "user u3 bob@x.io Bob\n{}",
        TWO_LIVE.replace("u1 u2", "u1 u2 u3")
    );
    check_plan(
        "harness",
        TWO,
        &live,
        expect![[r#"
            Plan for Harness at sandbox
            compared 3 users and 1 group, read whole; grants judged on 2026-11-24

            Who loses access
              - loses     bob@x.io: ops; no group is left

            Takes access away
              - remove    1 member from group ops: bob@x.io
                          no role gives it (scim-sync.yaml:7:3 and 1 more line)

            Left alone
              i users     1 user that nothing declares: bob@x.io
                          -> to adopt one, declare a person with that e-mail under `users`

            Limits: people removed: 0 of 5; memberships removed: 1 (of 3, too few for 10% to
            count); from ops: 1 (of 3, too few for 50% to count)

            Plan: 1 membership to remove
        "#]],
    );
}

#[test]
fn a_protected_person() {
    let manifest = format!(
        "{}\n    policy: {{ protect: {{ users: [grace] }} }}",
        TWO.replace(
            "familyName: Hopper",
            "familyName: Hopper, status: suspended"
        )
    );
    check_plan(
        "harness",
        &manifest,
        TWO_LIVE,
        expect![[r#"
            Plan for Harness at sandbox
            compared 2 users and 1 group, read whole; grants judged on 2026-11-24

            Refused
              x refused   `grace` is protected and is not removed [protected-user]
                          blocked: delete user grace <grace@x.io>
                          -> take `grace` out of `policy.protect.users` if this is meant, in
                          a change of its own
                          declared at scim-sync.yaml:5:3

            Limits: people removed: 0 of 5; memberships removed: 0; from one group: 0

            Plan: 1 refused
        "#]],
    );
}

/// Seed 100294: Support was to be asked to remove what is protected.
#[test]
fn a_protected_group() {
    let manifest = format!(
        "{TWO}
    policy:
      undeclared: {{ groups: remove }}
      protect: {{ groups: [admins] }}"
    );
    let live = format!("{TWO_LIVE}\ngroup admins admins: u1");
    check_plan(
        "harness",
        &manifest,
        &live,
        expect![[r#"
            Plan for Harness at sandbox
            compared 2 users and 2 groups, read whole; grants judged on 2026-11-24

            Refused
              x refused   the group `admins` is protected: it is not removed, nor are its
                          members [protected-group]
                          blocked: remove 1 member from group admins: ada
                          blocked: delete group admins (id admins)
                          -> take `admins` out of `policy.protect.groups` if this is meant,
                          in a change of its own

            Limits: people removed: 0 of 5; memberships removed: 0; from one group: 0

            Plan: 1 refused
        "#]],
    );
}

#[test]
fn min_members() {
    let manifest = format!(
        "{}\n    policy: {{ protect: {{ minMembers: {{ ops: 2 }} }} }}",
        TWO.replace("members: [ada, grace]", "members: [ada]")
    );
    check_plan(
        "harness",
        &manifest,
        TWO_LIVE,
        expect![[r#"
            Plan for Harness at sandbox
            compared 2 users and 1 group, read whole; grants judged on 2026-11-24

            Refused
              x refused   the group `ops` would be left with 1 of at least 2 members
                          [min-members]
                          blocked: remove 1 member from group ops: grace
                          -> give `ops` more members first, or lower
                          `policy.protect.minMembers`
                          declared at scim-sync.yaml:7:3 and 1 more line

            Limits: people removed: 0 of 5; memberships removed: 0; from one group: 0

            Plan: 1 refused
        "#]],
    );
}

/// A group that is being renamed is as protected as under its old name.
#[test]
fn min_members_of_a_renamed_group() {
    let manifest = format!(
        "{}
    groups: {{ ops: {{ previously: [operations] }} }}
    policy: {{ protect: {{ minMembers: {{ ops: 2 }} }} }}",
        TWO.replace("members: [ada, grace]", "members: [ada]")
    );
    let live = TWO_LIVE.replace("group ops ops:", "group operations operations:");
    check_plan(
        "harness",
        &manifest,
        &live,
        expect![[r#"
            Plan for Harness at sandbox
            compared 2 users and 1 group, read whole; grants judged on 2026-11-24

            Refused
              x refused   the group `ops` would be left with 1 of at least 2 members
                          [min-members]
                          blocked: remove 1 member from group ops: grace
                          -> give `ops` more members first, or lower
                          `policy.protect.minMembers`
                          declared at scim-sync.yaml:7:3 and 1 more line

            Groups
              ~ rename    group operations -> ops
                          declared under a new name (scim-sync.yaml:7:3 and 1 more line)

            Limits: people removed: 0 of 5; memberships removed: 0; from one group: 0

            Plan: 1 to update, 1 refused
        "#]],
    );
}

/// Grace leaves the group and the account goes: one member fewer, not two.
#[test]
fn min_members_counts_a_person_once() {
    let manifest = format!(
        "{}\n    policy: {{ protect: {{ minMembers: {{ ops: 1 }} }} }}",
        TWO.replace("[ada, grace]", "[ada]")
            .replace("Hopper", "Hopper, status: absent")
    );
    check_plan(
        "scim",
        &manifest,
        TWO_LIVE,
        expect![[r#"
            Plan for SCIM 2.0 at sandbox
            compared 2 users and 1 group, read whole; grants judged on 2026-11-24

            Who loses access
              - loses     grace <grace@x.io>: the account, and with it ops

            Takes access away
              - remove    1 member from group ops: grace
                          no role gives it (scim-sync.yaml:7:3 and 1 more line)
              - delete    user grace <grace@x.io>
                          declared absent (scim-sync.yaml:5:3)

            Limits: people removed: 1 of 5; memberships removed: 1 (of 2, too few for 10% to
            count); from ops: 1 (of 2, too few for 50% to count)

            Plan: 1 membership to remove, 1 to delete
        "#]],
    );
}

const LIMITS: &str = "
    users:
      ada: { email: ada@x.io, givenName: Ada, familyName: Lovelace }
      bob: { email: bob@x.io, status: absent }
      cyd: { email: cyd@x.io, status: absent }
    roles: { ops: { members: [ada] } }
    groupMappings: [{ match: '.*', group: '{role}' }]
";
const LIMITS_LIVE: &str = "
    user u1 ada@x.io Ada Lovelace; key=ada
    user u2 bob@x.io Bob; key=bob
    user u3 cyd@x.io Cyd; key=cyd
    user u4 dee@x.io Dee
    user u5 eve@x.io Eve
    group ops ops: u1 u4 u5
";

/// The files keep the assertion; somebody who is refused does not make up for who goes.
#[test]
fn an_assertion_blocks_a_removal() {
    let live = TWO_LIVE
        .replace("; key=grace", "")
        .replace("grace@", "dee@");
    let live = format!("{live}\nuser u3 grace@x.io Grace\nuser u4 GRACE@X.IO Grace");
    let manifest = format!(
        "{TWO}\n    assertions: [{{ always: {{ group: ops, atLeast: 2, reason: OPS-114 }} }}]"
    );
    check_plan(
        "harness",
        &manifest,
        &live,
        expect![[r#"
        Plan for Harness at sandbox
        compared 4 users and 1 group, read whole; grants judged on 2026-11-24

        Refused
          x refused   2 live users could be `grace`: `grace@x.io` (id u3), `GRACE@X.IO`
                      (id u4) [ambiguous-match]
                      -> remove the account that is not in use at the service provider,
                      then plan again
                      declared at scim-sync.yaml:5:3
          x refused   the group `ops` would be left with 1 of at least 2 members
                      [assertion-violated]
                      blocked: remove 1 member from group ops: dee@x.io
                      -> give the group more members, or change the assertion in a
                      change of its own (it says why: OPS-114)
                      declared at scim-sync.yaml:9:33 and 2 more lines

        Left alone
          i users     1 user that nothing declares: dee@x.io
                      -> to adopt one, declare a person with that e-mail under `users`

        Limits: people removed: 0 of 5; memberships removed: 0; from one group: 0

        Plan: 2 refused
    "#]],
    );
}

#[test]
fn too_many_people_removed() {
    let manifest = format!("{LIMITS}\n    policy: {{ limits: {{ userRemovals: 1 }} }}");
    check_plan(
        "harness",
        &manifest,
        LIMITS_LIVE,
        expect![[r#"
            Plan for Harness at sandbox
            compared 5 users and 1 group, read whole; grants judged on 2026-11-24

            Refused
              x refused   2 people removed or suspended, 1 allowed [limit-user-removals]
                          blocked: delete user bob <bob@x.io>
                          blocked: delete user cyd <cyd@x.io>
                          -> check that this is meant; then `--allow user-removals=2` raises
                          this limit for this plan only (`policy.limits.userRemovals` for
                          good)
                          declared at scim-sync.yaml:5:3 and 1 more line

            Who loses access
              - loses     dee@x.io: ops; no group is left
              - loses     eve@x.io: ops; no group is left

            Takes access away
              - remove    2 members from group ops: dee@x.io, eve@x.io
                          no role gives it (scim-sync.yaml:7:10 and 1 more line)

            Left alone
              i users     2 users that nothing declares: dee@x.io, eve@x.io
                          -> to adopt one, declare a person with that e-mail under `users`

            Limits: people removed: 2 of 1, over the limit; memberships removed: 2 (of 3,
            too few for 10% to count); from ops: 2 (of 3, too few for 50% to count)

            Plan: 2 memberships to remove, 1 refused
        "#]],
    );
    check_plan_allowing(
        &["user-removals=2"],
        "harness",
        &manifest,
        LIMITS_LIVE,
        expect![[r#"
            Plan for Harness at sandbox
            compared 5 users and 1 group, read whole; grants judged on 2026-11-24

            Who loses access
              - loses     dee@x.io: ops; no group is left
              - loses     eve@x.io: ops; no group is left

            Takes access away
              - remove    2 members from group ops: dee@x.io, eve@x.io
                          no role gives it (scim-sync.yaml:7:10 and 1 more line)
              - delete    user bob <bob@x.io>
                          declared absent (scim-sync.yaml:5:3)
              - delete    user cyd <cyd@x.io>
                          declared absent (scim-sync.yaml:6:3)

            Left alone
              i users     2 users that nothing declares: dee@x.io, eve@x.io
                          -> to adopt one, declare a person with that e-mail under `users`

            Limits: people removed: 2 of 2 (raised from 1); memberships removed: 2 (of 3,
            too few for 10% to count); from ops: 2 (of 3, too few for 50% to count)

            Plan: 2 memberships to remove, 2 to delete
        "#]],
    );
}

#[test]
fn too_many_memberships_removed() {
    let manifest = format!(
        "{LIMITS}\n    policy: {{ limits: {{ membershipRemovals: 10%, minimumPopulation: 1 }} }}"
    )
    .replace(
        "minimumPopulation",
        "perGroupRemovals: 100%, minimumPopulation",
    );
    check_plan(
        "harness",
        &manifest,
        LIMITS_LIVE,
        expect![[r#"
            Plan for Harness at sandbox
            compared 5 users and 1 group, read whole; grants judged on 2026-11-24

            Refused
              x refused   2 memberships removed, 0 allowed (10% of 3)
                          [limit-membership-removals]
                          blocked: remove 2 members from group ops: dee@x.io, eve@x.io
                          -> check that this is meant; then `--allow membership-removals=2`
                          raises this limit for this plan only
                          (`policy.limits.membershipRemovals` for good)
                          declared at scim-sync.yaml:7:10 and 1 more line

            Takes access away
              - delete    user bob <bob@x.io>
                          declared absent (scim-sync.yaml:5:3)
              - delete    user cyd <cyd@x.io>
                          declared absent (scim-sync.yaml:6:3)

            Left alone
              i users     2 users that nothing declares: dee@x.io, eve@x.io
                          -> to adopt one, declare a person with that e-mail under `users`

            Limits: people removed: 2 of 5; memberships removed: 2 of 0 (10% of 3), over the
            limit; from ops: 2 of 3 (100% of 3)

            Plan: 2 to delete, 1 refused
        "#]],
    );
    check_plan_allowing(
        &["membership-removals=2"],
        "harness",
        &manifest,
        LIMITS_LIVE,
        expect![[r#"
            Plan for Harness at sandbox
            compared 5 users and 1 group, read whole; grants judged on 2026-11-24

            Who loses access
              - loses     dee@x.io: ops; no group is left
              - loses     eve@x.io: ops; no group is left

            Takes access away
              - remove    2 members from group ops: dee@x.io, eve@x.io
                          no role gives it (scim-sync.yaml:7:10 and 1 more line)
              - delete    user bob <bob@x.io>
                          declared absent (scim-sync.yaml:5:3)
              - delete    user cyd <cyd@x.io>
                          declared absent (scim-sync.yaml:6:3)

            Left alone
              i users     2 users that nothing declares: dee@x.io, eve@x.io
                          -> to adopt one, declare a person with that e-mail under `users`

            Limits: people removed: 2 of 5; memberships removed: 2 of 2 (raised from 10%);
            from ops: 2 of 3 (100% of 3)

            Plan: 2 memberships to remove, 2 to delete
        "#]],
    );
}

#[test]
fn too_many_removed_from_one_group() {
    let manifest = format!("{LIMITS}\n    policy: {{ limits: {{ perGroupRemovals: 1 }} }}");
    check_plan(
        "harness",
        &manifest,
        LIMITS_LIVE,
        expect![[r#"
            Plan for Harness at sandbox
            compared 5 users and 1 group, read whole; grants judged on 2026-11-24

            Refused
              x refused   `ops`: 2 memberships removed, 1 allowed [limit-per-group-removals]
                          blocked: remove 2 members from group ops: dee@x.io, eve@x.io
                          -> check that this is meant; then `--allow per-group-removals=2`
                          raises this limit for this plan only
                          (`policy.limits.perGroupRemovals` for good)
                          declared at scim-sync.yaml:7:10 and 1 more line

            Takes access away
              - delete    user bob <bob@x.io>
                          declared absent (scim-sync.yaml:5:3)
              - delete    user cyd <cyd@x.io>
                          declared absent (scim-sync.yaml:6:3)

            Left alone
              i users     2 users that nothing declares: dee@x.io, eve@x.io
                          -> to adopt one, declare a person with that e-mail under `users`

            Limits: people removed: 2 of 5; memberships removed: 0; from ops: 2 of 1, over
            the limit

            Plan: 2 to delete, 1 refused
        "#]],
    );
    check_plan_allowing(
        &["per-group-removals=2"],
        "harness",
        &manifest,
        LIMITS_LIVE,
        expect![[r#"
            Plan for Harness at sandbox
            compared 5 users and 1 group, read whole; grants judged on 2026-11-24

            Who loses access
              - loses     dee@x.io: ops; no group is left
              - loses     eve@x.io: ops; no group is left

            Takes access away
              - remove    2 members from group ops: dee@x.io, eve@x.io
                          no role gives it (scim-sync.yaml:7:10 and 1 more line)
              - delete    user bob <bob@x.io>
                          declared absent (scim-sync.yaml:5:3)
              - delete    user cyd <cyd@x.io>
                          declared absent (scim-sync.yaml:6:3)

            Left alone
              i users     2 users that nothing declares: dee@x.io, eve@x.io
                          -> to adopt one, declare a person with that e-mail under `users`

            Limits: people removed: 2 of 5; memberships removed: 2 (of 3, too few for 10% to
            count); from ops: 2 of 2 (raised from 1)

            Plan: 2 memberships to remove, 2 to delete
        "#]],
    );
}

#[test]
fn a_partial_read() {
    check_plan(
        "harness",
        LIMITS,
        &format!("{LIMITS_LIVE}\npartial"),
        expect![[r#"
            Plan for Harness at sandbox
            compared 5 users and 1 group, perhaps not all of them; grants judged on 2026-11-24

            Refused
              x refused   3 removals are refused because the live state may not have been
                          read whole [partial-read]
                          blocked: delete user bob <bob@x.io>
                          blocked: delete user cyd <cyd@x.io>
                          blocked: remove 2 members from group ops: dee@x.io, eve@x.io
                          -> plan again; if it stays so, something between here and the
                          service provider cuts its lists
                          declared at scim-sync.yaml:5:3 and 3 more lines

            To know
              i note      the list of groups may have gaps, so nothing is removed:
                          `totalResults` changed between pages [partial-read]
              i note      the list of users may have gaps, so nothing is removed:
                          `totalResults` changed between pages [partial-read]

            Left alone
              i users     2 users that nothing declares: dee@x.io, eve@x.io
                          -> to adopt one, declare a person with that e-mail under `users`

            Limits: people removed: 0 of 5; memberships removed: 0; from one group: 0

            Plan: 1 refused
        "#]],
    );
}

#[test]
fn a_grant_with_an_end() {
    let manifest = TWO.replace(
        "grace]",
        "{ user: grace, until: 2027-01-31, reason: OPS-1 }]",
    );
    let live = TWO_LIVE.replace("u1 u2", "u1");
    check_plan(
        "harness",
        &manifest,
        &live,
        expect![[r#"
            Plan for Harness at sandbox
            compared 2 users and 1 group, read whole; grants judged on 2026-11-24

            Groups
              + add       1 member to group ops by role ops: grace (until 2027-01-31)
                          a role gives it (scim-sync.yaml:7:33)

            Limits: people removed: 0 of 5; memberships removed: 0; from one group: 0

            Plan: 1 membership to add
        "#]],
    );
}

#[test]
fn a_membership_by_two_roles() {
    let manifest = TWO.replace(
        "groupMappings:",
        "  dev: { members: [{ user: grace, until: 2027-01-31 }] }\n    groupMappings:",
    );
    let manifest = manifest.replace("group: '{role}'", "group: everyone");
    let live = TWO_LIVE.replace("group ops ops: u1 u2", "group everyone everyone: u1");
    check_plan(
        "harness",
        &manifest,
        &live,
        expect![[r#"
            Plan for Harness at sandbox
            compared 2 users and 1 group, read whole; grants judged on 2026-11-24

            Groups
              + add       1 member to group everyone: grace (role dev and 1 more)
                          a role gives it (scim-sync.yaml:8:28)

            Limits: people removed: 0 of 5; memberships removed: 0; from one group: 0

            Plan: 1 membership to add
        "#]],
    );
}

#[test]
fn a_person_has_a_new_key() {
    let manifest = TWO.replace(
        "familyName: Lovelace",
        "familyName: King, previously: [countess]",
    );
    let live = TWO_LIVE.replace("key=ada", "key=countess");
    check_plan(
        "harness",
        &manifest,
        &live,
        expect![[r#"
            Plan for Harness at sandbox
            compared 2 users and 1 group, read whole; grants judged on 2026-11-24

            People
              ~ update    user ada <ada@x.io>: displayName "Ada Lovelace" -> "Ada King"
                          differs from what is declared (scim-sync.yaml:4:3)

            Limits: people removed: 0 of 5; memberships removed: 0; from one group: 0

            Plan: 1 to update
        "#]],
    );
}

#[test]
fn a_group_has_a_new_name() {
    let manifest = format!("{TWO}\n    groups: {{ ops: {{ previously: [operations] }} }}");
    let live = TWO_LIVE.replace("group ops ops:", "group operations operations:");
    check_plan(
        "harness",
        &manifest,
        &live,
        expect![[r#"
            Plan for Harness at sandbox
            compared 2 users and 1 group, read whole; grants judged on 2026-11-24

            Groups
              ~ rename    group operations -> ops
                          declared under a new name (scim-sync.yaml:7:3 and 1 more line)

            Limits: people removed: 0 of 5; memberships removed: 0; from one group: 0

            Plan: 1 to update
        "#]],
    );
}

/// Each of them may be the one that is meant: a third group would lose what hangs on either.
#[test]
fn two_groups_have_an_earlier_name() {
    let manifest = format!("{TWO}\n    groups: {{ ops: {{ previously: [operations, duty] }} }}");
    let live = format!(
        "{}\n    group duty duty: u-1",
        TWO_LIVE.replace("group ops ops:", "group operations operations:")
    );
    check_plan(
        "scim",
        &manifest,
        &live,
        expect![[r#"
        Plan for SCIM 2.0 at sandbox
        compared 2 users and 2 groups, read whole; grants judged on 2026-11-24

        Refused
          x refused   `previously` fits 2 live groups, and `ops` can be only one of
                      them: `duty` (id duty, 1 member), `operations` (id operations, 2
                      members) [ambiguous-group]
                      -> leave in `previously` of `ops` only the one that is to be
                      renamed; the other is then left alone, or goes with `status:
                      absent`
                      declared at scim-sync.yaml:7:3 and 1 more line

        Limits: people removed: 0 of 5; memberships removed: 0; from one group: 0

        Plan: 1 refused
    "#]],
    );
}

/// Seed 523: the live group is another desired group's own, whatever its case.
#[test]
fn an_earlier_name_is_not_taken_from_a_desired_group() {
    let manifest = format!(
        "{}\n    groups: {{ net: {{ previously: [ops] }} }}",
        TWO.replace("ops:", "Ops:")
            .replace("groupMappings:", "  net: {}\n    groupMappings:")
    );
    check_plan(
        "scim",
        &manifest,
        TWO_LIVE,
        expect![[r#"
            Plan for SCIM 2.0 at sandbox
            compared 2 users and 1 group, read whole; grants judged on 2026-11-24

            Groups
              + create    group net
                          declared, not there yet (scim-sync.yaml:8:3 and 1 more line)

            Limits: people removed: 0 of 5; memberships removed: 0; from one group: 0

            Plan: 1 to create
        "#]],
    );
}

/// Seed 700269: two desired groups would be planned against one live group.
#[test]
fn groups_of_one_name_to_the_provider() {
    let manifest = TWO.replace(
        "groupMappings:",
        "  Ops: { members: [ada] }\n    groupMappings:",
    );
    check_faults(
        "scim",
        &manifest,
        expect![
            "the groups `Ops` and `ops` have one name to SCIM 2.0, which compares without case"
        ],
    );
    let gone = format!("{TWO}\n    groups: {{ OPS: {{ status: absent }} }}");
    check_faults(
        "scim",
        &gone,
        expect!["group `OPS` is `absent` and a mapping produces `ops`, one name to SCIM 2.0"],
    );
    let earlier = format!(
        "{TWO}\n    groups: {{ ops: {{ previously: [Operations] }}, operations: {{ status: absent }} }}"
    );
    check_faults(
        "scim",
        &earlier,
        expect![
            "group `operations` is `absent` and has one name, to SCIM 2.0, with an earlier one of `ops`"
        ],
    );
    // Harness compares names with case.
    check_plan(
        "harness",
        &manifest,
        TWO_LIVE,
        expect![[r#"
            Plan for Harness at sandbox
            compared 2 users and 1 group, read whole; grants judged on 2026-11-24

            Groups
              + create    group Ops
                          declared, not there yet (scim-sync.yaml:8:3 and 1 more line)
              + add       1 member to group Ops by role Ops: ada
                          a role gives it (scim-sync.yaml:8:20)

            Limits: people removed: 0 of 5; memberships removed: 0; from one group: 0

            Plan: 1 to create, 1 membership to add
        "#]],
    );
}

/// Nobody can say who they are, but they lose the group like the others: told, and counted.
#[test]
fn members_nobody_lists_lose_a_group_that_is_deleted() {
    let manifest = "
    users:
      ada: { email: ada@x.io }
    groups: { old: { status: absent } }
    policy: { limits: { membershipRemovals: 5, perGroupRemovals: 100% } }
";
    let live = "
    user u1 ada@x.io Ada; key=ada
    group g1 old: u1 x1 x2 x3
";
    check_plan(
        "scim",
        manifest,
        live,
        expect![[r#"
        Plan for SCIM 2.0 at sandbox
        compared 1 user and 1 group, read whole; grants judged on 2026-11-24

        Who loses access
          - loses     ada <ada@x.io>: old; no group is left

        Takes access away
          - delete    group old (id g1)
                      3 members who are not in the list of users lose it as well
                      declared absent (scim-sync.yaml:5:11)

        Limits: people removed: 0 of 5; memberships removed: 4 of 5; from one group: 0

        Plan: 1 to delete
    "#]],
    );
    let live = live.replace("x3", "x3 x4 x5");
    check_plan(
        "scim",
        manifest,
        &live,
        expect![[r#"
        Plan for SCIM 2.0 at sandbox
        compared 1 user and 1 group, read whole; grants judged on 2026-11-24

        Refused
          x refused   6 memberships removed, 5 allowed [limit-membership-removals]
                      blocked: delete group old (id g1)
                      -> check that this is meant; then `--allow membership-removals=6`
                      raises this limit for this plan only
                      (`policy.limits.membershipRemovals` for good)
                      declared at scim-sync.yaml:5:11

        Limits: people removed: 0 of 5; memberships removed: 6 of 5, over the limit;
        from one group: 0

        Plan: 1 refused
    "#]],
    );
    // In percent they count as well where the plan takes them.
    let manifest = manifest.replace("membershipRemovals: 5", "membershipRemovals: 50%");
    let live = live.replace("x5", "x5 x6 x7 x8 x9 x10 x11");
    check_plan(
        "scim",
        &manifest,
        &live,
        expect![[r#"
        Plan for SCIM 2.0 at sandbox
        compared 1 user and 1 group, read whole; grants judged on 2026-11-24

        Refused
          x refused   12 memberships removed, 6 allowed (50% of 12)
                      [limit-membership-removals]
                      blocked: delete group old (id g1)
                      -> check that this is meant; then `--allow membership-removals=12`
                      raises this limit for this plan only
                      (`policy.limits.membershipRemovals` for good)
                      declared at scim-sync.yaml:5:11

        Limits: people removed: 0 of 5; memberships removed: 12 of 6 (50% of 12), over
        the limit; from one group: 0

        Plan: 1 refused
    "#]],
    );
}

#[test]
fn a_protected_person_keeps_the_groups_they_are_in() {
    let manifest = "
    users:
      ada: { email: ada@x.io }
      grace: { email: grace@x.io }
    groups: { old: { status: absent } }
    policy: { protect: { users: [ada] } }
";
    let live = "
    user u1 ada@x.io Ada; key=ada
    user u2 grace@x.io Grace; key=grace
    group old old: u1 u2
";
    check_plan(
        "scim",
        manifest,
        live,
        expect![[r#"
        Plan for SCIM 2.0 at sandbox
        compared 2 users and 1 group, read whole; grants judged on 2026-11-24

        Refused
          x refused   `ada` is protected and a member of `old`, so the group is not
                      removed [protected-user]
                      blocked: delete group old (id old)
                      -> take `ada` out of `policy.protect.users` if this is meant, in a
                      change of its own
                      declared at scim-sync.yaml:6:11

        Limits: people removed: 0 of 5; memberships removed: 0; from one group: 0

        Plan: 1 refused
    "#]],
    );
    // Nor does Support remove it.
    check_plan(
        "harness",
        manifest,
        live,
        expect![[r#"
        Plan for Harness at sandbox
        compared 2 users and 1 group, read whole; grants judged on 2026-11-24

        Refused
          x refused   `ada` is protected and is not taken out of `old` [protected-user]
                      blocked: remove 1 member from group old: ada
                      -> take `ada` out of `policy.protect.users` if this is meant, in a
                      change of its own
                      declared at scim-sync.yaml:6:11
          x refused   `ada` is protected and a member of `old`, so the group is not
                      removed [protected-user]
                      blocked: delete group old (id old)
                      -> take `ada` out of `policy.protect.users` if this is meant, in a
                      change of its own
                      declared at scim-sync.yaml:6:11

        Who loses access
          - loses     grace <grace@x.io>: old; no group is left

        Takes access away
          - remove    1 member from group old: grace
                      the group is to go (scim-sync.yaml:6:11)

        Limits: people removed: 0 of 5; memberships removed: 1 (of 2, too few for 10% to
        count); from one group: 0

        Plan: 1 membership to remove, 2 refused
    "#]],
    );
}

#[test]
fn a_protected_group_keeps_its_name() {
    let manifest = format!(
        "{}
    groups: {{ ops: {{ previously: [admins] }} }}
    policy: {{ protect: {{ groups: [admins] }} }}",
        TWO.replace("members: [ada, grace]", "members: [ada]")
    );
    let live = TWO_LIVE.replace("group ops ops: u1 u2", "group admins admins: u2");
    check_plan(
        "harness",
        &manifest,
        &live,
        expect![[r#"
        Plan for Harness at sandbox
        compared 2 users and 1 group, read whole; grants judged on 2026-11-24

        Refused
          x refused   the group `admins` is protected: it is not renamed to `ops`, which
                      is not, and its members stay [protected-group]
                      blocked: rename group admins -> ops
                      blocked: add 1 member to group ops by role ops: ada
                      blocked: remove 1 member from group ops: grace
                      -> name `ops` in `policy.protect.groups` as well; or take `admins`
                      out of it, in a change of its own
                      declared at scim-sync.yaml:7:3 and 1 more line

        Limits: people removed: 0 of 5; memberships removed: 0; from one group: 0

        Plan: 1 refused
    "#]],
    );
    // Where the other name is protected too, the members are.
    let manifest = manifest.replace("groups: [admins]", "groups: [admins, ops]");
    check_plan(
        "harness",
        &manifest,
        &live,
        expect![[r#"
        Plan for Harness at sandbox
        compared 2 users and 1 group, read whole; grants judged on 2026-11-24

        Refused
          x refused   the group `admins` is protected: it is not removed, nor are its
                      members [protected-group]
                      blocked: remove 1 member from group ops: grace
                      -> take `admins` out of `policy.protect.groups` if this is meant,
                      in a change of its own
                      declared at scim-sync.yaml:7:3 and 1 more line

        Groups
          + add       1 member to group ops by role ops: ada
                      a role gives it (scim-sync.yaml:7:20)
          ~ rename    group admins -> ops
                      declared under a new name (scim-sync.yaml:7:3 and 1 more line)

        Limits: people removed: 0 of 5; memberships removed: 0; from one group: 0

        Plan: 1 to update, 1 membership to add, 1 refused
    "#]],
    );
}

#[test]
fn a_group_with_min_members_keeps_its_name() {
    let manifest = format!(
        "{}
    groups: {{ ops: {{ previously: [admins] }} }}
    policy: {{ protect: {{ minMembers: {{ admins: 2 }} }} }}",
        TWO.replace("members: [ada, grace]", "members: [ada]")
    );
    let live = TWO_LIVE.replace("group ops ops:", "group admins admins:");
    check_plan(
        "harness",
        &manifest,
        &live,
        expect![[r#"
        Plan for Harness at sandbox
        compared 2 users and 1 group, read whole; grants judged on 2026-11-24

        Refused
          x refused   the group `admins` has at least 2 members, and as `ops` it need
                      not [min-members]
                      blocked: rename group admins -> ops
                      blocked: remove 1 member from group ops: grace
                      -> write `ops: 2` in `policy.protect.minMembers` as well; or take
                      `admins` out of it, in a change of its own
                      declared at scim-sync.yaml:7:3 and 1 more line

        Limits: people removed: 0 of 5; memberships removed: 0; from one group: 0

        Plan: 1 refused
    "#]],
    );
    let manifest = manifest.replace("{ admins: 2 }", "{ admins: 2, ops: 2 }");
    check_plan(
        "harness",
        &manifest,
        &live,
        expect![[r#"
        Plan for Harness at sandbox
        compared 2 users and 1 group, read whole; grants judged on 2026-11-24

        Refused
          x refused   the group `admins` would be left with 1 of at least 2 members
                      [min-members]
                      blocked: remove 1 member from group ops: grace
                      -> give `admins` more members first, or lower
                      `policy.protect.minMembers`
                      declared at scim-sync.yaml:7:3 and 1 more line

        Groups
          ~ rename    group admins -> ops
                      declared under a new name (scim-sync.yaml:7:3 and 1 more line)

        Limits: people removed: 0 of 5; memberships removed: 0; from one group: 0

        Plan: 1 to update, 1 refused
    "#]],
    );
}

/// Who is not on a list with gaps may be there.
#[test]
fn a_tombstone_is_not_done_with_where_the_list_may_have_gaps() {
    let manifest = "
    users:
      ada: { email: ada@x.io }
      bob: { email: bob@x.io, status: absent }
    groups: { old: { status: absent } }
";
    let live = "user u1 ada@x.io Ada; key=ada\n";
    check_plan(
        "scim",
        manifest,
        live,
        expect![[r#"
        Plan for SCIM 2.0 at sandbox
        compared 1 user and 0 groups, read whole; grants judged on 2026-11-24

        To know
          i note      `bob` is gone; the tombstone may be taken out [tombstone-done]
                      declared at scim-sync.yaml:5:3
          i note      the group `old` is gone; the tombstone may be taken out
                      [tombstone-done]
                      declared at scim-sync.yaml:6:11

        Limits: people removed: 0 of 5; memberships removed: 0; from one group: 0

        Nothing to do: 1 user and 0 groups compared, 0 users and 0 groups left alone.
    "#]],
    );
    check_plan(
        "scim",
        manifest,
        &format!("{live}partial\n"),
        expect![[r#"
        Plan for SCIM 2.0 at sandbox
        compared 1 user and 0 groups, perhaps not all of them; grants judged on 2026-11-24

        To know
          i note      the list of groups may have gaps, so nothing is removed:
                      `totalResults` changed between pages [partial-read]
          i note      the list of users may have gaps, so nothing is removed:
                      `totalResults` changed between pages [partial-read]

        Limits: people removed: 0 of 5; memberships removed: 0; from one group: 0

        Nothing to do: 1 user and 0 groups compared, 0 users and 0 groups left alone.
    "#]],
    );
}
