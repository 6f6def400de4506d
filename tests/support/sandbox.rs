//! A client that spells requests by hand, for tests of the sandbox itself.

use scim_sync::ids::{GroupId, UserId};
use scim_sync::manifest::decl::SandboxBehavior;
use scim_sync::sandbox::world::{Incoming, World};
use scim_sync::scim::http::{Method, Response};
use serde_json::Value;

pub const ACCOUNT: &str = "AcC0unt";
pub const TOKEN: &str = "pat.AcC0unt.tok.secret";
pub const CORE_USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub const CORE_GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// A world, and requests to it relative to its SCIM base.
pub struct Sandbox {
    pub world: World,
}

/// An answer, read.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    pub status: u16,
    pub content_type: Option<String>,
    pub text: String,
}

impl Reply {
    /// The body; `null` when there is none.
    #[track_caller]
    pub fn json(&self) -> Value {
        if self.text.is_empty() {
            return Value::Null;
        }
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The ids listed, in order.
    #[track_caller]
    pub fn ids(&self) -> Vec<String> {
        self.texts("id")
    }

    /// One text attribute of every resource listed.
    #[track_caller]
    pub fn texts(&self, attribute: &str) -> Vec<String> {
        let json = self.json();
        let resources = json["Resources"].as_array().expect("a listing");
        resources
            .iter()
            .map(|it| it[attribute].as_str().expect("a text").to_owned())
            .collect()
    }

    /// The member ids of a group.
    #[track_caller]
    pub fn members(&self) -> Vec<String> {
        let json = self.json();
        let members = json["members"].as_array().expect("members");
        members
            .iter()
            .map(|it| it["value"].as_str().expect("an id").to_owned())
            .collect()
    }
}

impl From<Response> for Reply {
    fn from(response: Response) -> Self {
        Self {
            status: response.status,
            content_type: response.content_type,
            text: String::from_utf8(response.body).expect("UTF-8"),
        }
    }
}

impl Sandbox {
    pub fn new(behavior: SandboxBehavior) -> Self {
        Self {
            world: World::new(ACCOUNT, TOKEN, behavior),
        }
    }

    pub fn documented() -> Self {
        Self::new(SandboxBehavior::Documented)
    }

    pub fn source() -> Self {
        Self::new(SandboxBehavior::Source)
    }

    pub fn rfc() -> Self {
        Self {
            world: World::rfc(TOKEN),
        }
    }

    /// A request as this client would send it, to be changed before it is sent.
    pub fn incoming(&self, method: Method, target: &str, body: Option<&Value>) -> Incoming {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Incoming {
            if_match: None,
            method,
            path: if path.starts_with('/') {
                path.to_owned()
            } else {
                format!("{}/{path}", self.world.base_path())
            },
            query: query.to_owned(),
            authorization: Some(format!("Bearer {TOKEN}")),
            api_key: Some(TOKEN.to_owned()),
            content_type: body.map(|_| "application/scim+json".to_owned()),
            accept: None,
            body: body
                .map(|body| body.to_string().into_bytes())
                .unwrap_or_default(),
        }
    }

    pub fn send(&mut self, incoming: &Incoming) -> Reply {
        self.world.handle(incoming).into()
    }

    fn call(&mut self, method: Method, target: &str, body: Option<&Value>) -> Reply {
        let incoming = self.incoming(method, target, body);
        self.send(&incoming)
    }

    pub fn get(&mut self, target: &str) -> Reply {
        self.call(Method::Get, target, None)
    }

    pub fn post(&mut self, target: &str, body: Value) -> Reply {
        self.call(Method::Post, target, Some(&body))
    }

    pub fn put(&mut self, target: &str, body: Value) -> Reply {
        self.call(Method::Put, target, Some(&body))
    }

    /// A PATCH with these operations.
    pub fn patch(&mut self, target: &str, operations: Value) -> Reply {
        let body = serde_json::json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": operations,
        });
        self.call(Method::Patch, target, Some(&body))
    }

    pub fn delete(&mut self, target: &str) -> Reply {
        self.call(Method::Delete, target, None)
    }

    pub fn scim_user(&mut self, email: &str) -> String {
        let id = self.world.seed_scim_user(email).expect("a free address");
        id.to_string()
    }

    pub fn standalone_user(&mut self, email: &str) -> String {
        let id = self
            .world
            .seed_standalone_user(email)
            .expect("a free address");
        id.to_string()
    }

    /// A SCIM group with these members; its id.
    pub fn scim_group(&mut self, name: &str, members: &[&str]) -> String {
        use scim_sync::sandbox::world::SeedGroup;
        let group = SeedGroup::from(name).with(members.iter().map(|id| UserId::from(*id)));
        self.world
            .seed_scim_group(group)
            .expect("a free name")
            .to_string()
    }

    /// The members a group really has.
    pub fn stored_members(&self, group: &str) -> Vec<String> {
        let members = self.world.members(&GroupId::from(group));
        members.iter().map(ToString::to_string).collect()
    }

    /// The name a group really has.
    #[track_caller]
    pub fn stored_name(&self, group: &str) -> String {
        let group = self
            .world
            .group(&GroupId::from(group))
            .expect("the group exists");
        group.name.clone()
    }
}

/// A SCIM error of Harness: whatever HTTP says, the body says 404.
#[track_caller]
pub fn assert_scim_error(reply: &Reply, http: u16, detail: &str) {
    assert_eq!(reply.status, http, "{}", reply.text);
    let json = reply.json();
    assert_eq!(json["status"], 404);
    assert_eq!(
        json["schemas"][0],
        "urn:ietf:params:scim:api:messages:2.0:Error"
    );
    assert!(json.get("scimType").is_none());
    let found = json["detail"].as_str().expect("a detail");
    assert!(found.contains(detail), "{found}");
}

/// Harness' own envelope.
#[track_caller]
pub fn assert_harness_error(reply: &Reply, http: u16, code: &str, message: &str) {
    assert_eq!(reply.status, http, "{}", reply.text);
    let json = reply.json();
    assert_eq!(json["status"], "ERROR");
    assert_eq!(json["code"], code);
    assert_eq!(json["responseMessages"][0]["code"], code);
    let found = json["message"].as_str().expect("a message");
    assert!(found.contains(message), "{found}");
}

/// A bare status.
#[track_caller]
pub fn assert_empty(reply: &Reply, http: u16) {
    assert_eq!((reply.status, reply.text.as_str()), (http, ""));
}
