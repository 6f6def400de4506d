//! Walking a listing to its end, and saying what the walk proves.
//!
//! A short read that is taken for a whole one is the most dangerous input this tool has: it
//! makes people look absent who are not. So the end is never taken from `totalResults`, and
//! a [`Walk`] is [`Verdict::Whole`] only when there is a proof; otherwise it says why not.
//!
//! **Invariants.** The sink sees each id once. A walk asks for finitely many pages whatever
//! the server answers: every page brings a new id or counts towards the end. [`Walker`] is
//! pure; [`walk`] drives it, a few pages ahead of what it takes, and comes to the same end
//! as if it asked for one after the other.

mod verdict;

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher as _, Hash, Hasher as _};
use std::sync::atomic::{AtomicU64, Ordering};

use compact_str::CompactString;
use foldhash::fast::RandomState;
use foldhash::quality::FixedState;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use self::verdict::{Doubt, Proof, Verdict, Walk};
use super::dialect::{Advance, Paging, TotalResults};
use super::error::{ErrorKind, ScimError};
use super::exchange;
use super::http::{Request, Response, Transport, TransportFault};
use super::read_only::{ReadOnly, ReadRequest};
use super::wire::{Group, ListResponse, User};

/// The smallest page that is still asked for when bigger ones fail.
const MIN_COUNT: u64 = 10;
/// More resources than any account this tool is meant for; a server that makes up ids
/// endlessly stops here.
const MAX_ROWS: usize = 5_000_000;
/// How many pages of one collection are on their way at once. Past the end all but one of
/// them are in vain, unless they are the empty pages that prove it.
const IN_FLIGHT: usize = 4;
/// As [`IN_FLIGHT`], while so many resources are foretold that none of the pages is past the
/// end.
const IN_FLIGHT_FORETOLD: usize = 8;
/// How far ahead of the walk pages may be meanwhile: one that takes longer than those after it
/// holds up nobody.
const WINDOW_FORETOLD: usize = 2 * IN_FLIGHT_FORETOLD;
/// From how many bytes on reading a page takes so long that others should come in meanwhile.
const LONG_PAGE: usize = 64 << 10;
/// How many pages in a row may bring nothing new while the server hands out cursors.
const BARREN_CURSOR_PAGES: u8 = 20;
/// Page sizes servers are known to fall back to, or to cap at.
const DEFAULT_SIZES: [u64; 10] = [10, 20, 25, 30, 50, 100, 200, 250, 500, 1000];

/// A resource that is listed.
pub trait Listed: DeserializeOwned + Send + 'static {
    /// The path of its collection.
    const COLLECTION: &'static str;

    /// Its id, if the server gave one.
    fn id(&self) -> Option<&str>;

    /// Equal for copies that mean the same; the order of members means nothing.
    fn fingerprint(&self) -> u64;

    /// How many of its kind are foretold.
    fn foretold(foretold: &Foretold) -> u64;
}

impl Listed for User {
    const COLLECTION: &'static str = "Users";

    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    fn fingerprint(&self) -> u64 {
        hash_of(self)
    }

    fn foretold(foretold: &Foretold) -> u64 {
        foretold.users.load(Ordering::Relaxed)
    }
}

impl Listed for Group {
    const COLLECTION: &'static str = "Groups";

    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    fn fingerprint(&self) -> u64 {
        let members = self.members.iter().flatten();
        let members = members.map(hash_of).fold(0, u64::wrapping_add);
        let told = self.members.as_ref().map(Vec::len);
        hash_of(&(
            &self.id,
            &self.external_id,
            &self.display_name,
            &self.meta,
            told,
            members,
        ))
    }

    fn foretold(foretold: &Foretold) -> u64 {
        foretold.groups.load(Ordering::Relaxed)
    }
}

fn hash_of(value: &impl Hash) -> u64 {
    FixedState::default().hash_one(value)
}

/// Which page to ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// `startIndex`; not sent with a cursor.
    pub start_index: u64,
    /// `count`.
    pub count: u64,
    /// The cursor to go on from.
    pub cursor: Option<String>,
}

/// A page as received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<R> {
    /// `totalResults`.
    pub total: Option<u64>,
    /// `nextCursor`, where not empty.
    pub next_cursor: Option<String>,
    /// The resources; `None` when the key is absent or null.
    pub rows: Option<Vec<R>>,
    /// How many resources could not be read.
    pub unreadable: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Walking,
    /// Asking into the middle of what came, to see whether `startIndex` is obeyed.
    Probing,
    Ended,
}

/// Whether asking again for a smaller page is possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shrink {
    /// The next [`Ask`] is for a smaller page.
    Shrunk,
    /// Pages are as small as they get.
    Smallest,
}

/// The state of one walk.
#[derive(Debug)]
pub struct Walker {
    paging: Paging,
    phase: Phase,
    count: u64,
    start: u64,
    cursor: Option<String>,
    cursors: HashSet<String>,
    seen: HashMap<CompactString, u64, RandomState>,
    pages: u64,
    duplicates: u64,
    total: Option<u64>,
    /// The largest `totalResults` where it should only count a page.
    largest_local: u64,
    how: Proof,
    doubts: BTreeSet<Doubt>,
    /// Pages in a row with no resource at all, and with no new one.
    empty: u8,
    barren: u8,
    /// Pages that brought something new, and the size of the first of them.
    productive: u64,
    first_len: u64,
    last_page: Option<u64>,
    /// How many resources the last page had.
    last_len: u64,
    /// The longest page at the present `count`, and ever: no cap of the server is below it.
    longest: u64,
    longest_ever: u64,
    /// The widest stretch skipped before any page showed how wide pages are.
    blind_stride: u64,
}

impl Walker {
    /// A walk that has not begun.
    pub fn new(paging: Paging) -> Self {
        Self {
            paging,
            phase: Phase::Walking,
            count: paging.count.max(1),
            start: 1,
            cursor: match paging.advance {
                Advance::ByCursor => Some(String::new()),
                Advance::ByReceived | Advance::ByAsked => None,
            },
            cursors: HashSet::new(),
            seen: HashMap::default(),
            pages: 0,
            duplicates: 0,
            total: None,
            largest_local: 0,
            how: Proof::EmptyPages,
            doubts: BTreeSet::new(),
            empty: 0,
            barren: 0,
            productive: 0,
            first_len: 0,
            last_page: None,
            last_len: 0,
            longest: 0,
            longest_ever: 0,
            blind_stride: 0,
        }
    }

    /// The page to ask for, or `None` at the end.
    pub fn ask(&self) -> Option<Ask> {
        let (start_index, count) = match (self.phase, &self.cursor) {
            (Phase::Walking, _) => (self.start, self.count),
            (Phase::Probing, None) => ((self.first_len / 2 + 1).max(2), self.count),
            // Half of what came at once: the other half has to have a cursor.
            (Phase::Probing, Some(_)) => (1, (self.first_len / 2).max(1)),
            (Phase::Ended, _) => return None,
        };
        Some(Ask {
            start_index,
            count,
            cursor: self.cursor.clone(),
        })
    }

    /// The pages that will be asked for after [`Walker::ask`]'s if pages go on as they came,
    /// nearest first. None while nothing shows how wide pages are, and none past the end
    /// that a server counts.
    fn foresee(&self) -> impl Iterator<Item = Ask> {
        let width = self.last_len;
        let goes_on = self.phase == Phase::Walking
            && self.cursor.is_none()
            && self.barren == 0
            && width > 0
            // As long as asked for, or as a server's own cap makes them.
            && (width == self.count || (self.productive > 1 && width == self.longest));
        let stride = match self.paging.advance {
            // Without a cursor, though there should be one.
            Advance::ByReceived | Advance::ByCursor => width,
            Advance::ByAsked => self.longest,
        };
        let last = self.total.unwrap_or(u64::MAX);
        let (start, count) = (self.start, self.count);
        (1..)
            .map_while(move |step| stride.checked_mul(step)?.checked_add(start))
            .take_while(move |start| goes_on && *start <= last)
            .map(move |start_index| Ask {
                start_index,
                count,
                cursor: None,
            })
    }

    /// Makes the next page smaller after the server failed to give this one.
    pub fn shrink(&mut self) -> Shrink {
        // RFC 9865 §2: with a cursor every other parameter stays as it was.
        let goes_on = self
            .cursor
            .as_ref()
            .is_some_and(|cursor| !cursor.is_empty());
        if self.count <= MIN_COUNT || goes_on {
            return Shrink::Smallest;
        }
        self.count = (self.count / 2).max(MIN_COUNT);
        self.longest = self.longest.min(self.count);
        Shrink::Shrunk
    }

    /// Takes the page asked for; resources not seen before go to the sink.
    pub fn take<R: Listed>(&mut self, page: Page<R>, sink: &mut impl FnMut(R)) {
        let Page {
            total,
            next_cursor,
            rows,
            unreadable,
        } = page;
        self.pages += 1;
        let rows = match rows {
            Some(rows) => rows,
            None if self.may_be_absent(total) => Vec::new(),
            None => {
                self.doubts.insert(Doubt::ResourcesMissing);
                self.phase = Phase::Ended;
                return;
            }
        };
        self.note_total(total);
        if unreadable > 0 {
            self.doubts.insert(Doubt::RowUnreadable);
        }
        let received = rows.len() as u64 + unreadable;
        let (fresh, page_hash) = self.note_rows(rows, sink);
        if self.seen.len() > MAX_ROWS {
            self.doubts.insert(Doubt::TooMany);
            self.phase = Phase::Ended;
            return;
        }
        match self.phase {
            Phase::Walking => {}
            Phase::Probing if self.cursor.is_some() => {
                if next_cursor.is_none() {
                    self.doubts.insert(Doubt::CursorIgnored);
                }
                self.phase = Phase::Ended;
                return;
            }
            Phase::Probing => {
                // A server that obeys `startIndex` answers with a part of what is known.
                if fresh > 0 || (received == 0 && self.first_len > 1) {
                    self.doubts.insert(Doubt::StartIndexMisread);
                } else if self.how == Proof::Counted && received >= self.first_len {
                    self.doubts.insert(Doubt::OneDefaultPage);
                }
                self.phase = Phase::Ended;
                return;
            }
            Phase::Ended => return,
        }
        if fresh > 0 {
            self.barren = 0;
            if self.productive == 0 {
                self.first_len = received;
            }
            self.productive += 1;
        } else {
            self.barren = self.barren.saturating_add(1);
        }
        let unanswered = next_cursor.is_none() && self.cursor.as_deref() == Some("");
        if unanswered
            && self
                .total
                .is_some_and(|total| total > self.seen.len() as u64)
        {
            // There is more, and no cursor to it: the server pages by index after all.
            self.cursor = None;
            self.advance(received, fresh, page_hash);
        } else if next_cursor.is_some() || self.cursor.is_some() {
            self.follow(next_cursor);
        } else {
            self.advance(received, fresh, page_hash);
        }
    }

    /// Whether `Resources` may be left out: nothing matches (RFC 7644 §3.4.2), or all that
    /// matches has come.
    fn may_be_absent(&self, total: Option<u64>) -> bool {
        match self.paging.total {
            TotalResults::PageLocal => total == Some(0),
            TotalResults::Whole => {
                total == Some(0) || (self.pages > 1 && total == Some(self.seen.len() as u64))
            }
        }
    }

    fn note_total(&mut self, total: Option<u64>) {
        match self.paging.total {
            // No proof, but if it is more than all that came, something is amiss.
            TotalResults::PageLocal => {
                self.largest_local = self.largest_local.max(total.unwrap_or(0));
            }
            TotalResults::Whole => {
                let Some(total) = total else { return };
                if self.total.is_some_and(|before| before != total) {
                    self.doubts.insert(Doubt::TotalMoved);
                }
                self.total = Some(total);
            }
        }
    }

    /// Passes new resources on; returns how many, and what identifies the page.
    fn note_rows<R: Listed>(&mut self, rows: Vec<R>, sink: &mut impl FnMut(R)) -> (u64, u64) {
        let mut fresh = 0;
        let mut page = FixedState::default().build_hasher();
        for row in rows {
            row.id().hash(&mut page);
            let Some(id) = row.id().filter(|id| !id.is_empty()) else {
                self.doubts.insert(Doubt::RowWithoutId);
                continue;
            };
            let fingerprint = row.fingerprint();
            match self.seen.entry(id.into()) {
                Entry::Vacant(vacant) => {
                    vacant.insert(fingerprint);
                    fresh += 1;
                    sink(row);
                }
                Entry::Occupied(known) => {
                    if self.phase == Phase::Walking {
                        self.duplicates += 1;
                    }
                    if *known.get() != fingerprint {
                        self.doubts.insert(Doubt::CopiesDiffer);
                    }
                }
            }
        }
        (fresh, page.finish())
    }

    fn follow(&mut self, next: Option<String>) {
        self.how = Proof::LastCursor;
        let Some(next) = next else {
            let size = self.first_len;
            // One page of a size that servers fall back to, and no cursor: whether the server
            // knows cursors at all shows when it has to hand one out.
            let first = self.cursor.as_deref() == Some("");
            let full = size > 1 && (size == self.count || DEFAULT_SIZES.contains(&size));
            self.phase = if first && full && self.doubts.is_empty() {
                Phase::Probing
            } else {
                Phase::Ended
            };
            return;
        };
        if !self.cursors.insert(next.clone()) {
            self.doubts.insert(Doubt::CursorRepeated);
            self.phase = Phase::Ended;
        } else if self.barren >= BARREN_CURSOR_PAGES {
            self.doubts.insert(Doubt::NoProgress);
            self.phase = Phase::Ended;
        }
        self.cursor = Some(next);
    }

    fn advance(&mut self, received: u64, fresh: u64, page_hash: u64) {
        let wanted = self.paging.empty_pages.max(1);
        if received == 0 {
            self.empty = self.empty.saturating_add(1);
            if self.empty >= wanted {
                self.end(Proof::EmptyPages);
                return;
            }
        } else {
            self.empty = 0;
            let repeated = self.last_page.replace(page_hash) == Some(page_hash);
            if fresh == 0 {
                if self.total == Some(self.seen.len() as u64) {
                    // Past the end some servers begin again; all that counts has come.
                    self.end(Proof::Counted);
                    return;
                }
                if repeated {
                    self.doubts.insert(Doubt::StartIndexIgnored);
                    self.phase = Phase::Ended;
                    return;
                }
            }
        }
        if self.barren > wanted.saturating_add(1) {
            self.doubts.insert(Doubt::NoProgress);
            self.phase = Phase::Ended;
            return;
        }
        self.last_len = received;
        self.longest = self.longest.max(received);
        self.longest_ever = self.longest_ever.max(received);
        let stride = if received == 0 && self.longest == 0 {
            self.blind_stride = self.blind_stride.max(self.count);
            self.count
        } else if received == 0 {
            self.longest
        } else {
            match self.paging.advance {
                Advance::ByReceived | Advance::ByCursor => received,
                // Not the asked `count`: a server that caps pages without saying so would
                // make that skip resources. The longest page so far is no wider than the
                // server's pages are, so nothing is skipped, at the price of some overlap.
                Advance::ByAsked => self.longest,
            }
        };
        self.start = self.start.saturating_add(stride);
    }

    /// Ends the walk, or first asks once into the middle of what came.
    fn end(&mut self, how: Proof) {
        self.how = how;
        let size = self.first_len;
        let doubtful = match (how, self.total) {
            // Nothing counted; a server that reads `startIndex` as a page number looks as if
            // it had come to its end.
            (Proof::EmptyPages, None) => self.productive > 0,
            (Proof::EmptyPages, Some(_)) | (Proof::LastCursor | Proof::NotServed, _) => false,
            // One page of a size that servers fall back to may be all they ever give, and
            // what they count.
            (Proof::Counted, _) => {
                self.productive == 1 && (size == self.count || DEFAULT_SIZES.contains(&size))
            }
        };
        self.phase = if doubtful && self.doubts.is_empty() {
            Phase::Probing
        } else {
            Phase::Ended
        };
    }

    /// What the walk amounts to. Meant for its end; before it, the verdict is partial.
    pub fn finish(mut self) -> Walk {
        let rows = self.seen.len() as u64;
        let mut how = self.how;
        if self.phase != Phase::Ended {
            self.doubts.insert(Doubt::NoProgress);
        }
        if self.longest_ever > 0 && self.blind_stride > self.longest_ever {
            self.doubts.insert(Doubt::StrideUnproven);
        }
        if self.largest_local > rows {
            let total = self.largest_local;
            self.doubts.insert(Doubt::FewerThanTotal { rows, total });
        }
        if let Some(total) = self.total {
            match total.cmp(&rows) {
                std::cmp::Ordering::Less => {
                    self.doubts.insert(Doubt::MoreThanTotal { rows, total });
                }
                std::cmp::Ordering::Greater => {
                    self.doubts.insert(Doubt::FewerThanTotal { rows, total });
                }
                std::cmp::Ordering::Equal => how = Proof::Counted,
            }
        }
        let verdict = if self.doubts.is_empty() {
            Verdict::Whole { how }
        } else {
            Verdict::Partial {
                reasons: self.doubts.into_iter().collect(),
            }
        };
        Walk {
            pages: self.pages,
            rows,
            duplicates: self.duplicates,
            reported_total: self.total,
            verdict,
        }
    }
}

/// How many resources of each kind there probably are: whoever knows what is wanted can tell,
/// at any time during a walk. Decides how many pages are asked for at once, and nothing else.
#[derive(Debug, Default)]
pub struct Foretold {
    users: AtomicU64,
    groups: AtomicU64,
}

impl Foretold {
    /// Tells of some more.
    pub fn count(&self, users: usize, groups: usize) {
        self.users.fetch_add(users as u64, Ordering::Relaxed);
        self.groups.fetch_add(groups as u64, Ordering::Relaxed);
    }

    /// Tells how many there are in all.
    pub fn tell(&self, users: usize, groups: usize) {
        self.users.store(users as u64, Ordering::Relaxed);
        self.groups.store(groups as u64, Ordering::Relaxed);
    }
}

/// Walks the collection of `R`, or what of it a filter lets through; so many resources are
/// foretold.
///
/// # Errors
/// When a page does not come, whatever the status: 404 on a listing is never "empty"
/// (faults S3, F7).
pub async fn walk<T: Transport, R: Listed>(
    transport: &ReadOnly<T>,
    paging: Paging,
    filter: Option<&str>,
    foretold: &Foretold,
    sink: &mut impl FnMut(R),
) -> Result<Walk, ScimError> {
    let mut walker = Walker::new(paging);
    let mut ahead = Ahead::new(|number, ask| async move {
        let request = page_request::<R>(ask, filter);
        let page = match transport.ask(&request).await {
            Ok(response) => read_aside(transport, request.request(), response).await,
            Err(error) => Err(error),
        };
        (number, page)
    });
    while let Some(ask) = walker.ask() {
        match ahead.next(&ask, &walker, foretold).await {
            Ok(page) => walker.take(page, sink),
            Err(error) if page_was_too_big(&error) => match walker.shrink() {
                Shrink::Shrunk => {}
                Shrink::Smallest => return Err(error),
            },
            Err(error) => return Err(error),
        }
    }
    Ok(walker.finish())
}

/// A page that was asked for.
struct Asked<R> {
    ask: Ask,
    /// What came, before it was its turn.
    came: Option<Result<Page<R>, ScimError>>,
}

/// The pages on their way, and those that came before it was their turn.
struct Ahead<R, Fetch, Fetching> {
    fetch: Fetch,
    /// In the order in which the walk will take them.
    asked: VecDeque<Asked<R>>,
    /// Each with its number; `taken` is that of the first one asked.
    fetching: FuturesUnordered<Fetching>,
    taken: usize,
    /// Whether every page so far was the one foreseen.
    as_they_seem: bool,
}

impl<R, Fetch, Fetching> Ahead<R, Fetch, Fetching>
where
    R: Listed,
    Fetch: Fn(usize, Ask) -> Fetching,
    Fetching: Future<Output = (usize, Result<Page<R>, ScimError>)>,
{
    fn new(fetch: Fetch) -> Self {
        Self {
            fetch,
            asked: VecDeque::with_capacity(WINDOW_FORETOLD),
            fetching: FuturesUnordered::new(),
            taken: 0,
            as_they_seem: true,
        }
    }

    fn push(&mut self, ask: Ask) {
        let number = self.taken + self.asked.len();
        self.fetching.push((self.fetch)(number, ask.clone()));
        self.asked.push_back(Asked { ask, came: None });
    }

    /// The page that the walk asks for next; those after it are asked for meanwhile.
    async fn next(
        &mut self,
        ask: &Ask,
        walker: &Walker,
        foretold: &Foretold,
    ) -> Result<Page<R>, ScimError> {
        if self.asked.front().map(|first| &first.ask) != Some(ask) {
            if !self.asked.is_empty() {
                // Pages are not as they seemed: from here on one after the other.
                self.as_they_seem = false;
                self.asked.clear();
                self.fetching = FuturesUnordered::new();
            }
            self.push(ask.clone());
        }
        loop {
            self.look_ahead(walker, foretold);
            let first = self.asked.pop_front_if(|first| first.came.is_some());
            if let Some(page) = first.and_then(|first| first.came) {
                self.taken += 1;
                return page;
            }
            let Some((number, page)) = self.fetching.next().await else {
                unreachable!("the first page asked for is on its way until it came");
            };
            self.asked[number - self.taken].came = Some(page);
        }
    }

    /// Asks for the pages that come after those asked for, as far as is worth it.
    fn look_ahead(&mut self, walker: &Walker, foretold: &Foretold) {
        let rows = R::foretold(foretold);
        let known = self.asked.len();
        for (next, nth) in walker.foresee().zip(1..).skip(known - 1) {
            let is_foretold = next.start_index.saturating_add(next.count) <= rows.saturating_add(1);
            let (window, at_once) = match (self.as_they_seem, is_foretold) {
                (false, _) => (1, 1),
                (true, true) => (WINDOW_FORETOLD, IN_FLIGHT_FORETOLD),
                (true, false) => (IN_FLIGHT, IN_FLIGHT),
            };
            if nth >= window || self.fetching.len() >= at_once {
                break;
            }
            self.push(next);
        }
    }
}

fn page_request<R: Listed>(ask: Ask, filter: Option<&str>) -> ReadRequest {
    let request = ReadRequest::scim([R::COLLECTION]);
    let request = match filter {
        Some(filter) => request.with_query("filter", filter),
        None => request,
    };
    match ask.cursor {
        Some(cursor) => request.with_query("cursor", cursor),
        None => request.with_query("startIndex", ask.start_index.to_string()),
    }
    .with_query("count", ask.count.to_string())
}

/// Whether a smaller page may succeed where this one failed.
fn page_was_too_big(error: &ScimError) -> bool {
    match error.kind() {
        ErrorKind::TooLarge
        | ErrorKind::Server
        | ErrorKind::Transport(
            TransportFault::Timeout | TransportFault::TooLarge | TransportFault::Cut,
        ) => true,
        ErrorKind::Refused => matches!(error.scim_type(), Some("tooMany" | "invalidCount")),
        ErrorKind::Unauthorized
        | ErrorKind::Forbidden
        | ErrorKind::NotFound
        | ErrorKind::WrongEndpoint
        | ErrorKind::NotJson
        | ErrorKind::Conflict
        | ErrorKind::PreconditionFailed
        | ErrorKind::RateLimited
        | ErrorKind::NotImplemented
        | ErrorKind::Malformed
        | ErrorKind::CreatedUnseen
        | ErrorKind::Unproven
        | ErrorKind::Transport(
            TransportFault::Dns
            | TransportFault::Connect
            | TransportFault::Tls
            | TransportFault::Redirect
            | TransportFault::Unsent
            | TransportFault::Other,
        ) => false,
    }
}

/// Reads one page, a long one while others come in.
async fn read_aside<T: Transport, R: Listed>(
    transport: &ReadOnly<T>,
    request: &Request,
    response: Response,
) -> Result<Page<R>, ScimError> {
    if response.body.len() < LONG_PAGE {
        return read_page(transport.target(), request, &response);
    }
    let (base, request) = (transport.target().to_owned(), request.clone());
    let reading = move || read_page(&base, &request, &response);
    transport.aside(reading).await
}

/// Reads one page. A resource that cannot be read costs only itself, and the walk its proof.
pub(super) fn read_page<R: Listed>(
    base: &str,
    request: &Request,
    response: &Response,
) -> Result<Page<R>, ScimError> {
    // The usual case first: values are only built when a resource is not what it should be.
    let (list, unreadable) = match serde_json::from_slice::<ListResponse<R>>(&response.body) {
        Ok(list) => (list, 0),
        Err(_) => {
            let list: ListResponse<Value> = exchange::read(base, request, response)?;
            let came = list.resources.as_ref().map_or(0, Vec::len);
            let rows = list.resources.map(|rows| {
                rows.into_iter()
                    .filter_map(|row| serde_json::from_value(row).ok())
                    .collect::<Vec<R>>()
            });
            let unreadable = (came - rows.as_ref().map_or(0, Vec::len)) as u64;
            let list = ListResponse {
                total_results: list.total_results,
                items_per_page: list.items_per_page,
                start_index: list.start_index,
                next_cursor: list.next_cursor,
                resources: rows,
            };
            (list, unreadable)
        }
    };
    if list.resources.is_none() && list.total_results.is_none() {
        return Err(ScimError::unusable(
            base,
            request,
            response,
            "neither `Resources` nor `totalResults`: not a list",
        ));
    }
    Ok(Page {
        total: list.total_results,
        next_cursor: list.next_cursor.filter(|cursor| !cursor.is_empty()),
        rows: list.resources,
        unreadable,
    })
}

#[cfg(test)]
mod tests;
