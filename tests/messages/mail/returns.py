"""Mails that came back, as mail servers write them."""

from email.message import EmailMessage

from app.messages.gateways.gateway import Outgoing

BOUNDARY = "=_report"


def delivery_report(head: str, action: str = "failed", status: str = "5.1.1", *, whole: bool = False) -> bytes:
    """A report of RFC 3464 about the mail with this head, which comes back whole or as headers alone."""
    returned = "message/rfc822" if whole else "text/rfc822-headers"
    return "\r\n".join(
        [
            "From: MAILER-DAEMON@mail.example", "To: svar@localhost", "Subject: Undelivered mail",
            "MIME-Version: 1.0",
            f'Content-Type: multipart/report; report-type=delivery-status; boundary="{BOUNDARY}"',
            "", f"--{BOUNDARY}", "Content-Type: text/plain", "", "This is the mail system at mail.example.", "",
            f"--{BOUNDARY}", "Content-Type: message/delivery-status", "",
            "Reporting-MTA: dns; mail.example", "Arrival-Date: Tue, 22 Sep 2026 07:00:00 +0000", "",
            "Final-Recipient: rfc822; kari@example.org", f"Action: {action}", f"Status: {status}",
            "Diagnostic-Code: smtp; 550 5.1.1 kari@example.org no such user", "",
            f"--{BOUNDARY}", f"Content-Type: {returned}", "", head.strip(), "", "Hei" if whole else "",
            f"--{BOUNDARY}--", "",
        ]
    ).encode()  # fmt: skip


def complaint(head: str, kind: str = "abuse") -> bytes:
    """A report of RFC 5965 that somebody called the mail with this head unwanted."""
    return "\r\n".join(
        [
            "From: feedback@mail.example", "To: svar@localhost", "MIME-Version: 1.0",
            f'Content-Type: multipart/report; report-type=feedback-report; boundary="{BOUNDARY}"',
            "", f"--{BOUNDARY}", "Content-Type: text/plain", "", "This is a report.", "",
            f"--{BOUNDARY}", "Content-Type: message/feedback-report", "",
            f"Feedback-Type: {kind}", "User-Agent: Mail/1.0", "Version: 1", "",
            f"--{BOUNDARY}", "Content-Type: message/rfc822", "", head.strip(), "", "Hei", f"--{BOUNDARY}--", "",
        ]
    ).encode()  # fmt: skip


def head_of(text: Outgoing, *, reference: bool = True, host: str = "localhost") -> str:
    """The head of the mail that this message was."""
    lines = ["Received: by mail.example", f"Message-ID: <mail-{text.tag}@{host}>", "Subject: Some questions"]
    return "\r\n".join([*lines, *([f"X-Svar-Reference: {text.message_id}.{text.tag}"] if reference else [])])


def head_of_mail(mail: EmailMessage) -> str:
    """Of a mail that was taken."""
    return "\r\n".join(f"{name}: {value}" for name, value in mail.items())
