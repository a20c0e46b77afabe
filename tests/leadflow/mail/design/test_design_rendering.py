"""A document of blocks becomes programs once; a message is written by filling in values."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadflow.blocks import documents
from leadflow.mail.compose import readable
from leadflow.mail.design import rendering
from leadflow.mail.design.look import Look
from leadflow.mail.design.starts import STARTS
from leadflow.mail.design.starts.parts import block
from leadflow.mail.merge import Template, compile_template

LOOK = Look(
    name="Example Ltd", logo="", site="https://www.example.org", colour="#2352d0", mark="#2352d0", font="Arial, sans-serif",
    footer="Since 1999", socials=(("LinkedIn", "https://social.example/us"),), language="en",
)  # fmt: skip
PATHS = ["lead.first_name", "lead.city", "lead.custom.site", "company.name", "organisation.name"]


def mail(*rows, **fields):
    content = documents.empty(subject="Hello", **fields)
    content["pages"][0]["blocks"] = list(rows)
    return content


def written(*rows, values=None, **fields):
    """The message of these blocks for one reader, without a database."""
    source = rendering.source_of(mail(*rows, **fields), LOOK)
    paths = [*PATHS, *rendering.own_paths(source.asks)]
    html, text = (compile_template(one, paths, is_ours=True) for one in (source.html, source.text))
    values = values or {}
    return rendering.Written(
        subject="Hello",
        preheader="",
        text=rendering.undead_text(text.render(values, "text")),
        html=rendering.undead_html(html.render(values, "html")),
    )


class Seen(HTMLParser):
    """The words that a reader sees, pictures by what stands for them; and every address."""

    def __init__(self, html):
        super().__init__()
        self.words, self.addresses, self.hidden = [], [], 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        self.addresses += [told[name] for name in ("href", "src") if told.get(name)]
        if tag in ("style", "title") or "display:none" in (told.get("style") or ""):
            self.hidden += 1
        if tag == "img":
            self.words.append(told.get("alt", ""))

    def handle_endtag(self, tag):
        if self.hidden and tag in ("style", "title", "div"):
            self.hidden -= 1

    def handle_data(self, data):
        if not self.hidden:
            self.words.append(data)


def words_of(text):
    return re.findall(r"\w+", text)


def words_of_text_part(text):
    return words_of(re.sub(r"<[a-z]+:[^<>\s]+>", " ", readable(text)))


def test_a_document_becomes_a_page_that_adapts_to_phones_and_to_the_dark():
    made = written(
        block("text", text="Good day."), block("columns", items=[{"title": "A"}, {"title": "B"}])
    )

    assert made.html.startswith("<!DOCTYPE html>")
    assert '<meta name="color-scheme" content="light dark">' in made.html
    assert "@media (prefers-color-scheme:dark)" in made.html
    assert "@media only screen and (min-width:480px)" in made.html
    assert "<p style=" in made.html  # styles stand on the elements


def test_a_value_is_words_in_html_and_plain_in_text():
    row = block("text", text="Hello {{ company.name }}")

    made = written(row, values={"company.name": '<a href="//evil">x</a>'})

    assert "&lt;a href=&quot;//evil&quot;&gt;x&lt;/a&gt;" in made.html
    assert made.text.startswith('Hello <a href="//evil">x</a>')


def test_a_field_as_a_whole_address_leads_to_the_web_or_nowhere():
    row = block("button", button="Go", url="{{ lead.custom.site }}")

    good = written(row, values={"lead.custom.site": "https://her.example/?a=1&b=2"})
    bad = written(row, values={"lead.custom.site": "javascript:alert(1)"})

    assert 'href="https://her.example/?a=1&amp;b=2"' in good.html
    assert "[Go](https://her.example/?a=1&b=2)" in good.text
    assert "javascript" not in bad.html + bad.text
    assert "Go" in bad.text
    assert 'href=""' not in bad.html


def test_a_value_inside_an_address_cannot_end_its_part():
    row = block("button", button="Go", url="https://x.example/?q={{ lead.city }}&r=1")

    made = written(row, values={"lead.city": 'a"&b=2#/../x'})

    assert 'href="https://x.example/?q=a%22%26b%3D2%23%2F..%2Fx&amp;r=1"' in made.html


@pytest.mark.parametrize(
    "url",
    ["{{ lead.city }}:alert(1)", "javascript:alert(1)", "https://{{ lead.city }}.x.example/", "data:text/html,x",
     "//evil.example", "{% if lead.city %}https://x.example{% endif %}", "/local", "https:/x"],
)  # fmt: skip
def test_abuse_C09_an_address_that_does_not_begin_as_one_is_dropped(url):
    made = written(block("button", button="Go", url=url), values={"lead.city": "javascript"})

    assert set(Seen(made.html).addresses) <= {
        "https://www.example.org",
        "https://social.example/us",
    }


def test_a_block_under_a_condition_is_there_for_whom_it_holds():
    row = block(
        "text", text="Only for some.", show_when={"all": []} | {"all": [{"field": "lead.stage"}]}
    )

    yes, no = (
        written(row, block("text", text="For all."), values={"when.k0": one})
        for one in (True, False)
    )

    assert "Only for some." in yes.html
    assert "Only for some." in yes.text
    assert "Only for some." not in no.html + no.text
    assert "For all." in no.html


def test_each_stage_reads_its_own_words_and_everybody_else_the_rest():
    row = block("staged", items=[
        {"stage": "awareness", "title": "Begin", "text": "One."},
        {"stage": "decision", "title": "Decide", "text": "Two."},
        {"stage": "else", "title": "Hello", "text": "Three."},
    ])  # fmt: skip

    said = {
        stage: written(row, values={"reader.stage": stage}).text
        for stage in ("awareness", "decision", "")
    }

    assert "Begin" in said["awareness"]
    assert "Hello" not in said["awareness"]
    assert "Decide" in said["decision"]
    assert "Three." in said[""]


def test_raw_html_keeps_layout_and_loses_what_runs():
    row = block(
        "html",
        text='<table><tr><td onclick="x()">Hi</td></tr></table><script>alert(1)</script><form></form><style>a{}</style>',
    )

    made = written(row)

    assert "Hi" in made.html
    assert not re.search(r"<script|onclick|<form|alert", made.html)
    assert "Hi" in made.text


def test_a_value_never_stands_in_a_style():
    row = block("html", text='<p style="color:{{ lead.city }}">Hi</p><p style="color:red">Ho</p>')

    made = written(row, values={"lead.city": "red;background:url(//evil)"})

    assert "evil" not in made.html


def test_no_word_of_the_layout_tools_is_left_in_a_message():
    made = written(*STARTS["newsletter"].build("https://x.example")[:6])

    assert not re.search(r"lf[0-9a-f]{12}[th]\d+x", made.html + made.text)
    assert "mj-text" not in made.html.replace("mj-full-width", "")


_WORDS = st.text("abcXYZ äß&<>\"' \n*_-", max_size=40)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from(["text", "heading", "quote", "button", "columns"]), _WORDS),
        max_size=5,
    )
)
def test_html_and_text_say_the_same_words(drawn):
    rows = [_block(kind, said) for kind, said in drawn]

    made = written(*rows)

    seen = " ".join(Seen(made.html).words)
    foot = words_of("Since 1999")
    assert words_of(seen) == words_of_text_part(made.text) + foot


def _block(kind, said):
    match kind:
        case "text":
            return block("text", text=said)
        case "heading":
            return block("heading", title=said)
        case "quote":
            return block("quote", text=said, title="Ann")
        case "button":
            return block("button", button=said or "Go", url="https://x.example/")
    return block(
        "columns",
        items=[{"title": said, "text": said, "button": "Go", "url": "https://x.example/"}],
    )


def test_a_program_is_written_without_mjml_and_without_liquid(monkeypatch):
    source = rendering.source_of(mail(block("text", text="Hi {{ lead.first_name }}")), LOOK)
    program = compile_template(source.html, [*PATHS, "mail.preheader"], is_ours=True).program
    import css_inline
    import liquid
    import mjml

    for module, name in (
        (mjml, "mjml2html"),
        (css_inline, "CSSInliner"),
        (liquid.Environment, "parse"),
    ):
        monkeypatch.setattr(module, name, None)

    assert "Hi Ann" in Template.stored(program).render({"lead.first_name": "Ann"}, "html")
