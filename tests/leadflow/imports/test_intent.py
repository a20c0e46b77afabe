"""Intent data as a file: facts about known people and companies, each line in the ledger."""

import pytest

from leadflow.events.models import Event
from leadflow.models import CompanySignal, Engagement
from tests.factories.core import a_company, a_lead

FILE = """Email,Company domain,Topic,Provider,Score,Date,Id
ada@acme.example,,solar roofs,Bombora,high,2026-01-05,a1
,acme.example,heat pumps,Bombora,85%,2026-01-06,a2
who@else.example,,solar roofs,Bombora,low,2026-01-06,a3
ada@acme.example,,solar roofs,Bombora,perhaps,2026-01-06,a4
,,solar roofs,Bombora,low,2026-01-06,a5
"""


@pytest.fixture
def ada(db):
    a_company("Acme", domain="acme.example")
    return a_lead("ada@acme.example")


def test_each_line_is_a_fact_a_signal_or_a_reason(bring, ada):
    done = bring("intent", FILE)

    assert (done.lines, done.created, done.skipped, done.failed) == (5, 2, 1, 2)
    fact = Engagement.objects.get(lead=ada, kind="intent.reported")
    assert (fact.topic, fact.provider, fact.confidence) == ("solar roofs", "Bombora", 0.9)
    assert fact.occurred_at.date().isoformat() in ("2026-01-05", "2026-01-04")
    assert CompanySignal.objects.get().confidence == 0.85
    assert "perhaps" in done.rows.get(line_no=5).reason


def test_the_same_file_again_tells_nothing_new(bring, ada):
    bring("intent", FILE)
    again = bring("intent", FILE + "\n")

    assert (again.created, again.unchanged) == (0, 2)
    assert Engagement.objects.filter(kind="intent.reported").count() == 1


def test_imported_intent_reaches_scores_but_starts_nothing(bring, ada, drain_events):
    bring("intent", FILE)
    drain_events()

    event = Event.objects.get(kind="engagement.recorded")
    assert event.origin == "import"
    assert not Event.objects.filter(cause_id=event.pk, origin="live").exists()


def test_a_line_that_names_an_unknown_company_makes_it(bring, ada):
    bring(
        "intent",
        "Company domain,Company name,Topic\nnew.example,New Ltd,pumps\nalso.example,,pumps\n",
    )

    assert [str(row.company) for row in CompanySignal.objects.all()] == ["New Ltd"]
