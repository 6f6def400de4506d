//! The servers, as data: how each is spoken to, and what each cannot do.

use serde_json::{Value, json};

/// A server that somebody else wrote, in one of its settings.
pub struct Server {
    /// Its name in `INTEROP_SERVER`.
    pub name: &'static str,
    /// `target.dialect` where the server departs from RFC 7644, as JSON.
    pub dialect: &'static str,
    /// What it cannot do.
    pub limits: &'static [Limit],
}

/// Something a server cannot do.
pub struct Limit {
    /// The scenario that runs into it.
    pub scenario: &'static str,
    /// What the server does instead.
    pub because: &'static str,
    /// What must be seen then.
    pub then: Then,
}

/// What must be seen where a server cannot do something.
pub enum Then {
    /// The program says so and ends with an error, never with "converged".
    Fails {
        /// The exit code of the run that meets it.
        exit: i32,
        /// What that run says.
        says: &'static str,
    },
    /// The server does not even let the scenario be set up.
    NotSetUp,
}

const fn fails(exit: i32, says: &'static str) -> Then {
    Then::Fails { exit, says }
}

const STRICT: &str = "{}";

/// A list that is always its first twenty.
const FIRST_TWENTY: &str = "answers every list with its first 20, whatever is asked";

/// How django-scim2 wants to be spoken to, seen on the wire.
const DJANGO: &str = r#"{
    "userUpdate": "put", "groupRename": "put", "memberRemoval": "valueList",
    "groupFilter": "none"
}"#;

const NO_TAGS: &str = "offers no entity tags";
const DJANGO_UNIQUE: &str = "refuses a second group of the same name";
const DJANGO_ATTRIBUTES: &str = "ignores every attribute beyond names and e-mail";
const DJANGO_MEMBERS: &str = "refuses members that are no users";

/// Every server the suite knows.
pub const SERVERS: &[Server] = &[
    Server {
        name: "scim2-server",
        dialect: STRICT,
        limits: &[],
    },
    Server {
        name: "scim2-server-pages-of-5",
        dialect: STRICT,
        limits: &[],
    },
    Server {
        name: "scim2-server-no-filter",
        dialect: STRICT,
        limits: &[],
    },
    // A strict server takes every other form too: each key of the dialect is turned.
    Server {
        name: "scim2-server-by-put",
        dialect: r#"{
            "userUpdate": "put", "groupRename": "put", "listMembers": "readEach",
            "userFilter": "textual", "groupFilter": "none", "pageSize": 3, "membersPerPatch": 2
        }"#,
        limits: &[],
    },
    Server {
        name: "scimmy",
        dialect: STRICT,
        limits: &[Limit {
            scenario: "an_older_version_is_not_overwritten",
            because: NO_TAGS,
            then: Then::NotSetUp,
        }],
    },
    Server {
        name: "scimmy-express-5",
        dialect: STRICT,
        limits: &[
            Limit {
                scenario: "an_older_version_is_not_overwritten",
                because: NO_TAGS,
                then: Then::NotSetUp,
            },
            Limit {
                scenario: "with_five_hundred_people_and_fifty_groups",
                because: FIRST_TWENTY,
                then: fails(4, "may have gaps"),
            },
            Limit {
                scenario: "a_removal_among_many",
                because: FIRST_TWENTY,
                then: fails(3, "partial-read"),
            },
        ],
    },
    Server {
        name: "django-scim2",
        dialect: DJANGO,
        limits: &[
            Limit {
                scenario: "an_older_version_is_not_overwritten",
                because: NO_TAGS,
                then: Then::NotSetUp,
            },
            Limit {
                scenario: "attributes_are_made_changed_and_cleared",
                because: DJANGO_ATTRIBUTES,
                then: fails(4, "its nickName has no value"),
            },
            Limit {
                scenario: "a_display_name_of_its_own",
                because: "makes the display name of first and last name",
                then: fails(4, "Not converged"),
            },
            Limit {
                scenario: "two_groups_of_one_name_are_refused",
                because: DJANGO_UNIQUE,
                then: Then::NotSetUp,
            },
            Limit {
                scenario: "a_member_who_is_no_person_stays",
                because: DJANGO_MEMBERS,
                then: Then::NotSetUp,
            },
        ],
    },
    // What a server like this does to somebody who has not read its documentation.
    Server {
        name: "django-scim2-no-dialect",
        dialect: STRICT,
        limits: &[
            Limit {
                scenario: "an_older_version_is_not_overwritten",
                because: NO_TAGS,
                then: Then::NotSetUp,
            },
            Limit {
                scenario: "two_groups_of_one_name_are_refused",
                because: DJANGO_UNIQUE,
                then: Then::NotSetUp,
            },
            Limit {
                scenario: "a_member_who_is_no_person_stays",
                because: DJANGO_MEMBERS,
                then: Then::NotSetUp,
            },
            Limit {
                scenario: "attributes_are_made_changed_and_cleared",
                because: DJANGO_ATTRIBUTES,
                then: fails(4, "its nickName has no value"),
            },
            Limit {
                scenario: "a_person_is_renamed",
                because: "answers 501 to PATCH of `displayName`",
                then: fails(4, "501"),
            },
            Limit {
                scenario: "a_display_name_of_its_own",
                because: "answers 501 to PATCH of `displayName`",
                then: fails(4, "Not converged"),
            },
            Limit {
                scenario: "a_group_is_renamed",
                because: "answers 501 to PATCH of a group's `displayName`",
                then: fails(4, "501"),
            },
            Limit {
                scenario: "members_come_and_go_at_page_boundaries",
                because: "answers 501 to `members[value eq …]`",
                then: fails(4, "501"),
            },
            Limit {
                scenario: "an_account_is_known_by_its_login",
                because: "answers 501 to `members[value eq …]`",
                then: fails(4, "501"),
            },
            Limit {
                scenario: "a_person_is_removed",
                because: "answers 501 to `members[value eq …]`",
                then: fails(4, "501"),
            },
        ],
    },
];

impl Server {
    /// The server of this name.
    pub fn named(name: &str) -> &'static Server {
        let known = || SERVERS.iter().map(|server| server.name);
        SERVERS
            .iter()
            .find(|server| server.name == name)
            .unwrap_or_else(|| {
                let known = known().collect::<Vec<_>>().join(", ");
                panic!("no server is called `{name}`; there are {known}")
            })
    }

    /// The limit a scenario meets here, if any.
    pub fn limit(&self, scenario: &str) -> Option<&'static Limit> {
        self.limits.iter().find(|limit| limit.scenario == scenario)
    }

    /// `target.dialect` with what a scenario wants besides. The rate is high: these servers
    /// have no limit, and the suite has to end soon.
    pub fn dialect(&self, more: &Value) -> Value {
        let mut dialect: Value = serde_json::from_str(self.dialect).expect("the table holds JSON");
        dialect["requestsPerMinute"] = json!(1_000_000);
        for (key, value) in more.as_object().expect("a mapping") {
            dialect[key] = value.clone();
        }
        dialect
    }
}
