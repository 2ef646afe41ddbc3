"""What `make slow` runs, and `make test` leaves to it: the same promises at length, each told by quick tests too.

The key is the beginning of a test's name as pytest writes it, a file or a case; the value is where quick tests tell it
in the small. Continuous integration runs both, and plain `pytest` runs all.
"""

BROWSER, SCREENS = "tests/browser/test_patient_", "tests/browser/test_patient_screens.py::test_"
DRILL = "tests/rehearsal/test_restore_drill.py::test_"
HASTE = f"{BROWSER}haste.py::test_a_second_tap_on_the_last_next_does_not_send_what_was_not_reviewed"
MALFORMED = "tests/web/test_malformed.py::test_no_body_is_ever_our_mistake"
REFUSED = "tests/messages/sending/test_refused"
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
    "tests/browser/test_desk_screens.py::test_no_page_of_the_desk_breaks_a_rule_or_is_wider_than_the_screen[1280": (
        "tests/browser/test_desk_screens.py"
    ),
    "tests/browser/test_desk_screens.py::test_every_page_of_the_desk_can_be_read_in_the_dark": (
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
    "tests/browser/test_brought_questionnaires.py::test_the_three_are_answered_one_question_at_a_time[sv": (
        "tests/browser/test_brought_questionnaires.py"
    ),
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
    "tests/cli/test_raw_restore.py::test_f39_a_dump_of_minutes_ago_that_is_restored_by_hand_sends_nothing_again[a": (
        "tests/cli/test_raw_restore.py"
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
    "tests/exports/test_nightly.py::test_f24_the_old_export_survives_a_full_disk_at_any_file": (
        "tests/exports/test_nightly.py"
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
    **{f"{MALFORMED}[{name}": "tests/web/test_malformed.py" for name in (
        "form half escaped", "far dates", "half a part", "an odd charset", "too many fields", "form surrogate",
    )},
    "tests/web/test_malformed.py::test_no_query_is_ever_our_mistake[lang=%00": "tests/web/test_malformed.py",
    "tests/web/test_secret_processes.py": "tests/web/test_secret_rotation.py",
    "tests/web/test_figures.py::test_several_processes_answer_for_each_other": "tests/web/test_figures.py",
    "tests/web/test_serving.py::test_what_has_begun_is_answered_before_it_stops_and_slow_lines_hold_nothing_up": (
        "tests/web/test_serving.py"
    ),
}  # fmt: skip
