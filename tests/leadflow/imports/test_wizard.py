"""The wizard in the browser: from file to result."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from leadflow.events.models import Event
from leadflow.imports import services
from leadflow.imports.models import Import, SavedMapping
from leadflow.models import Lead, Source
from leadflow.runs import leasing, working
from leadflow.runs.models import Run

pytestmark = pytest.mark.django_db

TEXT = "email,vorname,lead source\nada@a.example,Ada,Fair\nnobody,Bo,Web\n"


@pytest.fixture
def signed_in(client, alice):
    client.force_login(alice)
    return client


def send(client, text=TEXT, entity="lead"):
    file = SimpleUploadedFile("people.csv", text.encode(), "text/csv")
    return client.post(reverse("imports:new"), {"entity": entity, "file": file})


def plan(client, imported, **values):
    columns = {f"column_{n}": key for n, key in imported.mapping.items()}
    data = {"existing": "fill", "create": "on", "dates": "iso", **columns, **values}
    return client.post(reverse("imports:map", args=[imported.pk]), data)


def work(imported):
    run = leasing.claim(heavy=True, run_id=Run.objects.get(kind="import").pk)
    return working.execute(run)


def test_a_file_goes_from_upload_to_result(signed_in):
    Source.objects.create(name="Trade fair")
    assert send(signed_in).status_code == 303
    imported = Import.objects.get()
    page = signed_in.get(reverse("imports:map", args=[imported.pk])).content.decode()
    assert "ada@a.example" in page
    assert plan(signed_in, imported, save_as="Our people").status_code == 303

    url = reverse("imports:preview", args=[imported.pk])
    assert "Fair" in signed_in.get(url).content.decode()
    signed_in.post(url, {"word_0_0": "Trade fair", "word_0_1": "+"})
    shown = signed_in.get(url)
    assert dict(shown.context["trial"].counts) == {"created": 1, "failed": 1}
    assert not Lead.objects.exists()

    assert signed_in.post(reverse("imports:start", args=[imported.pk])).status_code == 303
    result = reverse("imports:result", args=[imported.pk])
    assert "hx-get" in signed_in.get(result).content.decode()
    assert work(imported) == Run.State.DONE
    page = signed_in.get(result).content.decode()
    assert "Download the rejected lines" in page
    assert Lead.objects.get().source.name == "Trade fair"
    assert Event.objects.get(kind="lead.captured").origin == "import"
    rejected = b"".join(signed_in.get(reverse("imports:rejected", args=[imported.pk])))
    assert b"nobody,Bo,Web,3," in rejected
    assert "people.csv" in signed_in.get(reverse("imports:list")).content.decode()


def test_treating_as_new_is_a_choice_of_its_own(signed_in):
    send(signed_in, "email\nada@a.example\n")
    imported = Import.objects.get()
    signed_in.post(reverse("imports:start", args=[imported.pk]), {"as_new": "yes"})
    work(imported)
    assert Event.objects.get(kind="lead.captured").origin == "live"


def test_a_kept_mapping_serves_the_next_file(signed_in):
    send(signed_in)
    plan(signed_in, Import.objects.get(), save_as="Ours", column_1="last_name")
    send(signed_in, "vorname,email\nAda,x@a.example\n")
    second = Import.objects.first()
    saved = SavedMapping.objects.get(name="Ours")
    signed_in.post(reverse("imports:use", args=[second.pk]), {"saved": saved.pk})
    second.refresh_from_db()
    assert second.mapping == {"0": "last_name", "1": "email"}


def test_what_is_no_table_is_refused_beside_the_field(signed_in):
    answer = send(signed_in, "PK\x03\x04")
    assert answer.status_code == 422
    assert "cannot be read" in answer.content.decode()


def test_two_columns_for_one_field_are_refused(signed_in):
    send(signed_in)
    answer = plan(signed_in, Import.objects.get(), column_1="email")
    assert answer.status_code == 422


def test_the_same_file_is_warned_of(signed_in):
    send(signed_in, "email\nada@a.example\n")
    first = Import.objects.get()
    signed_in.post(reverse("imports:start", args=[first.pk]))
    work(first)
    send(signed_in, "email\nada@a.example\n")
    page = signed_in.get(reverse("imports:map", args=[Import.objects.first().pk]))
    assert "came in before" in page.content.decode()


def test_an_import_that_was_called_off_goes_on(signed_in):
    send(signed_in, "email\nada@a.example\n")
    imported = Import.objects.get()
    signed_in.post(reverse("imports:start", args=[imported.pk]))
    run = Run.objects.get(kind="import")
    signed_in.post(reverse("runs:cancel", args=[run.pk]))
    assert signed_in.post(reverse("imports:resume", args=[imported.pk])).status_code == 303
    fresh = Run.objects.filter(kind="import").last()
    working.execute(leasing.claim(heavy=True, run_id=fresh.pk))
    assert Lead.objects.count() == 1


def test_nobody_starts_a_file_that_another_uploaded(signed_in, client, max):
    send(signed_in)
    imported = Import.objects.get()
    client.force_login(max)
    assert client.post(reverse("imports:start", args=[imported.pk])).status_code == 404


def test_a_marketer_is_not_offered_owners_and_deals(client, max):
    client.force_login(max)
    page = client.get(reverse("imports:new"))
    keys = [key for key, _label in page.context["form"].fields["entity"].choices]
    assert {"lead", "company"} <= set(keys)
    assert {"user", "deal", "product"}.isdisjoint(keys)


def test_how_the_file_is_read_is_shown_and_can_be_told_otherwise(signed_in):
    send(signed_in, "Report;2026\nemail;name\na@a.example;Ada\n")
    imported = Import.objects.get()
    page = signed_in.get(reverse("imports:map", args=[imported.pk])).content.decode()
    assert "How the file is read" in page

    told = {"delimiter": ";", "heading": "2", "encoding": "utf-8-sig"}
    answer = signed_in.post(reverse("imports:read", args=[imported.pk]), told)

    assert answer.status_code == 303
    imported.refresh_from_db()
    assert (imported.heading, imported.headers) == (2, ["email", "name"])


def test_a_reading_that_gives_no_table_is_refused_with_the_reason(signed_in):
    send(signed_in)
    imported = Import.objects.get()

    told = {"delimiter": ",", "heading": "99", "encoding": "utf-8-sig"}
    answer = signed_in.post(reverse("imports:read", args=[imported.pk]), told)

    assert answer.status_code == 422
    assert "There is no line 99" in answer.content.decode()


def test_an_order_of_days_that_stays_open_has_to_be_chosen(signed_in):
    send(signed_in, "email,created\na@a.example,03/04/2026\n")
    imported = Import.objects.get()

    answer = plan(signed_in, imported, dates="")
    assert answer.status_code == 422
    assert "third of April" in answer.content.decode()

    assert plan(signed_in, imported, dates="mdy").status_code == 303


def test_nobody_is_asked_for_the_order_of_days_that_are_left_out(signed_in):
    send(signed_in, "email,created\na@a.example,03/04/2026\n")

    assert plan(signed_in, Import.objects.get(), dates="", column_1="").status_code == 303


def _imported(client, text=TEXT):
    send(client, text)
    imported = Import.objects.get()
    client.post(reverse("imports:start", args=[imported.pk]))
    work(imported)
    return imported


def test_an_import_is_taken_back_in_the_background(signed_in):
    imported = _imported(signed_in, "email\nada@a.example\n")
    url = reverse("imports:undo", args=[imported.pk])
    assert "Take the import back" in signed_in.get(url).content.decode()
    assert Lead.objects.exists()

    assert signed_in.post(url).status_code == 303
    assert working.execute(leasing.claim(heavy=True)) == Run.State.DONE

    assert not Lead.objects.exists()
    page = signed_in.get(reverse("imports:result", args=[imported.pk])).content.decode()
    assert "Everything is as it was before this import." in page


def test_nobody_but_an_admin_takes_the_import_of_another_back(client, signed_in, max):
    imported = _imported(signed_in, "email\nada@a.example\n")
    client.force_login(max)

    assert client.post(reverse("imports:undo", args=[imported.pk])).status_code == 403


@pytest.mark.parametrize("entity", ["lead", "company", "user", "product", "deal"])
def test_an_empty_table_of_every_kind_comes_in_without_mapping(signed_in, entity):
    page = signed_in.get(reverse("imports:new")).text
    door = reverse("imports:template", args=[entity])
    assert door in page

    headings = b"".join(signed_in.get(door).streaming_content)
    file = SimpleUploadedFile("t.csv", headings + b"x\r\n", "text/csv")
    signed_in.post(reverse("imports:new"), {"entity": entity, "file": file})

    imported = Import.objects.get()
    fields = services.target_for(imported).fields_for(services.context_of(imported))
    assert list(imported.mapping.values()) == [field.key for field in fields]


def test_a_template_of_what_she_may_not_bring_is_not_there(client, max):
    client.force_login(max)
    assert client.get(reverse("imports:template", args=["user"])).status_code == 404
