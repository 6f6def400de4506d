//! Every failure Harness is known to answer with, told as what it is: the real client, the
//! real profile, one answer at a time over loopback.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;

use expect_test::{Expect, expect};
use scim_sync::ids::{GroupId, UserId};
use scim_sync::profile::harness;
use scim_sync::scim::client::{ClientOptions, HttpTransport};
use scim_sync::scim::dialect::GroupRename;
use scim_sync::scim::error::{ErrorKind, ScimError};
use scim_sync::scim::service::{
    Activity, Deleted, NewUser, Reader, UserAttribute, UserState, Writer,
};
use secrecy::SecretString;

/// One answer: status line, content type, body.
type Answer = (&'static str, &'static str, &'static str);

const JSON: &str = "application/scim+json";
const HTML: &str = "text/html";

/// Serves the answers in order, the last one again and again.
fn serve(answers: &[Answer]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let base = format!(
        "http://{}/gateway/ng/api/scim/account/kmpySmUISimoRrJL6NL73w",
        listener.local_addr().expect("an address")
    );
    let answers = answers.to_vec();
    std::thread::spawn(move || {
        for (stream, n) in listener.incoming().zip(0..) {
            let mut stream = stream.expect("a connection");
            let mut reader = BufReader::new(stream.try_clone().expect("a handle"));
            let mut length = 0;
            for line in reader.by_ref().lines() {
                let line = line.expect("a line");
                if line.is_empty() {
                    break;
                }
                if let Some(text) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = text.trim().parse().expect("a number");
                }
            }
            reader
                .take(length)
                .read_to_end(&mut Vec::new())
                .expect("the body");
            let (status, kind, body) = answers[usize::min(n, answers.len() - 1)];
            let _gone = write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    base
}

fn http(base: &str) -> HttpTransport {
    let dialect = harness::profile().dialect;
    let token = SecretString::from("pat.kmpySmUISimoRrJL6NL73w.canary.secret");
    HttpTransport::new(base, &token, ClientOptions::for_dialect(&dialect)).expect("a client")
}

/// What is asked.
#[derive(Clone, Copy)]
enum Call {
    ListUsers,
    GetUser,
    PostUser,
    PutUser,
    DeleteUser,
    PostGroup,
    GetGroup,
    PatchGroup,
    PutGroup,
    DeleteGroup,
}

fn ada() -> NewUser<'static> {
    NewUser {
        external_id: None,
        user_name: "ada@x.io",
        display_name: "Ada L",
        given_name: "Ada",
        family_name: "L",
        email: "ada@x.io",
        attributes: &scim_sync::ids::attributes::NO_ATTRIBUTES,
    }
}

async fn call(call: Call, base: &str) -> Result<String, ScimError> {
    let dialect = harness::profile().dialect;
    let reader = Reader::new(http(base), dialect.clone());
    let writer = Writer::new(http(base), dialect);
    let (user, group) = (UserId::from("u1"), GroupId::from("g1"));
    let deleted = |deleted| match deleted {
        Deleted::Now => "deleted".to_owned(),
        Deleted::AlreadyGone => "already gone".to_owned(),
    };
    match call {
        Call::ListUsers => reader
            .list_users(drop)
            .await
            .map(|walk| walk.rows.to_string()),
        Call::GetUser => reader.user(&user).await.map(|user| match user {
            Some(_) => "there".to_owned(),
            None => "absent".to_owned(),
        }),
        Call::GetGroup => reader.group(&group).await.map(|group| match group {
            Some(_) => "there".to_owned(),
            None => "absent".to_owned(),
        }),
        Call::PostUser => writer
            .create_user(&ada())
            .await
            .map(|_| "created".to_owned()),
        Call::PutUser => {
            let state = UserState {
                attributes: ada(),
                activity: Activity::Active,
            };
            let changed = [UserAttribute::DisplayName];
            writer
                .update_user(&user, &state, &changed)
                .await
                .map(|()| "changed".to_owned())
        }
        Call::DeleteUser => writer.delete_user(&user).await.map(deleted),
        Call::PostGroup => writer.create_group("a").await.map(|_| "created".to_owned()),
        Call::PatchGroup => {
            let members = [user];
            writer
                .add_members(&group, &members)
                .await
                .map(|()| "changed".to_owned())
        }
        Call::PutGroup => {
            // Only where the manifest says so; as a profile Harness' groups are renamed by PATCH.
            let mut dialect = harness::profile().dialect;
            dialect.group_rename = GroupRename::PutWithMembers;
            let renamed = Writer::new(http(base), dialect)
                .rename_group(&group, "b")
                .await;
            renamed.map(|()| "changed".to_owned())
        }
        Call::DeleteGroup => writer.delete_group(&group).await.map(deleted),
    }
}

/// What a person is told, with the port taken out.
fn told(kind: ErrorKind, error: &ScimError, base: &str) -> String {
    assert_eq!(error.kind(), kind, "{error}");
    let text = format!("{error}\n-> {}", error.help()).replace(base, "BASE");
    assert!(!text.contains("canary"), "{text}");
    text
}

#[track_caller]
fn check(asked: Call, answers: &[Answer], kind: ErrorKind, expected: Expect) {
    let base = serve(answers);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let error = runtime
        .block_on(call(asked, &base))
        .expect_err("an answer that is no success");
    expected.assert_eq(&told(kind, &error, &base));
}

#[track_caller]
fn check_fine(asked: Call, answers: &[Answer], expected: &str) {
    let base = serve(answers);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    assert_eq!(
        runtime.block_on(call(asked, &base)),
        Ok(expected.to_owned())
    );
}

const BAD_TOKEN: Answer = (
    "401 Unauthorized",
    "application/json",
    r#"{"status":"ERROR","code":"INVALID_TOKEN","message":"Token is not valid.","correlationId":"c","detailedMessage":null,"responseMessages":[{"code":"INVALID_TOKEN","level":"ERROR","message":"Token is not valid.","exception":null,"failureTypes":[]}],"metadata":null}"#,
);
const GROUP: Answer = (
    "200 OK",
    JSON,
    r#"{"id":"g1","displayName":"a","members":[]}"#,
);

#[test]
fn a_bad_token_an_expired_one_another_accounts_and_no_such_account() {
    check(
        Call::ListUsers,
        &[BAD_TOKEN],
        ErrorKind::Unauthorized,
        expect![[r#"
            `GET Users`: Harness does not accept the token for this account (401, `INVALID_TOKEN`): Token is not valid.
            -> check the SCIM base URL (`BASE`) with the account's id in it, and the SCIM bearer token: a token that is mistyped, expired, revoked or of another account, and an account that does not exist, all answer like this; `scim-sync doctor` tells which"#]],
    );
}

#[test]
fn no_authorization_header_arrived() {
    let oops = r#"{"status":"ERROR","code":"UNKNOWN_ERROR","message":"Oops, something went wrong on our end. Please contact Harness Support.","correlationId":"c","responseMessages":[]}"#;
    check(
        Call::PatchGroup,
        &[("500 Internal Server Error", JSON, oops)],
        ErrorKind::Server,
        expect![[r#"
            `PATCH Groups/g1`: Harness failed (500, `UNKNOWN_ERROR`): Oops, something went wrong on our end. Please contact Harness Support.
            -> if every request answers like this, a proxy takes the `Authorization` header out; else plan again, and if it persists, give Harness Support the time, this message and the `correlationId` of the answer"#]],
    );
}

#[test]
fn a_permission_is_missing() {
    let denied = r#"{"status":"ERROR","code":"NG_ACCESS_DENIED","message":"\"User not Authorized: Token needs to have core_user_manage permission on account: A to perform SCIM user action\"","correlationId":"c","responseMessages":[]}"#;
    check(
        Call::DeleteUser,
        &[("403 Forbidden", JSON, denied)],
        ErrorKind::Forbidden,
        expect![[r#"
            `DELETE Users/u1`: the token's owner lacks a permission (403, `NG_ACCESS_DENIED`): "User not Authorized: Token needs to have core_user_manage permission on account: A to perform SCIM user action"
            -> give the token's owner the permission `core_user_manage` at account scope (Access Control, a role with all Users and User Groups permissions), then plan again"#]],
    );
}

#[test]
fn a_create_failed_for_the_invite_permission() {
    let scim = r#"{"id":null,"externalId":null,"meta":null,"detail":"Missing permission core_user_invite","status":404,"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"]}"#;
    check(
        Call::PostUser,
        &[("409 Conflict", JSON, scim)],
        ErrorKind::Refused,
        expect![[r#"
            `POST Users`: Harness did not create the person; it answers 409 to any failure, and somebody who is there already is no conflict to it (409): Missing permission core_user_invite
            -> act on what it says: a missing invite permission (`core_user_invite`), a seat limit and a name it does not take all answer like this"#]],
    );
}

#[test]
fn a_group_create_failed() {
    let scim = r#"{"detail":"Create UserGroup- name: cannot be null or empty","status":404,"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"]}"#;
    check(
        Call::PostGroup,
        &[("409 Conflict", JSON, scim)],
        ErrorKind::Refused,
        expect![[r#"
            `POST Groups`: Harness did not create the group; it answers 409 to any failure (409): Create UserGroup- name: cannot be null or empty
            -> act on what it says: a name whose id is empty, reserved or taken answers like this; map the role to another group name"#]],
    );
}

#[test]
fn a_create_found_an_unfinished_invitation() {
    check(
        Call::PostUser,
        &[("404 Not Found", JSON, "")],
        ErrorKind::Refused,
        expect![[r#"
            `POST Users`: Harness began to invite the person and then did not find them (404)
            -> look for an unfinished invitation of this address in Harness (Access Control, Users, Pending Users), remove it, then plan again"#]],
    );
}

#[test]
fn somebody_or_a_group_is_not_there() {
    for detail in [
        "User does not exist in Harness",
        "User does not exist in NG",
    ] {
        let scim = format!(
            r#"{{"detail":"{detail}","status":404,"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"]}}"#
        );
        check_fine(
            Call::GetUser,
            &[("404 Not Found", JSON, scim.leak())],
            "absent",
        );
    }
    let scim = r#"{"detail":"Group does not exist","status":404,"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"]}"#;
    check_fine(Call::GetGroup, &[("404 Not Found", JSON, scim)], "absent");
}

#[test]
fn put_of_an_unknown_person() {
    check(
        Call::PutUser,
        &[("404 Not Found", JSON, "")],
        ErrorKind::NotFound,
        expect![[r#"
            `PUT Users/u1`: Harness knows no such person (404)
            -> plan again: they were removed meanwhile"#]],
    );
}

#[test]
fn put_of_a_person_failed() {
    let scim = r#"{"detail":"email is taken","status":404,"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"]}"#;
    check(
        Call::PutUser,
        &[("404 Not Found", JSON, scim)],
        ErrorKind::Refused,
        expect![[r#"
            `PUT Users/u1`: Harness did not change the person; it answers 404 to any failure (404): email is taken
            -> act on what it says, then plan again"#]],
    );
}

#[test]
fn patch_of_an_unknown_or_manual_group() {
    check(
        Call::PatchGroup,
        &[("404 Not Found", JSON, "")],
        ErrorKind::NotFound,
        expect![[r#"
            `PATCH Groups/g1`: Harness knows no such group made by SCIM (404)
            -> plan again: the group is gone, or somebody manages it by hand in Harness"#]],
    );
}

#[test]
fn put_of_a_group_failed() {
    let scim = r#"{"detail":"name: cannot be null or empty","status":404,"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"]}"#;
    check(
        Call::PutGroup,
        &[GROUP, ("412 Precondition Failed", JSON, scim)],
        ErrorKind::Refused,
        expect![[r#"
            `PUT Groups/g1`: Harness did not change the group; it answers 412 to any failure, no precondition was sent (412): name: cannot be null or empty
            -> act on what it says, then plan again"#]],
    );
}

/// 401 to a group DELETE is no bad token: the group is gone.
#[test]
fn delete_of_an_unknown_group() {
    let gone = r#"{"detail":"Group does not exist","status":404}"#;
    let answers = [BAD_TOKEN, ("404 Not Found", JSON, gone)];
    check_fine(Call::DeleteGroup, &answers, "already gone");
}

/// Nor is it one when the group can be read and SCIM does not manage it.
#[test]
fn delete_of_a_group_made_by_hand() {
    check(
        Call::DeleteGroup,
        &[BAD_TOKEN, GROUP],
        ErrorKind::Refused,
        expect![[r#"
            `DELETE Groups/g1`: Harness knows no such group made by SCIM; it says so with the words of a bad token, and the token is good (401, `INVALID_TOKEN`): Token is not valid.
            -> plan again: the group is gone, or somebody manages it by hand in Harness"#]],
    );
}

/// Unless the token really is refused.
#[test]
fn delete_of_a_group_with_a_bad_token() {
    check(
        Call::DeleteGroup,
        &[BAD_TOKEN, BAD_TOKEN],
        ErrorKind::Unauthorized,
        expect![[r#"
            `GET Groups/g1`: Harness does not accept the token for this account (401, `INVALID_TOKEN`): Token is not valid.
            -> check the SCIM base URL (`BASE`) with the account's id in it, and the SCIM bearer token: a token that is mistyped, expired, revoked or of another account, and an account that does not exist, all answer like this; `scim-sync doctor` tells which"#]],
    );
}

#[test]
fn delete_of_a_group_that_only_support_removes() {
    let refused = r#"{"status":"ERROR","code":"INVALID_REQUEST","message":"Invalid request: Cannot Delete Group Imported From SCIM","correlationId":"c","responseMessages":[]}"#;
    check(
        Call::DeleteGroup,
        &[("400 Bad Request", JSON, refused), GROUP],
        ErrorKind::Refused,
        expect![[r#"
            `DELETE Groups/g1`: Harness does not let anybody but its Support remove a group that SCIM made (400, `INVALID_REQUEST`): Invalid request: Cannot Delete Group Imported From SCIM
            -> set `policy.onRemoval.groups` to `support`; `scim-sync support-request` then writes the letter"#]],
    );
}

#[test]
fn delete_of_an_unknown_person() {
    for message in ["User does not exist", "Token is not valid."] {
        let refused = format!(
            r#"{{"status":"ERROR","code":"INVALID_REQUEST","message":"Invalid request: {message}","correlationId":"c","responseMessages":[]}}"#
        );
        let gone = r#"{"detail":"User does not exist in Harness","status":404}"#;
        let answers = [
            ("400 Bad Request", JSON, &*refused.leak()),
            ("404 Not Found", JSON, gone),
        ];
        check_fine(Call::DeleteUser, &answers, "already gone");
    }
}

#[test]
fn the_last_account_admin() {
    let refused = r#"{"status":"ERROR","code":"INVALID_REQUEST","message":"Invalid request: Removing this user will remove the last Account Admin from NG. Cannot remove the user.","correlationId":"c","responseMessages":[]}"#;
    let there = r#"{"id":"u1","userName":"ada@x.io"}"#;
    check(
        Call::DeleteUser,
        &[("400 Bad Request", JSON, refused), ("200 OK", JSON, there)],
        ErrorKind::Refused,
        expect![[r#"
            `DELETE Users/u1`: Harness keeps the last account admin (400, `INVALID_REQUEST`): Invalid request: Removing this user will remove the last Account Admin from NG. Cannot remove the user.
            -> make somebody else an account admin first, then plan again"#]],
    );
}

#[test]
fn a_request_that_cannot_be_read() {
    let json = r#"{"code":400,"message":"Unable to process JSON","details":"Cannot deserialize"}"#;
    check(
        Call::PatchGroup,
        &[("400 Bad Request", "application/json", json)],
        ErrorKind::Refused,
        expect![[r#"
            `PATCH Groups/g1`: Harness cannot read the request (400): Unable to process JSON
            -> take out what `target.dialect` changes; if nothing does, this is a fault of scim-sync: report this message"#]],
    );
}

#[test]
fn a_path_that_leads_nowhere() {
    let json = r#"{"status":"ERROR","code":"RESOURCE_NOT_FOUND_EXCEPTION","message":"HTTP 404 Not Found","correlationId":"c","responseMessages":[]}"#;
    check(
        Call::ListUsers,
        &[("400 Bad Request", "application/json", json)],
        ErrorKind::WrongEndpoint,
        expect![[r#"
            `GET Users`: Harness has nothing at this path (400, `RESOURCE_NOT_FOUND_EXCEPTION`): HTTP 404 Not Found
            -> check the SCIM base URL (`BASE`): it ends with `/ng/api/scim/account/` and the account's id, and nothing follows; `scim-sync validate` proposes the likely right one"#]],
    );
}

#[test]
fn another_media_type() {
    let json = r#"{"status":"ERROR","code":"MEDIA_NOT_SUPPORTED","message":"HTTP 415 Unsupported Media Type","correlationId":"c","responseMessages":[]}"#;
    check(
        Call::PatchGroup,
        &[("415 Unsupported Media Type", "application/json", json)],
        ErrorKind::Refused,
        expect![[r#"
            `PATCH Groups/g1`: Harness does not take this media type (415, `MEDIA_NOT_SUPPORTED`): HTTP 415 Unsupported Media Type
            -> a proxy may rewrite `Content-Type`: let `application/scim+json` through"#]],
    );
}

#[test]
fn too_many_requests() {
    check(
        Call::PatchGroup,
        &[("429 Too Many Requests", HTML, "")],
        ErrorKind::RateLimited,
        expect![[r#"
            `PATCH Groups/g1`: Harness is limiting requests, and does not say for how long (429)
            -> wait a minute and run again; other users of the same token or address count as well: give this tool a token of its own, or lower `target.dialect.requestsPerMinute`"#]],
    );
}

/// A page is never read as an answer of Harness, whatever its status.
#[test]
fn a_gateways_page() {
    let page = "<!doctype html><html><head><title>Sign in - Harness</title></head></html>";
    check(
        Call::ListUsers,
        &[("200 OK", HTML, page)],
        ErrorKind::NotJson,
        expect![[r#"
            `GET Users`: `BASE` answered with a web page instead of SCIM (200): a web page titled "Sign in - Harness"
            -> a gateway, a login page of single sign-on, a list of allowed addresses or a proxy answered instead of the provider: check the SCIM base URL (`BASE`) and the SCIM bearer token, and open the URL from this network to see the page"#]],
    );
    for status in ["401 Unauthorized", "403 Forbidden"] {
        let base = serve(&[(status, HTML, "<html><title>Access denied</title>")]);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let error = runtime
            .block_on(call(Call::ListUsers, &base))
            .expect_err("a page");
        assert_eq!(error.kind(), ErrorKind::NotJson, "{status}");
        assert!(
            error.help().contains("allowed addresses"),
            "{}",
            error.help()
        );
    }
    check(
        Call::ListUsers,
        &[(
            "404 Not Found",
            HTML,
            "<html><title>404 Not Found</title></html>",
        )],
        ErrorKind::WrongEndpoint,
        expect![[r#"
            `GET Users`: `BASE` is not a SCIM endpoint (404): a web page titled "404 Not Found"
            -> check the SCIM base URL (`BASE`) for a missing or doubled path segment, and the SCIM bearer token: these two are the usual causes"#]],
    );
    check(
        Call::GetGroup,
        &[(
            "404 Not Found",
            HTML,
            "<html><title>404 Not Found</title></html>",
        )],
        ErrorKind::WrongEndpoint,
        expect![[r#"
            `GET Groups/g1`: `BASE` is not a SCIM endpoint (404): a web page titled "404 Not Found"
            -> check the SCIM base URL (`BASE`) for a missing or doubled path segment, and the SCIM bearer token: these two are the usual causes"#]],
    );
}
