from datetime import timedelta

import pytest

from leadflow.integrations import services
from leadflow.integrations.models import ApiKey
from leadflow.kit import clock
from leadflow.models import Lead
from tests.factories.core import a_lead

pytestmark = pytest.mark.django_db
ALL = ["leads:read", "leads:write", "submissions:read", "deals:read"]


def call(client, user, path="/api/v1/leads/", scopes=ALL, body=None, **headers):
    _key, whole = services.create(name="Test", owner=user, scopes=scopes)
    headers = {"Authorization": f"Bearer {whole}", **headers}
    if body is None:
        return client.get(path, headers=headers)
    return client.post(path, body, content_type="application/json", headers=headers)


def test_a_key_sees_what_its_owner_sees(client, bob, carl):
    mine = a_lead(owner=bob)
    a_lead(owner=carl)

    rows = call(client, bob).json()["results"]

    assert [row["id"] for row in rows] == [mine.pk]


def test_a_lead_of_another_team_is_not_found(client, bob, carl):
    assert call(client, bob, f"/api/v1/leads/{a_lead(owner=carl).pk}/").status_code == 404


def test_one_lead_is_read_as_it_stands_in_the_list(client, bob):
    lead = a_lead(owner=bob, last_name="Kessler")

    [row] = call(client, bob).json()["results"]
    one = call(client, bob, f"/api/v1/leads/{lead.pk}/").json()

    assert one == row
    assert (one["last_name"], one["email"]) == ("Kessler", lead.email)


def test_adding_a_lead_goes_through_the_same_door_as_everybody(client, alice):
    response = call(client, alice, body={"email": "ann@kessler.example", "last_name": "Kessler"})

    lead = Lead.objects.get()
    assert response.json() == {"id": lead.pk, "created": True}
    assert (lead.origin, lead.company.domain) == ("api", "kessler.example")


def test_the_same_idempotency_key_makes_one_lead_and_gives_the_same_answer(client, alice):
    _key, whole = services.create(name="Test", owner=alice, scopes=ALL)
    headers = {"Authorization": f"Bearer {whole}", "Idempotency-Key": "order-7"}
    answers = [
        client.post(
            "/api/v1/leads/",
            {"last_name": "Kessler"},
            content_type="application/json",
            headers=headers,
        )
        for _ in range(3)
    ]

    assert {(a.status_code, a.json()["id"]) for a in answers} == {(201, Lead.objects.get().pk)}
    other = client.post(
        "/api/v1/leads/", {"last_name": "Brandt"}, content_type="application/json", headers=headers
    )
    assert other.status_code == 422


def test_abuse_E06_unknown_and_protected_fields_are_refused_by_name(client, alice):
    response = call(client, alice, body={"last_name": "X", "owner": 1, "stage": "customer"})

    assert response.status_code == 400
    assert set(response.json()["errors"]) == {"owner", "stage"}
    assert not Lead.objects.exists()


@pytest.mark.parametrize("body", [[], "text", {"last_name": {"a": 1}}, {"email": ["x"]}])
def test_abuse_E06_wrong_types_are_a_400(client, alice, body):
    assert call(client, alice, body=body).status_code == 400


def test_abuse_D09_a_key_that_is_wrong_revoked_expired_or_in_the_address_opens_nothing(
    client, alice
):
    key, whole = services.create(name="Test", owner=alice, scopes=ALL)
    _late, expired = services.create(
        name="Old", owner=alice, scopes=ALL, expires_at=clock.now() - timedelta(days=1)
    )
    assert client.get(f"/api/v1/leads/?key={whole}").status_code == 401
    assert (
        client.get("/api/v1/leads/", headers={"Authorization": f"Bearer {expired}"}).status_code
        == 401
    )
    assert (
        client.get("/api/v1/leads/", headers={"Authorization": f"Bearer {whole}x"}).status_code
        == 401
    )

    services.revoke(key, by=alice)

    assert (
        client.get("/api/v1/leads/", headers={"Authorization": f"Bearer {whole}"}).status_code
        == 401
    )


def test_abuse_D09_an_owner_who_left_takes_the_key_along(client, alice):
    _key, whole = services.create(name="Test", owner=alice, scopes=ALL)
    alice.is_active = False
    alice.save()

    assert (
        client.get("/api/v1/leads/", headers={"Authorization": f"Bearer {whole}"}).status_code
        == 401
    )


def test_abuse_D09_a_scope_that_is_not_named_is_refused(client, alice):
    assert call(client, alice, scopes=["deals:read"]).status_code == 403


def test_the_key_is_kept_as_a_digest_only(alice):
    _key, whole = services.create(name="Test", owner=alice, scopes=ALL)

    row = ApiKey.objects.values_list("prefix", "digest").get()
    assert whole not in "".join(row)
    assert whole.split(".")[1] not in "".join(row)


def test_contact_fields_are_hidden_from_a_viewer(client, vera, bob):
    a_lead("ann@kessler.example", owner=bob)

    assert call(client, vera).json()["results"][0]["email"] is None


def test_a_rep_reads_no_answers_of_forms(client, bob):
    assert call(client, bob, "/api/v1/submissions/").json()["results"] == []


def test_a_session_alone_opens_no_api_door(client, alice):
    client.force_login(alice)

    assert client.get("/api/v1/leads/").status_code == 401


def test_an_admin_makes_a_key_sees_it_once_and_revokes_it(client, alice):
    client.force_login(alice)

    page = client.post(
        "/settings/api-keys/", {"name": "Zap", "scopes": ["leads:read"]}
    ).content.decode()
    key = ApiKey.objects.get()
    assert f"{key.prefix}." in page
    assert f"{key.prefix}." not in client.get("/settings/api-keys/").content.decode()
    client.post(f"/settings/api-keys/{key.pk}/revoke/")

    assert ApiKey.objects.get().revoked_at
