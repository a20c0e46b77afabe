"""The flow as text: the tables of docs/flow.md, made from the code that runs."""

from collections.abc import Sequence
from dataclasses import fields

from leadflow.events import registry
from leadflow.events.kinds import Kind
from leadflow.models.stages import TRANSITIONS, LeadStage

START = "<!-- made by `leadflow document_flow`: {name} -->"
END = "<!-- end: {name} -->"


def sections() -> dict[str, str]:
    """Every generated part of docs/flow.md by its name."""
    return {"reactions": reactions(), "kinds": kinds(), "stages": stages()}


def reactions() -> str:
    """Which handlers react to which kind, in the order in which they are called."""
    table = registry.reactions()
    order = [registry.ALL, *Kind]
    rows = [
        (_code(kind), "<br>".join(_handler(handler) for handler in table[kind]))
        for kind in order
        if table.get(kind)
    ]
    return _table(("Event", "Reactions, in order"), rows)


def kinds() -> str:
    """Every kind of event, when it is recorded and what its data holds."""
    rows = [(_code(kind), kind.about, ", ".join(_keys(kind)) or "–") for kind in Kind]
    return _table(("Kind", "Recorded when", "Data"), rows)


def stages() -> str:
    """From which stage of the lifecycle a lead may go where."""
    rows = [
        (
            LeadStage(stage).label,
            ", ".join(str(LeadStage(to).label) for to in LeadStage.values if to in after),
        )
        for stage, after in TRANSITIONS.items()
    ]
    return _table(("From", "To"), rows)


def filled(document: str) -> str:
    """The document with every generated part made anew between its marks."""
    for name, text in sections().items():
        start, end = START.format(name=name), END.format(name=name)
        before, _start, rest = document.partition(start)
        _old, _end, after = rest.partition(end)
        document = f"{before}{start}\n\n{text}\n{end}{after}"
    return document


def _handler(handler: registry.Handler) -> str:
    name = registry.name_of(handler).removeprefix("leadflow.").replace(".handlers.", ".")
    safe = " (imports too)" if registry.is_history_safe(handler) else ""
    about = (handler.__doc__ or "").strip().split("\n")[0]
    return f"`{name}`{safe}: {about}" if about else f"`{name}`{safe}"


def _keys(kind: Kind) -> list[str]:
    return [f"`{field.name.rstrip('_')}`" for field in fields(kind.payload)]


def _code(kind: str) -> str:
    return "every event" if kind == registry.ALL else f"`{kind}`"


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(str(cell) for cell in line)} |\n" for line in lines)
