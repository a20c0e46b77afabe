"""The console command: `leadflow …` is `python manage.py …`."""

import gc
import os
import signal
import sys
from types import FrameType

from leadflow.bootstrap import Session
from leadflow.errors import LeadflowError


def _leave(number: int, _frame: FrameType | None) -> None:
    """A polite end: the embedded database is let go of on the way out."""
    raise SystemExit(128 + number)


def main() -> None:
    signal.signal(signal.SIGTERM, _leave)
    sys.argv[1:2] = [word.replace("-", "_") if word[:1] != "-" else word for word in sys.argv[1:2]]
    try:
        with Session(sys.argv):
            _execute()
        if sys.argv[1:2] == ["up"]:
            _end_now()
    except LeadflowError as error:
        sys.exit(f"leadflow: {error.message}")
    except KeyboardInterrupt:
        sys.exit(130)


def _end_now() -> None:
    """Leave without waiting for a thread that is still busy: what it claimed is taken up again."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _load() -> None:
    """Load the product. What it is made of stays, and is not looked through for what may go."""
    import django

    gc.disable()  # else an eighth of every start
    try:
        django.setup()
        gc.freeze()
    finally:
        gc.enable()


def _execute() -> None:
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError
    from environs import EnvError

    try:
        _load()
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, EnvError) as error:
        sys.exit(f"leadflow: {error}")
    except OperationalError as error:
        reason = " ".join(str(error).split())
        sys.exit(f"leadflow: the database does not answer, check DATABASE_URL: {reason}")


if __name__ == "__main__":
    main()
