"""Files for an address: judged by their bytes, handed over by a link that ends, counted."""

import io
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage

from capture.models import Magnet, Promise
from leadflow.assets import files
from leadflow.assets.models import File, Grant
from leadflow.errors import Invalid
from leadflow.kit.clock import now
from leadflow.mail.models import Delivery
from leadflow.models import Engagement, Lead
from leadflow.services import privacy
from tests.factories.capture import contact_body
from tests.factories.files import PDF, a_file, an_archive

pytestmark = pytest.mark.django_db


@pytest.fixture
def giving(published):
    """A form that hands the guide over."""
    form = published(name="The guide")
    guide = a_file("The guide", topic="solar", points=5)
    Magnet.objects.create(form=form).files.add(guide)
    return form


def taken(answer):
    """What was downloaded; read to its end, so that the file is closed."""
    return b"".join(answer.streaming_content)


def path_of(url):
    return url.removeprefix("http://localhost:8000")


def link_for(form):
    return path_of(files.link(Grant.objects.get(file__magnets__form=form)))


def test_a_file_is_what_its_bytes_say(db):
    office = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "pptx": "ppt/a.xml"}
    for kind, inside in office.items():
        content = an_archive("[Content_Types].xml", inside)
        assert files.read(io.BytesIO(content), name=f"a.{kind}").kind == kind


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.html", b"<script>alert(1)</script>"),
        ("a.svg", b"<svg/>"),
        ("a.pdf", b"<html>not a pdf"),
        ("a.pdf.exe", PDF),
        ("a.xlsx", an_archive("word/document.xml")),
        ("a.docx", b"PK\x03\x04 broken"),
        ("a", PDF),
        ("a.zip", PDF),
    ],
)
def test_abuse_A17_a_file_that_is_not_what_it_says_is_refused(name, content):
    with pytest.raises(Invalid):
        files.read(io.BytesIO(content), name=name)


def test_its_name_on_disk_is_not_the_uploaders(db):
    row = a_file(original="../../etc/passwd.pdf")

    assert row.live.path.startswith("files/")
    assert "passwd" not in row.live.path
    assert row.live.original == "passwd.pdf"


def test_a_visitor_gets_the_file_on_the_page_and_by_mail(client, giving, drain_events):
    page = client.post(giving.public_path, contact_body(giving), follow=True)
    drain_events()

    assert "The guide" in page.text
    assert "/d/" in Delivery.objects.get(key__startswith="promise:").text


def test_only_the_button_hands_it_over_and_counts(client, giving, drain_events):
    client.post(giving.public_path, contact_body(giving), follow=True)
    drain_events()
    link = link_for(giving)

    assert client.get(link).headers["Content-Type"].startswith("text/html")
    assert File.objects.get().downloads == 0
    assert taken(client.post(link)) == PDF
    answer = client.post(link)
    assert taken(answer) == PDF
    assert answer.headers["Content-Disposition"] == 'attachment; filename="guide.pdf"'
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert File.objects.get().downloads == 2
    fact = Engagement.objects.get(kind="file.downloaded")
    assert (fact.label, fact.topic, fact.value) == ("The guide", "solar", 5)


def test_a_replaced_file_comes_by_the_old_link(client, giving, drain_events):
    client.post(giving.public_path, contact_body(giving), follow=True)
    drain_events()
    link = link_for(giving)

    newer = files.read(io.BytesIO(PDF + b"% second"), name="guide-2.pdf")
    files.replace(file=File.objects.get(), upload=newer, by=None)

    assert taken(client.post(link)).endswith(b"% second")
    assert File.objects.get().versions.count() == 2


def test_a_link_that_ran_out_says_so_and_offers_another_by_mail(client, giving, drain_events):
    client.post(giving.public_path, contact_body(giving), follow=True)
    drain_events()
    grant = Grant.objects.get()
    old = path_of(files.link(grant, at=now() - timedelta(days=31)))

    assert client.get(old).status_code == 410
    assert client.post(old).status_code == 200
    assert Delivery.objects.filter(key__startswith="promise:").count() == 2
    assert File.objects.get().downloads == 0


def test_a_file_that_was_put_away_is_gone(client, giving, drain_events):
    client.post(giving.public_path, contact_body(giving), follow=True)
    drain_events()
    File.objects.update(is_archived=True)

    assert client.get(link_for(giving)).status_code == 404


def test_an_erased_person_leaves_no_open_link(client, giving, drain_events):
    client.post(giving.public_path, contact_body(giving), follow=True)
    drain_events()
    link = link_for(giving)

    privacy.erase(lead=Lead.objects.get(), by=None)

    assert client.get(link).status_code == 404
    assert not Promise.objects.exists()


def test_a_marketer_uploads_and_replaces_a_file_in_the_library(client, max):
    client.force_login(max)
    sent = {"upload": io.BytesIO(PDF), "name": "Checklist", "topic": "roofs", "points": ""}
    sent["upload"].name = "check.pdf"

    client.post("/files/new/", sent)
    row = File.objects.get()
    again = io.BytesIO(PDF + b"% new")
    again.name = "check.pdf"
    client.post(row.get_absolute_url(), {"upload": again, "name": "Checklist 2", "points": "3"})

    row.refresh_from_db()
    assert (row.name, row.points, row.live.number) == ("Checklist 2", 3, 2)
    assert default_storage.exists(row.live.path)
    assert "Checklist 2" in client.get("/files/").text


def test_a_wrong_file_is_refused_beside_the_field(client, max):
    client.force_login(max)
    wrong = io.BytesIO(b"<html>")
    wrong.name = "page.html"

    answer = client.post("/files/new/", {"upload": wrong, "name": "Page"})

    assert answer.status_code == 422
    assert "Use a PDF, DOCX, XLSX, PPTX, EPUB or ZIP file" in answer.text
    assert not File.objects.exists()


def test_the_library_costs_the_same_however_many_files(client, max, django_assert_max_num_queries):
    for number in range(6):
        a_file(f"Guide {number}")
    client.force_login(max)
    client.get("/files/")

    with django_assert_max_num_queries(12):
        client.get("/files/")


def test_what_was_put_away_is_found_again_from_the_list(client, max, giving):
    client.force_login(max)
    File.objects.update(is_archived=True)
    page = client.get("/files/")

    assert 'href="/files/?archived"' in page.text
    away = client.get("/files/?archived")
    assert File.objects.get().name in away.text
    assert ">Those in use</a>" in away.text
