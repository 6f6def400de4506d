//! The real HTTP door.

use std::time::{Duration, Instant};

use scim_sync::sandbox::server::{BODY_CAP, Options, Server};
use scim_sync::sandbox::state_file::StateFile;
use scim_sync::sandbox::world::World;
use serde_json::{Value, json};

use crate::support::{Sandbox, TOKEN};

fn world() -> World {
    Sandbox::documented().world
}

fn client() -> reqwest::Client {
    // A second call finds it installed, which is as good.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

async fn post(
    client: &reqwest::Client,
    server: &Server,
    path: &str,
    body: &Value,
) -> (u16, String) {
    let response = client
        .post(format!("{}/{path}", server.base_url()))
        .bearer_auth(TOKEN)
        .header("content-type", "application/scim+json")
        .body(body.to_string())
        .send()
        .await
        .unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

async fn get(client: &reqwest::Client, server: &Server, path: &str) -> (u16, String) {
    let url = format!("{}/{path}", server.base_url());
    let response = client.get(url).bearer_auth(TOKEN).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

fn in_file(state: &StateFile) -> Options {
    Options {
        state: Some(state.clone()),
        ..Options::default()
    }
}

#[test]
fn speaks_http_on_loopback() {
    block_on(async {
        let client = client();
        let server = Server::start(Options::default(), world).await.unwrap();
        assert!(server.address().ip().is_loopback());
        let base = "/gateway/ng/api/scim/account/AcC0unt";
        assert_eq!(
            server.base_url(),
            format!("http://{}{base}", server.address())
        );
        let (status, created) =
            post(&client, &server, "Users", &json!({"userName": "a@x.io"})).await;
        assert_eq!(status, 201, "{created}");
        let (_, listed) = get(
            &client,
            &server,
            "Users?filter=userName%20eq%20%22a@x.io%22",
        )
        .await;
        assert!(listed.contains("\"totalResults\":1"));
        let gateway = client
            .get(format!("http://{}/", server.address()))
            .send()
            .await
            .unwrap();
        assert_eq!(gateway.status().as_u16(), 404);
        assert_eq!(gateway.headers()["content-type"], "text/html");
        let empty = get(&client, &server, "Users/nobody").await;
        assert!(empty.1.contains("User does not exist in Harness"));
        server.shutdown().await;
    });
}

#[test]
fn state_survives_a_restart_and_is_written_before_the_answer() {
    let folder = tempfile::tempdir().unwrap();
    let state = StateFile::new(folder.path().join("new/sandbox.json"));
    block_on(async {
        let client = client();
        let server = Server::start(in_file(&state), world).await.unwrap();
        post(&client, &server, "Users", &json!({"userName": "a@x.io"})).await;
        // The answer is here, so the file is, with the server still running.
        let stored = state.load().unwrap().expect("a state");
        assert!(stored.user_by_email("a@x.io").is_some());
        drop(server);
        let server = Server::start(in_file(&state), || panic!("there is a state"))
            .await
            .unwrap();
        let (status, listed) = get(&client, &server, "Users").await;
        assert_eq!(status, 200);
        assert!(listed.contains("a@x.io"));
        server.shutdown().await;
    });
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(state.path())
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let mut left: Vec<_> = std::fs::read_dir(folder.path().join("new"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(
        left,
        ["sandbox.json", "sandbox.json.lock"],
        "no temporary file is left"
    );
}

#[test]
fn a_corrupt_state_is_an_error_and_left_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.json");
    std::fs::write(&path, "{\"version\":1,").unwrap();
    let state = StateFile::new(&path);
    let error = block_on(Server::start(in_file(&state), world))
        .unwrap_err()
        .to_string();
    assert!(error.contains("was left untouched"), "{error}");
    assert!(error.contains("sandbox.json"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "{\"version\":1,");
}

#[test]
fn many_writes_at_once_share_file_writes() {
    let folder = tempfile::tempdir().unwrap();
    let state = StateFile::new(folder.path().join("sandbox.json"));
    block_on(async {
        let client = client();
        let server = Server::start(in_file(&state), world).await.unwrap();
        let bodies: Vec<Value> = (0..200)
            .map(|n| json!({"userName": format!("u{n}@x.io")}))
            .collect();
        let writes = bodies
            .iter()
            .map(|body| post(&client, &server, "Users", body));
        let answers = futures_util::future::join_all(writes).await;
        assert!(answers.iter().all(|(status, _)| *status == 201));
        let stored = state.load().unwrap().expect("a state");
        assert_eq!(
            stored.users().count(),
            200,
            "every answered write is in the file"
        );
        assert!(
            server.saves() < 200,
            "{} saves for 200 writes",
            server.saves()
        );
        get(&client, &server, "Users").await;
        let before = server.saves();
        get(&client, &server, "Groups").await;
        assert_eq!(server.saves(), before, "reads write nothing");
        server.shutdown().await;
    });
}

#[test]
fn too_large_a_body_is_413() {
    block_on(async {
        let client = client();
        let server = Server::start(Options::default(), world).await.unwrap();
        let response = client
            .post(format!("{}/Users", server.base_url()))
            .bearer_auth(TOKEN)
            .header("content-type", "application/json")
            .body(vec![b' '; BODY_CAP + 1])
            .send()
            .await;
        // The server may close while the client still sends; both are a refusal.
        if let Ok(response) = response {
            assert_eq!(response.status().as_u16(), 413);
        }
        assert_eq!(server.with_world(|world| world.requests()), 0);
        server.shutdown().await;
    });
}

#[test]
fn latency_is_waited_for() {
    block_on(async {
        let client = client();
        let options = Options {
            latency: Duration::from_millis(200),
            ..Options::default()
        };
        let server = Server::start(options, world).await.unwrap();
        let start = Instant::now();
        get(&client, &server, "Users").await;
        assert!(start.elapsed() >= Duration::from_millis(200));
        server.shutdown().await;
    });
}
