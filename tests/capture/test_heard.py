"""What people say about how they heard of us, held against what was tracked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.blocks.kinds import STARTERS
from capture.rules.heard import AGREES, DIFFERS, QUESTION, UNCLEAR, UNTRACKED, verdict
from leadflow.models import Channel


@pytest.mark.parametrize(
    ("said", "label", "channel", "source", "expected"),
    [
        ("search", "A search engine", "organic", "Google", AGREES),
        ("search", "A search engine", "paid_search", "Google Ads", AGREES),
        ("recommendation", "Somebody recommended you", "paid_search", "Google Ads", DIFFERS),
        ("event", "A fair or an event", "webinar", "Webinars", AGREES),
        ("search", "A search engine", "", "", UNTRACKED),
        ("search", "A search engine", "direct", "Website", UNTRACKED),
        ("other", "Something else", "organic", "Google", UNCLEAR),
        ("way_3", "Trade fairs", "event", "Trade fairs", AGREES),
        ("way_3", "Trade fairs", "other", "Trade fairs", AGREES),
        ("way_4", "Newsletter", "event", "Trade fairs", DIFFERS),
        ("way_5", "A friend of mine", "event", "Trade fairs", UNCLEAR),
    ],
)
def test_her_word_and_the_source_are_held_against_each_other(
    said, label, channel, source, expected
):
    known = {"newsletter", "trade fairs"}

    assert verdict(said, label, channel=channel, source=source, sources=known) == expected


@given(st.text(max_size=20), st.text(max_size=20), st.sampled_from(["", "direct", "other"]))
def test_where_nothing_was_tracked_nobody_is_said_to_be_wrong(said, label, channel):
    assert verdict(said, label, channel=channel, source="") in {UNTRACKED}


def test_every_answer_of_the_palettes_question_means_known_channels():
    starter = next(one for one in STARTERS if one.key == QUESTION)
    values = [row["value"] for row in starter.props["options"]]

    for value in values:
        found = {
            verdict(value, "", channel=channel, source="A source") for channel in Channel.values
        }
        assert AGREES in found or value == "other"
