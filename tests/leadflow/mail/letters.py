"""Messages as strangers write them."""


def letter(n=1, sender="Ann Lee <ann@roofs.test-mail.com>", body="Do you roof barns?", **headers):
    head = {"Message-ID": f"<n{n}@roofs.test-mail.com>", "Subject": f"A question {n}"}
    head |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"From: {sender}", "To: leads@north.example", *(f"{k}: {v}" for k, v in head.items())]
    return "\r\n".join([*lines, "", body, ""])


def report(delivery, status="5.1.1", action="failed", words="550 5.1.1 no such user"):
    """A delivery-status notification about a message of ours."""
    return f"""From: MAILER-DAEMON@mx.test-mail.com
To: leads@north.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <dsn-{delivery.pk}-{status}@mx.test-mail.com>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain

Your message could not be delivered.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.test-mail.com

Final-Recipient: rfc822; {delivery.to_address}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {words}

--b1
Content-Type: text/rfc822-headers

Message-ID: {delivery.message_id}
Subject: {delivery.subject}

--b1--
""".replace("\n", "\r\n")
