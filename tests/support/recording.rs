//! A door in front of a served sandbox that writes down every byte that is sent to it.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

/// A proxy on a port of its own; it lives as long as the test's process.
pub struct Recording {
    pub base_url: String,
    seen: Arc<Mutex<String>>,
}

/// Where the first of each of several waits until all have come.
#[derive(Clone)]
pub struct Together(Arc<(Mutex<Coming>, Condvar)>);

struct Coming {
    awaited: usize,
    late: bool,
}

impl Together {
    pub fn new(of: usize) -> Self {
        let coming = Coming {
            awaited: of,
            late: false,
        };
        Self(Arc::new((Mutex::new(coming), Condvar::new())))
    }

    /// Waits for the others, but not for ever.
    fn wait(&self) {
        let (coming, changed) = &*self.0;
        let mut coming = coming.lock().expect("nobody panicked");
        coming.awaited = coming.awaited.saturating_sub(1);
        changed.notify_all();
        let long = Duration::from_secs(15);
        let open = |coming: &mut Coming| coming.awaited > 0;
        let (mut coming, waited) = changed
            .wait_timeout_while(coming, long, open)
            .expect("nobody panicked");
        coming.late |= waited.timed_out();
    }

    /// Whether all came while the others waited.
    pub fn met(&self) -> bool {
        let coming = self.0.0.lock().expect("nobody panicked");
        coming.awaited == 0 && !coming.late
    }
}

impl Recording {
    /// Passes everything on to this base URL.
    pub fn before(base_url: &str) -> Self {
        Self::waiting(base_url, &Together::new(1))
    }

    /// The same, once all have come who wait together.
    pub fn waiting(base_url: &str, together: &Together) -> Self {
        let rest = base_url.strip_prefix("http://").expect("plain HTTP");
        let (upstream, path) = rest.split_once('/').expect("a path");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a bound socket");
        let seen = Arc::new(Mutex::new(String::new()));
        let (upstream, log) = (upstream.to_owned(), Arc::clone(&seen));
        let together = together.clone();
        thread::spawn(move || {
            let mut first = Some(together);
            for stream in listener.incoming() {
                if let Some(together) = first.take() {
                    together.wait();
                }
                let (upstream, log) = (upstream.clone(), Arc::clone(&log));
                thread::spawn(move || pass_on(stream.expect("a connection"), &upstream, &log));
            }
        });
        Self {
            base_url: format!("http://{address}/{path}"),
            seen,
        }
    }

    /// Everything that was sent since the last call.
    pub fn take(&self) -> String {
        std::mem::take(&mut *self.seen.lock().expect("nobody panicked"))
    }
}

/// One request for each connection: both sides are told to close it.
fn pass_on(mut client: TcpStream, upstream: &str, log: &Mutex<String>) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match client.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            // Whoever hung up before asking asked nothing.
            Ok(_) | Err(_) => return,
        }
    }
    let head = String::from_utf8(head).expect("a head is ASCII");
    let length = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.trim().parse().expect("a length"));
    let mut body = vec![0; length];
    client.read_exact(&mut body).expect("the whole body");
    {
        let mut log = log.lock().expect("nobody panicked");
        log.push_str(&head);
        log.push_str(&String::from_utf8_lossy(&body));
        log.push('\n');
    }
    let mut server = TcpStream::connect(upstream).expect("the sandbox runs");
    let head = head.replacen("\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1);
    server
        .write_all(head.as_bytes())
        .expect("the head goes out");
    server.write_all(&body).expect("the body goes out");
    // A client that has enough hangs up.
    let _ = std::io::copy(&mut server, &mut client);
}
