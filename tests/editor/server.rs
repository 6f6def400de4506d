//! A client of a language server, as much of one as an editor is here.

use std::collections::BTreeMap;
use std::io::{BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Long enough for a cold start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Server {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    next: i64,
    /// The last diagnostics of each document.
    diagnostics: BTreeMap<String, Vec<Value>>,
    settings: Value,
    /// The version of each open document.
    versions: BTreeMap<String, u64>,
}

impl Server {
    /// Starts the server and gives it settings as an editor's, `yaml.*` nested.
    pub fn start(root: &Path, settings: Value) -> Self {
        let program = std::env::var_os("YAML_LANGUAGE_SERVER")
            .expect("run this through tests/editor/run, which installs the server");
        let mut child = Command::new(program)
            .arg("--stdio")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let input = child.stdin.take().expect("stdin is piped");
        let output = child.stdout.take().expect("stdout is piped");
        let (send, messages) = channel();
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Some(message) = read(&mut output) {
                if send.send(message).is_err() {
                    return;
                }
            }
        });
        let mut server = Self {
            child,
            input,
            messages,
            next: 1,
            diagnostics: BTreeMap::new(),
            settings,
            versions: BTreeMap::new(),
        };
        let root = uri(root);
        server.request(
            "initialize",
            json!({
                "processId": std::process::id(),
                "rootUri": root,
                "workspaceFolders": [{ "uri": root, "name": "root" }],
                "capabilities": {
                    "workspace": { "configuration": true },
                    "textDocument": {
                        "hover": { "contentFormat": ["markdown", "plaintext"] },
                        "completion": { "completionItem": { "snippetSupport": true } },
                    },
                },
            }),
        );
        server.notify("initialized", json!({}));
        let settings = server.settings.clone();
        server.notify(
            "workspace/didChangeConfiguration",
            json!({ "settings": settings }),
        );
        server
    }

    /// Opens a text under a path, and returns what the server says of it.
    pub fn open(&mut self, path: &Path, text: &str) -> Vec<String> {
        let uri = uri(path);
        self.diagnostics.remove(&uri);
        let version = self.versions.entry(uri.clone()).or_default();
        *version += 1;
        let version = *version;
        if version == 1 {
            let document =
                json!({ "uri": uri, "languageId": "yaml", "version": version, "text": text });
            self.notify("textDocument/didOpen", json!({ "textDocument": document }));
        } else {
            let document = json!({ "uri": uri, "version": version });
            self.notify(
                "textDocument/didChange",
                json!({ "textDocument": document, "contentChanges": [{ "text": text }] }),
            );
        }
        // Validation is debounced; what comes last counts.
        let start = Instant::now();
        while !self.diagnostics.contains_key(&uri) {
            assert!(start.elapsed() < PATIENCE, "no diagnostics for {uri}");
            self.take(Duration::from_millis(200));
        }
        while self.take(Duration::from_millis(400)) {}
        self.diagnostics[&uri]
            .iter()
            .map(|one| {
                let line = one["range"]["start"]["line"].as_u64().unwrap() + 1;
                format!("{line}: {}", one["message"].as_str().unwrap())
            })
            .collect()
    }

    /// Opens a text in which `‸` marks the cursor, and lists what is offered there.
    pub fn completions(&mut self, path: &Path, marked: &str) -> Vec<String> {
        let position = self.open_marked(path, marked);
        let result = self.request("textDocument/completion", position);
        let items = result.get("items").unwrap_or(&result);
        items
            .as_array()
            .expect("a list of completions")
            .iter()
            .map(|item| item["label"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Opens a text in which `‸` marks the pointer, and returns what is shown there.
    pub fn hover(&mut self, path: &Path, marked: &str) -> String {
        let position = self.open_marked(path, marked);
        let result = self.request("textDocument/hover", position);
        let contents = &result["contents"];
        let text = contents.get("value").unwrap_or(contents);
        text.as_str().unwrap_or_default().to_owned()
    }

    fn open_marked(&mut self, path: &Path, marked: &str) -> Value {
        let (before, after) = marked.split_once('‸').expect("a mark");
        self.open(path, &format!("{before}{after}"));
        let line = before.matches('\n').count();
        let column = before.rsplit('\n').next().unwrap_or_default();
        json!({
            "textDocument": { "uri": uri(path) },
            "position": { "line": line, "character": column.encode_utf16().count() },
        })
    }

    fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.next;
        self.next += 1;
        self.send(json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        let start = Instant::now();
        loop {
            assert!(start.elapsed() < PATIENCE, "no answer to {method}");
            let Ok(message) = self.messages.recv_timeout(Duration::from_millis(200)) else {
                continue;
            };
            if message["id"] == id && message.get("method").is_none() {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].clone();
            }
            self.handle(&message);
        }
    }

    fn notify(&mut self, method: &str, params: Value) {
        self.send(json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Takes one message, if one comes in time.
    fn take(&mut self, patience: Duration) -> bool {
        let Ok(message) = self.messages.recv_timeout(patience) else {
            return false;
        };
        self.handle(&message);
        true
    }

    fn handle(&mut self, message: &Value) {
        let params = &message["params"];
        let result = match message["method"].as_str() {
            Some("textDocument/publishDiagnostics") => {
                let uri = params["uri"].as_str().unwrap().to_owned();
                let found = params["diagnostics"].as_array().unwrap().clone();
                self.diagnostics.insert(uri, found);
                return;
            }
            Some("workspace/configuration") => params["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| {
                    let section = item["section"].as_str().unwrap_or_default();
                    let pointer = format!("/{}", section.replace('.', "/"));
                    self.settings
                        .pointer(&pointer)
                        .cloned()
                        .unwrap_or(Value::Null)
                })
                .collect(),
            Some(_) | None => Value::Null,
        };
        // Whatever it asks for is answered, or it would wait.
        if let Some(id) = message.get("id") {
            self.send(json!({ "jsonrpc": "2.0", "id": id, "result": result }));
        }
    }

    fn send(&mut self, message: Value) {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len())
            .and_then(|()| self.input.flush())
            .expect("the server reads");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone afterwards.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn uri(path: &Path) -> String {
    url::Url::from_file_path(path)
        .expect("an absolute path")
        .to_string()
}

fn read(output: &mut impl std::io::BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("Content-Length: ") {
            length = value.parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}
