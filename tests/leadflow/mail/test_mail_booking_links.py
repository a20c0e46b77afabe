"""`booking.demo` in a mail is the reader's own link."""

import pytest

from leadflow.calendars import links
from leadflow.mail.merge import compile_template
from leadflow.mail.merge_fields import catalogue, values_for
from tests.factories.calendars import a_meeting
from tests.factories.core import a_lead

pytestmark = pytest.mark.django_db


def test_a_mail_offers_a_time_by_a_link_on_which_its_reader_is_known(bob):
    meeting, lead = a_meeting(bob, slug="free-advice"), a_lead()
    template = compile_template("Book: {{ booking.free-advice }}", catalogue())

    text = template.render(values_for(lead, asked=template.paths))

    url, _sep, token = text.removeprefix("Book: ").partition("?for=")
    assert url.endswith("/b/free-advice/")
    assert links.known_lead(meeting, token) == lead


def test_what_was_put_away_is_not_offered_to_who_writes_mails(bob):
    a_meeting(bob, slug="old", is_archived=True)

    assert "booking.old" not in catalogue()
