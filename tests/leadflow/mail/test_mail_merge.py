import json
import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.errors import Invalid
from leadflow.mail.merge import MAX_DEPTH, MAX_TAGS, MergeError, Template, compile_template

PATHS = ["lead.first_name", "lead.score", "company.name", "lead.custom.plan", "lead.joined"]


def render(source, mode="text", **values):
    given_values = {key.replace("__", "."): value for key, value in values.items()}
    return compile_template(source, PATHS).render(given_values, mode)


def test_a_field_is_filled_in_with_its_fallback():
    source = "Hi {{ lead.first_name | default: 'there' }}!"

    assert render(source, lead__first_name="Ann") == "Hi Ann!"
    assert render(source, lead__first_name="") == "Hi there!"
    assert render(source) == "Hi there!"


def test_conditions_choose_one_branch():
    source = (
        "{% if lead.score >= 80 and company.name %}hot{% elsif lead.score > 40 or"
        " company.name contains 'Inc' %}warm{% else %}cold{% endif %}."
    )

    assert render(source, lead__score=90, company__name="Acme") == "hot."
    assert render(source, lead__score=90) == "warm."
    assert render(source, lead__score=1, company__name="Acme Inc") == "warm."
    assert render(source) == "cold."


def test_branches_nest():
    source = "{% if lead.score %}{% if company.name == 'A' %}1{% else %}2{% endif %}{% endif %}3"

    assert render(source, lead__score=1, company__name="A") == "13"
    assert render(source, lead__score=1) == "23"
    assert render(source) == "3"


def test_empty_text_counts_as_nothing():
    assert render("{% if company.name %}yes{% else %}no{% endif %}", company__name="") == "no"
    assert render("{% if company.name == blank %}none{% endif %}", company__name="") == "none"
    assert render("{% if not company.name %}none{% endif %}") == "none"


def test_comparing_text_with_a_number_is_false_and_no_error():
    assert render("{% if lead.score > 3 %}a{% else %}b{% endif %}", lead__score="x") == "b"


@pytest.mark.parametrize(
    ("filtered", "value", "shown"),
    [
        ("upcase", "ann", "ANN"),
        ("downcase", "ANN", "ann"),
        ("capitalize", "ann lee", "Ann lee"),
        ("strip", "  ann ", "ann"),
        ("truncate: 5", "annabella", "anna…"),
        ("append: '!'", "ann", "ann!"),
        ("prepend: 'Dr '", "Lee", "Dr Lee"),
        ("default: 'x' | upcase", "", "X"),
        ("date", date(2026, 11, 22), "22 November 2026"),
        ("date: 'Y-m-d'", "2026-11-22", "2026-11-22"),
        ("date", "soon", "soon"),
        ("round", 2.5, "3"),
        ("round: 2", "2.345", "2.35"),
        ("round", "many", "many"),
    ],
)
def test_the_ten_filters(filtered, value, shown):
    source = "{{ lead.first_name | " + filtered + " }}"

    assert compile_template(source, PATHS).render({"lead.first_name": value}) == shown


@pytest.mark.parametrize(
    ("source", "line", "column", "words"),
    [
        ("Hi {{ lead.nickname }}", 1, 7, "unknown field “lead.nickname”"),
        ("Hi\n  {{ lead.first_name | shout }}", 2, 24, "“shout” is not available"),
        ("a\nb {% for x in y %}{% endfor %}", 2, 3, "tag “for”"),
        ("{% if lead.score %}x", 1, 21, "endif"),
        ("{{ lead.first_name", 1, 1, "}}"),
        ("{% if lead.age > 3 %}x{% endif %}", 1, 7, "unknown field “lead.age”"),
        ("{{ lead.first_name | default }}", 1, 22, "takes one value"),
        ("{{ lead.first_name | default: lead.score }}", 1, 22, "plain values"),
    ],
)
def test_an_error_says_line_and_column(source, line, column, words):
    with pytest.raises(MergeError) as caught:
        compile_template(source, PATHS)

    assert (caught.value.line, caught.value.column) == (line, column)
    assert words in caught.value.message


def test_a_compiled_template_is_plain_json_and_knows_its_fields():
    made = compile_template("{% if lead.score > 1 %}{{ company.name }}{% endif %}", PATHS)

    again = Template.stored(json.loads(json.dumps(made.program)))

    assert again.paths == made.paths == {"lead.score", "company.name"}
    assert again.render({"lead.score": 2, "company.name": "Acme"}) == "Acme"


def test_values_are_escaped_in_html_and_plain_in_text():
    source = "<p>{{ company.name }}</p>"

    assert render(source, "html", company__name="<b>&'\"") == "<p>&lt;b&gt;&amp;&#x27;&quot;</p>"
    assert render(source, "text", company__name="<b>") == "<p><b></p>"


PROBES = [
    "{{settings.SECRET_KEY}}", "{{ settings }}", "{{lead._meta}}", "{{ lead.__class__ }}",
    "{{''.__class__}}", "{{ ''.__class__.__mro__[1].__subclasses__() }}", "{{ lead['_meta'] }}",
    "{{ lead[lead.first_name] }}", "{{ request.user }}", "{{ self }}", "{{ config }}", "{{ 7*7 }}",
    "{{ 7 | times: 7 }}", "{{ '7' | plus: 7 }}", "{{ env \"X\" }}", "{{ lead.first_name() }}",
    "{{ lead.owner.email }}", "{{ lead }}", "{{ forloop }}", "{{ (1..10) }}", "{{ lead.first_name[0] }}",
    "{{ 'a' | map: 'b' }}", "{{ 'a' | where: 'b' }}", "{{ 'a' | safe }}", "{{ 'a' | raw }}",
    "{{ 'a' | json }}", "{{ 'a' | append: settings.SECRET_KEY }}", "{{ a if b else c }}",
    "{% load static %}", "{% include '/etc/passwd' %}", "{% render 'x' %}", "{% extends 'x' %}",
    "{% block x %}{% endblock %}", "{% debug %}", "{% csrf_token %}", "{% assign x = 1 %}",
    "{% capture x %}{% endcapture %}", "{% increment x %}", "{% cycle 'a', 'b' %}", "{% echo 'a' %}",
    "{% for i in (1..1000000) %}x{% endfor %}", "{% case x %}{% endcase %}", "{% unless x %}{% endunless %}",
    "{% raw %}{{ x }}{% endraw %}", "{% comment %}x{% endcomment %}", "{% liquid\necho 'a' %}", "{% # x %}",
    "{% tablerow x in y %}{% endtablerow %}", "{% ifchanged %}{% endifchanged %}", "{% python %}",
    "{%- for x in y -%}{%- endfor -%}", "{% if settings.DEBUG %}x{% endif %}", "{% if x == y.z %}1{% endif %}",
    "{% if lead.first_name == request %}1{% endif %}", "{% doc %}{% enddoc %}", "{% translate 'x' %}", "{%%}",
    "{{}}", "{{ | upcase }}", "{% if %}{% endif %}",
]  # fmt: skip
LITERALS = [
    "${7*7}",
    "<%= 7*7 %>",
    "#{7*7}",
    "%database_password%",
    "*{7*7}",
    "@(7*7)",
    "{7*7}",
    "[[7*7]]",
]


@pytest.mark.parametrize("probe", PROBES)
def test_abuse_C01_a_template_that_reaches_beyond_the_catalogue_is_refused(probe):
    with pytest.raises(MergeError):
        compile_template(f"Hello {probe}", PATHS)


@pytest.mark.parametrize("probe", LITERALS)
def test_abuse_C01_other_template_languages_stay_literal(probe):
    assert render(f"Hello {probe}") == f"Hello {probe}"


@pytest.mark.parametrize("probe", PROBES + LITERALS)
def test_abuse_C02_a_template_in_a_value_is_inserted_as_text(probe):
    assert render("Hi {{ lead.first_name }}", lead__first_name=probe) == f"Hi {probe}".rstrip()


@pytest.mark.parametrize(
    "bomb",
    [
        "x" * 10_000_000,
        "{{ lead.score }}" * 10_000,
        "{% if lead.score %}" * 10_000 + "{% endif %}" * 10_000,
        "{% if lead.score %}" * (MAX_DEPTH + 1) + "{% endif %}" * (MAX_DEPTH + 1),
        "{{ lead.score }}" * (MAX_TAGS + 1),
    ],
    ids=["10 MB", "10,000 fields", "10,000 nested", "nested", "fields"],
)
def test_abuse_C03_a_bomb_is_refused_before_it_is_parsed(bomb, monkeypatch):
    from leadflow.mail import merge

    monkeypatch.setattr(merge, "_environment", None)

    with pytest.raises(MergeError):
        compile_template(bomb, PATHS)


def test_abuse_C03_a_value_cannot_blow_a_message_up():
    source = "{{ lead.first_name }}" * MAX_TAGS

    with pytest.raises(Invalid, match="million"):
        render(source, lead__first_name="x" * 10_000_000)


def test_abuse_C07_a_value_cannot_break_out_of_the_subject():
    name = "Bob\r\nBcc: v@y.io\x00\u2028X-Evil: 1"

    made = render("Hi {{ lead.first_name }}", "line", lead__first_name=name)

    assert made == "Hi Bob Bcc: v@y.io X-Evil: 1"


@given(st.text(max_size=80), st.sampled_from(["text", "html", "line"]))
def test_any_value_is_inserted_once_and_never_read_again(value, mode):
    made = render("[{{ lead.first_name }}]", mode, lead__first_name=value)

    assert made.startswith("[")
    assert made.endswith("]")
    if mode == "html":
        assert not re.search(r"[<>\"']", made)


@given(st.text(alphabet="{}%|. iflseandor'lead_first_name\n", max_size=60))
def test_any_text_compiles_or_is_refused_with_a_place(source):
    try:
        compile_template(source, PATHS).render({})
    except MergeError as refused:
        place = (refused.line, refused.column)
        assert min(place) >= 1
