"""The screens of inbound hooks."""

import json

import pytest

from leadflow.integrations import hooks
from leadflow.integrations.models import HookCall, InboundHook
from leadflow.integrations.presets import PRESETS
from leadflow.models import Lead
from tests.factories.core import NOON, a_lead
from tests.leadflow.integrations.calls import a_hook, mapping, send

pytestmark = pytest.mark.django_db
NEW = {
    "name": "Fair app", "makes": "lead", "unknown": "ignore", "scheme": "hmac", "header": "X-Signature",
    "prefix": "sha256=", "encoding": "hex",
}  # fmt: skip


@pytest.fixture
def admin(client, alice):
    client.force_login(alice)
    return client


def test_the_empty_list_says_what_will_be_here(admin):
    assert "No program calls yet" in admin.get("/settings/hooks/").content.decode()


def test_a_new_hook_shows_its_secret_once(admin):
    page = admin.post("/settings/hooks/new/", NEW).content.decode()
    hook = InboundHook.objects.get()
    [secret] = hooks.secrets_of(hook)

    assert secret in page
    assert f"/in/{hook.code}/" in page
    assert secret not in admin.get(hook.get_absolute_url()).content.decode()


def test_a_secret_of_the_sender_is_kept_and_not_shown(admin):
    page = admin.post(
        "/settings/hooks/new/", NEW | {"secret": "chosen-by-the-sender"}
    ).content.decode()

    assert "chosen-by-the-sender" not in page
    assert hooks.secrets_of(InboundHook.objects.get()) == ["chosen-by-the-sender"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"secret": "short"}, "at least 16 characters"),
        ({"header": ""}, "in which header"),
        ({"name": ""}, "required"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(admin, changed, said):
    answer = admin.post("/settings/hooks/new/", NEW | changed)

    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert "X-Signature" in answer.content.decode() or "header" in changed


def test_the_mapping_begins_with_the_last_call(admin, client):
    hook = a_hook()
    send(client, hook, {"mail": "ada@acme.example"})

    page = admin.get(f"/settings/hooks/{hook.pk}/map/").content.decode()

    assert "&quot;mail&quot;: &quot;ada@acme.example&quot;" in page
    assert 'data-path="mail"' in page


@pytest.mark.parametrize("preset", ["google", "meta", "linkedin", "typeform", "calendly", "flat"])
def test_a_known_shape_is_shown_with_what_it_would_make(admin, preset):
    page = admin.get(f"/settings/hooks/{a_hook().pk}/map/?preset={preset}").content.decode()

    assert "A new lead." in page
    assert "nora.lind@fjordroof.example" in page


def test_the_preview_tells_whom_we_know_and_writes_nothing(admin):
    a_lead("nora.lind@fjordroof.example", first_name="Nora", last_name="Lind")
    hook, preset = a_hook("behaviour"), PRESETS["intent"]
    told = form_of(preset.document) | {"sample": json.dumps(preset.sample), "each": "signals"}

    page = admin.post(f"/settings/hooks/{hook.pk}/map/try/", told).content.decode()

    assert "A fact about Nora Lind." in page
    assert "A fact about Fjordroof." in page
    assert not HookCall.objects.exists()


def test_a_mapping_without_an_email_is_refused_in_words_and_kept_in_the_form(admin):
    hook = a_hook()
    answer = admin.post(
        f"/settings/hooks/{hook.pk}/map/", {"from_city": "town", "from_email": "a[", "sample": "{}"}
    )
    page = answer.content.decode()

    assert answer.status_code == 422
    assert "is no path" in page
    assert 'value="town"' in page


def test_saving_makes_a_version_and_reads_what_waited(admin, client, drain_events):
    hook = a_hook()
    send(client, hook, {"mail": "ada@acme.example"})
    drain_events()

    answer = admin.post(
        f"/settings/hooks/{hook.pk}/map/", {"from_email": "mail", "do_email": "lower"}
    )
    drain_events()

    assert answer.status_code == 303
    assert hooks.map_of(hook).document["fields"] == {"email": {"from": "mail", "do": "lower"}}
    assert Lead.objects.get().email == "ada@acme.example"


def test_abuse_H08_what_a_body_says_is_text_on_the_log_and_the_mapping(admin, client, drain_events):
    hook = a_hook(document=mapping(email="nobody"))
    evil = "<script>alert(1)</script>"
    send(client, hook, {"email": evil, evil: evil})
    drain_events()
    call = HookCall.objects.get()

    for url in ("", "map/", f"calls/{call.pk}/"):
        page = admin.get(f"/settings/hooks/{hook.pk}/{url}").content.decode()
        assert evil not in page


def test_calls_are_read_again_from_the_log(admin, client, drain_events):
    hook = a_hook(document=mapping(email="mail"))
    send(client, hook, {"email": "ada@acme.example"})
    drain_events()
    hooks.save_map(hook=hook, document=mapping(email="email"), by=None)

    admin.post(f"/settings/hooks/{hook.pk}/replay/", {"call": HookCall.objects.get().pk})
    drain_events()

    assert HookCall.objects.get().state == "taken"
    assert admin.post(f"/settings/hooks/{hook.pk}/replay/", {}).status_code == 422


def test_a_call_of_another_hook_is_not_read_through_this_one(admin, client):
    hook, other = a_hook(), a_hook(name="Other")
    send(client, other, {"email": "ada@acme.example"})

    answer = admin.post(f"/settings/hooks/{hook.pk}/replay/", {"call": HookCall.objects.get().pk})

    assert answer.status_code == 422


def test_a_new_secret_leaves_the_old_one_a_day(admin):
    hook = a_hook()

    admin.post(f"/settings/hooks/{hook.pk}/secret/", {})

    assert len(hooks.secrets_of(InboundHook.objects.get())) == 2


def test_the_list_has_a_budget_of_queries(admin, django_assert_max_num_queries):
    for n in range(5):
        a_hook(name=f"Hook {n}")
    admin.get("/settings/hooks/")
    with django_assert_max_num_queries(14):
        admin.get("/settings/hooks/")


@pytest.mark.parametrize(("calls", "said"), [(2, "2 calls"), (1_003, "more than 1,000")])
def test_what_waits_or_failed_is_counted_up_to_a_thousand(admin, calls, said):
    hook = a_hook()
    rows = [
        HookCall(
            hook=hook, provider_id=str(n), received_at=NOON, state=("waiting", "failed")[n % 2]
        )
        for n in range(calls)
    ]
    HookCall.objects.bulk_create(
        [*rows, HookCall(hook=hook, provider_id="t", received_at=NOON, state="taken")]
    )

    assert said in admin.get("/settings/hooks/").content.decode()


def test_the_log_names_whom_a_call_was_about_and_what_has_to_be_looked_at(
    admin, client, drain_events
):
    hook = a_hook(document=mapping(email="email", first_name="name"))
    send(client, hook, {"email": "ada@acme.example", "name": "Ada"})
    send(client, hook, {"name": "Nobody"})
    drain_events()

    page = admin.get(hook.get_absolute_url()).content.decode()
    open_ones = admin.get(f"{hook.get_absolute_url()}?state=open").content.decode()

    assert Lead.objects.get().get_absolute_url() in page
    assert "Nobody is named" in open_ones
    assert Lead.objects.get().get_absolute_url() not in open_ones


def test_the_mapping_opens_with_the_call_that_failed(admin, client):
    hook = a_hook(document=mapping(email="email"))
    send(client, hook, {"first": 1})
    send(client, hook, {"second": 2})
    first = HookCall.objects.earliest("pk")

    page = admin.get(f"/settings/hooks/{hook.pk}/map/?call={first.pk}").content.decode()

    assert 'data-path="first"' in page
    assert 'data-path="second"' not in page


def test_each_field_says_what_its_path_finds_or_what_is_wrong_with_it(admin):
    hook = a_hook()
    sample = json.dumps({"people": [{"mail": "ADA@acme.example", "born": "soon"}, {}]})
    told = {
        "sample": sample, "each": "people", "from_email": "mail", "do_email": "lower",
        "from_occurred_at": "born", "from_city": "town", "from_phone": "a[",
    }  # fmt: skip

    page = admin.post(f"/settings/hooks/{hook.pk}/map/try/", told).content.decode()

    assert "ada@acme.example</p>" in page
    assert "Nothing stands there in this sample." in page
    assert "“a[” is no path." in page
    assert "The first of 2 records." in page
    assert 'data-path="mail"' in page  # a path begins in the record


def test_a_sample_that_is_no_json_says_so_where_it_is_pasted(admin):
    page = admin.post(f"/settings/hooks/{a_hook().pk}/map/try/", {"sample": "{"}).content.decode()

    assert "The body is not JSON." in page


@pytest.mark.parametrize(
    ("scheme", "makes", "shown", "left_out"),
    [
        ("standard", "lead", {"name", "source"}, {"header", "prefix", "encoding", "unknown"}),
        ("timed", "facts", {"header", "unknown"}, {"prefix", "encoding"}),
        ("hmac", "lead", {"header", "prefix", "encoding"}, {"unknown"}),
    ],
)
def test_a_hook_is_changed_by_the_fields_that_it_has_a_use_for(
    admin, scheme, makes, shown, left_out
):
    hook, _secret = hooks.create(
        by=None, makes=makes, scheme=scheme, name="S", header="X-Signature"
    )
    url = f"/settings/hooks/{hook.pk}/edit/"
    page = admin.get(url).content.decode()

    assert all(f'name="{name}"' in page for name in shown)
    assert not [name for name in left_out if f'name="{name}"' in page]
    told = {"name": "Other", "header": "X-Other", "unknown": "ignore", "encoding": "hex"}
    assert admin.post(url, told).status_code == 303
    assert InboundHook.objects.get().name == "Other"


def form_of(document):
    """A mapping document as its form posts it."""
    fields = document["fields"].items()
    return {f"from_{key}": rule["from"] for key, rule in fields} | {
        f"do_{key}": rule.get("do", "") for key, rule in fields
    }
