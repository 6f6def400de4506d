//! The live state is read while the manifest still is: with whatever is wrong in a file that
//! comes later, the manifest's faults are all that is told, and nobody who is not trusted with
//! the token makes it be sent.

#[path = "support/cli.rs"]
mod support;

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use support::{Place, Served};

fn root(base_url: &str) -> String {
    format!(
        "version: 1\ntarget:\n  provider: harness\n  baseUrl: {base_url}\n  token: {{ env: SCIM_TOKEN }}\ninclude: [people/*.yaml]\nroles: {{ sre: {{ members: [ada] }} }}\ngroupMappings: [{{ match: '.*', group: '{{role}}' }}]\n"
    )
}

const ADA: &str = "users: { ada: { email: ada@x.io } }\n";
const TOKEN: &[(&str, &str)] = &[("SCIM_TOKEN", "tok")];

/// A listener that counts who connects and answers nobody well.
fn counting() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!(
        "http://{}/gateway/ng/api/scim/account/sandbox",
        listener.local_addr().expect("an address")
    );
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            counted.fetch_add(1, Ordering::SeqCst);
            let mut seen = [0; 4096];
            // Whatever was asked is answered alike.
            let _ = stream.read(&mut seen);
            let _ = stream.write_all(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n");
        }
    });
    (url, connections)
}

#[test]
fn a_plan_is_the_same_as_ever() {
    let place = Place::new();
    let served = Served::start(&place, &["--token", "tok"]);
    place.write("scim-sync.yaml", &root(&served.base_url));
    place.write("people/ada.yaml", ADA);
    place
        .run_with(TOKEN, &["plan"])
        .ends(0)
        .says("create user ada")
        .says("Plan: 2 to create");
}

#[test]
fn faults_of_later_files_are_all_that_is_told() {
    let (url, _) = counting();
    let place = Place::new();
    place.write("scim-sync.yaml", &root(&url));
    place.write("people/ada.yaml", "users: { ada: { email: nobody } }\n");
    let ran = place.run_with(TOKEN, &["plan"]).ends(1);
    assert!(ran.err.contains("invalid-email"), "{}", ran.err);
    assert!(!ran.err.contains("401"), "{}", ran.err);
}

#[test]
fn a_fault_of_the_root_file_sends_nothing() {
    let (url, connections) = counting();
    let place = Place::new();
    let root = root(&url).replace("version: 1", "version: 2");
    place.write("scim-sync.yaml", &root);
    place.write("people/ada.yaml", ADA);
    place.run_with(TOKEN, &["plan"]).ends(1);
    assert_eq!(connections.load(Ordering::SeqCst), 0);
}

#[test]
fn an_untrusted_change_sends_nothing_before_it_is_judged() {
    let (url, connections) = counting();
    let place = Place::new();
    place.write("before/scim-sync.yaml", &root("http://127.0.0.1:9/x"));
    place.write("before/people/ada.yaml", ADA);
    place.write("scim-sync.yaml", &root(&url));
    place.write("people/ada.yaml", ADA);
    let arguments = ["plan", "--untrusted", "--base", "before"];
    let ran = place.run_with(TOKEN, &arguments).ends(1);
    assert!(ran.err.contains("untrusted-target"), "{}", ran.err);
    assert_eq!(connections.load(Ordering::SeqCst), 0);
    // The same without the flag is how it is noticed.
    place.run_with(TOKEN, &["plan", "--no-base"]).ends(1);
    assert!(connections.load(Ordering::SeqCst) > 0);
}
