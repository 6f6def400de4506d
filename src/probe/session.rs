//! One run against one provider: what is asked, and what of ours is there.
//!
//! **Invariants.** Every create goes through [`Session::create`], which has the journal write
//! first. Changes and removals name an [`Own`], which only a create gives: one whose id was not
//! there before, and that bears one of our names when it is read. Before a removal it is read
//! again. Whoever was asked to stop sends nothing more but what takes ours away again.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io;

use serde_json::{Value, json};

use super::journal::{Entry, Journal, Standing};
use super::namespace::{Collection, Namespace};
use crate::apply::Stop;
use crate::ids::fold;
use crate::profile::Profile;
use crate::scim::dialect::{Dialect, ListMembers, OpCase};
use crate::scim::error::{ErrorKind, ScimError, is_web_page};
use crate::scim::http::{Method, Request, Transport, TransportFault};
use crate::scim::listing::{Verdict, Walk};
use crate::scim::service::{Reader, Writer};
use crate::scim::wire::{Group, PATCH_SCHEMA, User};

/// So many requests in a row without any answer, and nobody is there.
const SILENT: u8 = 3;

/// Why measuring ended early.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Halt {
    /// Somebody asked to stop.
    #[error("{0}")]
    Stopped(String),
    /// A request that has to go well did not.
    #[error("{0}")]
    Failed(ScimError),
    /// The journal cannot be written, so nothing more is made.
    #[error("the journal cannot be written: {0}")]
    Journal(String),
    /// What answered a create, or is to be removed, was there before or has none of our names.
    #[error(
        "the create of {collection} `{name}` was answered with a resource of another name, or \
         with one that was there before, which is left alone"
    )]
    NotOurs {
        /// `user` or `group`.
        collection: &'static str,
        /// What was to be made.
        name: String,
    },
    /// Not even the first user can be made.
    #[error(
        "the first user was not made: {0}; if it is the address that is refused, \
         `--email-domain` names another domain"
    )]
    NotMade(ScimError),
    /// What was made cannot be removed again.
    #[error("{0}")]
    Stays(String),
}

/// A resource of this run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Own {
    pub(super) entry: Entry,
    pub(super) collection: Collection,
    pub(super) id: String,
    pub(super) name: String,
}

/// What one request came to.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: Option<u16>,
    pub(super) etag: Option<String>,
    pub(super) body: Value,
    /// Whatever is not a success.
    pub(super) error: Option<ScimError>,
}

impl Answer {
    pub(super) fn is_success(&self) -> bool {
        self.error.is_none()
    }

    /// Whether the provider understood it and said no: neither it nor the way to it failed.
    pub(super) fn is_refusal(&self) -> bool {
        self.status
            .is_some_and(|status| (400..500).contains(&status) || status == 501)
    }

    /// `answers 400 (invalidFilter)`.
    pub(super) fn says(&self) -> String {
        match (&self.error, self.status) {
            (Some(error), _) => told(error),
            (None, Some(status)) => format!("answers {status}"),
            (None, None) => "does not answer".to_owned(),
        }
    }
}

/// What an error says, as a few words.
pub(super) fn told(error: &ScimError) -> String {
    match (error.status(), error.scim_type()) {
        (Some(status), Some(kind)) => format!("answers {status} ({kind})"),
        (Some(status), None) => format!("answers {status}"),
        (None, _) => "does not answer".to_owned(),
    }
}

/// How a create came out.
#[derive(Debug, Clone)]
pub(super) enum Created {
    /// A resource that was not there before.
    New(Own, Answer),
    /// The answer is a resource of ours that was there already.
    Known(Answer),
    /// Anything else; the journal still says that it may be there.
    Unclear(Entry, Answer),
}

/// A page of a listing.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Page {
    pub(super) ids: Vec<String>,
    pub(super) rows: Vec<Value>,
    pub(super) total: Option<u64>,
    pub(super) next_cursor: Option<String>,
}

/// A run.
pub(super) struct Session<'a, T> {
    transport: &'a T,
    /// The profile in use; its pages get smaller where so big ones fail.
    pub(super) profile: Profile,
    pub(super) journal: &'a mut Journal,
    stop: &'a Stop,
    pub(super) sent: usize,
    silent: u8,
    /// Creates that were clearly refused.
    refused: BTreeSet<Entry>,
    /// The ids that were there before the first create, as far as they could be read.
    before: BTreeMap<Collection, HashSet<String>>,
    /// Whether the run is over and only takes away what it made.
    pub(super) clearing: bool,
}

impl<'a, T: Transport> Session<'a, T> {
    pub(super) fn new(
        transport: &'a T,
        profile: &Profile,
        journal: &'a mut Journal,
        stop: &'a Stop,
    ) -> Self {
        Self {
            transport,
            profile: profile.clone(),
            journal,
            stop,
            sent: 0,
            silent: 0,
            refused: BTreeSet::new(),
            before: BTreeMap::new(),
            clearing: false,
        }
    }

    pub(super) fn names(&self) -> &Namespace {
        self.journal.names()
    }

    pub(super) fn dialect(&self) -> &Dialect {
        &self.profile.dialect
    }

    /// Ends the run where somebody asked to.
    pub(super) fn check(&self) -> Result<(), Halt> {
        match self.stop.reason() {
            Some(reason) if !self.clearing => Err(Halt::Stopped(reason)),
            Some(_) | None => Ok(()),
        }
    }

    /// A writer that spells requests as a dialect says. What it sends is checked by a read.
    pub(super) fn writer(&mut self, dialect: Dialect) -> Result<Writer<&'a T>, Halt> {
        self.check()?;
        self.sent += 1;
        Ok(Writer::new(self.transport, dialect))
    }

    /// Sends a request. Any answer is one; only a provider that cannot be reached, or limits
    /// us for good, ends the run.
    pub(super) async fn send(&mut self, request: Request) -> Result<Answer, Halt> {
        self.check()?;
        self.sent += 1;
        let base = self.transport.target();
        let response = match self.transport.send(&request).await {
            Ok(response) => response,
            Err(error) => {
                let failed = ScimError::from_transport(base, &request, &error);
                self.silent += 1;
                let nobody = matches!(
                    error.fault,
                    TransportFault::Dns | TransportFault::Connect | TransportFault::Tls
                );
                return if nobody || self.silent >= SILENT {
                    Err(Halt::Failed(failed))
                } else {
                    Ok(Answer {
                        status: None,
                        etag: None,
                        body: Value::Null,
                        error: Some(failed),
                    })
                };
            }
        };
        self.silent = 0;
        let is_success = (200..300).contains(&response.status);
        let error = if !is_success {
            let error = ScimError::from_status(base, &request, &response);
            Some(error.known_as(self.dialect().answers))
        } else if is_web_page(&response.body) {
            Some(ScimError::unusable(base, &request, &response, "a web page"))
        } else {
            None
        };
        if let Some(error) = &error
            && error.kind() == ErrorKind::RateLimited
        {
            return Err(Halt::Failed(error.clone()));
        }
        Ok(Answer {
            status: Some(response.status),
            etag: response.etag,
            body: serde_json::from_slice(&response.body).unwrap_or(Value::Null),
            error,
        })
    }

    /// What a write by a writer came to: an error that says nothing of the form it was spelled
    /// in ends the run.
    pub(super) fn outcome(
        &mut self,
        written: Result<(), ScimError>,
    ) -> Result<Option<ScimError>, Halt> {
        match written {
            Ok(()) => {
                self.silent = 0;
                Ok(None)
            }
            Err(error) => self.bearable(error).map(Some),
        }
    }

    /// An error that says something of the form; any other ends the run.
    pub(super) fn bearable(&mut self, error: ScimError) -> Result<ScimError, Halt> {
        let ends = match error.kind() {
            ErrorKind::RateLimited
            | ErrorKind::Transport(
                TransportFault::Dns | TransportFault::Connect | TransportFault::Tls,
            ) => true,
            _ if error.status().is_some() => {
                self.silent = 0;
                false
            }
            _ => {
                self.silent += 1;
                self.silent >= SILENT
            }
        };
        match ends {
            true => Err(Halt::Failed(error)),
            false => Ok(error),
        }
    }

    /// A request with a body.
    pub(super) fn with_body(&self, method: Method, path: &[&str], body: &Value) -> Request {
        let mut request = Request::scim(method, path.iter().copied()).with_body(body.to_string());
        request.content_type = self.dialect().content_type;
        request
    }

    /// `replace`, in the case the provider takes.
    pub(super) fn replace(&self) -> &'static str {
        match self.dialect().op_case {
            OpCase::Lower => "replace",
            OpCase::Capital => "Replace",
        }
    }

    /// A PATCH of one of ours, spelled by hand.
    pub(super) fn patch(&self, own: &Own, operations: Value) -> Request {
        let body = json!({ "schemas": [PATCH_SCHEMA], "Operations": operations });
        self.with_body(Method::Patch, &[own.collection.path(), &own.id], &body)
    }

    /// Asks for a resource of one of our names, which goes into the journal first.
    pub(super) async fn create(
        &mut self,
        collection: Collection,
        name: &str,
        body: &Value,
    ) -> Result<Created, Halt> {
        let request = self.with_body(Method::Post, &[collection.path()], body);
        self.create_by(collection, name, request).await
    }

    /// As [`Session::create`], with a request of its own.
    pub(super) async fn create_by(
        &mut self,
        collection: Collection,
        name: &str,
        request: Request,
    ) -> Result<Created, Halt> {
        self.check()?;
        self.look_around(collection).await;
        let entry = self.journal.intend(collection, name).map_err(unwritten)?;
        let answer = self.send(request).await?;
        let id = text(&answer.body, "id").filter(|id| !id.is_empty());
        let Some(id) = id.filter(|_| answer.is_success()) else {
            if answer.is_refusal() {
                self.refused.insert(entry);
            }
            return Ok(Created::Unclear(entry, answer));
        };
        if self.journal.knows(collection, &id) {
            self.journal.gone(entry).map_err(unwritten)?;
            return Ok(Created::Known(answer));
        }
        let own = Own {
            entry,
            collection,
            id,
            name: name.to_owned(),
        };
        // An answer may be our own words with somebody else's id, so it is read; it need not
        // repeat the name either.
        let is_told = answer.body[collection.name_attribute()].is_string();
        let is_ours = !self.was_there(collection, &own.id)
            && (!is_told || self.names().owns_resource(collection, &answer.body))
            && {
                // Until it is read, it is ours: nothing else was asked for.
                self.journal.made(entry, &own.id).map_err(unwritten)?;
                match self.read(&own).await? {
                    Some(read) => self.names().owns_resource(collection, &read.body),
                    None => true,
                }
            };
        if !is_ours {
            return Err(self.not_ours(&own)?);
        }
        Ok(Created::New(own, answer))
    }

    /// Writes down that a resource is not of this run.
    fn not_ours(&mut self, own: &Own) -> Result<Halt, Halt> {
        self.journal
            .strange(own.entry, &own.id)
            .map_err(unwritten)?;
        Ok(Halt::NotOurs {
            collection: own.collection.one(),
            name: own.name.clone(),
        })
    }

    /// Reads which ids a collection has, before anything is made in it.
    async fn look_around(&mut self, collection: Collection) {
        if self.before.contains_key(&collection) {
            return;
        }
        let mut ids = HashSet::new();
        // A list that does not come proves nothing; names are looked at all the same.
        let walked = self.walk(collection, |id, _| ids.extend(id)).await;
        drop(walked);
        self.before.insert(collection, ids);
    }

    /// Whether an id was there before this run made anything.
    pub(super) fn was_there(&self, collection: Collection, id: &str) -> bool {
        let before = self.before.get(&collection);
        before.is_some_and(|ids| ids.contains(id))
    }

    /// A create that has to go well. One that was not answered is looked up first, and then
    /// tried once more.
    pub(super) async fn must_create(
        &mut self,
        collection: Collection,
        name: &str,
        body: &Value,
    ) -> Result<Own, Halt> {
        let mut last = None;
        for _ in 0..2 {
            match self.create(collection, name, body).await? {
                Created::New(own, _) => return Ok(own),
                Created::Known(answer) => last = answer.error,
                Created::Unclear(entry, answer) => {
                    if let Some(id) = self.look_up(collection, name).await {
                        self.journal.made(entry, &id).map_err(unwritten)?;
                        return Ok(Own {
                            entry,
                            collection,
                            id,
                            name: name.to_owned(),
                        });
                    }
                    let refused = answer.is_refusal();
                    last = answer.error.or(last);
                    if refused {
                        break;
                    }
                }
            }
        }
        Err(match last {
            Some(error) => Halt::Failed(error),
            None => Halt::NotOurs {
                collection: collection.one(),
                name: name.to_owned(),
            },
        })
    }

    /// Looks for one of our names in the whole listing; nothing is no proof of absence.
    async fn look_up(&mut self, collection: Collection, name: &str) -> Option<String> {
        let wanted = fold(name);
        let found = self.sweep(collection, |it| fold(it) == wanted).await.ok()?;
        found
            .rows
            .into_iter()
            .map(|(id, _)| id)
            .find(|id| !self.journal.knows(collection, id) && !self.was_there(collection, id))
    }

    /// Reads a whole listing for names.
    pub(super) async fn sweep(
        &mut self,
        collection: Collection,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Swept, ScimError> {
        let mut rows = Vec::new();
        let walk = self.walk(collection, |id, name| {
            if let (Some(id), Some(name)) = (id, name)
                && wanted(&name)
            {
                rows.push((id, name));
            }
        });
        let walk = walk.await?;
        let gap = match walk.verdict {
            Verdict::Whole { how: _ } => None,
            Verdict::Partial { reasons } => {
                let reasons: Vec<String> = reasons.iter().map(ToString::to_string).collect();
                Some(reasons.join("; "))
            }
        };
        Ok(Swept { rows, gap })
    }

    /// Reads a whole listing: ids and names.
    async fn walk(
        &mut self,
        collection: Collection,
        mut note: impl FnMut(Option<String>, Option<String>),
    ) -> Result<Walk, ScimError> {
        // Only names are looked at: members need not be asked for.
        let dialect = Dialect {
            list_members: ListMembers::Included,
            ..self.dialect().clone()
        };
        let reader = Reader::new(self.transport, dialect);
        let walk = match collection {
            Collection::Users => {
                let sink = |user: User| note(user.id, user.user_name);
                reader.list_users(sink).await?
            }
            Collection::Groups => {
                let sink = |group: Group| note(group.id, group.display_name);
                reader.list_groups(sink).await?
            }
        };
        self.sent += usize::try_from(walk.pages).unwrap_or(0);
        Ok(walk)
    }

    /// Whether the provider clearly said no to a create.
    pub(super) fn was_refused(&self, entry: Entry) -> bool {
        self.refused.contains(&entry)
    }

    /// Reads one of ours; `None` when the provider says that it is not there.
    pub(super) async fn read(&mut self, own: &Own) -> Result<Option<Answer>, Halt> {
        let request = Request::scim(Method::Get, [own.collection.path(), &own.id]);
        let answer = self.send(request).await?;
        match &answer.error {
            None if answer.body.is_object() => Ok(Some(answer)),
            Some(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Some(error) => Err(Halt::Failed(error.clone())),
            None => {
                let request = Request::scim(Method::Get, [own.collection.path(), &own.id]);
                let error = ScimError::unproven(
                    self.transport.target(),
                    &request,
                    "the answer is no resource",
                );
                Err(Halt::Failed(error))
            }
        }
    }

    /// Reads one of ours that has to be there.
    pub(super) async fn must_read(&mut self, own: &Own) -> Result<Answer, Halt> {
        match self.read(own).await? {
            Some(answer) => Ok(answer),
            None => {
                let request = Request::scim(Method::Get, [own.collection.path(), &own.id]);
                let error = ScimError::unproven(
                    self.transport.target(),
                    &request,
                    "what was made is not there any more",
                );
                Err(Halt::Failed(error))
            }
        }
    }

    /// Removes one of ours, and looks whether it is gone. What a DELETE says is no proof. An id
    /// that reads as somebody else's is left alone.
    pub(super) async fn remove(&mut self, own: &Own) -> Result<Removed, Halt> {
        if let Some(read) = self.read(own).await? {
            let is_named = read.body[own.collection.name_attribute()].is_string();
            if is_named && !self.names().owns_resource(own.collection, &read.body) {
                return Err(self.not_ours(own)?);
            }
        }
        let request = Request::scim(Method::Delete, [own.collection.path(), &own.id]);
        let answer = self.send(request).await?;
        let is_gone = match answer.is_success() {
            true => self.read(own).await?.is_none(),
            false => self.is_gone(own).await?,
        };
        if !is_gone {
            return Ok(Removed::Stays(answer));
        }
        self.journal.gone(own.entry).map_err(unwritten)?;
        Ok(Removed::Gone)
    }

    /// Whether one of ours is not there any more. A single 404 may be a gateway's.
    pub(super) async fn is_gone(&mut self, own: &Own) -> Result<bool, Halt> {
        Ok(self.read(own).await?.is_none() && self.read(own).await?.is_none())
    }

    /// Whether one of ours is gone although nobody removed it; if so, that is noted.
    pub(super) async fn has_vanished(&mut self, own: &Own) -> Result<bool, Halt> {
        let is_gone = self.is_gone(own).await?;
        if is_gone {
            self.journal.gone(own.entry).map_err(unwritten)?;
        }
        Ok(is_gone)
    }

    /// Asks for a page.
    pub(super) async fn page(
        &mut self,
        collection: Collection,
        query: &[(&str, &str)],
    ) -> Result<Result<Page, Answer>, Halt> {
        let mut request = Request::scim(Method::Get, [collection.path()]);
        for (name, value) in query {
            request = request.with_query(name, *value);
        }
        let answer = self.send(request).await?;
        if !answer.is_success() {
            return Ok(Err(answer));
        }
        let Some(page) = read_page(&answer.body) else {
            return Ok(Err(answer));
        };
        Ok(Ok(page))
    }

    /// Finds one of ours as a listing shows it, in its first pages; `None` when it does not.
    pub(super) async fn in_list(&mut self, own: &Own) -> Result<Option<Value>, Halt> {
        const PAGES: usize = 20;
        let paging = match own.collection {
            Collection::Users => self.dialect().user_paging,
            Collection::Groups => self.dialect().group_paging,
        };
        let of = |row: &Value| text(row, "id").as_deref() == Some(&own.id);
        // The short way, where it works.
        let filter = format!(
            "{} eq {}",
            own.collection.name_attribute(),
            crate::scim::filter::quoted(&own.name)
        );
        let count = paging.count.to_string();
        let query = [
            ("filter", filter.as_str()),
            ("startIndex", "1"),
            ("count", &count),
        ];
        if let Ok(page) = self.page(own.collection, &query).await?
            && let Some(row) = page.rows.into_iter().find(of)
        {
            return Ok(Some(row));
        }
        let mut start = 1;
        for _ in 0..PAGES {
            let at = start.to_string();
            let query = [("startIndex", at.as_str()), ("count", &count)];
            let Ok(page) = self.page(own.collection, &query).await? else {
                return Ok(None);
            };
            if page.rows.is_empty() {
                return Ok(None);
            }
            start += page.rows.len();
            if let Some(row) = page.rows.into_iter().find(of) {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    /// Whether a filter finds exactly one of ours.
    pub(super) async fn filter(
        &mut self,
        collection: Collection,
        filter: &str,
    ) -> Result<Result<Page, Answer>, Halt> {
        let query = [("filter", filter), ("startIndex", "1"), ("count", "5")];
        self.page(collection, &query).await
    }

    /// One of ours, if its id is known and it may be there.
    pub(super) fn own(&self, entry: Entry) -> Option<Own> {
        match self.journal.record(entry).standing {
            Standing::Made => self.told(entry),
            Standing::Intended | Standing::Strange | Standing::Gone => None,
        }
    }

    /// What an answer told of an entry.
    pub(super) fn told(&self, entry: Entry) -> Option<Own> {
        let record = self.journal.record(entry);
        Some(Own {
            entry,
            collection: record.collection,
            id: record.id.clone()?,
            name: record.name.clone(),
        })
    }
}

/// What a walk found of ours.
#[derive(Debug, Clone)]
pub(super) struct Swept {
    /// Id and name.
    pub(super) rows: Vec<(String, String)>,
    /// Why the list may not be all there is.
    pub(super) gap: Option<String>,
}

/// How a removal came out.
#[derive(Debug, Clone)]
pub(super) enum Removed {
    /// It is not there any more.
    Gone,
    /// It still is.
    Stays(Answer),
}

pub(super) fn unwritten(error: io::Error) -> Halt {
    Halt::Journal(error.to_string())
}

/// A text, or a number where a server is careless.
pub(super) fn text(resource: &Value, attribute: &str) -> Option<String> {
    match &resource[attribute] {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Reads a listing; nothing if the answer is none.
fn read_page(body: &Value) -> Option<Page> {
    let object = body.as_object()?;
    let rows = object.get("Resources").or(object.get("resources"));
    let total = match object.get("totalResults") {
        Some(Value::String(text)) => text.parse().ok(),
        Some(number) => number.as_u64(),
        None => None,
    };
    let rows = match rows {
        Some(Value::Array(rows)) => rows.clone(),
        Some(Value::Null) | None if total.is_some() => Vec::new(),
        Some(_) | None => return None,
    };
    Some(Page {
        ids: rows.iter().filter_map(|row| text(row, "id")).collect(),
        rows,
        total,
        next_cursor: text(body, "nextCursor").filter(|cursor| !cursor.is_empty()),
    })
}
