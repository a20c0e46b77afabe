"""The words in which rules are said and refused; the pure language asks for them by name."""

from collections.abc import Callable
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from leadflow.kit import days

WORDS: dict[str, str | Promise] = {
    "everyone": _("everyone"),
    "yes": _("yes"),
    "no": _("no"),
    "and": _("{first} and {second}"),
    "or": _("{first} or {second}"),
    "none": _("it is not so that {what}"),
    "where": _("{event} where {what}"),
    "op.is": _("{field} is {value}"),
    "op.is_not": _("{field} is not {value}"),
    "op.is.date": _("{field} is on {value}"),
    "op.is_not.date": _("{field} is not on {value}"),
    "op.is_any_of": _("{field} is {value}"),
    "op.is_none_of": _("{field} is none of {value}"),
    "op.contains": _("{field} contains {value}"),
    "op.not_contains": _("{field} does not contain {value}"),
    "op.starts_with": _("{field} starts with {value}"),
    "op.ends_with": _("{field} ends with {value}"),
    "op.at_least": _("{field} is at least {value}"),
    "op.at_most": _("{field} is at most {value}"),
    "op.more_than": _("{field} is more than {value}"),
    "op.less_than": _("{field} is less than {value}"),
    "op.between": _("{field} is between {low} and {high}"),
    "op.before": _("{field} is before {value}"),
    "op.after": _("{field} is after {value}"),
    "op.has_any_of": _("{field} has {value}"),
    "op.has_all_of": _("{field} has {value}"),
    "op.has_none_of": _("{field} has none of {value}"),
    "op.is_set": _("{field} is known"),
    "op.is_not_set": _("{field} is not known"),
    "error.group": _("Each group holds one list, named all, any or none."),
    "error.list": _("A list is wanted here."),
    "error.depth": _("Groups may stand in one another {limit} deep. Take one level out."),
    "error.empty_group": _("This group is empty. Add a condition or remove the group."),
    "error.size": _("A rule may hold {limit} conditions. Split this one."),
    "error.key": _("“{key}” is not part of a condition."),
    "error.field": _("There is no field “{field}”. Choose another."),
    "error.event": _("There is no event “{event}”. Choose another."),
    "error.operator": _("{field} cannot be compared by “{op}”. Choose how to compare it."),
    "error.no_value": _("{field}: this comparison takes no value."),
    "error.text": _("{field}: enter a text of up to {limit} letters."),
    "error.number": _("{field}: enter a number with at most six decimals."),
    "error.date": _("{field}: enter a day as 2026-11-22."),
    "error.boolean": _("{field}: choose yes or no."),
    "error.reference": _("{field}: choose one from the list."),
    "error.choice": _("{field}: “{value}” is not on the list. Choose another."),
    "error.values": _("{field}: choose at least one and at most {limit}."),
    "error.pair": _("{field}: enter both ends of the range."),
    "error.order": _("{field}: the range ends before it begins. Swap the two."),
    "error.days": _("{field}: enter a number of days from {low} to {high}."),
    "error.count": _("{field}: enter how many times, from {low} to {high}."),
}


def words(name: str, /, **blanks: Any) -> str:
    """The sentence of that name with its blanks filled."""
    if name == "date":
        return date_format(blanks["value"], days.full())
    if name in _COUNTED:
        return _COUNTED[name](**blanks)
    return str(WORDS[name]).format(**blanks)


def _within_last(field: Any, days: int) -> str:
    return ngettext(
        "{field} is within the last day", "{field} is within the last {days} days", days
    ).format(field=field, days=days)


def _more_than_ago(field: Any, days: int) -> str:
    return ngettext(
        "{field} is more than a day ago", "{field} is more than {days} days ago", days
    ).format(field=field, days=days)


def _within_next(field: Any, days: int) -> str:
    return ngettext(
        "{field} is within the next day", "{field} is within the next {days} days", days
    ).format(field=field, days=days)


def _more_than_ahead(field: Any, days: int) -> str:
    return ngettext(
        "{field} is more than a day ahead", "{field} is more than {days} days ahead", days
    ).format(field=field, days=days)


def _at_least(event: Any, count: int) -> str:
    return ngettext("{event} at least once", "{event} at least {count} times", count).format(
        event=event, count=count
    )


def _at_most(event: Any, count: int) -> str:
    return ngettext("{event} at most once", "{event} at most {count} times", count).format(
        event=event, count=count
    )


def _never(event: Any, count: int) -> str:
    del count
    return str(_("never {event}")).format(event=event)


def _during(event: Any, days: int) -> str:
    return ngettext("{event} in the last day", "{event} in the last {days} days", days).format(
        event=event, days=days
    )


_COUNTED: dict[str, Callable[..., str]] = {
    "op.within_last": _within_last,
    "op.more_than_ago": _more_than_ago,
    "op.within_next": _within_next,
    "op.more_than_ahead": _more_than_ahead,
    "event.at_least": _at_least,
    "event.at_most": _at_most,
    "event.never": _never,
    "during": _during,
}


# How an operator stands in the rule builder, between the field and the value.
OPERATOR_LABELS: dict[str, str | Promise] = {
    "is": _("is"),
    "is_not": _("is not"),
    "is_any_of": _("is any of"),
    "is_none_of": _("is none of"),
    "contains": _("contains"),
    "not_contains": _("does not contain"),
    "starts_with": _("starts with"),
    "ends_with": _("ends with"),
    "at_least": _("is at least"),
    "at_most": _("is at most"),
    "more_than": _("is more than"),
    "less_than": _("is less than"),
    "between": _("is between"),
    "before": _("is before"),
    "after": _("is after"),
    "within_last": _("is within the last"),
    "more_than_ago": _("was longer ago than"),
    "within_next": _("is within the next"),
    "more_than_ahead": _("is further ahead than"),
    "has_any_of": _("has any of"),
    "has_all_of": _("has all of"),
    "has_none_of": _("has none of"),
    "is_set": _("is known"),
    "is_not_set": _("is not known"),
}

BUILDER_WORDS: dict[str, str | Promise] = {
    "all": _("all"),
    "any": _("any"),
    "none": _("none"),
    "group_before": _("Where"),
    "group_after": _("of these are so:"),
    "group": _("Group of conditions"),
    "mode": _("How many of these must be so"),
    "field": _("What to look at"),
    "operator": _("How to compare"),
    "value": _("Value"),
    "low": _("From"),
    "high": _("To"),
    "and": _("and"),
    "yes": _("yes"),
    "no": _("no"),
    "choose": _("choose…"),
    "add_value": _("add…"),
    "drop_value": _("Take out"),
    "days": _("days"),
    "times": _("times"),
    "at_least": _("at least"),
    "at_most": _("at most"),
    "never": _("never"),
    "often": _("How often"),
    "count": _("How many times"),
    "window": _("In which time"),
    "ever": _("ever"),
    "in_last": _("in the last"),
    "where": _("where"),
    "add_condition": _("Condition"),
    "add_event": _("Behaviour"),
    "add_group": _("Group"),
    "add_where": _("Detail"),
    "remove": _("Remove this condition"),
    "remove_group": _("Remove this group"),
    "behaviour": _("Behaviour"),
    "gone": _("no longer there"),
    "everyone": _("No conditions yet: everyone matches."),
}
