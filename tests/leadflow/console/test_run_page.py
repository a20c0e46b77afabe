import pytest
from django.urls import reverse

from leadflow.runs import leasing, registry, services


@pytest.fixture
def run(bob, monkeypatch):
    monkeypatch.setattr(registry, "_kinds", {})
    kind = registry.RunKind(
        key="count", label="Counting", work=lambda work: None, heavy=False,
        result_url=lambda result: f"/sums/{result['sum']}/",
    )  # fmt: skip
    registry.register(kind)
    return services.start("count", {}, by=bob, total=10)


def part(client, run):
    return client.get(reverse("runs:run", args=[run.pk]), HTTP_HX_REQUEST="true").content.decode()


def test_the_fragment_asks_again_until_the_run_ended(client, bob, run):
    client.force_login(bob)
    leasing.claim(heavy=False)
    assert 'hx-trigger="every 1s"' in part(client, run)

    run.refresh_from_db()
    services.end(run, "done", result={"sum": 7})
    body = part(client, run)
    assert "hx-trigger" not in body
    assert "/sums/7/" in body


def test_a_failed_run_says_why(client, bob, run):
    client.force_login(bob)
    services.end(run, "failed", error="Row 3 has no name.")

    assert "Row 3 has no name." in part(client, run)


def test_a_run_is_called_off_by_who_asked(client, bob, run):
    client.force_login(bob)

    answer = client.post(reverse("runs:cancel", args=[run.pk]))
    run.refresh_from_db()
    assert (answer.status_code, run.state) == (303, "cancelled")
    assert client.post(reverse("runs:cancel", args=[run.pk])).status_code == 409


def test_the_run_of_another_is_not_found(client, carl, run):
    client.force_login(carl)

    assert client.get(reverse("runs:run", args=[run.pk])).status_code == 404
    assert client.post(reverse("runs:cancel", args=[run.pk])).status_code == 404
