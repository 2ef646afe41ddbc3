"""What `make slow` runs, and `make test` leaves to it: the same promises at length, each told by quick tests too.

Of `AT_LENGTH` the key is the beginning of a test's name as pytest writes it, a file or a case; the value is where quick
tests tell it in the small. Of the tables in `IN_PART` three cases are quick. Continuous integration runs both commands,
and plain `pytest` runs all.
"""

from collections.abc import Sequence

BROWSER, SCREENS = "tests/browser/test_patient_", "tests/browser/test_patient_screens.py::test_"
DRILL = "tests/rehearsal/test_restore_drill.py::test_"
HASTE = f"{BROWSER}haste.py::test_a_second_tap_on_the_last_next_does_not_send_what_was_not_reviewed"
REFUSED = "tests/messages/sending/test_refused"
STATES = "tests/web/test_states.py::test_every_route_is_refused_in_a_sentence_where_the_state_does_not_allow_it"
FURTHER_CODES = {
    "numbers.py::test_whatever_code_refuses_one_number_it_is_hers_alone": ("21212", "21408", "21606", "21612", "21659"),
    "numbers.py::test_a_code_that_can_only_be_about_us_lets_everybody_wait_and_is_held_against_nobody": (
        "20404", "21267", "21603", "21660", "21704", "21705", "63038",
    ),
    "numbers.py::test_alone_she_is_kept_waiting_while_our_account_is_refused_and_nobody_is_sent_after_her": (
        "20404", "21267", "21603", "21660", "21704", "21705", "63038",
    ),
    "later.py::test_whatever_code_a_report_gives_of_our_sender_no_text_of_anybodys_is_lost": (
        "20404", "21212", "21267", "21408", "21603", "21606", "21612", "21659", "21660", "21703", "21704", "21705",
        "30034", "63038",
    ),
}  # fmt: skip
"""Of codes that one set holds (`gateways/outcomes.py`, and its table), all but a few of each: they go the same way."""
COMES_BACK = "tests/exports/test_past_nights.py::test_a_night_comes_back_from_the_trail_whatever_changed_since"

AT_LENGTH = {
    "tests/browser/test_desk_screens.py::test_no_page_of_the_desk_breaks_a_rule_or_is_wider_than_the_screen[every": (
        "tests/browser/test_desk_screens.py"
    ),
    **{
        f"{REFUSED}_{test}[{code}": f"{REFUSED}_{test.partition('::')[0]}"
        for test, codes in FURTHER_CODES.items() for code in codes
    },
    **{f"{COMES_BACK}[{change}": "tests/exports/test_past_nights.py" for change in (
        "new_participant", "answer", "withdrawal", "settled", "moved_day_0", "deleted",
    )},
    "tests/messages/test_state_machine.py::test_over_further_histories_the_promises_hold": (
        "tests/messages/test_state_machine.py"
    ),
    "tests/studies/protocol/test_holidays.py::test_of_every_country_only_the_days_of_all_of_it_may_be_made_to_hold": (
        "tests/studies/protocol/test_holidays.py"
    ),
    f"{SCREENS}each_screen_of_a_visit_is_for_every_eye_and_hand_and_its_answers_are_sent[d0": f"{BROWSER}screens.py",
    f"{SCREENS}each_screen_of_a_visit_is_for_every_eye_and_hand_and_its_answers_are_sent[d154": f"{BROWSER}screens.py",
    f"{SCREENS}each_screen_of_a_visit_is_for_every_eye_and_hand_and_its_answers_are_sent[d21": f"{BROWSER}screens.py",
    f"{SCREENS}no_question_of_any_instrument_breaks_a_rule_in_light_or_dark[en": f"{BROWSER}screens.py",
    f"{SCREENS}the_licence_holders_proof_has_each_screen_at_three_widths": "tests/web/test_preview.py",
    "tests/browser/test_engines.py": f"{BROWSER}journey.py",
    f"{BROWSER}translation.py::test_a_translation_is_told_and_kept_with_the_answers[document": (
        f"{BROWSER}translation.py"
    ),
    f"{BROWSER}translation.py::test_every_word_of_a_questionnaire_is_marked_as_not_to_be_translated[d0": (
        f"{BROWSER}translation.py"
    ),
    f"{HASTE}[tapped_again": f"{BROWSER}haste.py",
    f"{HASTE}[tapped_where": f"{BROWSER}haste.py",
    f"{HASTE}[held": f"{BROWSER}haste.py",
    f"{BROWSER}haste.py::test_a_year_tapped_twice_is_one_try[button.click": f"{BROWSER}haste.py",
    f"{BROWSER}new_link.py::test_a_new_link_brings_what_was_answered_without_a_line_under_the_old[3": (
        f"{BROWSER}new_link.py"
    ),
    f"{BROWSER}new_link.py::test_what_is_answered_under_the_new_link_is_newer_than_any_copy": f"{BROWSER}new_link.py",
    f"{BROWSER}identity.py::test_the_year_of_birth_is_asked_first_with_the_script_and_without[False": (
        "tests/web/patient/test_identity.py"
    ),
    f"{BROWSER}identity.py::test_what_is_asked_first_can_be_read_reached_and_touched_by_anybody[en": (
        f"{BROWSER}identity.py"
    ),
    f"{BROWSER}dates.py::test_a_date_is_held_to_its_bounds_and_read_back_as_people_say_it[en": f"{BROWSER}dates.py",
    f"{BROWSER}rich.py::test_a_matrix_is_stacked_where_it_is_narrow[390": f"{BROWSER}rich.py",
    f"{BROWSER}journey.py::test_a_number_in_the_digits_of_any_keyboard_is_taken": "tests/web/test_digits.py",
    "tests/browser/test_staff_passkeys.py::test_the_same_device_makes_no_second_passkey_for_the_same_person": (
        "tests/browser/test_staff_passkeys.py"
    ),
    "tests/cli/test_ops.py::test_without_its_keys_a_back_up_is_refused_before_anything_is_restored[another of an": (
        "tests/cli/test_ops.py"
    ),
    "tests/clock/test_apart.py::test_a_clock_that_has_exported_stays_under_150_megabytes": "tests/clock/test_apart.py",
    "tests/clock/test_idle.py": "tests/clock/test_clock.py",
    "tests/clock/test_moved.py": "tests/clock/test_one_time.py",
    "tests/clock/test_real_machines.py": "tests/clock/test_cut_line.py",
    "tests/clock/test_rotation.py::test_a_clock_with_the_old_keys_leaves_texts_to_one_that_has_the_new_ones": (
        "tests/clock/test_rotation.py"
    ),
    "tests/clock/test_separate_machines.py": "tests/clock/test_cut_line.py",
    "tests/analysis/report/test_report.py::test_the_same_input_gives_the_same_bytes": (
        "tests/analysis/report/test_report.py"
    ),
    "tests/cli/test_db.py::test_the_way_down_goes_where_no_data_are_in_the_way_and_up_again[answer1": (
        "tests/cli/test_db.py"
    ),
    "tests/exports/test_blind_runs.py::test_the_newest_export_is_analysed_once_and_says_that_it_is_blind": (
        "tests/exports/test_blind_runs.py"
    ),
    "tests/exports/test_broken_off.py::test_f24_the_old_export_survives_a_full_disk_at_any_file": (
        "tests/exports/test_broken_off.py"
    ),
    "tests/exports/test_contents.py::test_the_bytes_are_the_same_whatever_plan_postgresql_chooses": (
        "tests/exports/test_copying.py"
    ),
    "tests/exports/test_copying.py::test_no_name_that_its_rule_lets_in_is_a_formula_in_any_part": (
        "tests/exports/test_copying.py"
    ),
    "tests/journeys/test_trial.py": "tests/rehearsal/own/test_rehearsing.py",
    "tests/messages/test_killing.py": "tests/messages/sending/test_faults_of_workers.py",
    "tests/messages/test_state_machine.py::test_emails_and_visits_in_one_text_keep_the_same_promises": (
        "tests/messages/test_state_machine.py"
    ),
    "tests/migrations/test_released_code.py": "tests/core/test_released.py",
    "tests/migrations/test_released_data.py": "tests/core/test_released.py",
    "tests/mutating/test_trying.py::test_tests_without_their_database_kill_nothing": "tests/mutating/test_trying.py",
    "tests/rehearsal/test_population_truth.py": "tests/rehearsal/test_population.py",
    f"{DRILL}f39_a_trial_comes_back_elsewhere_with_no_text_twice_and_no_link_crossed": "tests/cli/test_ops.py",
    f"{DRILL}the_drill_says_what_does_not_hold": "tests/rehearsal/test_restore_drill.py",
    "tests/web/test_malformed.py::test_no_query_is_ever_our_mistake[lang=%00": "tests/web/test_malformed.py",
    "tests/web/test_secret_processes.py": "tests/web/test_secret_rotation.py",
    "tests/web/test_figures.py::test_several_processes_answer_for_each_other": "tests/web/test_figures.py",
    "tests/web/test_serving.py::test_what_has_begun_is_answered_before_it_stops_and_slow_lines_hold_nothing_up": (
        "tests/web/test_serving.py"
    ),
    "tests/analysis/report/test_strange_plans.py::test_a_visit_that_nobody_answered_is_none_of_an_imputation": (
        "tests/analysis/report/test_strange_plans.py"
    ),
    "tests/api/test_examples.py::test_the_script_of_r": "tests/api/test_examples.py",
    "tests/browser/test_brought_questionnaires.py::test_the_three_are_answered_one_question_at_a_time": (
        "tests/browser/test_brought_questionnaires.py"
    ),
    "tests/browser/test_desk_journeys.py::test_a_coordinator_enrols_many_from_a_file_that_she_puts_right": (
        "tests/web/desk/test_upload.py"
    ),
    "tests/browser/test_desk_journeys.py::test_todays_list_fetches_itself_anew_but_not_under_somebodys_hands": (
        "tests/web/desk/test_styles.py"
    ),
    "tests/browser/test_desk_journeys.py::test_two_lock_the_study_and_a_third_is_refused": (
        "tests/web/desk/test_lock.py"
    ),
    f"{BROWSER}journey.py::test_what_does_not_apply_is_not_asked_and_not_sent": (
        "tests/browser/test_brought_questionnaires.py"
    ),
    "tests/cli/test_point_in_time.py": "tests/cli/test_ops.py",
    "tests/cli/test_raw_restore.py": "tests/cli/test_ops.py",
    "tests/clock/test_rotation.py::"
    "test_a_link_opens_in_every_process_that_has_its_key_and_waits_in_one_that_lacks_it": (
        "tests/clock/test_rotation.py"
    ),
    "tests/core/test_loading.py::test_the_service_starts_in_a_few_times_what_its_libraries_take": (
        "tests/core/test_loading.py"
    ),
    "tests/core/test_key_marks.py::"
    "test_f54_of_two_processes_with_different_keys_that_start_at_once_on_a_new_database_one_serves": (
        "tests/core/test_key_marks.py"
    ),
    "tests/rehearsal/own/test_rehearsing.py::test_emails_that_come_back_are_followed_by_texts_and_the_books_close": (
        "tests/rehearsal/own/test_rehearsing.py"
    ),
    "tests/web/test_bodies.py::test_every_body_is_read_before_the_database_is_asked_anything[staff": (
        "tests/web/test_bodies.py"
    ),
    "tests/web/test_restarted_database.py": "tests/clock/test_cut_line.py",
    f"{STATES}[recruiting": "tests/web/test_states.py",
    f"{STATES}[closed": "tests/web/test_states.py",
}  # fmt: skip

IN_PART = {
    "analysis/design/test_naming.py": (
        "a_column_may_have_any_name",
        "a_level_may_have_any_name",
    ),
    "api/test_changing.py": ("who_saw_what_stands_there_changes_it",),
    "api/test_endpoints.py": ("pages_follow_each_other_without_gap_or_double",),
    "api/test_redcap.py": ("what_cannot_be_given_is_refused_in_redcaps_way",),
    "api/test_repeating.py": ("a_post_with_the_same_key_is_answered_as_the_first_and_done_once",),
    "api/test_results.py": (
        "an_answer_about_nobody_leaves_no_record",
        "each_role_gets_what_it_is_granted",
    ),
    "browser/test_patient_strangers.py": (
        "while_a_stranger_answers_for_us_nothing_is_shown_or_taken_as_saved_or_received",
    ),
    "cli/test_ops.py": ("where_a_back_up_may_not_go_is_told_with_what_to_do",),
    "cli/test_ops_check_outside.py": ("the_provider_is_asked_for_account_sender_and_where_replies_go",),
    "cli/test_study_new.py": ("each_country_is_asked_for_its_part_where_parts_differ_and_can_be_planned",),
    "clock/test_rotation.py": ("its_clock_runs_only_what_needs_no_keys",),
    "clock/test_third_witness.py": ("twilios_time_is_the_date_of_its_answer",),
    "core/test_connecting.py": (
        "a_database_in_which_what_protects_people_is_switched_off_is_refused",
        "a_role_that_could_pass_by_what_protects_people_is_refused",
    ),
    "core/test_released.py": ("f49_what_takes_something_from_the_released_version_is_found",),
    "core/test_sealing.py": ("f34_the_first_thing_that_is_wrong_is_named",),
    "ending/test_archiving.py": ("only_what_is_locked_or_archived_is_kept",),
    "exports/labelled/test_files.py": (
        "a_column_without_any_cell_is_written_in_every_format",
        "the_same_rows_are_the_same_bytes_in_another_minute",
    ),
    "exports/labelled/test_parts.py": ("a_file_that_is_written_in_parts_is_the_file_that_is_written_whole",),
    "exports/standards/test_conforming.py": ("what_breaks_a_rule_is_noticed",),
    "exports/test_analysis.py": ("each_gap_of_an_outcome_has_its_reason",),
    "exports/test_dataset.py": ("how_the_questions_were_shown_leaves_with_the_visit",),
    "exports/test_how_to_read.py": ("what_the_page_says_reads_every_row",),
    "exports/test_past_nights.py": ("the_command_says_what_is_missing",),
    "exports/test_views.py": (
        "each_view_has_the_rows_of_the_night",
        "nothing_is_written_through_a_view",
    ),
    "exports/test_who_answered.py": (
        "a_visit_that_the_site_left_undone_says_why_and_when",
        "whose_answers_they_are_is_said",
    ),
    "messages/gateways/conformance/test_conformance.py": ("what_rang_without_an_answer_is_found_and_never_sent_again",),
    "messages/gateways/test_odd_answers.py": ("an_odd_answer_is_settled_and_stops_nobody",),
    "messages/gateways/test_proxies.py": ("f9_what_a_proxy_refuses_was_not_taken",),
    "messages/mail/test_mailbox.py": (
        "a_server_that_refuses_or_breaks_off_fails_the_job_and_loses_nothing",
        "a_stranger_and_a_machine_are_forgotten",
        "what_cannot_be_read_stops_nobody",
    ),
    "messages/mail/test_mails.py": ("what_leaves_by_which_channel_is_the_rule_of_channels",),
    "messages/sending/test_faults_of_answers.py": ("f8_an_answer_that_never_comes_blocks_nobody_and_rings_once",),
    "messages/sending/test_refused_later.py": ("what_reports_of_several_people_make_of_their_texts",),
    "messages/sending/test_refused_numbers.py": ("whatever_code_refuses_everybody_no_text_is_lost",),
    "messages/sending/test_spending.py": ("a_flood_of_one_word_costs_one_text_and_the_books_close",),
    "messages/sending/test_taking_back.py": (
        "tasks_that_reports_opened_one_by_one_end_when_it_shows_that_the_sender_is_at_fault",
    ),
    "messages/test_who_is_asked.py": (
        "a_text_from_a_shared_number_is_hers_who_takes_part_in_earnest_and_did_not_say_stop",
        "each_question_is_answered_by_the_same_conditions",
    ),
    "participants/test_leaving.py": ("a_day_to_come_comes_in_every_state_but_from_the_lock_on",),
    "responses/test_conditional.py": ("a_visit_is_asked_where_an_earlier_answer_is_as_the_protocol_says",),
    "responses/test_corrected.py": ("a_correction_that_makes_a_safety_answer_positive_or_worse_opens_the_task",),
    "responses/test_identifying.py": ("all_that_is_asked_must_be_right_and_nothing_else",),
    "responses/test_signing_corrections.py": ("a_signature_fits_nothing_else",),
    "responses/test_sms.py": ("what_is_written_is_taken_asked_again_or_given_to_a_person",),
    "responses/test_sms_item_types.py": ("what_is_no_short_number_is_asked_by_its_link_and_a_reply_goes_to_a_person",),
    "responses/test_waiting.py": (
        "the_database_lists_whoever_has_a_reason_and_nobody_else",
        "who_may_miss_the_primary_visit_stands_on_today_before_it_opens",
        "who_was_never_asked_is_called_with_the_reason_why",
    ),
    "schedule/test_standing.py": (
        "letters_of_a_pseudonym_are_looked_for_as_they_stand",
        "the_list_of_a_group_holds_whom_the_rule_puts_there",
    ),
    "web/desk/test_as_shown.py": ("the_second_tab_is_shown_both_values_and_then_decides",),
    "web/desk/test_audit.py": ("whose_role_reads_the_trail_reads_all_of_it",),
    "web/desk/test_behind_figures.py": ("every_number_that_leads_to_a_list_counts_the_rows_of_that_list",),
    "web/desk/test_entry.py": ("a_visit_of_another_site_is_not_there",),
    "web/desk/test_record.py": ("a_refused_correction_keeps_what_was_typed_and_changes_nothing",),
    "web/desk/test_slips.py": (
        "a_slip_is_undone_and_all_is_as_before",
        "it_is_refused_too_late_and_to_others_and_changes_nothing",
        "where_a_text_left_since_what_texts_depend_on_stays",
    ),
    "web/desk/test_today.py": ("today_is_narrowed_by_its_address",),
    "web/desk/test_upload.py": ("what_is_wrong_is_said_by_row_and_column_in_my_language_and_nobody_is_enrolled",),
    "web/staff/test_library_pages.py": ("a_page_of_the_library_shares_no_sentence_with_the_english_one",),
    "web/staff/test_passkeys.py": (
        "a_damaged_answer_is_a_failed_try",
        "what_is_no_answer_of_a_passkey_is_a_failed_try",
    ),
    "web/staff/test_resuming.py": ("every_form_of_hers_comes_back_filled_in_with_nothing_done",),
    "web/test_edge.py": (
        "a_program_is_known_by_the_address_or_by_what_it_takes",
        "a_request_id_is_kept_only_in_its_form",
    ),
    "web/test_malformed.py": ("no_body_is_ever_our_mistake",),
    "web/test_strangers.py": ("what_is_wrong_and_the_figures_are_told_to_this_machine_and_to_the_monitor_alone",),
}
"""Tests (without `test_`) with a long table of cases that go one way: the first, the middle and the last are quick."""


def told_at_length(tests: Sequence[str]) -> set[str]:
    """Of tests in their order, those that are left to `make slow`: what is named here, and most of long tables."""
    tables: dict[str, list[str]] = {
        f"tests/{file}::test_{name}": [] for file, names in IN_PART.items() for name in names
    }
    for test in tests:
        if (cases := tables.get(test.partition("[")[0])) is not None:
            cases.append(test)
    whole = {test for test in tests if test.startswith(tuple(AT_LENGTH))}
    return whole.union(
        *(set(cases) - {cases[0], cases[len(cases) // 2], cases[-1]} for cases in tables.values() if cases)
    )
