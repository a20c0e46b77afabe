"""Forms to test with, and the bodies that visitors post."""

import re

from capture.blocks import FORM_BLOCKS
from capture.blocks.starts import block
from capture.forms import intake
from capture.services import forms
from leadflow.blocks import documents


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


def published_form(*rows, name="Contact", **fields):
    """A form that visitors can fill in."""
    form = forms.create(name=name, by=None, content=content_of(*(rows or contact_blocks())))
    for key, value in fields.items():
        setattr(form, key, value)
    form.save()
    forms.publish(form=form, by=None)
    return form


def token_of(form, opened_ago=10):
    """A token as the page of the form carries it, made some seconds ago."""
    fresh = intake.token_for(form)
    opened = int(re.search(r"-(\d+)\.", fresh).group(1)) - opened_ago
    subject = f"{form.public_id}-{opened}"
    return intake.tokens.sign(intake.settings.SECRET_KEY, "form.v1", subject)


def contact_body(form, **answers):
    """What a visitor's browser posts to the contact form."""
    return {
        "first_name": "Ada",
        "email": "ada@north.example",
        "company": "North Ltd",
        "message": "Hello",
        "consent": "on",
        "website_url": "",
        "token": token_of(form),
        "client_id": "client-0001",
    } | answers
