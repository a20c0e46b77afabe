"""An import whose process dies goes on where its last chunk ended: each line once, the totals add up."""

import io
import signal
import time

import pytest
from django.conf import settings

from leadflow.events.models import Event
from leadflow.imports import services
from leadflow.models import Lead, LeadIdentity
from leadflow.runs import leasing
from tests.faults.processes import start

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

LINES = 7 * services.CHUNK  # enough chunks to die between two of them


@pytest.fixture
def imported(alice):
    text = "email,first_name\n" + "".join(f"p{n}@x{n % 50}.example,P{n}\n" for n in range(LINES))
    file = io.BytesIO(text.encode())
    return services.start(
        services.upload(entity="lead", name="people.csv", file=file, by=alice), by=alice
    )


def child(imported):
    """A child with the claimed run, as the product starts it."""
    claimed = leasing.claim(heavy=True, run_id=imported.run_id)
    return start(
        "-m", "leadflow", "run_work", str(claimed.pk), str(claimed.token),
        VAR_DIR=str(settings.VAR_DIR),
    )  # fmt: skip


def wait_for_leads():
    until = time.monotonic() + 60
    while not (count := Lead.objects.count()):
        assert time.monotonic() < until
        time.sleep(0.02)
    return count


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM])
def test_fault_F23_a_killed_import_goes_on_and_takes_each_line_once(imported, sign):
    with child(imported) as process:
        assert 0 < wait_for_leads() < LINES
        process.send_signal(sign)
    half = Lead.objects.count()
    assert (half % services.CHUNK, half < LINES) == (0, True)
    assert imported.rows.count() == half  # the ledger never runs ahead, nor behind

    run = imported.run
    run.refresh_from_db()
    if run.token:
        leasing.lapse(run.pk, run.token)
    with child(imported) as process:
        assert process.wait(120) == 0

    imported.refresh_from_db()
    run.refresh_from_db()
    assert (imported.state, imported.created, imported.lines) == ("done", LINES, LINES)
    assert (run.state, run.progress) == ("done", LINES)
    assert Lead.objects.count() == LeadIdentity.objects.count() == imported.rows.count() == LINES
    assert Event.objects.filter(kind="lead.captured").count() == LINES
