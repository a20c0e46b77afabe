"""Giving customers something to read, hearing that it was opened, and what the deals came to."""

from datetime import timedelta

import pytest

from leadflow.assets import files as asset_files
from leadflow.assets import links
from leadflow.assets.models import ContentItem, ShortLink
from leadflow.errors import Invalid
from leadflow.events.models import Event
from leadflow.kit import clock
from leadflow.timeline import selectors as timeline
from pipeline.models import ObjectionAnswer, ObjectionKind, Share
from pipeline.selectors import collateral
from pipeline.services import deals, objections, sharing
from pipeline.services.objections import Told
from pipeline.views.deals import story_of
from tests.factories import pipeline as make
from tests.factories.files import a_file

pytestmark = pytest.mark.django_db

CHROME = "Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0"


@pytest.fixture
def case():
    return ContentItem.objects.create(
        title="The cold store", kind="case_study", url="https://x.example/case"
    )


def test_a_link_that_a_human_opens_is_a_receipt_in_both_stories_once(bob, case, drain_events):
    deal = make.deal(bob, lead=make.lead(bob))
    row = sharing.share(deal, item=case, days=30, by=bob)

    machine = links.followed(row.link.code, method="HEAD", agent=CHROME)
    drain_events()
    row.refresh_from_db()
    assert machine.startswith("https://x.example/case?utm_source=sales")
    assert row.opened_at is None

    for _again in range(2):
        links.followed(row.link.code, method="GET", agent=CHROME)
    drain_events()

    row.refresh_from_db()
    assert row.opened_at is not None
    assert Event.objects.filter(kind="content.opened", lead_id=deal.lead_id).count() == 1
    told = [one.shown.text for one in story_of(deal, bob, None).entries]
    assert told[:2] == ["opened “The cold store”", "shared “The cold store”"]
    hers = timeline.for_lead(deal.lead, bob).entries
    assert "opened “The cold store”" in [one.shown.text for one in hers]
    assert case.readings.get().lead == deal.lead


def test_a_file_is_shared_by_the_permission_to_download_it(bob, drain_events):
    item = ContentItem.objects.create(title="Deck", kind="deck")
    a_file(item=item)
    row = sharing.share(make.deal(bob), item=item, days=7, by=bob)

    asset_files.count(row.grant)
    drain_events()

    row.refresh_from_db()
    assert row.opened_at is not None
    shown = collateral.of_deal(row.deal, clock.now())[0]
    assert "/d/" in shown.url
    assert asset_files.of_token(shown.url.rstrip("/").rpartition("/")[2]).grant == row.grant


def test_sharing_twice_gives_one_link_and_an_ended_one_leads_nowhere(bob, case):
    deal = make.deal(bob)
    first, again = (sharing.share(deal, item=case, days=30, by=bob) for _click in range(2))
    assert first == again

    sharing.end(first)
    assert links.followed(first.link.code, method="GET", agent=CHROME) is None
    fresh = sharing.share(deal, item=case, days=30, by=bob)
    assert fresh != first
    ShortLink.objects.filter(pk=fresh.link_id).update(expires_at=clock.now() - timedelta(minutes=1))
    assert links.followed(fresh.link.code, method="GET", agent=CHROME) is None
    assert not links.counted().exists()


def test_what_is_for_our_own_people_or_cannot_be_opened_is_not_shared(bob):
    card = ContentItem.objects.create(title="Card", kind="battle_card", url="https://x.example/c")
    bare = ContentItem.objects.create(title="Nothing", kind="deck")

    for item in (card, bare):
        with pytest.raises(Invalid) as refusal:
            sharing.share(make.deal(bob), item=item, days=30, by=bob)
        assert "item" in refusal.value.fields
    assert not Share.objects.exists()
    assert not collateral.to_share().exists()


def test_usage_counts_everybodys_shares_and_opens_those_that_one_may_see(
    bob, carl, case, monkeypatch
):
    won, lost, other = make.deal(bob), make.deal(bob), make.deal(carl)
    for deal in (won, lost, other):
        sharing.share(deal, item=case, days=30, by=deal.owner)
    deals.win(won, amount=won.amount, by=bob)
    deals.lose(lost, reason=make.reason(), by=bob)
    at = clock.now()

    one = collateral.usage(at)[case.pk]
    rows, hidden = collateral.behind(bob, at, item=case.pk, part="shared")
    closed, none_hidden = collateral.behind(bob, at, item=case.pk, part="closed")

    assert (one.shared, one.opened, one.closed, one.won, one.win_rate) == (3, 0, 2, 1, None)
    assert (rows.count(), hidden, set(closed), none_hidden) == (2, 1, {won, lost}, 0)
    monkeypatch.setattr(collateral, "ENOUGH", 2)
    assert one.win_rate == 0.5


def test_what_answers_an_open_objection_is_offered_first(bob, case):
    kind = ObjectionKind.objects.create(name="Too dear")
    ObjectionAnswer.objects.create(kind=kind, title="Look", words="See.", item=case)
    deal = make.deal(bob)
    assert collateral.fitting(deal) == set()

    objections.hear(deal, told=Told(kind=kind), by=bob)

    assert collateral.fitting(deal) == {case.pk}
    assert collateral.objections_of([case]) == {case.pk: ["Too dear"]}
