"""Forms to test with, and the bodies that visitors post."""

import io
import re

from PIL import Image as Pictures

from capture.blocks import FORM_BLOCKS
from capture.blocks.page import PAGE_BLOCKS
from capture.blocks.page_starts import page_block
from capture.blocks.starts import block
from capture.forms import intake
from capture.services import experiments, forms, pages
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


def a_picture(width=640, height=400, kind="PNG", **saved):
    """A picture as somebody uploads it."""
    file = io.BytesIO()
    Pictures.new("RGB", (width, height), "steelblue").save(file, kind, **saved)
    file.seek(0)
    return file


def pages_of(*pages, **settings):
    """A document of several pages: each a list of blocks, or (page properties, blocks)."""
    content = documents.empty(**settings)
    content["pages"] = []
    for number, page in enumerate(pages, start=1):
        props, rows = page if isinstance(page, tuple) else ({}, page)
        made = {"id": f"p{number}", "title": "", "blocks": list(rows), "props": props}
        content["pages"].append(made)
    return documents.normalised(content, FORM_BLOCKS)


def published_pages(*pages, name="Pages", **settings):
    """A form of several pages that visitors can fill in."""
    form = forms.create(name=name, by=None, content=pages_of(*pages, **settings))
    forms.publish(form=form, by=None)
    return form


def page_content(*rows, **settings):
    """A document of a landing page with these blocks."""
    content = documents.empty(**{"title": "Roofs that last", **settings})
    content["pages"][0]["blocks"] = list(rows)
    return documents.normalised(content, PAGE_BLOCKS)


def published_page(*rows, name="Roofs", form=None, settings=None, **fields):
    """A landing page that visitors can see; without blocks it has an opening and a contact form."""
    form = form or published_form()
    rows = rows or (
        page_block("hero", title="Roofs that last", button="Ask us"),
        page_block("form", form=form.public_id),
    )
    page = pages.create(name=name, by=None, content=page_content(*rows, **(settings or {})))
    for key, value in fields.items():
        setattr(page, key, value)
    page.save()
    pages.publish(page=page, by=None)
    return page


def running_test(document=None, *, by=None, change=None, **arranged):
    """An A/B test that runs on a form or a page; B differs by its first block's text or heading."""
    document = document or published_form()
    made = experiments.begin(document=document, by=by)
    b = made.variants.get(key="b")
    props = b.draft["pages"][0]["blocks"][0]["props"]
    props.update(change or {"title" if "title" in props else "text": "Words of B"})
    b.save(update_fields=["draft"])
    for name, value in arranged.items():
        setattr(made, name, value)
    made.save()
    return experiments.start(experiment=made, by=by)
