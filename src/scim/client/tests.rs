//! What needs no socket: URLs, headers, and taking out the token.

use super::*;

fn transport(base: &str) -> Result<HttpTransport, ClientError> {
    let options = ClientOptions::for_dialect(&Dialect::rfc());
    HttpTransport::new(base, &SecretString::from("canary-token-1"), options)
}

fn url(base: &str, request: &Request) -> String {
    transport(base).unwrap().url(request).unwrap().into()
}

#[test]
fn plain_http_is_for_loopback_only() {
    for good in [
        "http://127.0.0.1:8080/v2",
        "http://127.9.9.9",
        "http://[::1]/v2",
        "http://localhost:1/x/",
    ] {
        assert!(transport(good).is_ok(), "{good}");
    }
    for bad in [
        "http://scim.example",
        "http://10.0.0.1",
        "http://localhost.example",
    ] {
        let error = transport(bad).unwrap_err();
        assert!(matches!(error, ClientError::Insecure { url: _ }), "{error}");
    }
    for bad in [
        "https://user:s3cret@scim.example/",
        "https://scim.example/?token=s3cret",
        "ftp://127.0.0.1/",
        "s3cret@x",
    ] {
        let error = transport(bad).unwrap_err();
        assert!(
            matches!(error, ClientError::Url { url: _, why: _ }),
            "{error}"
        );
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
}

#[test]
fn ids_stay_one_segment() {
    let base = "http://127.0.0.1/scim/";
    let path = |id: &str| url(base, &Request::scim(Method::Get, ["Users", id]));
    assert_eq!(path("../x"), "http://127.0.0.1/scim/Users/..%2Fx");
    assert_eq!(path("a/b"), "http://127.0.0.1/scim/Users/a%2Fb");
    assert_eq!(path("%2f"), "http://127.0.0.1/scim/Users/%252f");
    assert_eq!(
        path("a?b#c\\d;é"),
        "http://127.0.0.1/scim/Users/a%3Fb%23c%5Cd%3B%C3%A9"
    );
    for id in ["", ".", ".."] {
        let error = transport(base)
            .unwrap()
            .url(&Request::scim(Method::Delete, ["Users", id]))
            .unwrap_err();
        // And is not tried again.
        assert_eq!(
            (error.fault, error.effect),
            (TransportFault::Unsent, Effect::None)
        );
    }
    let query = Request::scim(Method::Get, ["Users"]).with_query("filter", "userName eq \"a+b&c\"");
    assert_eq!(
        url(base, &query),
        "http://127.0.0.1/scim/Users?filter=userName%20eq%20%22a%2Bb%26c%22"
    );
}

#[test]
fn the_platform_door_begins_where_the_scim_path_does() {
    let request = Request::platform(Method::Get, ["ng", "api", "user"]);
    let platform = |base: &str| {
        let dialect = crate::profile::harness::profile().dialect;
        let options = ClientOptions::for_dialect(&dialect);
        let token = SecretString::from("canary-token-1");
        let transport = HttpTransport::new(base, &token, options).unwrap();
        let url = transport.url(&request);
        url.map(String::from).map_err(|error| error.message)
    };
    for (base, wanted) in [
        (
            "http://127.0.0.1:7/gateway/ng/api/scim/account/x",
            "http://127.0.0.1:7/gateway/ng/api/user",
        ),
        (
            "http://127.0.0.1:7/ng/api/scim/account/x/",
            "http://127.0.0.1:7/ng/api/user",
        ),
    ] {
        assert_eq!(platform(base).as_deref(), Ok(wanted));
    }
    for other in ["http://127.0.0.1:7/scim/v2", "http://127.0.0.1:7/"] {
        assert!(platform(other).unwrap_err().contains("own API"), "{other}");
    }
}

#[test]
fn tokens_that_cannot_be_sent_are_refused_unseen() {
    for token in ["", "s3cret\n", "s3cret s3cret", "s3crét s3cret"] {
        let options = ClientOptions::for_dialect(&Dialect::rfc());
        let error = HttpTransport::new("https://x.example", &SecretString::from(token), options);
        let error = error.unwrap_err();
        assert!(matches!(error, ClientError::Token { why: _ }));
        assert!(!format!("{error} {error:?}").contains("s3cr"), "{error}");
    }
    let debug = format!("{:?}", transport("http://127.0.0.1").unwrap());
    assert!(!debug.contains("canary"), "{debug}");
}

#[test]
fn echoes_of_the_token_are_taken_out() {
    let secrets = Secrets::of(
        &SecretString::from("pat.acc.tok.verysecretpart"),
        Login::Bearer,
    );
    let mut body = b"x pat.acc.tok.verysecretpart y verysecretpart z".to_vec();
    secrets.redact(&mut body);
    assert_eq!(body, b"x [token] y [token] z");
}
