import pytest

from leadflow.assets.models import ContentItem
from leadflow.calendars.models import Holiday
from leadflow.events.models import Event
from leadflow.kit import clock
from leadflow.offers.models import Offer

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_alice(client, alice):
    client.force_login(alice)
    return client


def test_a_marketer_keeps_the_content_register(client, max):
    client.force_login(max)

    client.post(
        "/settings/content/new/", {"title": "Solar guide", "kind": "guide", "topic": "solar"}
    )

    assert ContentItem.objects.get().topic == "solar"
    assert client.get("/settings/content/").headers["Location"] == "/content/"
    assert "Solar guide" in client.get("/content/").content.decode()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"kind": "percent", "value": "120"}, "A percentage from 1 to 100."),
        ({"kind": "amount", "value": ""}, "Say how much."),
        (
            {"kind": "bonus", "starts_at": "2026-02-02T10:00", "ends_at": "2026-02-01T10:00"},
            "The end comes after the start.",
        ),
    ],
)
def test_an_offer_that_cannot_hold_is_refused_beside_the_field(as_alice, values, words):
    response = as_alice.post("/settings/offers/new/", {"name": "Spring", **values})

    assert response.status_code == 422
    assert words in response.content.decode()
    assert not Offer.objects.exists()


def test_an_offer_holds_in_its_window_only(as_alice):
    as_alice.post("/settings/offers/new/", {"name": "Spring", "kind": "percent", "value": "10"})

    offer = Offer.objects.get()
    assert offer.holds_at(clock.now())
    assert "10 % off" in as_alice.get("/settings/offers/").content.decode()
    offer.ends_at = clock.now()
    assert not offer.holds_at(clock.now())


def test_a_holiday_is_a_matter_of_record(as_alice):
    as_alice.post("/settings/holidays/new/", {"on": "2026-12-25", "name": "Christmas"})

    assert Holiday.objects.get().name == "Christmas"
    assert Event.objects.filter(kind="setting.changed").exists()
