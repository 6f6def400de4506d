//! What can go wrong with one request, and with the next no more.

use std::time::Duration;

use scim_sync::sandbox::in_memory::Fault;

/// Each kind of fault that every client of a provider has to survive.
pub fn once() -> Vec<Fault> {
    vec![
        Fault::Slow(Duration::from_secs(40)),
        Fault::Refused,
        Fault::DropBefore,
        Fault::DropAfter,
        Fault::TimeoutBefore,
        Fault::TimeoutAfter,
        Fault::HalfBody,
        Fault::WrongType,
        Fault::Html(200),
        Fault::Html(403),
        Fault::Status(401),
        Fault::Status(404),
        Fault::Status(409),
        Fault::Status(500),
        Fault::StatusAfter(500),
        Fault::StatusAfter(404),
        Fault::StatusAfter(409),
        Fault::TooManyRequests { retry_after: None },
        Fault::Redirect,
        Fault::TooLarge,
        Fault::RowTwice,
        Fault::RowMissing,
        Fault::WrongTotal(-1),
        Fault::WrongTotal(1000),
        Fault::Stale,
        Fault::NoOp,
    ]
}
