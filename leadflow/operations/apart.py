"""What a first start does in processes of their own: migrations, and the demo workspace.

Both leave their mark on the memory of whoever does them; the web server begins without.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress

from django.conf import settings
from django.utils.translation import gettext as _

from leadflow.errors import LeadflowError

PATIENCE = 5.0  # seconds in which a process that is asked to end rolls back what it has begun
_DEMO = ("-m", "leadflow", "demo", "--parent")
_MIGRATE = ("-m", "leadflow", "migrate", "--no-input", "-v0")


class DemoFailed(LeadflowError):
    """The demo workspace could not be made; nothing of it was kept."""


class MigrationFailed(LeadflowError):
    """The database could not be brought to this release."""


def tell(arguments: Sequence[str] = _DEMO) -> None:
    """Tell the demo to its end; what it says is seen as it says it. Raises DemoFailed.

    It is one transaction: a process that is stopped or killed leaves nothing behind. It ends with this
    one, also where this one is killed.
    """
    if reason := _run([*arguments, str(os.getpid())], "demo.log"):
        raise DemoFailed(
            _(
                "The demo workspace could not be made (%(reason)s): nothing of it was kept. Start again,"
                " or with DEMO=0 for an empty workspace. More stands in %(log)s."
            )
            % {"reason": reason, "log": settings.VAR_DIR / "demo.log"}
        )


def migrate(arguments: Sequence[str] = _MIGRATE) -> None:
    """Apply the migrations that wait. Raises MigrationFailed; what was applied stays, and the rest is
    applied by the next start."""
    if reason := _run(arguments, "migrate.log"):
        raise MigrationFailed(
            _(
                "The database could not be brought to this release (%(reason)s). Put that right and"
                " start again. More stands in %(log)s."
            )
            % {"reason": reason, "log": settings.VAR_DIR / "migrate.log"}
        )


def _run(arguments: Sequence[str], log: str) -> str:
    """Run a program of ours to its end; why it failed, or nothing."""
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, *arguments],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=settings.BASE_DIR,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    ) as child:
        try:
            _out, errors = child.communicate()
        except BaseException:
            _end(child)
            raise
    if not child.returncode:
        return ""
    said = errors.decode(errors="replace")
    (settings.VAR_DIR / log).write_text(said)
    reason = next((line for line in reversed(said.splitlines()) if line.strip()), "")
    return reason.strip() or f"exit code {child.returncode}"


def _end(child: "subprocess.Popen[bytes]") -> None:
    child.terminate()
    with suppress(subprocess.TimeoutExpired):
        child.wait(PATIENCE)
        return
    child.kill()
