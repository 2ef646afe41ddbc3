"""Migrations of what is there: rows of a running trial mean the same after them."""

import psycopg

from app.core import embedded, migrating

SAYING_WHO = "SELECT set_config('svar.actor', 'test', false), set_config('svar.sites', '*', false)"
TRIAL = """
INSERT INTO studies (id, code, title, state, created_at) VALUES (1, 'a', 'A', 'live', now());
INSERT INTO sites (id, study_id, code, name, phone, active) VALUES (1, 1, '01', 'A', '+47', true);
INSERT INTO protocols (id, study_id, version, sha256, source, content, installed_at)
    VALUES (1, 1, '1', '', '', '{}', now());
INSERT INTO participants (id, study_id, site_id, protocol_id, code, language, zone, enrolled_on, sms_answers)
    SELECT id, 1, 1, 1, '01-00' || id, 'nb', 'UTC', '2026-09-01', false FROM generate_series(1, 2) AS id;
INSERT INTO events (id, participant_id, kind, is_anchor, state, "on", recorded_at) VALUES
    (1, 1, 'first', true, 'cancelled', '2026-09-15', '2026-09-09 07:00Z'),
    (2, 2, 'first', true, 'planned', '2026-09-15', '2026-09-09 07:00Z');
INSERT INTO assessments (id, participant_id, protocol_id, visit, day, anchor_on, opens_at, send_at, due_at, closes_at,
        grace_until, planned_at, link_version, draft_existed, opened_at, submitted_at, partial)
    SELECT id, person, 1, visit, 0, '2026-09-15', '2026-09-08 07:00Z', '2026-09-08 09:00Z', '2026-09-15 07:00Z',
        '2026-09-15 07:00Z', '2026-09-15 07:00Z', '2026-09-01 07:00Z', 1, false, answered, answered,
        CASE WHEN answered IS NOT NULL THEN false END
    FROM (VALUES (1, 1, 'd0', NULL), (2, 1, 'd1', '2026-09-08 10:00Z'::timestamptz), (3, 2, 'd0', NULL))
        AS visits (id, person, visit, answered);
"""
"""Two people with a visit that nobody answered; the first one's day 0 was called off, and she had answered another."""


def test_visits_whose_day_0_was_called_off_before_are_cancelled_too(
    server: embedded.Embedded, own_database: str
) -> None:
    url = server.url("svar_owner", own_database)
    migrating.downgrade(url, "0132")
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute(SAYING_WHO)
        connection.execute(TRIAL)
    migrating.upgrade(url)
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute(SAYING_WHO)
        visits = "SELECT participant_id, visit, cancelled_at IS NOT NULL FROM assessments ORDER BY id"
        assert connection.execute(visits).fetchall() == [(1, "d0", True), (1, "d1", False), (2, "d0", False)]
        trail = "SELECT DISTINCT actor FROM audit.entries WHERE table_name = 'public.assessments' AND action = 'update'"
        assert connection.execute(trail).fetchall() == [("migration 0135",)]


SNAPSHOTS = """
INSERT INTO studies (id, code, title, state, created_at) VALUES (1, 'a', 'A', 'live', now());
INSERT INTO snapshots (id, study_id, day, as_of, path, manifest_sha256) VALUES
    (1, 1, '2026-09-15', now(), '/var/lib/svar/exports/a/2026-09-15', ''),
    (2, 1, '2026-09-16', now(), '/mnt/other/a/2026-09-16/', ''),
    (3, 1, '2026-09-17', now(), 'a/2026-09-17', '');
"""


def test_exports_of_before_are_recorded_by_study_and_day_too(server: embedded.Embedded, own_database: str) -> None:
    url = server.url("svar_owner", own_database)
    migrating.downgrade(url, "0230")
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute(SAYING_WHO)
        connection.execute(SNAPSHOTS)
    migrating.upgrade(url)
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute(SAYING_WHO)
        paths = connection.execute("SELECT path FROM snapshots ORDER BY id").fetchall()
        assert paths == [("a/2026-09-15",), ("a/2026-09-16",), ("a/2026-09-17",)]
        trail = "SELECT actor, count(*) FROM audit.entries WHERE table_name = 'public.snapshots' AND action = 'update'"
        by_whom = connection.execute(f"{trail} GROUP BY actor ORDER BY actor").fetchall()
        assert by_whom == [("migration 0180", 2), ("migration 0578", 3)]


RANDOMISED = """
INSERT INTO studies (id, code, title, state, created_at) VALUES (1, 'a', 'A', 'live', now());
INSERT INTO sites (id, study_id, code, name, phone, active) VALUES (1, 1, '01', 'A', '+47', true);
INSERT INTO protocols (id, study_id, version, sha256, source, content, installed_at) VALUES
    (1, 1, '1', 'a', '', '{"events": {"dose": {}}}', now()),
    (2, 1, '2', 'b', '', '{"events": {"randomisation": {}}}', now()),
    (3, 1, '3', 'c', '', '{"format": 2, "events": {"dose": {}}}', now());
INSERT INTO participants (id, study_id, site_id, protocol_id, code, language, zone, enrolled_on, sms_answers)
    SELECT id, 1, 1, id, '01-00' || id, 'nb', 'Europe/Oslo', '2026-09-01', false FROM generate_series(1, 3) AS id;
INSERT INTO participants (id, study_id, site_id, protocol_id, code, language, zone, enrolled_on, sms_answers)
    VALUES (4, 1, 1, 1, '01-004', 'nb', 'America/New_York', '2026-09-01', false);
"""
"""Whose protocol names no randomisation in format 1 (two zones), names it, and has none in format 2."""
EVENTS = """SELECT participant_id, state, "on"::text, to_char(at AT TIME ZONE 'UTC', 'MM-DD HH24:MI') FROM events
    WHERE kind = 'randomisation' ORDER BY id"""
DAYS = "SELECT id, randomised_on::text FROM participants WHERE randomised_on IS NOT NULL ORDER BY id"
OSLO, NEW_YORK = (1, "happened", "2026-09-10", "09-10 10:00"), (4, "happened", "2026-09-10", "09-10 16:00")


def test_a_day_of_randomisation_becomes_the_event_where_the_protocol_names_none(
    server: embedded.Embedded, own_database: str
) -> None:
    url = server.url("svar_owner", own_database)
    migrating.downgrade(url, "0562")
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute(SAYING_WHO)
        connection.execute(RANDOMISED)
        connection.execute("UPDATE participants SET randomised_on = '2026-09-10'")
    migrating.upgrade(url)
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute(SAYING_WHO)
        assert connection.execute(EVENTS).fetchall() == [OSLO, NEW_YORK]
    migrating.downgrade(url, "0562", keep_data=True)
    migrating.upgrade(url)
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute(SAYING_WHO)
        assert connection.execute(EVENTS).fetchall() == [OSLO, NEW_YORK], "there and back adds nothing"


STATEMENTS = [
    ("UPDATE participants SET randomised_on = '2026-09-10' WHERE id = 1", [OSLO], [(1, "2026-09-10")]),
    (
        "UPDATE participants SET randomised_on = '2026-09-12' WHERE id = 1",
        [(1, "happened", "2026-09-12", "09-12 10:00")],
        [(1, "2026-09-12")],
    ),
    (
        "UPDATE participants SET randomised_on = NULL WHERE id = 1",
        [(1, "cancelled", "2026-09-12", "09-12 10:00")],
        [],
    ),
    (
        "UPDATE participants SET randomised_on = '2026-09-13' WHERE id IN (2, 3)",
        [(1, "cancelled", "2026-09-12", "09-12 10:00")],
        [(2, "2026-09-13"), (3, "2026-09-13")],
    ),
    (
        'INSERT INTO events (participant_id, kind, is_anchor, state, "on", at, recorded_at)'
        " VALUES (4, 'randomisation', false, 'happened', '2026-09-10', '2026-09-10 16:00Z', now())",
        [(1, "cancelled", "2026-09-12", "09-12 10:00"), NEW_YORK],
        [(2, "2026-09-13"), (3, "2026-09-13"), (4, "2026-09-10")],
    ),
    (
        "UPDATE events SET state = 'cancelled' WHERE participant_id = 4",
        [(1, "cancelled", "2026-09-12", "09-12 10:00"), (4, "cancelled", *NEW_YORK[2:])],
        [(2, "2026-09-13"), (3, "2026-09-13")],
    ),
]
"""What the version before writes, and ours, one after the other; the events and the days after each."""


def test_the_event_and_the_day_of_the_version_before_follow_each_other(
    server: embedded.Embedded, own_database: str
) -> None:
    with psycopg.connect(server.url("svar_app", own_database).replace("+psycopg", "")) as connection:
        connection.execute(SAYING_WHO)
        connection.execute(RANDOMISED)
        for statement, events, days in STATEMENTS:
            connection.execute(statement)
            assert connection.execute(EVENTS).fetchall() == events, statement
            assert connection.execute(DAYS).fetchall() == days, statement
