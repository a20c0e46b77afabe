"""What happens while a fault is injected: visitors post a form, and mail is due.

Run as `python -m tests.faults.workload prepare`, `… mails BATCH COUNT` or `… people COUNT` on an
installation.
"""

import io
import itertools
import sys
import threading
import time
from typing import Any


class Visitors(threading.Thread):
    """A browser that posts one answer after another; like our script it repeats one that was not taken."""

    def __init__(
        self, installation: Any, form: dict[str, str], prefix: str, pause: float = 0.05
    ) -> None:
        super().__init__(daemon=True)
        self.installation, self.form = installation, form
        self.prefix, self.pause = prefix, pause
        self.over, self.at_least = threading.Event(), 30
        self.acknowledged: list[str] = []
        self.statuses: list[int] = []
        self.slowest = 0.0
        self.longest_gap = 0.0
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            for n in itertools.count():
                if self.over.is_set() and n >= self.at_least:
                    return
                self._send(n)
                time.sleep(self.pause)
        except BaseException as error:  # noqa: BLE001 - raised again by `finish`
            self.error = error

    def _send(self, n: int) -> None:
        name = f"{self.prefix}-{n:04}"
        # every fifth answer comes from somebody who has answered before
        email = f"{self.prefix.lower()}-{n - 1 if n % 5 == 4 else n}@visitor.test-mail.com"
        body = {"email": email, "first_name": "Ada", "token": self.form["token"]}
        began = time.monotonic()
        while True:
            asked = time.monotonic()
            status, _headers, _text = self.installation.ask(
                self.form["path"], body | {"client_id": name}
            )
            self.slowest = max(self.slowest, time.monotonic() - asked)
            self.statuses.append(status)
            if 200 <= status < 300:
                self.acknowledged.append(name)
                self.longest_gap = max(self.longest_gap, time.monotonic() - began)
                return
            assert status in (0, 500, 502, 503), status
            assert time.monotonic() - began < 90, "never taken"
            time.sleep(0.05)

    def finish(self) -> "Visitors":
        """Let the last one be answered."""
        self.over.set()
        self.join(240)
        assert not self.is_alive()
        if self.error:
            raise self.error
        return self


def prepare() -> None:
    """An organisation with a form; prints the form's path."""
    from leadflow.models import Organisation
    from tests.factories.capture import published_form

    organisation = Organisation.current()
    organisation.postal_address = "1 Harbour Street"
    organisation.save()
    print(published_form().public_path)


def mails(batch: str, count: int) -> None:
    """Queue so many nurture mails to so many people."""
    from leadflow.mail.services import Message, queue_many

    queue_many(
        [
            Message(
                key=f"{batch}:{n}", kind="marketing", to=f"{batch.lower()}-{n}@reader.test-mail.com",
                subject=f"Hello {n}", text="Good morning.",
            )
            for n in range(count)
        ]
    )  # fmt: skip


def people(count: int) -> None:
    """Ask for the import of so many people; whoever is awake is told. Prints the import's number."""
    from leadflow.imports import services

    lines = (f"f23-{n}@x{n % 50}.test-mail.com,P{n}\n" for n in range(count))
    file = io.BytesIO(("email,first_name\n" + "".join(lines)).encode())
    made = services.upload(entity="lead", name="people.csv", file=file, by=None)
    print(services.start(made, by=None).pk)


if __name__ == "__main__":
    import django

    django.setup()
    match sys.argv[1:]:
        case ["prepare"]:
            prepare()
        case ["mails", batch, count]:
            mails(batch, int(count))
        case ["people", count]:
            people(int(count))
