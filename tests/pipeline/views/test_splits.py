"""Sharing a deal out on its page."""

from decimal import Decimal

import pytest

from pipeline.models import DealSplit
from tests.factories import pipeline as make

pytestmark = pytest.mark.django_db


def sent(*rows, version):
    """The form as a browser sends it."""
    head = {"split-TOTAL_FORMS": len(rows), "split-INITIAL_FORMS": 0, "version": version}
    return head | {
        f"split-{n}-{key}": value
        for n, row in enumerate(rows)
        for key, value in zip(("user", "share", "kind"), row, strict=True)
    }


def test_shares_are_refused_until_they_add_up_and_then_open_from_the_chart(client, bob, mia):
    deal = make.deal(bob, amount=Decimal(1000))
    client.force_login(bob)
    url = f"/deals/{deal.pk}/split/"
    rows = [(bob.pk, "", "revenue"), (mia.pk, "40", "revenue"), ("", "", "revenue")]

    offered = client.get(url).content.decode()
    short = client.post(url, sent((bob.pk, "50", "revenue"), rows[1], version=deal.version))
    kept = client.post(url, sent(*rows, version=deal.version))
    page = client.get(deal.get_absolute_url()).content.decode()
    hers = client.get(f"/deals/list/?credit={bob.pk}").content.decode()
    stale = client.post(url, sent(rows[0], version=deal.version))

    assert "Save the shares" in offered
    assert short.status_code == 422
    assert "90 %: 10 % are missing" in short.content.decode()
    assert (kept.status_code, stale.status_code) == (303, 409)
    assert DealSplit.objects.count() == 2
    assert "€400.00" in page
    assert deal.name in hers
