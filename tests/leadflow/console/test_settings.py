"""The settings screens: who opens them, what they change, what they refuse."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from leadflow.events.models import Event
from leadflow.mail.models import Delivery
from leadflow.models import CustomField, ExchangeRate, Organisation, Source
from leadflow.people.models import Invitation, Role, Team, User

SCREENS = [
    "settings", "profile", "appearance", "security", "sessions", "identity", "locale", "hours",
    "sender", "rates", "lifecycle", "privacy", "retention", "people", "invite", "roles", "teams", "teams-new",
    "sources", "sources-new", "fields", "fields-new",
]  # fmt: skip


@pytest.fixture
def as_alice(client, alice):
    client.force_login(alice)
    return client


def changes() -> list[str]:
    return list(
        Event.objects.filter(kind="setting.changed")
        .order_by("id")
        .values_list("data__name", flat=True)
    )


@pytest.mark.parametrize("name", SCREENS)
def test_an_admin_opens_every_screen(as_alice, name):
    assert as_alice.get(reverse(f"console:{name}")).status_code == 200


def test_the_organisation_is_renamed_and_the_change_is_a_fact(as_alice, alice):
    page = reverse("console:identity")

    answer = as_alice.post(page, {"name": "Brightwell", "colour": "#112233"})

    assert answer.status_code == 303
    assert Organisation.current().name == "Brightwell"
    event = Event.objects.filter(data__name="organisation.name").get()
    assert (event.actor_id, event.data["from"], event.data["to"]) == (
        alice.pk,
        "My organisation",
        "Brightwell",
    )


def test_language_dates_and_numbers_are_chosen(as_alice):
    values = {
        "time_zone": "Europe/Berlin", "language": "en", "date_format": "d.m.Y",
        "number_format": "1.234,56", "base_currency": "EUR", "fiscal_year_start": 4, "week_start": 7,
    }  # fmt: skip

    answer = as_alice.post("/settings/formats/", values)
    refused = as_alice.post("/settings/formats/", values | {"number_format": "1_234"})

    assert (answer.status_code, refused.status_code) == (303, 422)
    found = Organisation.objects.get()
    assert {name: getattr(found, name) for name in values} == values


def test_the_second_colour_is_the_first_until_it_is_chosen(as_alice, client):
    page = reverse("console:identity")
    as_alice.post(page, {"name": "B", "colour": "#112233"})
    assert "--mark: #112233" in client.get("/f/brand.css").text
    assert 'value="#112233"' in str(as_alice.get(page).context["form"]["accent"])

    as_alice.post(page, {"name": "B", "colour": "#445566", "accent": "#112233"})
    assert "--mark: #445566" in client.get("/f/brand.css").text

    as_alice.post(page, {"name": "B", "colour": "#112233", "accent": "#aa3300"})

    assert "--brand: #112233" in client.get("/f/brand.css").text
    assert "--mark: #aa3300" in client.get("/f/brand.css").text
    assert Event.objects.filter(data__name="organisation.accent").exists()
    assert (
        as_alice.post(page, {"name": "B", "colour": "#112233", "accent": "blue"}).status_code == 422
    )


def test_a_bad_colour_is_refused_beside_its_field(as_alice):
    answer = as_alice.post(reverse("console:identity"), {"name": "B", "colour": "red"})

    assert answer.status_code == 422
    assert "colour" in answer.context["form"].errors
    assert changes() == []


def test_a_logo_is_taken_by_its_first_bytes_not_by_its_name(as_alice):
    script = SimpleUploadedFile("x.png", b"<svg onload=alert(1)>", "image/png")

    answer = as_alice.post(
        reverse("console:identity"), {"name": "B", "colour": "#112233", "logo": script}
    )

    assert answer.status_code == 422


def test_a_logo_is_shown_to_everybody(as_alice, client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    picture = SimpleUploadedFile("mine.png", b"\x89PNG\r\n\x1a\n" + b"0" * 20, "image/png")
    as_alice.post(reverse("console:identity"), {"name": "B", "colour": "#112233", "logo": picture})

    client.logout()
    answer = client.get(reverse("console:logo"))

    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/png"
    assert "mine" not in Organisation.current().logo.name


def test_working_hours_need_both_ends_of_a_day(as_alice):
    data = {"opens_0": "08:00", "closes_0": "16:00", "opens_1": "09:00"}

    assert as_alice.post(reverse("console:hours"), data).status_code == 422
    assert as_alice.post(reverse("console:hours"), data | {"closes_1": "12:00"}).status_code == 303
    assert Organisation.current().working_hours[:3] == [["08:00", "16:00"], ["09:00", "12:00"], []]


def test_stages_get_names_of_their_own(as_alice):
    as_alice.post(reverse("console:lifecycle"), {"label_mql": "Warm", "about_mql": "Scored 60"})

    assert Organisation.current().stage_label("mql") == "Warm"
    assert Organisation.current().definitions == {"mql": "Scored 60"}


def test_a_rate_is_typed(as_alice):
    as_alice.post(reverse("console:rates"), {"currency": "usd", "on": "2026-11-01", "rate": "0.92"})

    rate = ExchangeRate.objects.get()
    assert (rate.currency, rate.on, rate.rate) == ("USD", dt.date(2026, 11, 1), Decimal("0.92"))


def test_rates_come_from_a_file_all_or_none(as_alice):
    good = "currency;date;rate\nUSD;2026-11-01;0.92\nGBP;2026-11-01;1.19\n"
    bad = good + "CHF;01.11.2026;1.05\n"

    for content, status in ((bad, 422), (good, 303)):
        file = SimpleUploadedFile("rates.csv", content.encode(), "text/csv")
        answer = as_alice.post(reverse("console:rates"), {"what": "file", "file": file})
        assert answer.status_code == status

    assert ExchangeRate.objects.count() == 2
    assert changes() == ["rates"]


def test_the_base_currency_takes_no_rate(as_alice):
    data = {"currency": "EUR", "on": "2026-11-01", "rate": "1"}

    assert as_alice.post(reverse("console:rates"), data).status_code == 422


def test_a_source_is_added_changed_and_archived(as_alice):
    data = {"name": "Fair", "channel": "event", "direction": "inbound"}
    as_alice.post(reverse("console:sources-new"), data)
    source = Source.objects.get(name="Fair")

    as_alice.post(reverse("console:sources-edit", args=[source.pk]), data | {"is_free": "on"})
    as_alice.post(reverse("console:sources-archive", args=[source.pk]))

    source.refresh_from_db()
    assert (source.is_free, source.is_archived) == (True, True)
    names = [
        f"source:{source.pk}",
        f"source:{source.pk}.is_free",
        f"source:{source.pk}.is_archived",
    ]
    assert changes() == names


def test_a_field_gets_a_key_from_its_label(as_alice):
    data = {"subject": "lead", "label": "Größe des Dachs (m²)", "type": "number"}

    as_alice.post(reverse("console:fields-new"), data)

    assert CustomField.objects.get().key == "grosse_des_dachs_m2"


def test_a_list_field_needs_its_choices(as_alice):
    data = {"subject": "lead", "label": "Roof", "type": "choice"}
    page = reverse("console:fields-new")

    assert as_alice.post(page, data).status_code == 422
    assert as_alice.post(page, data | {"choices": "flat\npitched\nflat\n"}).status_code == 303
    assert CustomField.objects.get().choices == ["flat", "pitched"]


def test_a_field_keeps_subject_and_type(as_alice):
    field = CustomField.objects.create(subject="lead", key="roof", label="Roof", type="text")

    as_alice.post(
        reverse("console:fields-edit", args=[field.pk]),
        {"label": "Roofs", "subject": "deal", "type": "number", "is_personal": "on"},
    )

    field.refresh_from_db()
    assert (field.label, field.subject, field.type) == ("Roofs", "lead", "text")


def test_an_admin_invites_and_the_mail_carries_the_link(as_alice, north):
    data = {"email": "new@crm.example", "role": "rep", "teams": [north.pk]}

    answer = as_alice.post(reverse("console:invite"), data)

    assert answer.status_code == 200  # no SMTP here: the link is shown once
    mail = Delivery.objects.get(to_address="new@crm.example")
    assert answer.context["link"] in mail.text
    assert mail.kind == "essential"


def test_an_invited_person_joins_and_is_signed_in(as_alice, client, north):
    data = {"email": "new@crm.example", "role": "viewer", "teams": [north.pk]}
    link = as_alice.post(reverse("console:invite"), data).context["link"]
    path = link.removeprefix("http://127.0.0.1:8000")
    client.logout()

    page = client.get(path)
    answer = client.post(path, {"name": "Nina New", "password": "a long enough phrase"})

    assert page.status_code == 200
    assert answer.status_code == 302
    assert client.session["_auth_user_id"] == str(User.objects.get(email="new@crm.example").pk)


def test_looking_at_an_invitation_uses_nothing_up(as_alice, client):
    link = as_alice.post(
        reverse("console:invite"), {"email": "new@crm.example", "role": "rep"}
    ).context["link"]
    path = link.removeprefix("http://127.0.0.1:8000")

    client.logout()
    client.get(path)

    assert client.get(path).status_code == 200


def test_an_unsent_invitation_is_withdrawn_with_its_mail(as_alice):
    as_alice.post(reverse("console:invite"), {"email": "new@crm.example", "role": "rep"})
    invitation = Invitation.objects.get()

    as_alice.post(reverse("console:invitation-revoke", args=[invitation.pk]))

    assert Delivery.objects.get().state == "skipped"


def test_an_admin_changes_role_and_teams(as_alice, bob, north, south):
    data = {
        "name": bob.name,
        "email": bob.email,
        "role": "manager",
        "teams": [north.pk, south.pk],
        "manages": [south.pk],
    }

    as_alice.post(reverse("console:person", args=[bob.pk]), data)

    bob.refresh_from_db()
    assert bob.role == Role.MANAGER
    assert dict(bob.memberships.values_list("team__name", "is_manager")) == {
        "North": False,
        "South": True,
    }


def test_the_only_admin_cannot_demote_herself(as_alice, alice):
    answer = as_alice.post(
        reverse("console:person", args=[alice.pk]),
        {"name": alice.name, "email": alice.email, "role": "rep"},
    )

    assert answer.status_code == 409
    alice.refresh_from_db()
    assert alice.role == Role.ADMIN


def test_a_team_with_people_is_not_removed(as_alice, bob, north):
    answer = as_alice.post(reverse("console:teams-archive", args=[north.pk]))

    assert answer.status_code == 409
    assert Team.objects.filter(pk=north.pk).exists()


def test_a_changed_password_keeps_this_browser_and_ends_the_others(client, bob, django_user_model):
    from django.test import Client

    other = Client()
    client.force_login(bob)
    other.force_login(bob)

    client.post(
        reverse("console:security"),
        {"old_password": "correct horse battery", "password": "another long phrase"},
    )

    assert client.get(reverse("console:profile")).status_code == 200
    assert other.get(reverse("console:profile")).status_code == 302


def test_a_wrong_old_password_changes_nothing(client, bob):
    client.force_login(bob)

    answer = client.post(
        reverse("console:security"),
        {"old_password": "wrong", "password": "another long phrase"},
    )

    assert answer.status_code == 422
    assert User.objects.get(pk=bob.pk).password == bob.password


def test_signing_out_elsewhere_leaves_this_browser(client, bob):
    from django.test import Client

    other = Client()
    client.force_login(bob)
    other.force_login(bob)

    client.post(reverse("console:sessions-end"))

    assert client.get(reverse("console:sessions")).status_code == 200
    assert other.get(reverse("console:sessions")).status_code == 302


def test_a_test_mail_goes_to_oneself(as_alice):
    as_alice.post(reverse("console:sender-test"))

    assert Delivery.objects.get().to_address == "alice@crm.example"


def test_appearance_is_for_oneself(client, bob):
    client.force_login(bob)

    client.post(reverse("console:appearance"), {"theme": "dark", "single_keys": "on"})

    bob.refresh_from_db()
    assert (bob.theme, bob.dense_rows, bob.single_keys) == ("dark", False, True)
