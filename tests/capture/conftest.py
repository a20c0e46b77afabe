"""Forms to test with."""

import pytest

from capture.blocks import FORM_BLOCKS
from capture.blocks.starts import block
from capture.services import forms
from leadflow.blocks import documents, registry


@pytest.fixture(autouse=True)
def _known_blocks():
    registry.register(FORM_BLOCKS)


def content_of(*rows, **settings):
    """A document of one page with these blocks."""
    content = documents.empty(**settings)
    content["pages"][0]["blocks"] = list(rows)
    return documents.normalised(content, FORM_BLOCKS)


def contact_blocks():
    """A first name, an e-mail, a phone, a company, a free question and a consent."""
    return [
        block("heading", text="Get in touch"),
        block("short_text", label="First name", name="first_name", save_to="first_name"),
        block("email"),
        block("phone", country="DE"),
        block("short_text", label="Company", name="company", save_to="company_name"),
        block("long_text", label="Message", name="message"),
        block("consent", text="Write to me."),
    ]


@pytest.fixture
def published(db):
    """Makes a published form of the given blocks and returns it."""

    def make(*rows, name="Contact", **fields):
        form = forms.create(name=name, by=None, content=content_of(*(rows or contact_blocks())))
        for key, value in fields.items():
            setattr(form, key, value)
        form.save()
        forms.publish(form=form, by=None)
        return form

    return make
