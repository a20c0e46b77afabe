"""What visitors see of an A/B test, how they keep it, and what their answers tell."""

import json
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from capture.models import FormView, PageView, Submission, VisitorPolicy
from capture.services import experiments, sharing
from leadflow.models import Lead
from tests.factories.capture import contact_body, page_block, published_page, running_test
from tests.factories.core import a_lead

pytestmark = pytest.mark.django_db
BOT = "Mozilla/5.0 (compatible; Googlebot/2.1)"


def agents(count=40):
    return [
        f"Mozilla/5.0 (X11; Linux) Gecko/20100101 Firefox/{n}.0" for n in range(100, 100 + count)
    ]


def get(path, agent, **more):
    answer = Client().get(path, headers={"User-Agent": agent}, **more)
    assert answer.status_code == 200
    return answer.text


def action_of(text):
    return re.search(r'action="([^"]+)"', text)[1].replace("&amp;", "&")


def agent_who_sees(path, key, words="Words of B"):
    return next(one for one in agents() if (words in get(path, one)) == (key == "b"))


def send(form, action, client_id="client-0001", **answers):
    body = json.dumps(contact_body(form, client_id=client_id, **answers))
    return Client().post(action, body, content_type="application/json")


@pytest.fixture
def test(db):
    return running_test()


@pytest.fixture
def form(test):
    return experiments.tested(test)


def test_visitors_see_both_and_each_keeps_hers(form):
    seen = {one: "Words of B" in get(form.public_path, one) for one in agents()}

    assert set(seen.values()) == {True, False}
    assert {one: "Words of B" in get(form.public_path, one) for one in agents()} == seen


def test_nothing_is_stored_in_a_browser(form):
    answer = Client().get(form.public_path, headers={"User-Agent": agents()[0]})

    assert not answer.cookies
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_crawler_sees_a_and_carries_no_mark(form):
    text = get(form.public_path, BOT)

    assert "Words of B" not in text
    assert "lf_v" not in action_of(text)


@pytest.mark.parametrize("key", ["a", "b"])
def test_an_answer_tells_what_was_shown(test, form, key):
    agent = agent_who_sees(form.public_path, key)
    action = action_of(get(form.public_path + "?utm_source=fair", agent))

    assert send(form, action).status_code == 200

    sent = Submission.objects.get()
    variant = test.variants.get(key=key)
    assert (sent.variant_id, sent.version.number) == (variant.pk, variant.version)
    assert sent.utm == {"utm_source": "fair"}
    assert "lf_v" not in sent.page_url
    assert sent.lead


def test_a_browser_without_script_counts_as_well(test, form):
    agent = agent_who_sees(form.public_path, "b")
    action = action_of(get(form.public_path, agent))

    answer = Client().post(action, contact_body(form), headers={"User-Agent": agent})

    assert answer.status_code == 303
    opening = FormView.objects.get()
    assert opening.variant_id == test.variants.get(key="b").pk
    assert (len(opening.person), opening.version) == (24, 2)


def test_an_opening_tells_what_was_shown_and_one_person_is_one(test, form):
    agent = agent_who_sees(form.public_path, "b")
    VisitorPolicy.objects.create(pk=1, mode="day")
    for number in range(2):
        mark = action_of(get(form.public_path, agent)).partition("lf_v=")[2]
        body = json.dumps({"key": f"opening-000{number}", "page": "", "mark": mark})
        Client().post(
            f"{form.public_path}seen/", body, "application/json", headers={"User-Agent": agent}
        )

    rows = FormView.objects.all()
    assert {row.variant_id for row in rows} == {test.variants.get(key="b").pk}
    assert len({row.person for row in rows}) == 1


def test_where_nobody_is_followed_an_opening_is_a_person_of_its_own(form):
    agent = agents()[0]

    marks = {action_of(get(form.public_path, agent)).partition("lf_v=")[2] for _ in range(2)}

    assert len(marks) == 2


def test_a_known_lead_keeps_hers_whatever_she_uses(form):
    told = {}
    for number in range(24):  # by chance: all alike once in eight million runs
        link = sharing.personal_link(form, a_lead(email=f"p{number}@north.example"))
        path = link[link.index("/f/") :]
        told[number] = {"Words of B" in get(path, one) for one in agents(2)}

    assert all(len(seen) == 1 for seen in told.values())
    assert set.union(*told.values()) == {True, False}


def test_a_page_that_was_open_at_the_stop_is_taken_as_it_was(test, form):
    agent = agent_who_sees(form.public_path, "b")
    action = action_of(get(form.public_path, agent))
    experiments.stop(experiment=test, by=None)

    assert send(form, action).status_code == 200
    assert Submission.objects.get().variant.key == "b"
    assert "Words of B" not in get(form.public_path, agent)


@pytest.mark.parametrize("agent", agents(3))
def test_a_post_takes_no_statement_more_for_it(form, agent):
    send(form, form.public_path, "client-0000", email="first@north.example")
    with CaptureQueriesContext(
        connection,
    ) as plain:
        send(form, form.public_path, "client-0001", email="second@north.example")
    action = action_of(get(form.public_path, agent))
    with CaptureQueriesContext(connection) as varied:
        send(form, action, "client-0002", email="third@north.example")

    assert len(varied) == len(plain)
    assert Lead.objects.count() == 3


def test_a_landing_page_is_varied_and_its_form_tells_of_it():
    page = published_page()
    test = running_test(page)
    agent = agent_who_sees(page.public_path, "b")
    text = get(page.public_path, agent)
    key, mark = re.search(r'data-key="([^"]+)" data-mark="([^"]+)"', text).groups()
    form = page.live.content["pages"][0]["blocks"][1]["props"]["form"]
    seen = {
        "key": key,
        "mark": mark,
        "page": "http://testserver/p/roofs/?utm_source=fair",
        "ref": "",
    }
    for told in (seen, seen | {"clicked": True}):
        Client().post(f"/p/{page.public_id}/seen/", json.dumps(told), "application/json",
                      headers={"User-Agent": agent})  # fmt: skip
    from capture.models import Form

    send(Form.objects.get(public_id=form), action_of(text), key)

    opening, sent = PageView.objects.get(), Submission.objects.get()
    variant = test.variants.get(key="b")
    assert (opening.variant_id, opening.source, bool(opening.clicked_at)) == (
        variant.pk,
        "fair",
        True,
    )
    assert (sent.page_variant_id, sent.variant_id, sent.page_id) == (variant.pk, None, page.pk)
    assert page.days.get().views == 1


def test_a_page_without_a_test_asks_nothing_of_its_visitor(django_assert_max_num_queries):
    page = published_page(page_block("hero", title="Roofs that last"))
    get(page.public_path, agents()[0])

    with CaptureQueriesContext(connection) as asked:
        get(page.public_path, agents()[0])

    assert not [one for one in asked if "daysalt" in one["sql"]]
