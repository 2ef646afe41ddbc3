"""The rules that keep doors shut hold everywhere, and each would notice."""

import ast
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.house import closed_rules, rules
from tests.house.closed_rules import RULES, Rule
from tests.house.rules import Module

ROOT = Path(__file__).parents[2]
VIEW = "app/web/desk/today.py"
BROKEN: Sequence[tuple[Rule, str]] = [
    (closed_rules.sql_is_written_not_made, "session.execute(text(f'SELECT {name}'))"),
    (closed_rules.sql_is_written_not_made, "connection.execute('SELECT ' + name)"),
    (closed_rules.sql_is_written_not_made, "connection.execute(f'SELECT ' + name)"),
    (closed_rules.sql_is_written_not_made, "connection.exec_driver_sql('SELECT %s' % name)"),
    (closed_rules.sql_is_written_not_made, "session.scalar(text('SELECT {}'.format(name)))"),
    (closed_rules.sql_is_written_not_made, "literal_column(f\"'{setting}'\")"),
    (closed_rules.sql_is_written_not_made, "def a():\n  s = f'SELECT {name}'\n  session.execute(text(s))"),
    (closed_rules.sql_is_written_not_made, "def a():\n  s: str = 'SELECT ' + name\n  cursor.execute(s)"),
    (closed_rules.sql_is_written_not_made, "def a():\n  s = 'SELECT 1'\n  s += name\n  session.scalar(text(s))"),
    (closed_rules.sql_is_written_not_made, "def a():\n  if (s := 'SELECT %s' % name):\n    session.scalars(text(s))"),
    (closed_rules.sql_is_written_not_made, "s = 'SELECT {}'.format(name)\ndef a():\n  session.execute(text(s))"),
    (closed_rules.instants_know_their_zone, "at = datetime.now()"),
    (closed_rules.instants_know_their_zone, "at = datetime.datetime.now()"),
    (closed_rules.instants_know_their_zone, "at = datetime.utcnow()"),
    (closed_rules.instants_know_their_zone, "at = datetime.fromtimestamp(1)"),
    (closed_rules.instants_know_their_zone, "at = datetime.utcfromtimestamp(1)"),
    (closed_rules.instants_know_their_zone, "at = now.replace(tzinfo=None)"),
    (closed_rules.instants_know_their_zone, "at = mapped_column(DateTime())"),
    (closed_rules.instants_know_their_zone, "at = mapped_column(DateTime(timezone=False))"),
    (closed_rules.bodies_are_read_before_locks, "def view():\n  row = q.with_for_update()\n  form = request.form"),
    (closed_rules.bodies_are_read_before_locks, "def view():\n  lock('a')\n  return request.get_json()"),
    (closed_rules.bodies_are_read_before_locks, "def view():\n  a = opening(t, hold=True)\n  f = request.files"),
    (closed_rules.bodies_are_read_before_locks, "def view():\n  db.lock('a')\n  request.stream.read()"),
    (
        closed_rules.bodies_are_read_before_locks,
        "def view():\n  row = held()\n  f = request.form\ndef held():\n  return q.with_for_update()",
    ),
    (
        closed_rules.bodies_are_read_before_locks,
        "def view():\n  lock('a')\n  f = sent()\ndef sent():\n  return request.form",
    ),
    (
        closed_rules.bodies_are_read_before_locks,
        "from app.messages.breaker import trip\ndef view():\n  trip('a')\n  f = request.form",
    ),
    (
        closed_rules.bodies_are_read_before_locks,
        "from app.messages import breaker\ndef view():\n  breaker.refused_so_far('a')\n  f = request.form",
    ),
    (
        closed_rules.bodies_are_read_before_locks,
        "from app.web.patient.form import read_form\ndef view():\n  lock('a')\n  f = read_form(request)",
    ),
    (
        closed_rules.bodies_are_read_before_locks,
        "def view():\n  one()\n  f = request.form\ndef one():\n  two()\ndef two():\n  one()\n  lock('a')",
    ),
    (
        closed_rules.bodies_are_read_before_locks,
        "from app.web.patient.form import wanted as asks_for\ndef view():\n  lock('a')\n  f = asks_for(request)",
    ),
    (
        closed_rules.bodies_are_read_before_locks,
        "def view():\n  ask = partial(opening, hold=True)\n  begin(ask)\n  if so:\n    return request.json",
    ),
    (
        closed_rules.bodies_are_read_before_locks,
        "def view():\n  with held() as row:\n    row.note = request.form\ndef held():\n  yield q.with_for_update()",
    ),
    (closed_rules.logs_are_told_no_secret, "log.info('sent to %s', contact.phone)"),
    (closed_rules.logs_are_told_no_secret, "log.warning('no: %s', request.form)"),
    (closed_rules.logs_are_told_no_secret, "log.error(f'wrong {password}')"),
    (closed_rules.logs_are_told_no_secret, "log.exception('%s', settings.secret_key)"),
    (closed_rules.logs_are_told_no_secret, "log.info('%s', user.email)"),
    (closed_rules.logs_are_told_no_secret, "log.info('%s', token(assessment))"),
    (closed_rules.logs_are_told_no_secret, "log.info('%s', reply.body)"),
    (closed_rules.logs_are_told_no_secret, "alert.error('no: %s', contact.phone)"),
    (closed_rules.logs_are_told_no_secret, "bell = getLogger('svar.alert')\nbell.error('%s', contact.phone)"),
    (closed_rules.logs_are_told_no_secret, "a, bell = 1, logging.getLogger('b')\nbell.error('%s', user.email)"),
    (closed_rules.logs_are_told_no_secret, "self.bell = logging.getLogger('b')\nself.bell.info('%s', reply.body)"),
    (closed_rules.logs_are_told_no_secret, "bell: Logger = logging.getLogger('b')\nbell.info('%s', password)"),
    (closed_rules.logs_are_told_no_secret, "logging.getLogger('b').info('%s', password)"),
    (closed_rules.logs_are_told_no_secret, "logging.warning('%s', password)"),
    (closed_rules.logs_are_told_no_secret, "logging.log(30, 'is %s', password)"),
    (closed_rules.logs_are_told_no_secret, "app.logger.warn('%s', password)"),
    (closed_rules.logs_are_told_no_secret, "current_app.logger.error('%s', request.form)"),
    (closed_rules.logs_are_told_no_secret, "console.info('to %s', user.email)"),
    (closed_rules.logs_are_told_no_secret, "log.info('wrong', extra={'of': user.email})"),
    (closed_rules.csv_holds_no_formula, "csv.writer(file).writerow(cells)"),
    (closed_rules.csv_holds_no_formula, "writer.writerows([row.code, row.reason] for row in rows)"),
    (closed_rules.csv_holds_no_formula, "csv.DictWriter(file, names).writerow(facts)"),
    (closed_rules.temporary_files_say_where, "with TemporaryDirectory(prefix='a') as folder:\n  pass"),
    (closed_rules.temporary_files_say_where, "file = tempfile.SpooledTemporaryFile(max_size=8)"),
    (closed_rules.temporary_files_say_where, "tempfile.mkstemp()"),
]
KEPT: Sequence[tuple[Rule, str]] = [
    (closed_rules.sql_is_written_not_made, "session.execute(text('SELECT :name'), {'name': name})"),
    (closed_rules.sql_is_written_not_made, "literal_column(f'ROW({CONTENT})')"),
    (closed_rules.sql_is_written_not_made, "session.scalar(select(A.id + 1))"),
    (closed_rules.sql_is_written_not_made, "def a():\n  s = 'SELECT 1'\n  s += ' WHERE true'\n  cursor.execute(s)"),
    (closed_rules.sql_is_written_not_made, "def a():\n  s = f'{name}'\ndef b(s):\n  session.execute(s)"),
    (closed_rules.instants_know_their_zone, "at = datetime.now(UTC)"),
    (closed_rules.instants_know_their_zone, "at = datetime.fromtimestamp(1, tz=UTC)"),
    (closed_rules.instants_know_their_zone, "at = mapped_column(DateTime(timezone=True))"),
    (closed_rules.bodies_are_read_before_locks, "def view():\n  form = request.form\n  row = q.with_for_update()"),
    (closed_rules.bodies_are_read_before_locks, "def one():\n  lock('a')\ndef other():\n  request.form"),
    (
        closed_rules.bodies_are_read_before_locks,
        "def view():\n  form = request.form\n  lock('a')\n  return shown()\ndef shown():\n  return request.form",
    ),
    (
        closed_rules.bodies_are_read_before_locks,
        "from app.messages.breaker import halts\ndef view():\n  halts()\n  f = request.form",
    ),
    (closed_rules.logs_are_told_no_secret, "log.info('password of user %s changed', user.id)"),
    (closed_rules.logs_are_told_no_secret, "log.error('%s: %s', gateway.name, type(error).__name__)"),
    (closed_rules.logs_are_told_no_secret, "logging.log(30, 'password of user %s changed', user.id)"),
    (closed_rules.logs_are_told_no_secret, "problem.error('%s', user.email)"),
    (closed_rules.csv_holds_no_formula, "writer.writerows(map(harmless_cells, rows))"),
    (closed_rules.csv_holds_no_formula, "writer.writerow(harmless_cells(row))"),
    (closed_rules.temporary_files_say_where, "tempfile.TemporaryFile(dir=folder)"),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps_its_doors_shut(rule: Rule) -> None:
    assert [f"{module.path}: {broken}" for module in rules.modules(ROOT) for broken in rule(module)] == []


@pytest.mark.parametrize(("rule", "text"), BROKEN)
def test_a_rule_notices_an_open_door(rule: Rule, text: str) -> None:
    assert len(list(rule(Module(VIEW, text)))) == 1


@pytest.mark.parametrize(("rule", "text"), KEPT)
def test_a_rule_lets_stand_what_is_shut(rule: Rule, text: str) -> None:
    assert list(rule(Module(VIEW, text))) == []


def test_the_edge_reads_what_is_sent_before_anything_else_is_asked() -> None:
    edge = Module("app/web/edge.py", (ROOT / "app/web/edge.py").read_text("utf-8"))
    begin = next(function for function in edge.all(ast.FunctionDef) if function.name == "_begin")
    assert "request.get_data()" in {ast.unparse(call) for call in ast.walk(begin) if isinstance(call, ast.Call)}
    assert not [call for call in ast.walk(begin) if isinstance(call, ast.Attribute) and call.attr == "session"]


def test_every_rule_has_been_seen_to_notice() -> None:
    assert {rule for rule, _ in BROKEN} == set(RULES) == {rule for rule, _ in KEPT}


def test_templates_escape_what_they_show() -> None:
    by_path = {path: closed_rules.unescaped(text) for path, text in closed_rules.templates(ROOT).items()}
    assert {path: unescaped for path, unescaped in by_path.items() if unescaped} == {}


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ("{{ words|safe }}", ["{{ words|safe }}"]),
        ("{{ words | safe }}", ["{{ words | safe }}"]),
        ("{{ words|upper|safe }}", ["{{ words|upper|safe }}"]),
        ("{% autoescape false %}{{ words }}{% endautoescape %}", ["{% autoescape false"]),
        ("{{ {'a': words}|safe }}", ["{{ {'a': words}|safe }}"]),
        ("{% set x = y|safe %}{{ x }}", ["{% set x = y|safe %}"]),
        ("{%- if (y | safe) -%}", ["{%- if (y | safe) -%}"]),
        ("{% filter safe %}{{ words }}{% endfilter %}", ["{% filter safe"]),
        ("{%- filter upper|safe %}{{ words }}{% endfilter %}", ["{%- filter upper|safe %}"]),
        ("{{ words|map('safe')|join }}", ["{{ words|map('safe')|join }}"]),
        ("{%- autoescape false %}{{ words }}{% endautoescape %}", ["{%- autoescape false"]),
        ("{{ words }} {{ 'safe' }}", []),
        ("{% set safe = words|upper %}{{ safe }}|safe", []),
        ('<script>{{ script("patient_paged.js")|safe }}</script>', []),
        ("{{ script(words)|safe }}", ["{{ script(words)|safe }}"]),
    ],
)
def test_a_template_that_does_not_escape_is_noticed(template: str, sentence: list[str]) -> None:
    assert closed_rules.unescaped(template) == sentence
