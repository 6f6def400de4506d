//! What stands between a pipeline and its provider: a company's own certificates, and a
//! proxy.

#[path = "support/cli.rs"]
mod support;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use support::Place;

const TOKEN: &str = "canary-5ecret-value";

fn manifest(base_url: &str, more: &str) -> String {
    format!(
        "version: 1\ntarget: {{ provider: scim, baseUrl: '{base_url}', token: {{ env: TOK }}{more} }}\nusers: {{ ada: {{ email: ada@example.com }} }}\n"
    )
}

/// An authority of one's own, as PEM, and a server certificate it signed for a name.
fn authority(name: &str) -> (String, CertificateDer<'static>, PrivateKeyDer<'static>) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let pem = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let server_key = KeyPair::generate().unwrap();
    let server = CertificateParams::new(vec![name.to_owned()])
        .unwrap()
        .signed_by(&server_key, &issuer)
        .unwrap();
    let key = PrivateKeyDer::try_from(server_key.serialize_der()).unwrap();
    (pem, server.der().clone(), key)
}

/// Serves empty SCIM lists over TLS, until the test ends.
fn serve_tls(certificate: CertificateDer<'static>, key: PrivateKeyDer<'static>) -> u16 {
    let _set_before_or_now = rustls::crypto::ring::default_provider().install_default();
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (Ok(mut stream), config) = (stream, Arc::clone(&config)) else {
                return;
            };
            thread::spawn(move || {
                let mut session = rustls::ServerConnection::new(config).unwrap();
                let mut tls = rustls::Stream::new(&mut session, &mut stream);
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") {
                    match tls.read(&mut byte) {
                        Ok(1) => head.push(byte[0]),
                        Ok(_) | Err(_) => return,
                    }
                }
                let body = r#"{"totalResults":0,"Resources":[]}"#;
                // Whoever hung up does not want the answer.
                let _ = write!(
                    tls,
                    "HTTP/1.1 200 OK\r\nContent-Type: application/scim+json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                );
                let _ = tls.flush();
            });
        }
    });
    port
}

#[test]
fn a_companys_own_authority_is_trusted_when_named_and_only_for_its_names() {
    let (authority_pem, certificate, key) = authority("localhost");
    let port = serve_tls(certificate, key);
    let place = Place::new();
    place.write("ca.pem", &authority_pem);
    let plan = |place: &Place| place.run_with(&[("TOK", TOKEN)], &["plan"]);

    place.write(
        "scim-sync.yaml",
        &manifest(
            &format!("https://localhost:{port}/scim"),
            ", caFile: ca.pem",
        ),
    );
    plan(&place).ends(0).says("Plan: 1 to create");
    // The certificate is for `localhost`, not for this address.
    place.write(
        "scim-sync.yaml",
        &manifest(
            &format!("https://127.0.0.1:{port}/scim"),
            ", caFile: ca.pem",
        ),
    );
    plan(&place).ends(1).warns("certificate");
    // Nobody named the authority.
    place.write(
        "scim-sync.yaml",
        &manifest(&format!("https://localhost:{port}/scim"), ""),
    );
    plan(&place).ends(1).warns("certificate");
    // Another authority does not vouch for it.
    place.write("ca.pem", &authority("localhost").0);
    place.write(
        "scim-sync.yaml",
        &manifest(
            &format!("https://localhost:{port}/scim"),
            ", caFile: ca.pem",
        ),
    );
    plan(&place).ends(1).warns("certificate");
    place.write("ca.pem", "no certificate");
    plan(&place).ends(1).warns("the certificates in");
}

/// A proxy is asked for the provider's host, and never sees the token.
#[test]
fn a_proxy_is_used_and_does_not_see_the_token() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let seen = thread::spawn(move || {
        let mut seen = String::new();
        // Users and groups are read at once, so two connections come at least.
        for stream in listener.incoming().take(2) {
            let mut stream: TcpStream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            for line in lines
                .by_ref()
                .map_while(Result::ok)
                .take_while(|line| !line.is_empty())
            {
                seen.push_str(&line);
                seen.push('\n');
            }
            stream
                .write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                .unwrap();
        }
        seen
    });
    let place = Place::with(&manifest("https://scim.provider.invalid/v2", ""));
    let ran = place
        .run_with(&[("TOK", TOKEN), ("HTTPS_PROXY", &proxy)], &["plan"])
        .ends(1);
    let seen = seen.join().unwrap();
    assert!(
        seen.starts_with("CONNECT scim.provider.invalid:443 HTTP/1.1"),
        "{seen}"
    );
    assert!(!seen.contains("canary"), "the proxy saw the token: {seen}");
    assert!(!ran.err.contains("canary") && !ran.out.contains("canary"));
}
