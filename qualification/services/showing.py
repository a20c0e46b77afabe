"""What the screens of qualification show: receipts, sentences, BANT."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadflow.kit import clock
from leadflow.models import Lead, LeadCycle
from qualification import rules, selectors
from qualification.models import VALUES, BantAnswer, Letter
from qualification.services import models, scoring

STALE = timedelta(days=120)
WIDTH = 120  # of the waterfall, in the units of its drawing

QUESTIONS: dict[str, str | Promise] = {
    Letter.BUDGET: gettext_lazy("Ask: “What has been set aside?”"),
    Letter.AUTHORITY: gettext_lazy("Ask: “Who else decides?”"),
    Letter.NEED: gettext_lazy("Ask: “What happens if you do nothing?”"),
    Letter.TIMING: gettext_lazy("Ask: “When should it run?”"),
}


@dataclass(frozen=True)
class Bar:
    """One line of a waterfall, ready to draw."""

    label: str
    value: float
    start: float
    width: float
    note: str = ""

    @property
    def is_loss(self) -> bool:
        return self.value < 0


@dataclass
class Receipt:
    """Why a number is what it is."""

    number: str
    total: float
    bars: list[Bar]
    lines_at: list[tuple[float, str]]
    half_life: float | None
    version: int | None
    missing: list[str] = field(default_factory=list)


def receipt(lead: Lead, number: str, *, at: datetime | None = None) -> Receipt | None:
    """The receipt of fit or engagement, computed from the facts; None without a score model."""
    version = models.live()
    if version is None:
        return None
    at = at or clock.now()
    ready = models.compiled(version)
    matched = scoring.matched_by(ready, [lead.pk], at).get(lead.pk, frozenset())
    facts = scoring.facts_of([lead.pk], until=at).get(lead.pk, [])
    lines = [r for r in rules.receipt(ready.model, matched, facts, at) if r.number == number]
    total = rules.clamp(sum(line.contribution for line in lines))
    found = Receipt(
        number=number,
        total=total,
        bars=bars_of(lines, facts),
        lines_at=_thresholds(number),
        half_life=min((r.half_life for r in ready.model.events), default=None),
        version=version.number,
    )
    if number == "fit":
        found.missing = [
            f"{name}, +{points:g}"
            for name, points in ready.model.attributes
            if points > 0 and name not in matched
        ][:3]
    return found


def bars_of(lines: list[rules.Line], facts: Sequence[rules.Fact] = ()) -> list[Bar]:
    """Each line begins where the one before ended; the scale is 0 to 100.

    `facts` are those that the lines count: where another firm told them, the line says which.
    """
    unit, at, bars = WIDTH / 100, 0.0, []
    told = {fact.pk: fact for fact in facts if fact.provider}
    for line in lines:
        end = at + line.contribution
        low, high = sorted((max(0.0, min(100.0, at)), max(0.0, min(100.0, end))))
        times = [_("%(n)d times") % {"n": line.count}] if line.count > 1 else []
        note = ", ".join([*times, *_tellers([told[pk] for pk in line.evidence if pk in told])])
        bars.append(
            Bar(_label(line), line.contribution, low * unit, max((high - low) * unit, 1.0), note)
        )
        at = end
    return bars


def _tellers(facts: list[rules.Fact]) -> list[str]:
    """Who told it, and how sure at the least: one part for each firm."""
    sure: dict[str, float] = {}
    for fact in facts:
        sure[fact.provider] = min(sure.get(fact.provider, 1.0), fact.confidence or 0.0)
    return [
        _("told by %(who)s, %(sure)g sure") % {"who": who, "sure": least}
        if least
        else _("told by %s") % who
        for who, least in sorted(sure.items())
    ]


def _label(line: rules.Line) -> str:
    if line.rule.startswith("limit:"):
        return _("Limit of “%(group)s”") % {"group": line.rule.removeprefix("limit:")}
    return line.rule


def _thresholds(number: str) -> list[tuple[float, str]]:
    table = rules.GRADES if number == "fit" else rules.BANDS
    return [(least * WIDTH / 100, str(name)) for name, least in table if least > 0]


def sentence(lead: Lead) -> str:
    """The score in words, for somebody about to call."""
    parts = [selectors.in_words(lead)]
    if lead.score.scored_at is None:
        return f"{parts[0]}."
    if strongest := strongest_reason(lead):
        parts.append(strongest)
    budget = BantAnswer.objects.filter(lead=lead, letter=Letter.BUDGET).exclude(value="unknown")
    if not budget.exists():
        parts.append(_("no budget known"))
    return f"{parts[0]}: {'; '.join(parts[1:])}." if len(parts) > 1 else f"{parts[0]}."


def strongest_reason(lead: Lead) -> str:
    """The line that adds the most to engagement, in words."""
    found = receipt(lead, "engagement")
    gains = [bar for bar in found.bars if bar.value > 0] if found else []
    if not gains:
        return ""
    best = max(gains, key=lambda bar: bar.value)
    return f"{best.label.lower()}{' ' + best.note if best.note else ''}"


@dataclass(frozen=True)
class LetterShown:
    """One letter of BANT as the panel shows it."""

    letter: str
    label: str
    initial: str
    value: str
    words: str
    is_known: bool
    source: str
    is_stale: bool
    question: str
    choices: list[tuple[str, str]]
    detail: str = ""
    amount: Decimal | None = None
    currency: str = ""
    target_on: date | None = None


@dataclass(frozen=True)
class BantPanel:
    """The four letters, their number, and how much of it is known."""

    score: float
    known: int
    letters: list[LetterShown]
    reaches_sql: bool


def bant_panel(lead: Lead, *, at: datetime | None = None) -> BantPanel:
    """The panel of a lead's present cycle."""
    at = at or clock.now()
    cycle = LeadCycle.objects.filter(lead=lead).order_by("-number").first()
    rows = {
        row.letter: row
        for row in BantAnswer.objects.filter(lead=lead, cycle=cycle).select_related("by")
    }
    answers = {letter: rows[letter].value if letter in rows else "unknown" for letter in VALUES}
    return BantPanel(
        score=rules.bant_score(answers),
        known=rules.bant_known(answers),
        letters=[_shown(letter, rows.get(letter), at) for letter in Letter.values],
        reaches_sql=rules.bant_minimum(answers),
    )


def source_of(row: BantAnswer) -> str:
    """Who says so."""
    own = row.confidence == BantAnswer.Confidence.LOW
    return _("Own answer on a form") if own else row.by.name if row.by else ""


def _shown(letter: str, row: BantAnswer | None, at: datetime) -> LetterShown:
    choices = VALUES[letter]
    value = row.value if row else "unknown"
    source = source_of(row) if row and value != "unknown" else ""
    return LetterShown(
        letter=letter,
        label=str(Letter(letter).label),
        initial=str(Letter(letter).label)[0],
        value=value,
        words=str(choices(value).label),
        is_known=value != "unknown",
        source=source,
        is_stale=bool(row and value != "unknown" and at - row.at > STALE),
        question=str(QUESTIONS[letter]),
        choices=[(key, str(label)) for key, label in choices.choices],
        detail=row.detail if row else "",
        amount=row.amount_max if row else None,
        currency=row.currency if row else "",
        target_on=row.target_on if row else None,
    )
