"""Orders and subscriptions from a file."""

import io

import pytest

from leadflow.imports import services
from leadflow.imports.models import Import
from leadflow.models import Customer
from pipeline.models import Order, Subscription
from tests.factories import pipeline as make

pytestmark = pytest.mark.django_db

ORDERS = """Id,What,Company,Amount,Currency,Order date
o1,Roof,Acme,1200,EUR,2026-01-05
o2,Roof,,50,EUR,2026-01-06
o3,Roof,Acme,-5,EUR,2026-01-06
"""
PLANS = """Id,Plan,Company,Amount,Start date,Billing period,Renewal date
s1,Care,Acme,120,2026-02-01,year,2027-02-01
"""


@pytest.fixture
def bring(alice, tmp_path, monkeypatch):
    from django.core.files.storage import FileSystemStorage

    for name in ("file", "original"):
        storage = FileSystemStorage(location=tmp_path, base_url=None)
        monkeypatch.setattr(Import._meta.get_field(name), "storage", storage)

    def bring(entity, text):
        file = io.BytesIO(text.encode())
        imported = services.upload(entity=entity, name="file.csv", file=file, by=alice)
        return services.work_here(imported)

    make.company("Acme")
    return bring


def test_who_ordered_is_a_customer_and_bad_lines_say_why(bring):
    done = bring("order", ORDERS)

    assert (done.created, done.failed) == (1, 2)
    assert Order.objects.get().amount == 1200
    assert Customer.objects.get().company.name == "Acme"
    assert "Say who bought it" in done.rows.get(line_no=3).reason


def test_the_same_file_again_brings_nothing_new(bring):
    bring("order", ORDERS)
    again = bring("order", ORDERS + "\n")

    assert (again.created, Order.objects.count()) == (0, 1)


def test_subscriptions_come_with_their_renewals(bring):
    bring("subscription", PLANS)

    row = Subscription.objects.get()
    assert (row.title, row.interval, str(row.renews_on)) == ("Care", "year", "2027-02-01")
