//! Reads and writes against a scripted transport: what is asked, and what is believed.

use std::sync::Mutex;

use super::super::dialect::{
    Advance, ExternalIdStorage, GroupRename, TotalResults, UserDeactivation, UserUpdate,
};
use super::super::http::{Request, Response, TransportError};
use super::*;

/// Answers by a function, and keeps what was asked.
struct Fake<F> {
    answer: F,
    asked: Mutex<Vec<String>>,
}

impl<F: Fn(&str) -> (u16, String) + Send + Sync> Transport for Fake<F> {
    async fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let query: Vec<String> = request
            .query
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut line = format!("{} {}", request.method, request.display_path());
        if !query.is_empty() {
            line = format!("{line}?{}", query.join("&"));
        }
        if let Some(body) = &request.body {
            line = format!("{line} {body}");
        }
        let (status, body) = (self.answer)(&line);
        self.asked.lock().unwrap().push(line);
        Ok(Response {
            status,
            body: body.into_bytes(),
            ..Response::default()
        })
    }

    fn target(&self) -> &str {
        "https://scim.example/v2"
    }
}

fn fake<F: Fn(&str) -> (u16, String) + Send + Sync>(answer: F) -> Fake<F> {
    Fake {
        answer,
        asked: Mutex::default(),
    }
}

fn list(rows: &str, total: usize) -> (u16, String) {
    (
        200,
        format!(r#"{{"totalResults":{total},"Resources":[{rows}]}}"#),
    )
}

const ADA: &str = r#"{"id":"1","userName":"Ada@x.io"}"#;
const BOB: &str = r#"{"id":"2","userName":"bob@x.io"}"#;

/// What `find_users("ada@x.io")` finds, and by how many requests.
async fn find(
    filter: Filter,
    answer: impl Fn(&str) -> (u16, String) + Send + Sync,
) -> (Result<usize, ErrorKind>, usize) {
    let fake = fake(answer);
    let reader = Reader::new(
        &fake,
        Dialect {
            user_filter: filter,
            ..Dialect::rfc()
        },
    );
    let found = reader.find_users("ada@x.io").await;
    let asked = fake.asked.lock().unwrap().len();
    (
        found.map(|hits| hits.len()).map_err(|error| error.kind()),
        asked,
    )
}

/// A listing of two users that ends.
fn both(line: &str) -> (u16, String) {
    if line.contains("startIndex=1&") {
        list(&format!("{ADA},{BOB}"), 2)
    } else {
        list("", 2)
    }
}

#[tokio::test]
async fn filters_are_believed_only_as_far_as_they_deserve() {
    let filtered = |line: &str| line.contains("filter=");
    // A true hit, and a true miss.
    assert_eq!(find(Filter::Quoted, |_| list(ADA, 1)).await, (Ok(1), 1));
    assert_eq!(find(Filter::Quoted, |_| list("", 0)).await, (Ok(0), 1));
    // Ignored: everybody is answered.
    assert_eq!(find(Filter::Quoted, both).await, (Ok(1), 3));
    // Refused.
    for status in [400, 501] {
        let refused = |line: &str| {
            if filtered(line) {
                (status, String::new())
            } else {
                both(line)
            }
        };
        assert_eq!(find(Filter::Quoted, refused).await, (Ok(1), 3));
    }
    // Not there by the dialect: not even asked.
    let lying = |line: &str| {
        if filtered(line) {
            list("", 0)
        } else {
            both(line)
        }
    };
    assert_eq!(find(Filter::None, lying).await, (Ok(1), 2));
    // A listing that cannot be proven whole does not prove absence.
    let partial = |line: &str| {
        if line.contains("startIndex=1&") {
            list(BOB, 9)
        } else {
            list("", 9)
        }
    };
    assert_eq!(
        find(Filter::None, partial).await.0,
        Err(ErrorKind::Unproven)
    );
    // Other failures are failures.
    assert_eq!(
        find(Filter::Quoted, |_| (401, String::new())).await.0,
        Err(ErrorKind::Unauthorized)
    );
}

#[tokio::test]
async fn names_a_textual_filter_cannot_carry_are_listed() {
    let fake = fake(|_| list("", 0));
    let reader = Reader::new(
        &fake,
        Dialect {
            group_filter: Filter::Textual,
            ..Dialect::rfc()
        },
    );
    assert_eq!(reader.find_groups("C++").await.unwrap(), []);
    assert!(
        fake.asked
            .lock()
            .unwrap()
            .iter()
            .all(|line| !line.contains("filter"))
    );
}

#[tokio::test]
async fn a_404_listing_is_an_error_and_a_404_web_page_is_no_absence() {
    let empty = fake(|_| (404, String::new()));
    let reader = Reader::new(&empty, Dialect::rfc());
    assert_eq!(
        reader.list_users(|_| {}).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
    assert_eq!(reader.user(&UserId::from("1")).await.unwrap(), None);
    assert_eq!(reader.discovery(Discovery::Schemas).await.unwrap(), None);
    let page = fake(|_| (404, "<html>".to_owned()));
    let reader = Reader::new(&page, Dialect::rfc());
    assert_eq!(
        reader.user(&UserId::from("1")).await.unwrap_err().kind(),
        ErrorKind::WrongEndpoint
    );
    let other = fake(|_| (200, ADA.to_owned()));
    let reader = Reader::new(&other, Dialect::rfc());
    assert!(reader.user(&UserId::from("1")).await.unwrap().is_some());
    assert_eq!(
        reader.user(&UserId::from("7")).await.unwrap_err().kind(),
        ErrorKind::Malformed
    );
    let nothing = fake(|_| (200, "{}".to_owned()));
    let reader = Reader::new(&nothing, Dialect::rfc());
    assert!(reader.user(&UserId::from("1")).await.is_err());
    assert_eq!(
        reader.list_users(|_| {}).await.unwrap_err().kind(),
        ErrorKind::Malformed
    );
}

#[tokio::test]
async fn groups_listed_without_members_are_read_one_by_one() {
    let answer = |line: &str| match line {
        "GET Groups/a" => (
            200,
            r#"{"id":"a","displayName":"A","members":[{"value":"1"}]}"#.to_owned(),
        ),
        "GET Groups/b" => (404, String::new()),
        first if first.contains("startIndex=1&") => list(r#"{"id":"a"},{"id":"b"}"#, 2),
        _ => list("", 2),
    };
    let fake = fake(answer);
    let reader = Reader::new(
        &fake,
        Dialect {
            list_members: ListMembers::ReadEach,
            ..Dialect::rfc()
        },
    );
    let mut groups = Vec::new();
    let walk = reader
        .list_groups(|group| groups.push(group))
        .await
        .unwrap();
    assert_eq!(groups.len(), 1);
    assert_eq!(groups[0].members.as_ref().map(Vec::len), Some(1));
    assert_eq!(
        walk.verdict,
        Verdict::Partial {
            reasons: vec![Doubt::Vanished]
        }
    );
}

#[tokio::test]
async fn one_unreadable_user_costs_only_itself_and_the_proof() {
    let answer = |line: &str| {
        if line.contains("startIndex=1&") {
            list(&format!(r#"{ADA},{{"id":"3","active":[]}}"#), 2)
        } else {
            list("", 2)
        }
    };
    let fake = fake(answer);
    let reader = Reader::new(&fake, Dialect::rfc());
    let mut ids = Vec::new();
    let walk = reader.list_users(|user| ids.push(user.id)).await.unwrap();
    assert_eq!(ids, [Some("1".to_owned())]);
    assert!(!walk.is_whole());
}

#[tokio::test]
async fn a_page_that_fails_is_asked_for_smaller() {
    let answer = |line: &str| match line {
        big if big.contains("count=200") => (413, String::new()),
        big if big.contains("count=100") => (500, String::new()),
        good => both(good),
    };
    let fake = fake(answer);
    let walk = Reader::new(&fake, Dialect::rfc())
        .list_users(|_| {})
        .await
        .unwrap();
    assert!(walk.is_whole());
    let asked = fake.asked.lock().unwrap();
    assert_eq!(asked[2], "GET Users?startIndex=1&count=50");
}

fn state() -> UserState<'static> {
    UserState {
        attributes: NewUser {
            external_id: Some("scim-sync:ada"),
            user_name: "ada@x.io",
            display_name: "Ada Lovelace",
            given_name: "Ada",
            family_name: "Lovelace",
            attributes: &crate::ids::attributes::NO_ATTRIBUTES,
            email: "ada@x.io",
        },
        activity: Activity::Inactive,
    }
}

fn harness() -> Dialect {
    let paging = Paging {
        count: 100,
        advance: Advance::ByAsked,
        total: TotalResults::PageLocal,
        empty_pages: 2,
    };
    Dialect {
        user_paging: paging,
        user_update: UserUpdate::Put,
        user_deactivation: UserDeactivation::Removes,
        group_rename: GroupRename::CapitalReplacePath,
        user_external_id: ExternalIdStorage::Dropped,
        ..Dialect::rfc()
    }
}

#[tokio::test]
async fn an_email_without_type_is_replaced_whole() {
    let answer = |line: &str| {
        if line.contains("type eq") {
            (400, r#"{"status":"400","scimType":"noTarget"}"#.to_owned())
        } else {
            (204, String::new())
        }
    };
    let fake = fake(answer);
    let writer = Writer::new(&fake, Dialect::rfc());
    let id = UserId::from("1");
    writer
        .update_user(&id, &state(), &[UserAttribute::Email])
        .await
        .unwrap();
    writer.update_user(&id, &state(), &[]).await.unwrap();
    let asked = fake.asked.lock().unwrap();
    assert_eq!(asked.len(), 2);
    assert!(
        asked[1].contains(r#""path":"emails","value":[{"value":"ada@x.io","#),
        "{}",
        asked[1]
    );
}

#[tokio::test]
async fn an_update_never_removes_where_inactive_means_removed() {
    let fake = fake(|_| (200, String::new()));
    let writer = Writer::new(&fake, harness());
    let id = UserId::from("1");
    writer
        .update_user(&id, &state(), &[UserAttribute::DisplayName])
        .await
        .unwrap();
    writer.set_active(&id, Activity::Inactive).await.unwrap();
    let asked = fake.asked.lock().unwrap();
    assert!(
        asked[0].starts_with("PUT Users/1 ") && asked[0].contains(r#""active":true"#),
        "{}",
        asked[0]
    );
    assert!(!asked[0].contains("externalId"));
    assert_eq!(asked[1], "DELETE Users/1");
}

/// A PUT clears what it leaves out, and our key most of all must not go.
#[tokio::test]
async fn a_merged_put_changes_what_differs_and_keeps_the_rest() {
    let read = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"1",
        "externalId":"scim-sync:ada","userName":"ada@x.io","active":false,"title":"Countess",
        "displayName":"Ada","name":{"givenName":"Ada","familyName":"Byron","formatted":"Ada Byron"},
        "emails":[{"value":"ada@x.io"}],"groups":[{"value":"g"}],"meta":{"version":"3"}}"#;
    let fake = fake(|_| (200, read.to_owned()));
    let dialect = Dialect {
        user_update: UserUpdate::PutMerged,
        ..Dialect::rfc()
    };
    let writer = Writer::new(&fake, dialect);
    writer
        .update_user(&UserId::from("1"), &state(), &[UserAttribute::FamilyName])
        .await
        .unwrap();
    let asked = fake.asked.lock().unwrap();
    assert_eq!(asked[0], "GET Users/1");
    let body = asked[1].strip_prefix("PUT Users/1 ").unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(
        body,
        serde_json::json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "externalId": "scim-sync:ada", "userName": "ada@x.io", "active": false,
            "title": "Countess", "displayName": "Ada",
            "name": { "givenName": "Ada", "familyName": "Lovelace" },
            "emails": [{ "value": "ada@x.io" }],
        })
    );
    assert_eq!(asked.len(), 2);
}

#[tokio::test]
async fn a_put_never_starts_from_somebody_else() {
    let fake = fake(|_| (200, r#"{"id":"2","displayName":"other"}"#.to_owned()));
    let dialect = Dialect {
        user_update: UserUpdate::PutMerged,
        group_rename: GroupRename::PutWithMembers,
        ..Dialect::rfc()
    };
    let writer = Writer::new(&fake, dialect);
    let user = writer
        .update_user(&UserId::from("1"), &state(), &[UserAttribute::GivenName])
        .await;
    assert_eq!(user.unwrap_err().kind(), ErrorKind::Malformed);
    let group = writer.rename_group(&GroupId::from("1"), "new").await;
    assert_eq!(group.unwrap_err().kind(), ErrorKind::Malformed);
    assert_eq!(fake.asked.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn no_members_are_no_request() {
    let fake = fake(|_| (204, String::new()));
    let writer = Writer::new(&fake, Dialect::rfc());
    writer.add_members(&GroupId::from("g"), &[]).await.unwrap();
    writer
        .remove_members(&GroupId::from("g"), &[])
        .await
        .unwrap();
    assert!(fake.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn deletes_tell_gone_from_refused() {
    async fn delete(status: u16, then: u16) -> Result<Deleted, ErrorKind> {
        let fake = fake(move |line| {
            let status = if line.starts_with("DELETE") {
                status
            } else {
                then
            };
            (
                status,
                if status == 200 {
                    r#"{"id":"g","displayName":"G"}"#
                } else {
                    ""
                }
                .to_owned(),
            )
        });
        let writer = Writer::new(&fake, harness());
        writer
            .delete_group(&GroupId::from("g"))
            .await
            .map_err(|error| error.kind())
    }
    assert_eq!(delete(204, 200).await, Ok(Deleted::Now));
    assert_eq!(delete(404, 200).await, Ok(Deleted::AlreadyGone));
    assert_eq!(delete(401, 404).await, Ok(Deleted::AlreadyGone));
    assert_eq!(delete(400, 404).await, Ok(Deleted::AlreadyGone));
    assert_eq!(delete(401, 401).await, Err(ErrorKind::Unauthorized));
    assert_eq!(delete(400, 200).await, Err(ErrorKind::Refused));
}

#[tokio::test]
async fn a_create_that_names_nothing_says_look_it_up() {
    for body in ["", "{}", r#"{"id":""}"#] {
        let fake = fake(|_| (201, body.to_owned()));
        let writer = Writer::new(&fake, Dialect::rfc());
        let error = writer.create_group("g").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CreatedUnseen);
        assert_eq!(error.effect(), super::super::http::Effect::Unknown);
        assert!(error.help().contains("look the resource up"));
    }
}

#[tokio::test]
async fn a_rename_by_put_keeps_members_or_does_nothing() {
    let dialect = |list_members| Dialect {
        group_rename: GroupRename::PutWithMembers,
        list_members,
        ..Dialect::rfc()
    };
    let id = GroupId::from("g");
    let told = fake(|_| {
        (
            200,
            r#"{"id":"g","externalId":"theirs","displayName":"old","members":[{"value":"1","display":"A"}]}"#
                .to_owned(),
        )
    });
    let writer = Writer::new(&told, dialect(ListMembers::Included));
    writer.rename_group(&id, "new").await.unwrap();
    let asked = told.asked.lock().unwrap().clone();
    assert!(
        asked[1].contains(
            r#"{"externalId":"theirs","displayName":"new","members":[{"value":"1"}],"schemas":"#
        ),
        "{}",
        asked[1]
    );
    let untold = fake(|_| (200, r#"{"id":"g","displayName":"old"}"#.to_owned()));
    let writer = Writer::new(&untold, dialect(ListMembers::ReadEach));
    assert_eq!(
        writer.rename_group(&id, "new").await.unwrap_err().kind(),
        ErrorKind::Unproven
    );
    assert_eq!(untold.asked.lock().unwrap().len(), 1);
}
