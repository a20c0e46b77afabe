"""A field that a published rule uses is not taken away."""

import pytest

from leadflow.conditions import usage
from leadflow.errors import Conflict


@pytest.fixture
def rules(monkeypatch):
    monkeypatch.setattr(usage, "_owners", {})
    found = []
    usage.register_owner("segments", lambda: found)
    return found


def test_a_field_in_use_is_refused_with_the_list_of_rules(rules):
    document = {"all": [{"none": [{"field": "custom.budget", "op": "is_set"}]}]}
    rules.append(usage.Use("Big spenders", "/segments/1/", document))
    rules.append(usage.Use("Anyone", "/segments/2/", {}))

    with pytest.raises(Conflict) as caught:
        usage.refuse_if_used("custom.budget")

    assert "“Big spenders”" in caught.value.message
    assert caught.value.context["uses"] == [("Big spenders", "/segments/1/")]


def test_a_field_that_no_rule_uses_may_go(rules):
    rules.append(usage.Use("Anyone", "/segments/2/", {}))

    usage.refuse_if_used("custom.budget")
