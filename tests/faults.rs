//! The catalogue of faults: what goes wrong, what comes of it, and which test holds it.
//!
//! A row is a fault that service providers, networks, pipelines or people have been seen to
//! make. Every row names tests that exist, and every fault has a row.

use std::collections::BTreeSet;
use std::path::Path;

/// Fault, what comes of it, and `file::test` of each test that holds it.
const ROWS: &[(&str, &str, &[&str])] = &[
    (
        "F1",
        "a wrong `totalResults` never ends or prolongs a walk",
        &[
            "src/scim/listing/tests.rs::totals_that_lie_never_end_or_prolong_a_walk",
            "src/scim/listing/tests.rs::a_page_local_total_larger_than_all_that_came_is_a_doubt",
            "tests/fault_matrix.rs::every_fault_at_every_request_of_plain_scim",
        ],
    ),
    (
        "F2",
        "short and empty pages in the middle are walked through",
        &["src/scim/listing/tests.rs::harness_pages_cut_short_and_empty_are_walked_through"],
    ),
    (
        "F3",
        "a row on two pages counts once; differing copies are a doubt",
        &[
            "src/scim/listing/tests.rs::rows_without_id_and_differing_copies_are_doubts",
            "tests/fault_matrix.rs::every_fault_at_every_request_of_harness_as_documented",
        ],
    ),
    (
        "F4",
        "what is missed while others write costs a look-up, never a removal",
        &[
            "src/scim/listing/tests.rs::whole_means_every_row_came",
            "tests/plan_properties.rs::applied_without_a_whole_read_nothing_is_lost",
        ],
    ),
    (
        "F5",
        "an ignored startIndex ends, and proves nothing",
        &[
            "src/scim/listing/tests.rs::an_ignored_start_index_is_never_whole",
            "src/scim/listing/tests.rs::every_walk_ends",
        ],
    ),
    (
        "F6",
        "a listing that stops at the cap is no end",
        &["src/scim/listing/tests.rs::a_capped_page_is_no_end"],
    ),
    (
        "F7",
        "404 on a listing is an error, never nobody",
        &["src/scim/service/tests.rs::a_404_listing_is_an_error_and_a_404_web_page_is_no_absence"],
    ),
    (
        "F8",
        "`Resources: null` is empty only on page 1 with a total of 0",
        &["src/scim/listing/tests.rs::null_resources_are_empty_only_when_nothing_is_missing"],
    ),
    (
        "F9",
        "a list that holds less than half of what the last run left is doubted, and nothing removed",
        &["tests/read_integrity.rs::a_sudden_emptiness_is_doubted_and_then_taken_note_of"],
    ),
    (
        "F10",
        "reads that lag never lead to a second create",
        &[
            "tests/fault_matrix.rs::every_fault_at_every_request_of_harness_as_its_source",
            "tests/fault_matrix.rs::every_fault_at_every_request_of_plain_scim",
        ],
    ),
    (
        "F11",
        "members that are not listed are read, not taken for none",
        &["src/scim/service/tests.rs::groups_listed_without_members_are_read_one_by_one"],
    ),
    (
        "F12",
        "a member that is no listed user is left alone",
        &["tests/plan_golden.rs::members_that_are_not_listed_stay"],
    ),
    (
        "F13",
        "two live users equal but for case: neither is touched",
        &["tests/plan_golden.rs::two_live_users_differ_by_case"],
    ),
    (
        "F14",
        "two live groups of one name are refused",
        &["tests/plan_golden.rs::two_live_groups_of_one_name"],
    ),
    (
        "F15",
        "unknown attributes are ignored on read and not sent back blank",
        &[
            "src/scim/wire.rs::reads_what_careless_servers_send",
            "src/scim/service/tests.rs::a_merged_put_changes_what_differs_and_keeps_the_rest",
        ],
    ),
    (
        "F16",
        "wrong types: known quirks are read, else no removal",
        &[
            "src/scim/wire.rs::reads_what_careless_servers_send",
            "src/scim/service/tests.rs::one_unreadable_user_costs_only_itself_and_the_proof",
        ],
    ),
    (
        "F17",
        "a create that never arrived is looked up, then made",
        &[
            "tests/apply_faults.rs::every_request_fails_once_and_the_executor_sees_it",
            "tests/fault_matrix.rs::every_fault_at_every_request_of_plain_scim",
        ],
    ),
    (
        "F18",
        "a create that was done and timed out is adopted: one user, one invitation",
        &["tests/fault_matrix.rs::every_fault_at_every_request_of_harness_as_documented"],
    ),
    (
        "F19",
        "a cut answer after the effect is as F18",
        &["tests/apply_faults.rs::every_request_fails_once_and_the_client_retries"],
    ),
    (
        "F20",
        "409 for our own create is looked up and adopted",
        &["tests/fault_matrix.rs::every_fault_at_every_request_of_harness_as_documented"],
    ),
    (
        "F21",
        "409 for anything else is looked up and reported, without a loop",
        &["tests/fault_matrix.rs::every_fault_at_every_request_of_plain_scim"],
    ),
    (
        "F22",
        "201 for somebody who was there is told as adopted",
        &["tests/apply_regressions.rs::a_manual_account_without_declared_names_is_adopted"],
    ),
    (
        "F23",
        "404 after the effect is looked up, bounded",
        &[
            "tests/fault_matrix.rs::every_fault_at_every_request_of_harness_as_its_source",
            "src/scim/error.rs::effects_are_honest",
        ],
    ),
    (
        "F24",
        "success without effect is `not taken`",
        &["tests/fault_matrix.rs::a_write_that_does_nothing_is_named_as_such"],
    ),
    (
        "F25",
        "members the provider drops are named",
        &["tests/fault_matrix.rs::a_write_that_does_nothing_is_named_as_such"],
    ),
    (
        "F26",
        "one writer for each group",
        &["tests/apply_order.rs::one_group_has_one_writer"],
    ),
    (
        "F27",
        "only our own difference is written; what others do meanwhile stays",
        &["tests/fault_matrix.rs::what_somebody_else_puts_in_meanwhile_stays"],
    ),
    (
        "F28",
        "no update says inactive where that removes",
        &["src/scim/service/tests.rs::an_update_never_removes_where_inactive_means_removed"],
    ),
    (
        "F29",
        "no PUT drops members or turns one person into another",
        &[
            "src/scim/service/tests.rs::a_rename_by_put_keeps_members_or_does_nothing",
            "src/scim/service/tests.rs::a_put_never_starts_from_somebody_else",
        ],
    ),
    (
        "F30",
        "deactivation that removes is shown and counted as a removal",
        &[
            "tests/plan_golden.rs::suspended_is_removed_at_harness",
            "tests/plan_golden.rs::too_many_people_removed",
        ],
    ),
    (
        "F31",
        "DELETE of what is gone is done; of what is refused, an error",
        &["src/scim/service/tests.rs::deletes_tell_gone_from_refused"],
    ),
    (
        "F32",
        "DELETE answered and still listed: waited for, then told",
        &["tests/fault_matrix.rs::a_write_that_does_nothing_is_named_as_such"],
    ),
    (
        "F33",
        "e-mail change refused; group removal for Support",
        &[
            "tests/plan_golden.rs::an_email_change_is_refused",
            "tests/plan_golden.rs::a_role_is_gone_and_support_removes_the_group",
        ],
    ),
    (
        "F34",
        "413 halves the batch",
        &["tests/fault_matrix.rs::a_batch_that_is_too_large_goes_in_halves"],
    ),
    (
        "F35",
        "429 pauses all workers",
        &["src/scim/retry/tests.rs::a_429_pauses_every_worker"],
    ),
    (
        "F36",
        "hostile `Retry-After` is clamped; a 429 that stays ends the run",
        &[
            "src/scim/retry/tests.rs::retry_after_is_read_in_both_forms_and_never_trusted_blindly",
            "src/scim/retry/tests.rs::attempts_waits_and_time_limits_are_bounded",
            "tests/fault_matrix.rs::a_provider_that_fails_for_good_is_left_alone",
        ],
    ),
    (
        "F37",
        "429 without `Retry-After` halves the rate, which climbs back",
        &["src/scim/retry/tests.rs::complaints_halve_the_rate_once_and_it_climbs_back"],
    ),
    (
        "F38",
        "bursts of 5xx pass; five failed items in a row end the run",
        &[
            "tests/fault_matrix.rs::bursts_of_failures_from_every_request_on",
            "tests/fault_matrix.rs::a_provider_that_fails_for_good_is_left_alone",
        ],
    ),
    (
        "F39",
        "a deadline ends what would not end",
        &["tests/apply_process.rs::after_the_deadline_nothing_is_begun_and_what_is_left_is_said"],
    ),
    (
        "F40",
        "401 and 403 stop the run",
        &["tests/fault_matrix.rs::a_provider_that_fails_for_good_is_left_alone"],
    ),
    (
        "F41",
        "the token's own account and the last administrator are not removed",
        &[
            "tests/beside_scim.rs::the_tokens_own_user_is_not_removed",
            "tests/beside_scim.rs::the_last_admins_are_not_removed_one_by_one_or_together",
        ],
    ),
    (
        "F42",
        "members leave before their account; adds come before removals",
        &["tests/apply_order.rs::people_come_before_groups_and_adds_before_removals"],
    ),
    (
        "F43",
        "no redirect leaves the origin",
        &[
            "tests/wire.rs::a_redirect_elsewhere_is_not_followed_and_the_token_stays",
            "tests/wire.rs::a_redirect_within_the_origin_is_followed_for_reads_only",
        ],
    ),
    (
        "F44",
        "web pages are never data",
        &["tests/wire.rs::web_pages_and_refusals_are_told_apart"],
    ),
    (
        "F45",
        "cut answers are errors; a write may have happened",
        &["tests/wire.rs::cut_answers_are_errors_and_a_write_may_have_happened"],
    ),
    (
        "F46",
        "a gzip bomb meets the cap on decoded bytes",
        &["tests/wire.rs::gzip_is_read_and_a_bomb_is_not"],
    ),
    (
        "F47",
        "slow answers meet their limits",
        &["tests/wire.rs::slow_answers_meet_their_limits"],
    ),
    (
        "F48",
        "a connection closed as we send: reads again, writes looked up",
        &[
            "tests/wire.rs::cut_answers_are_errors_and_a_write_may_have_happened",
            "tests/apply_faults.rs::every_request_fails_once_and_the_client_retries",
        ],
    ),
    (
        "F49",
        "no host, nobody listening: plain words, no effect",
        &["tests/wire.rs::nobody_listening_and_no_such_host_are_certain_to_have_no_effect"],
    ),
    (
        "F50",
        "certificates are checked; one's own authority by file",
        &[
            "tests/network.rs::a_companys_own_authority_is_trusted_when_named_and_only_for_its_names",
            "tests/wire.rs::what_is_no_tls_is_named_so",
        ],
    ),
    (
        "F51",
        "proxies are obeyed and see no token; plain HTTP on loopback only",
        &[
            "tests/network.rs::a_proxy_is_used_and_does_not_see_the_token",
            "src/scim/client/tests.rs::plain_http_is_for_loopback_only",
        ],
    ),
    (
        "F52",
        "any bytes end a walk, without a panic",
        &[
            "src/scim/listing/tests.rs::every_walk_ends",
            "src/scim/error.rs::texts_are_one_short_safe_line",
        ],
    ),
    (
        "F53",
        "a date is measured against the server's own clock",
        &["src/scim/retry/tests.rs::retry_after_is_read_in_both_forms_and_never_trusted_blindly"],
    ),
    (
        "F54",
        "kill -9 at each request: the next run converges",
        &["tests/saved_plan.rs::killed_at_any_request_the_next_run_converges"],
    ),
    (
        "F55",
        "the first signal drains, the second ends at once",
        &[
            "tests/saved_plan.rs::interrupted_it_reports_and_ends_with_4",
            "tests/apply_process.rs::a_second_interrupt_ends_at_once_and_the_report_stays_whole",
        ],
    ),
    (
        "F56",
        "a torn tail of a report is told, the rest verified",
        &[
            "src/apply/report.rs::a_whole_report_verifies_and_a_torn_one_says_so",
            "tests/cli.rs::a_report_without_its_end_is_not_called_whole",
        ],
    ),
    (
        "F57",
        "a full disk: nothing is sent that is not written down",
        &[
            "tests/apply_process.rs::on_a_full_disk_nothing_is_sent_that_is_not_written_down",
            "tests/fault_matrix.rs::without_room_for_a_line_nothing_more_is_sent",
        ],
    ),
    (
        "F58",
        "two applies: a lock on one machine, preconditions elsewhere",
        &[
            "tests/saved_plan.rs::two_applies_at_once_on_one_machine",
            "tests/apply_process.rs::the_lock_of_a_killed_run_lets_go",
            "tests/saved_plan.rs::what_moved_since_stops_alone_and_the_rest_runs",
        ],
    ),
    (
        "F59",
        "what moved stops alone, the rest runs",
        &["tests/saved_plan.rs::what_moved_since_stops_alone_and_the_rest_runs"],
    ),
    (
        "F60",
        "a plan edited, of another version, target or base is refused",
        &[
            "tests/saved_plan.rs::a_tampered_plan_another_version_and_another_target_are_refused",
            "tests/saved_plan.rs::a_changed_manifest_makes_it_stale_and_the_changed_files_are_named",
            "tests/apply_process.rs::a_plan_made_with_another_base_is_stale",
        ],
    ),
    (
        "F61",
        "no older commit after a newer one",
        &["tests/apply_process.rs::an_older_commit_is_not_applied_after_a_newer_one"],
    ),
    (
        "F62",
        "a reader that goes away decides nothing",
        &["tests/cli.rs::a_reader_that_goes_away_is_not_an_error"],
    ),
    (
        "F63",
        "without the report of an earlier run the next is right all the same",
        &["tests/plan_properties.rs::a_crash_after_any_write_is_recovered_from"],
    ),
    (
        "F64",
        "empty files, conflict markers, includes that match nothing are faults",
        &["tests/manifest_diagnostics.rs::every_invalid_file_prints_its_golden_text"],
    ),
    (
        "F65",
        "limits by number and share, for people, memberships and groups",
        &[
            "tests/plan_golden.rs::too_many_people_removed",
            "tests/plan_golden.rs::too_many_memberships_removed",
            "tests/plan_golden.rs::too_many_removed_from_one_group",
        ],
    ),
    (
        "F66",
        "names that YAML reads as something else stay text",
        &["tests/schema.rs::names_that_yaml_reads_as_something_else_stay_text"],
    ),
    (
        "F67",
        "duplicate and unknown keys are faults with both places",
        &["tests/manifest_diagnostics.rs::every_code_has_an_invalid_file"],
    ),
    (
        "F68",
        "alias bombs and deep nesting are refused soon",
        &[
            "tests/manifest_limits.rs::alias_bombs_are_refused",
            "tests/manifest_limits.rs::deep_nesting_is_refused",
        ],
    ),
    (
        "F69",
        "a large and honest manifest is read",
        &["tests/manifest_limits.rs::a_large_and_honest_manifest_passes"],
    ),
    (
        "F70",
        "two people equal after folding are refused, look-alikes told",
        &[
            "src/ids.rs::emails_compare_without_case_and_unicode_form",
            "src/manifest/lint/lookalike.rs::homoglyphs_have_the_skeleton_of_what_they_imitate",
            "tests/manifest_diagnostics.rs::every_invalid_file_prints_its_golden_text",
        ],
    ),
    (
        "F71",
        "groups of one id are refused",
        &[
            "tests/plan_golden.rs::a_group_id_is_taken",
            "tests/apply_regressions.rs::a_create_answered_with_another_group_is_refused",
        ],
    ),
    (
        "F72",
        "includes are regular files below the root",
        &[
            "tests/manifest_loading.rs::links_are_followed_inside_the_folder_only",
            "tests/manifest_loading.rs::pipes_and_broken_links_are_never_opened",
        ],
    ),
    (
        "F73",
        "filters carry what they can, and nothing else is sent",
        &[
            "tests/wire.rs::hostile_ids_stay_one_segment_and_filters_are_escaped",
            "src/scim/filter.rs::textual_filters_refuse_what_they_cannot_carry",
        ],
    ),
    (
        "F74",
        "nothing live reaches a terminal as a command",
        &["src/render/escape.rs::nothing_reaches_the_terminal_as_a_command"],
    ),
    (
        "F75",
        "no live name means anything in Markdown or HTML",
        &["tests/plan_formats.rs::no_name_means_anything_in_markdown"],
    ),
    (
        "F76",
        "no line steers a workflow",
        &["tests/fault_formats.rs::hostile_names_cannot_steer_a_terminal_or_a_workflow"],
    ),
    (
        "F77",
        "no cell of a spreadsheet is a formula",
        &[
            "src/render/access.rs::no_cell_is_a_formula",
            "tests/review.rs::a_spreadsheet_of_who_has_what",
        ],
    ),
    (
        "F78",
        "no token in any output, file or error",
        &[
            "tests/apply_process.rs::verbose_tells_requests_and_neither_token_nor_people",
            "tests/saved_plan.rs::the_report_tells_every_write_and_no_secret",
            "src/scim/client/tests.rs::echoes_of_the_token_are_taken_out",
            "tests/manifest_diagnostics.rs::no_format_shows_a_token",
        ],
    ),
    (
        "F79",
        "bodies are told without anybody in them",
        &[
            "src/scim/client/masked.rs::the_shape_is_shown_and_nobody_is",
            "tests/plan_formats.rs::pseudonyms_are_the_same_throughout_a_plan_and_twice_over",
        ],
    ),
    (
        "F80",
        "an id stays one segment of a path",
        &["src/scim/client/tests.rs::ids_stay_one_segment"],
    ),
];

#[test]
fn every_row_names_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (row, _, tests) in ROWS {
        assert!(!tests.is_empty(), "{row} names no test");
        for test in *tests {
            let (file, name) = test.split_once("::").expect("file::test");
            let text = std::fs::read_to_string(root.join(file))
                .unwrap_or_else(|error| panic!("{row}: {file}: {error}"));
            assert!(
                text.contains(&format!("fn {name}(")),
                "{row}: there is no {test}"
            );
        }
    }
}

#[test]
fn every_fault_has_one_row() {
    let rows: Vec<&str> = ROWS.iter().map(|row| row.0).collect();
    let different: BTreeSet<&str> = rows.iter().copied().collect();
    assert_eq!(rows.len(), different.len(), "a fault has two rows");
    let all: BTreeSet<String> = (1..=80).map(|number| format!("F{number}")).collect();
    let named: BTreeSet<String> = rows.iter().map(ToString::to_string).collect();
    assert_eq!(named, all);
}
