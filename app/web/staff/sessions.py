"""Sessions are the staff's. A patient's page has none, whatever cookie a browser brings: nothing is read or written."""

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

PATIENTS = "/a/"


class StaffSessions(SecureCookieSessionInterface):
    """Flask's signed cookie, nowhere under the patients' addresses."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if request.path.startswith(PATIENTS):
            return self.make_null_session(app)
        return super().open_session(app, request)
