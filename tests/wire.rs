//! The client over real sockets: what only a socket can show.
//!
//! A server here is a thread that answers each connection with the next of its replies,
//! byte for byte, and keeps what it was sent.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use expect_test::expect;
use scim_sync::ids::{GroupId, UserId};
use scim_sync::profile::Profile;
use scim_sync::scim::client::{ClientOptions, HttpTransport};
use scim_sync::scim::dialect::{Dialect, Rate};
use scim_sync::scim::error::{ErrorKind, ScimError};
use scim_sync::scim::http::{Effect, Method, Request, Response, Transport, TransportFault};
use scim_sync::scim::retry::{RetryPolicy, Retrying};
use scim_sync::scim::service::{Activity, NewUser, Reader, UserAttribute, UserState, Writer};
use secrecy::SecretString;

/// Must never be seen outside the `Authorization` and `x-api-key` headers.
const CANARY: &str = "pat.account.id.canary-0123456789abcdef";

enum Reply {
    /// These bytes, then the connection is closed.
    Bytes(Vec<u8>),
    /// These bytes one at a time, with a pause between them.
    Drip(Vec<u8>, Duration),
    /// Nothing, for this long.
    Silence(Duration),
}

struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen: Arc<Mutex<Vec<String>>> = Arc::default();
        let log = Arc::clone(&seen);
        let replies: Vec<Reply> = replies.into_iter().collect();
        std::thread::spawn(move || {
            for reply in replies {
                let Ok((stream, _)) = listener.accept() else {
                    return;
                };
                // The client may hang up whenever it likes.
                drop(serve(stream, &reply, &log));
            }
        });
        Self { address, seen }
    }

    fn base(&self) -> String {
        format!("http://{}/scim/v2", self.address)
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    fn client(&self) -> HttpTransport {
        self.client_with(options())
    }

    fn client_with(&self, options: ClientOptions) -> HttpTransport {
        HttpTransport::new(&self.base(), &SecretString::from(CANARY), options).unwrap()
    }
}

fn serve(mut stream: TcpStream, reply: &Reply, log: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    let wanted = |request: &[u8]| {
        let text = String::from_utf8_lossy(request);
        let (head, body) = text.split_once("\r\n\r\n")?;
        let length = head.to_ascii_lowercase();
        let length = length
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        Some(body.len() >= length.map_or(0, |length| length.parse().unwrap()))
    };
    while wanted(&request) != Some(true) {
        let n = stream.read(&mut buffer)?;
        if n == 0 {
            break;
        }
        request.extend_from_slice(&buffer[..n]);
    }
    log.lock()
        .unwrap()
        .push(String::from_utf8_lossy(&request).into_owned());
    match reply {
        Reply::Bytes(bytes) => stream.write_all(bytes),
        Reply::Drip(bytes, gap) => bytes.iter().try_for_each(|byte| {
            std::thread::sleep(*gap);
            stream.write_all(&[*byte])
        }),
        Reply::Silence(time) => {
            std::thread::sleep(*time);
            Ok(())
        }
    }
}

fn answer(status: &str, headers: &str, body: &[u8]) -> Reply {
    let length = body.len();
    let mut bytes = format!(
        "HTTP/1.1 {status}\r\n{headers}Connection: close\r\nContent-Length: {length}\r\n\r\n"
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    Reply::Bytes(bytes)
}

fn json(status: &str, body: &str) -> Reply {
    answer(
        status,
        "Content-Type: application/scim+json\r\n",
        body.as_bytes(),
    )
}

fn options() -> ClientOptions {
    ClientOptions::for_dialect(&Dialect::rfc())
}

fn get() -> Request {
    Request::scim(Method::Get, ["Users", "1"])
}

fn post() -> Request {
    Request::scim(Method::Post, ["Users"]).with_body("{}".to_owned())
}

/// Reads user 1 through the whole client, and checks that no text holds the token.
async fn read_error(server: &Server, options: ClientOptions) -> ScimError {
    let reader = Reader::new(server.client_with(options), Dialect::rfc());
    let error = reader.user(&UserId::from("1")).await.unwrap_err();
    let texts = format!("{error} {error:?} {}", error.help());
    assert!(!texts.contains("canary"), "{texts}");
    error
}

#[tokio::test]
async fn a_redirect_elsewhere_is_not_followed_and_the_token_stays() {
    for status in [
        "301 Moved",
        "302 Found",
        "303 See Other",
        "307 Temporary",
        "308 Permanent",
    ] {
        let other = Server::start([json("200 OK", r#"{"id":"1","userName":"a"}"#)]);
        let to = format!("Location: {}/Users/1?token={CANARY}\r\n", other.base());
        let server = Server::start([answer(status, &to, b"")]);
        let error = read_error(&server, options()).await;
        assert_eq!(error.kind(), ErrorKind::Transport(TransportFault::Redirect));
        let message = error.to_string();
        assert!(
            message.contains(&format!("{}/Users/1`", other.base())),
            "{message}"
        );
        assert_eq!(other.seen(), [""; 0], "nothing reached the other origin");
    }
}

#[tokio::test]
async fn a_redirect_within_the_origin_is_followed_for_reads_only() {
    let found = r#"{"id":"1","userName":"a"}"#;
    let to = "Location: /scim/v2/Users/moved\r\n";
    let server = Server::start([answer("308 Permanent", to, b""), json("200 OK", found)]);
    assert_eq!(server.client().send(&get()).await.unwrap().status, 200);
    assert!(server.seen()[1].starts_with("GET /scim/v2/Users/moved HTTP/1.1\r\n"));

    let server = Server::start([answer("308 Permanent", to, b""), json("201 Created", found)]);
    let error = server.client().send(&post()).await.unwrap_err();
    assert_eq!(
        (error.fault, error.effect),
        (TransportFault::Redirect, Effect::None)
    );
    assert_eq!(server.seen().len(), 1);

    let circle = Server::start((0..9).map(|_| answer("307 Temporary", to, b"")));
    assert_eq!(
        circle.client().send(&get()).await.unwrap_err().fault,
        TransportFault::Redirect
    );
    assert_eq!(circle.seen().len(), 4);
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn gzip_is_read_and_a_bomb_is_not() {
    let zipped = "Content-Encoding: gzip\r\n";
    let body = br#"{"id":"1","userName":"a"}"#;
    let bomb = gzip(&vec![b' '; 100 * 1024 * 1024]);
    let server = Server::start([
        answer("200 OK", zipped, &gzip(body)),
        answer("200 OK", zipped, &bomb),
        answer("200 OK", zipped, b"\x1f\x8b no gzip at all"),
    ]);
    let client = server.client();
    assert_eq!(client.send(&get()).await.unwrap().body, body);
    assert!(
        server.seen()[0]
            .to_ascii_lowercase()
            .contains("accept-encoding: gzip")
    );
    assert_eq!(
        client.send(&get()).await.unwrap_err().fault,
        TransportFault::TooLarge
    );
    assert_eq!(
        client.send(&get()).await.unwrap_err().fault,
        TransportFault::Cut
    );
}

#[tokio::test]
async fn web_pages_and_refusals_are_told_apart() {
    let html = "Content-Type: application/scim+json\r\n";
    let page = b"<!DOCTYPE html><html><title>Sign in</title>";
    let echo =
        format!(r#"{{"status":"ERROR","code":"INVALID_TOKEN","message":"{CANARY} is bad"}}"#);
    let server = Server::start([
        answer("200 OK", html, page),
        answer("404 Not Found", html, page),
        json("401 Unauthorized", &echo),
        answer("200 OK", "", b""),
        json("200 OK", "[]"),
        answer("200 OK", "Content-Type: text/plain\r\n", b"\xff\xfe{"),
    ]);
    let base = server.base();
    let error = read_error(&server, options()).await;
    assert_eq!(error.kind(), ErrorKind::NotJson);
    assert!(error.help().contains(&base) && error.to_string().contains(&base));
    let error = read_error(&server, options()).await;
    assert_eq!(error.kind(), ErrorKind::WrongEndpoint);
    assert!(error.help().contains(&base) && error.help().contains("bearer token"));
    let error = read_error(&server, options()).await;
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    assert!(error.help().contains(&base) && error.help().contains("bearer token"));
    assert_eq!(error.detail(), Some("[token] is bad"));
    for _ in 0..3 {
        assert_eq!(
            read_error(&server, options()).await.kind(),
            ErrorKind::Malformed
        );
    }
}

#[tokio::test]
async fn an_empty_404_is_absence_and_the_media_type_is_not_what_decides() {
    let server = Server::start([
        answer("404 Not Found", "", b""),
        answer(
            "200 OK",
            "Content-Type: text/html\r\n",
            br#"{"id":"1","userName":"a"}"#,
        ),
    ]);
    let reader = Reader::new(server.client(), Dialect::rfc());
    assert_eq!(reader.user(&UserId::from("1")).await.unwrap(), None);
    assert!(reader.user(&UserId::from("1")).await.unwrap().is_some());
}

#[tokio::test]
async fn cut_answers_are_errors_and_a_write_may_have_happened() {
    let long = b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{\"id\":\"1\"".to_vec();
    let chunk =
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"id\"\r\nff\r\n".to_vec();
    for bytes in [long, chunk, Vec::new()] {
        let server = Server::start([Reply::Bytes(bytes.clone()), Reply::Bytes(bytes)]);
        let error = server.client().send(&get()).await.unwrap_err();
        assert_eq!(
            (error.fault, error.effect),
            (TransportFault::Cut, Effect::None)
        );
        let error = server.client().send(&post()).await.unwrap_err();
        assert_eq!(
            (error.fault, error.effect),
            (TransportFault::Cut, Effect::Unknown)
        );
    }
}

#[tokio::test]
async fn slow_answers_meet_their_limits() {
    let short = ClientOptions {
        call_timeout: Duration::from_millis(300),
        create_timeout: Duration::from_millis(1_200),
        ..options()
    };
    let drip = Reply::Drip(
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".to_vec(),
        Duration::from_millis(20),
    );
    let server = Server::start([drip, Reply::Silence(Duration::from_secs(2))]);
    let begun = Instant::now();
    let error = read_error(&server, short.clone()).await;
    assert_eq!(error.kind(), ErrorKind::Transport(TransportFault::Timeout));
    assert!(
        begun.elapsed() < Duration::from_millis(800),
        "{:?}",
        begun.elapsed()
    );
    // A user create has its own, longer limit.
    let begun = Instant::now();
    let error = server.client_with(short).send(&post()).await.unwrap_err();
    assert_eq!(
        (error.fault, error.effect),
        (TransportFault::Timeout, Effect::Unknown)
    );
    assert!(
        begun.elapsed() >= Duration::from_millis(1_000),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn nobody_listening_and_no_such_host_are_certain_to_have_no_effect() {
    let nobody = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let base = format!("http://{nobody}/v2");
    let client = HttpTransport::new(&base, &SecretString::from(CANARY), options()).unwrap();
    let error = client.send(&post()).await.unwrap_err();
    assert_eq!(
        (error.fault, error.effect),
        (TransportFault::Connect, Effect::None)
    );
}

#[tokio::test]
async fn what_is_no_tls_is_named_so() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("https://{}/v2", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut hello = vec![0; 4096];
        let n = stream.read(&mut hello).unwrap();
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .unwrap();
        hello.truncate(n);
        hello
    });
    let client = HttpTransport::new(&base, &SecretString::from(CANARY), options()).unwrap();
    let error = client.send(&post()).await.unwrap_err();
    assert_eq!(
        (error.fault, error.effect),
        (TransportFault::Tls, Effect::None),
        "{error}"
    );
    let hello = server.join().unwrap();
    assert!(!String::from_utf8_lossy(&hello).contains("canary"));
}

/// The executor spawns these on several threads.
#[test]
fn every_call_can_move_between_threads() {
    fn sendable(_: impl Send) {}
    let server = Server::start([]);
    let client = Retrying::new(
        Arc::new(server.client()),
        Rate { per_minute: 600 },
        RetryPolicy::new(1),
    );
    let writer = Writer::new(client, Dialect::rfc());
    let reader = writer.reader();
    sendable(reader.list_users(|_| {}));
    sendable(reader.list_groups(|_| {}));
    sendable(reader.find_users("a"));
    sendable(reader.find_groups("a"));
    sendable(writer.create_group("a"));
    sendable(writer.delete_user(&UserId::from("a")));
    sendable(writer.rename_group(&GroupId::from("a"), "b"));
}

async fn retried(reply: Reply, method: Method) -> (Response, Duration, usize) {
    let server = Server::start([reply, json("200 OK", "{}")]);
    let client = Retrying::new(
        server.client(),
        Rate { per_minute: 6_000 },
        RetryPolicy::new(3),
    );
    let begun = Instant::now();
    let answer = client
        .send(&Request::scim(method, ["Users", "1"]))
        .await
        .unwrap();
    (answer, begun.elapsed(), server.seen().len())
}

#[tokio::test]
async fn a_429_is_waited_out_in_each_form() {
    let date =
        "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nRetry-After: Sun, 06 Nov 1994 08:49:38 GMT\r\n";
    for headers in ["Retry-After: 1\r\n", date] {
        let (answer, waited, sent) = retried(answer("429 Slow", headers, b""), Method::Patch).await;
        assert_eq!((answer.status, sent), (200, 2));
        assert!(waited >= Duration::from_secs(1), "{waited:?}");
    }
    for headers in ["", "Retry-After: -5\r\n", "Retry-After: \u{b2}\r\n"] {
        let (answer, waited, sent) = retried(answer("429 Slow", headers, b""), Method::Get).await;
        assert_eq!((answer.status, sent), (200, 2));
        assert!(waited <= Duration::from_secs(2), "{waited:?}");
    }
}

#[tokio::test]
async fn hostile_ids_stay_one_segment_and_filters_are_escaped() {
    let ids = ["../x", "a/b", "%2f", "?admin=1#x", "..\\x", "a b", "é"];
    let server = Server::start(ids.iter().map(|_| answer("404 Not Found", "", b"")));
    let reader = Reader::new(server.client(), Dialect::rfc());
    for id in ids {
        assert_eq!(reader.user(&UserId::from(id)).await.unwrap(), None);
    }
    for (id, seen) in ids.iter().zip(server.seen()) {
        let path = seen.split(' ').nth(1).unwrap();
        let segment = path.strip_prefix("/scim/v2/Users/").unwrap();
        assert!(!segment.contains(['/', '?', '#', '\\']), "{id}: {path}");
        let decoded = percent_encoding::percent_decode_str(segment)
            .decode_utf8()
            .unwrap();
        assert_eq!(decoded, *id);
    }
    let nothing = r#"{"totalResults":0}"#;
    let server = Server::start([json("200 OK", nothing)]);
    let reader = Reader::new(server.client(), Dialect::rfc());
    reader.find_users(r#"o'c+"&x@y.io"#).await.unwrap();
    expect!["GET /scim/v2/Users?filter=userName%20eq%20%22o%27c%2B%5C%22%26x%40y.io%22&startIndex=1&count=100 HTTP/1.1"]
        .assert_eq(server.seen()[0].lines().next().unwrap());
}

#[tokio::test]
async fn the_platform_door_uses_its_own_header() {
    let server = Server::start([json("200 OK", "{}")]);
    let base = format!("http://{}/gateway/ng/api/scim/account/x", server.address);
    let client = HttpTransport::new(&base, &SecretString::from(CANARY), harness()).unwrap();
    let request = Request::platform(Method::Get, ["ng", "api", "user", "currentUser"]);
    client.send(&request).await.unwrap();
    let seen = &server.seen()[0];
    assert!(
        seen.starts_with("GET /gateway/ng/api/user/currentUser HTTP/1.1\r\n"),
        "{seen}"
    );
    assert!(seen.contains(&format!("x-api-key: {CANARY}\r\n")), "{seen}");
    assert!(
        !seen.to_ascii_lowercase().contains("authorization"),
        "{seen}"
    );
}

/// The token is asked about in a body, on the way there and on no other.
#[tokio::test]
async fn the_token_goes_as_a_body_to_its_own_origin_only() {
    let server = Server::start([json("200 OK", r#"{"data":{"valid":true}}"#)]);
    let base = format!("http://{}/gateway/ng/api/scim/account/x", server.address);
    let client = HttpTransport::new(&base, &SecretString::from(CANARY), harness()).unwrap();
    let reader = Reader::new(client, Profile::named("harness").unwrap().dialect);
    let platform = reader.platform().expect("the URL tells where it is");
    assert!(platform.token().await.unwrap().valid);
    let seen = &server.seen()[0];
    let line = seen.lines().next().unwrap();
    assert_eq!(
        line,
        "POST /gateway/ng/api/token/validate?accountIdentifier=x HTTP/1.1"
    );
    assert!(seen.contains("content-type: text/plain\r\n"), "{seen}");
    assert!(seen.ends_with(&format!("\r\n\r\n{CANARY}")), "{seen}");
}

fn harness() -> ClientOptions {
    ClientOptions::for_dialect(&Profile::named("harness").unwrap().dialect)
}

/// A request as sent, without what changes from run to run.
fn transcript(server: &Server) -> String {
    let mut text = String::new();
    for seen in server.seen() {
        let seen = seen
            .replace(CANARY, "[token]")
            .replace(&server.address.to_string(), "[host]")
            .replace(env!("CARGO_PKG_VERSION"), "[version]");
        text.push_str(&seen.replace("\r\n", "\n"));
        text.push_str("\n--\n");
    }
    assert!(!text.contains("canary"));
    text
}

#[tokio::test]
async fn writes_look_like_this() {
    let user = r#"{"id":"u-1","userName":"ada@example.com"}"#;
    let group = r#"{"id":"g_1","displayName":"ops"}"#;
    let server = Server::start([
        json("201 Created", user),
        answer("204 No Content", "", b""),
        answer("204 No Content", "", b""),
        json("201 Created", group),
        answer("204 No Content", "", b""),
        answer("204 No Content", "", b""),
        answer("204 No Content", "", b""),
        answer("204 No Content", "", b""),
    ]);
    let writer = Writer::new(server.client(), Dialect::rfc());
    let ada = NewUser {
        external_id: Some("scim-sync:ada"),
        user_name: "ada@example.com",
        display_name: "Ada Lovelace",
        given_name: "Ada",
        family_name: "Lovelace",
        email: "ada@example.com",
        attributes: &scim_sync::ids::attributes::NO_ATTRIBUTES,
    };
    writer.create_user(&ada).await.unwrap();
    let (id, gid) = (UserId::from("u-1"), GroupId::from("g_1"));
    let state = UserState {
        attributes: ada,
        activity: Activity::Active,
    };
    let changed = [UserAttribute::FamilyName, UserAttribute::Email];
    writer.update_user(&id, &state, &changed).await.unwrap();
    writer.set_active(&id, Activity::Inactive).await.unwrap();
    writer.create_group("ops").await.unwrap();
    writer
        .add_members(&gid, &[id.clone(), UserId::from("u-2")])
        .await
        .unwrap();
    writer
        .remove_members(&gid, &[id.clone(), UserId::from("u\"2")])
        .await
        .unwrap();
    writer.rename_group(&gid, "operations").await.unwrap();
    writer.delete_user(&id).await.unwrap();
    expect![[r#"
        POST /scim/v2/Users HTTP/1.1
        authorization: Bearer [token]
        accept: application/scim+json, application/json;q=0.9
        content-type: application/scim+json
        user-agent: scim-sync/[version]
        accept-encoding: gzip
        host: [host]
        content-length: 278

        {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"externalId":"scim-sync:ada","userName":"ada@example.com","displayName":"Ada Lovelace","name":{"givenName":"Ada","familyName":"Lovelace"},"emails":[{"value":"ada@example.com","type":"work","primary":true}],"active":true}
        --
        PATCH /scim/v2/Users/u-1 HTTP/1.1
        authorization: Bearer [token]
        accept: application/scim+json, application/json;q=0.9
        content-type: application/scim+json
        user-agent: scim-sync/[version]
        accept-encoding: gzip
        host: [host]
        content-length: 220

        {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"name.familyName","value":"Lovelace"},{"op":"replace","path":"emails[type eq \"work\"].value","value":"ada@example.com"}]}
        --
        PATCH /scim/v2/Users/u-1 HTTP/1.1
        authorization: Bearer [token]
        accept: application/scim+json, application/json;q=0.9
        content-type: application/scim+json
        user-agent: scim-sync/[version]
        accept-encoding: gzip
        host: [host]
        content-length: 123

        {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":false}]}
        --
        POST /scim/v2/Groups HTTP/1.1
        authorization: Bearer [token]
        accept: application/scim+json, application/json;q=0.9
        content-type: application/scim+json
        user-agent: scim-sync/[version]
        accept-encoding: gzip
        host: [host]
        content-length: 79

        {"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"ops"}
        --
        PATCH /scim/v2/Groups/g_1 HTTP/1.1
        authorization: Bearer [token]
        accept: application/scim+json, application/json;q=0.9
        content-type: application/scim+json
        user-agent: scim-sync/[version]
        accept-encoding: gzip
        host: [host]
        content-length: 148

        {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"members","value":[{"value":"u-1"},{"value":"u-2"}]}]}
        --
        PATCH /scim/v2/Groups/g_1 HTTP/1.1
        authorization: Bearer [token]
        accept: application/scim+json, application/json;q=0.9
        content-type: application/scim+json
        user-agent: scim-sync/[version]
        accept-encoding: gzip
        host: [host]
        content-length: 181

        {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove","path":"members[value eq \"u-1\"]"},{"op":"remove","path":"members[value eq \"u\\\"2\"]"}]}
        --
        PATCH /scim/v2/Groups/g_1 HTTP/1.1
        authorization: Bearer [token]
        accept: application/scim+json, application/json;q=0.9
        content-type: application/scim+json
        user-agent: scim-sync/[version]
        accept-encoding: gzip
        host: [host]
        content-length: 135

        {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"displayName","value":"operations"}]}
        --
        DELETE /scim/v2/Users/u-1 HTTP/1.1
        authorization: Bearer [token]
        accept: application/scim+json, application/json;q=0.9
        user-agent: scim-sync/[version]
        accept-encoding: gzip
        host: [host]


        --
    "#]].assert_eq(&transcript(&server));
}

/// Attributes beyond names: the extension is named where something of it is sent, each change is
/// one operation, and no value is no empty text.
#[tokio::test]
async fn attributes_are_written_where_they_belong() {
    use scim_sync::ids::attributes::{Attributes, ExtraAttribute};
    use scim_sync::scim::dialect::UserUpdate;
    let user = r#"{"id":"u-1","schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName":"ada@example.com","nickName":"A","timezone":"UTC",
        "name":{"formatted":"Ada King","givenName":"Ada"},
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"7"},"division":"Sums"}}"#;
    let server = Server::start([
        json("201 Created", user),
        answer("204 No Content", "", b""),
        json("200 OK", user),
        answer("204 No Content", "", b""),
    ]);
    let mut attributes = Attributes::default();
    attributes.set(ExtraAttribute::Title, "Analyst");
    attributes.set(ExtraAttribute::MiddleName, "King");
    attributes.set(ExtraAttribute::Department, "Engines");
    let ada = NewUser {
        external_id: None,
        user_name: "ada@example.com",
        display_name: "Ada Lovelace",
        given_name: "Ada",
        family_name: "Lovelace",
        email: "ada@example.com",
        attributes: &attributes,
    };
    let state = UserState {
        attributes: ada,
        activity: Activity::Active,
    };
    let id = UserId::from("u-1");
    let changed = [
        ExtraAttribute::NickName,
        ExtraAttribute::Title,
        ExtraAttribute::MiddleName,
        ExtraAttribute::Division,
        ExtraAttribute::Department,
    ]
    .map(UserAttribute::Extra);
    let writer = Writer::new(server.client(), Dialect::rfc());
    writer.create_user(&ada).await.unwrap();
    writer.update_user(&id, &state, &changed).await.unwrap();
    let by_put = Dialect {
        user_update: UserUpdate::PutMerged,
        ..Dialect::rfc()
    };
    let writer = Writer::new(server.client(), by_put);
    writer.update_user(&id, &state, &changed).await.unwrap();
    let told = transcript(&server);
    let bodies: Vec<&str> = told.lines().filter(|line| line.starts_with('{')).collect();
    expect![[r#"
        {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"userName":"ada@example.com","displayName":"Ada Lovelace","name":{"givenName":"Ada","familyName":"Lovelace","middleName":"King"},"emails":[{"value":"ada@example.com","type":"work","primary":true}],"active":true,"title":"Analyst","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Engines"}}
        {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove","path":"nickName"},{"op":"replace","path":"title","value":"Analyst"},{"op":"replace","path":"name.middleName","value":"King"},{"op":"remove","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:division"},{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"Engines"}]}
        {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"userName":"ada@example.com","timezone":"UTC","title":"Analyst","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"7"},"department":"Engines"},"name":{"givenName":"Ada","middleName":"King"}}"#]].assert_eq(&bodies.join("\n"));
}

#[tokio::test]
async fn writes_of_the_other_dialects_look_like_this() {
    use scim_sync::scim::dialect::{
        ExternalIdStorage, GroupRename, MemberRemoval, UserDeactivation, UserUpdate,
    };
    let server = Server::start((0..4).map(|_| answer("204 No Content", "", b"")));
    let dialect = Dialect {
        user_update: UserUpdate::Put,
        user_deactivation: UserDeactivation::Removes,
        member_removal: MemberRemoval::ValueList,
        group_rename: GroupRename::CapitalReplacePath,
        user_external_id: ExternalIdStorage::Dropped,
        content_type: "application/json",
        ..Dialect::rfc()
    };
    let writer = Writer::new(server.client(), dialect);
    let attributes = NewUser {
        external_id: Some("scim-sync:ada"),
        user_name: "ada@example.com",
        display_name: "Ada Lovelace",
        given_name: "Ada",
        family_name: "Lovelace",
        email: "ada@example.com",
        attributes: &scim_sync::ids::attributes::NO_ATTRIBUTES,
    };
    let (id, gid) = (UserId::from("u-1"), GroupId::from("g_1"));
    let state = UserState {
        attributes,
        activity: Activity::Active,
    };
    writer
        .update_user(&id, &state, &[UserAttribute::DisplayName])
        .await
        .unwrap();
    writer.set_active(&id, Activity::Inactive).await.unwrap();
    writer
        .remove_members(&gid, std::slice::from_ref(&id))
        .await
        .unwrap();
    writer.rename_group(&gid, "operations").await.unwrap();
    expect![[r#"
        PUT /scim/v2/Users/u-1 HTTP/1.1
        authorization: Bearer [token]
        accept: application/scim+json, application/json;q=0.9
        content-type: application/json
        user-agent: scim-sync/[version]
        accept-encoding: gzip
        host: [host]
        content-length: 249

        {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada@example.com","displayName":"Ada Lovelace","name":{"givenName":"Ada","familyName":"Lovelace"},"emails":[{"value":"ada@example.com","type":"work","primary":true}],"active":true}
        --
        DELETE /scim/v2/Users/u-1 HTTP/1.1
        authorization: Bearer [token]
        accept: application/scim+json, application/json;q=0.9
        user-agent: scim-sync/[version]
        accept-encoding: gzip
        host: [host]


        --
        PATCH /scim/v2/Groups/g_1 HTTP/1.1
        authorization: Bearer [token]
        accept: application/scim+json, application/json;q=0.9
        content-type: application/json
        user-agent: scim-sync/[version]
        accept-encoding: gzip
        host: [host]
        content-length: 135

        {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove","path":"members","value":[{"value":"u-1"}]}]}
        --
        PATCH /scim/v2/Groups/g_1 HTTP/1.1
        authorization: Bearer [token]
        accept: application/scim+json, application/json;q=0.9
        content-type: application/json
        user-agent: scim-sync/[version]
        accept-encoding: gzip
        host: [host]
        content-length: 135

        {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":"displayName","value":"operations"}]}
        --
    "#]].assert_eq(&transcript(&server));
}
