"""What has to be known of people to say what would come: asked for all of them at once."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from leadflow.calendars.hours import Hours
from leadflow.calendars.models import Holiday
from leadflow.conditions import fields, sql
from leadflow.errors import Invalid
from leadflow.models import Lead, Organisation
from nurturing import rules
from nurturing.models import MailPolicy, Sequence, WayChosen
from nurturing.services import documents
from nurturing.services.eligibility import bouncing, caps, sent_lately
from nurturing.services.taking import holds

_ASKED = ("pk", "time_zone", "country", "company__country")


class Ground:
    """A document and a moment, read once for however many batches of people."""

    def __init__(self, sequence: Sequence, document: Mapping[str, object], at: datetime) -> None:
        self.sequence, self.document, self.at = sequence, document, at
        self.tree = rules.Tree(list(document["steps"]))  # type: ignore[call-overload]
        self.window = documents.window_of(document)
        self.zone = Organisation.current().time_zone
        self.closed = frozenset(Holiday.objects.values_list("on", flat=True))
        chosen = WayChosen.objects.filter(sequence=sequence).exclude(way="")
        self.chosen = dict(chosen.values_list("step", "way"))
        self.hours = cache(self._hours)
        self.is_sales = documents.is_sales(document)  # letters of an owner count against no cap
        self.caps: rules.Caps = () if self.is_sales else caps()
        self.fresh = timedelta(days=MailPolicy.current().fresh_days)

    def _hours(self, zone: str) -> Hours:
        return self.window.hours(zone, self.closed)

    def known(self, lead_ids: Collection[int]) -> dict[int, rules.Known]:
        """What is known of these people, by their ids."""
        ways, days = self._ways(lead_ids), self._days(lead_ids)
        resting = bouncing(lead_ids, self.at)
        sent = {} if self.is_sales else sent_lately(lead_ids, self.at)
        found = {}
        rows = Lead.objects.filter(pk__in=lead_ids).values_list(*_ASKED)
        for pk, explicit, country, at_company in rows:
            zone = rules.zone_of(explicit, country, at_company or "", self.zone)
            found[pk] = rules.Known(
                hours=self.hours(zone),
                seed=pk,
                sent=tuple(sent.get(pk, ())),
                ways=ways.get(pk, {}),
                days=days.get(pk, {}),
                caps=self.caps,
                fresh=self.fresh,
                rests_until=resting.get(pk),
            )
        return found

    def walk(self, known: rules.Known, **limits: object) -> list[rules.Foreseen]:
        """Her walk from the first step."""
        return rules.foresee(self.tree, known, self.at, **limits)  # type: ignore[arg-type]

    def _ways(self, lead_ids: Collection[int]) -> dict[int, dict[str, str]]:
        """Which way each would go by what is true today; nothing for a branch that asks about what is
        gone."""
        found: dict[int, dict[str, str]] = {pk: {} for pk in lead_ids}
        for place in self.tree.places.values():
            step, step_id = place.step, str(place.step["id"])
            if step["type"] == "split":
                for pk in lead_ids:
                    found[pk][step_id] = self._way_of(step, pk)
            elif step["type"] == "condition":
                try:
                    true = holds(step["rule"], lead_ids, self.at)
                except Invalid:
                    continue
                for pk in lead_ids:
                    found[pk][step_id] = rules.YES if pk in true else rules.NO
        return found

    def _way_of(self, step: rules.Step, lead_id: int) -> str:
        chosen = self.chosen.get(str(step["id"]), "")
        known = {str(way["id"]) for way in step["ways"]}
        return chosen if chosen in known else rules.way_of(step, lead_id)

    def _days(self, lead_ids: Collection[int]) -> dict[int, dict[str, date | None]]:
        """The day of each that a step waits for."""
        found: dict[int, dict[str, date | None]] = {pk: {} for pk in lead_ids}
        for place in self.tree.places.values():
            step = place.step
            if step["type"] != "wait_until" or step.get("until") != "date_field":
                continue
            asked = fields.catalogue("lead").fields.get(step["field"])
            if asked is None:
                continue
            rows = Lead.objects.filter(pk__in=lead_ids).annotate(day_asked=sql.expression(asked))
            for pk, day in rows.values_list("pk", "day_asked"):
                told = (
                    day.astimezone(ZoneInfo(self.zone)).date() if isinstance(day, datetime) else day
                )
                found[pk][str(step["id"])] = told
        return found
