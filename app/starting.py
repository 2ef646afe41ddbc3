"""What is looked at before a process of the service does anything: is this its database, and may it be?

Raises IncompleteSettings with what to do, also where the server runs and does not take our password, role or name of a
database, which no waiting mends. One that is away, or not migrated yet, refuses nobody here: pages say that it is away,
`flask db upgrade` must run, and each new connection asks again for its role (`app.core.connecting`).
"""

from flask import Flask
from sqlalchemy.exc import OperationalError, ProgrammingError

from app.config import IncompleteSettings, settings_of
from app.core import key_marks, newer_keys, prepared, unreachable
from app.core.audit import acting
from app.core.connecting import UnsafeRole
from app.core.database import db, transaction


def started(app: Flask) -> Flask:
    """The application, once its database was looked at; nothing stays open, so that a server may fork.

    What `create_app` leaves until it is asked for (mappings, the statements of the patient's page) is made ready here.
    """
    settings = settings_of(app)
    with app.app_context():
        try:
            with acting("start"), transaction():
                refused = key_marks.hold(
                    settings.keyring, production=settings.production, test_installation=settings.test_installation
                )
                newer_keys.begin()
        except UnsafeRole as error:
            refused = str(error)
        except OperationalError as error:
            refused = unreachable.in_words(error) if unreachable.why(error) in unreachable.NEEDS_A_HAND else None
        except ProgrammingError:
            refused = None
        finally:
            db.session.close()
            db.engine.dispose()
    if refused:
        raise IncompleteSettings(f"Svar does not start like this:\n{refused}\nSee docs/operations.md.")
    prepared.ready()
    return app
