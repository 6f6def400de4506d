//! The server seen without our client, which is what is on trial.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;

/// SCIM by hand: plain requests, nothing clever.
pub struct Raw {
    base: String,
    token: String,
    http: reqwest::Client,
    runtime: tokio::runtime::Runtime,
}

impl Raw {
    pub fn new(base: String, token: String) -> Self {
        // One is installed already if another scenario came first.
        drop(rustls::crypto::ring::default_provider().install_default());
        let http = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .timeout(Duration::from_secs(30))
            .build()
            .expect("a client for plain HTTP");
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        Self {
            base,
            token,
            http,
            runtime,
        }
    }

    pub fn base(&self) -> &str {
        &self.base
    }

    /// The token, for a client of ours.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Whether the server claims entity tags, or 501 as it would answer.
    pub fn entity_tags(&self) -> Result<(), u16> {
        let request = self
            .http
            .get(format!("{}/ServiceProviderConfig", self.base))
            .bearer_auth(&self.token);
        let (_, config) = self.runtime.block_on(answer(request));
        match config["etag"]["supported"].as_bool() {
            Some(true) => Ok(()),
            Some(false) | None => Err(501),
        }
    }

    /// Creates a resource and returns its id, or the status that refused it.
    fn post(&self, collection: &str, body: &Value) -> Result<String, u16> {
        let request = self
            .http
            .post(format!("{}/{collection}", self.base))
            .bearer_auth(&self.token)
            .header("content-type", "application/scim+json")
            .body(body.to_string());
        let (status, made) = self.runtime.block_on(answer(request));
        let id = made["id"].as_str().map(str::to_owned);
        if status == 201 {
            Ok(id.expect("a resource has an id"))
        } else {
            Err(status)
        }
    }

    /// Creates a user by hand.
    pub fn make_user(&self, name: &str, given: &str, family: &str) -> String {
        self.make_user_with_mail(name, name, given, family)
    }

    /// Creates a user whose login is not their e-mail.
    pub fn make_user_with_mail(&self, name: &str, mail: &str, given: &str, family: &str) -> String {
        self.post(
            "Users",
            &json!({
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
                "userName": name, "displayName": format!("{given} {family}"), "active": true,
                "name": { "givenName": given, "familyName": family },
                "emails": [{ "value": mail, "type": "work", "primary": true }],
            }),
        )
        .expect("the server makes users")
    }

    /// Creates a group by hand, or tells the status that refused it.
    pub fn make_group(&self, name: &str) -> Result<String, u16> {
        self.post(
            "Groups",
            &json!({
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
                "displayName": name,
            }),
        )
    }

    /// Puts a member into a group by hand, or tells the status that refused it.
    pub fn add_member(&self, group: &str, member: &Value) -> Result<(), u16> {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "add", "path": "members", "value": [member] }],
        });
        let request = self
            .http
            .patch(format!("{}/Groups/{group}", self.base))
            .bearer_auth(&self.token)
            .header("content-type", "application/scim+json")
            .body(body.to_string());
        match self.runtime.block_on(answer(request)).0 {
            200 | 204 => Ok(()),
            status => Err(status),
        }
    }

    /// One page of a collection, and how many resources there are.
    fn page(&self, collection: &str, start: usize) -> (Vec<Value>, usize) {
        let request = self
            .http
            .get(format!(
                "{}/{collection}?startIndex={start}&count=200",
                self.base
            ))
            .bearer_auth(&self.token);
        let (status, list) = self.runtime.block_on(answer(request));
        assert_eq!(status, 200, "GET {collection}: {list}");
        let rows = list["Resources"].as_array().cloned().unwrap_or_default();
        let total = list["totalResults"].as_u64().expect("a list is counted");
        (rows, usize::try_from(total).expect("few"))
    }

    /// How many resources a collection has.
    pub fn count(&self, collection: &str) -> usize {
        self.page(collection, 1).1
    }

    /// Every resource of a collection; only for servers that page.
    pub fn all(&self, collection: &str) -> Vec<Value> {
        let mut all: Vec<Value> = Vec::new();
        loop {
            let (rows, total) = self.page(collection, all.len() + 1);
            all.extend(rows);
            if all.len() >= total {
                assert_eq!(all.len(), total, "the raw list of {collection} is off");
                all.sort_by(|a, b| a["id"].as_str().cmp(&b["id"].as_str()));
                return all;
            }
        }
    }

    /// The user of this login, compared without case.
    pub fn user(&self, login: &str) -> Option<Value> {
        let wanted = login.to_lowercase();
        let name = |user: &Value| user["userName"].as_str().map(str::to_lowercase);
        self.all("Users")
            .into_iter()
            .find(|user| name(user).as_deref() == Some(wanted.as_str()))
    }

    /// The group of this name.
    pub fn group(&self, name: &str) -> Option<Value> {
        self.all("Groups")
            .into_iter()
            .find(|group| group["displayName"] == name)
    }

    /// Deletes everything.
    pub fn wipe(&self) {
        for collection in ["Groups", "Users"] {
            loop {
                let (rows, _) = self.page(collection, 1);
                if rows.is_empty() {
                    break;
                }
                self.runtime.block_on(async {
                    let mut deletes = JoinSet::new();
                    for row in &rows {
                        let id = row["id"].as_str().expect("a resource has an id");
                        let request = self
                            .http
                            .delete(format!("{}/{collection}/{id}", self.base))
                            .bearer_auth(&self.token);
                        deletes.spawn(answer(request));
                        // Two of these servers queue five connections, and a sixth costs a second.
                        if deletes.len() == 4 {
                            deletes.join_next().await;
                        }
                    }
                    deletes.join_all().await;
                });
            }
        }
    }
}

async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.expect("the server answers");
    let status = answer.status().as_u16();
    let text = answer.text().await.expect("the answer is a text");
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    (status, body)
}

/// The ids in a group, sorted.
pub fn members(group: &Value) -> Vec<String> {
    let members = group["members"].as_array().into_iter().flatten();
    let mut ids: Vec<String> = members
        .map(|member| {
            member["value"]
                .as_str()
                .expect("a member has a value")
                .to_owned()
        })
        .collect();
    ids.sort_unstable();
    ids
}
