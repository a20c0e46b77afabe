"""Whether colours can be read on one another, after WCAG 2.2: contrast, and the nearest that will do."""

TEXT = 4.5  # success criterion 1.4.3, text of any size
GRAPHICS = 3  # success criterion 1.4.11, what is not text
_STEPS = 100


def contrast(one: str, other: str) -> float:
    """The contrast of two colours such as #2352d0, from 1 (the same) to 21 (black on white)."""
    low, high = sorted((_light(one), _light(other)))
    return (high + 0.05) / (low + 0.05)


def on_colour(colour: str) -> str:
    """White or near black, whichever reads better on the colour."""
    return "#ffffff" if contrast(colour, "#ffffff") >= contrast(colour, "#000000") else "#18181b"


def legible(colour: str, *, on: str, least: float = TEXT) -> str:
    """The colour itself where it reads on `on`, else the nearest darker or lighter one that does."""
    goal = "#000000" if contrast("#000000", on) >= contrast("#ffffff", on) else "#ffffff"
    for step in range(_STEPS + 1):
        tried = _mixed(colour, goal, step / _STEPS)
        if contrast(tried, on) >= least:
            return tried
    return goal


def _light(colour: str) -> float:
    """The relative luminance, as WCAG defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _mixed(colour: str, goal: str, share: float) -> str:
    pairs = ((int(colour[p : p + 2], 16), int(goal[p : p + 2], 16)) for p in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)
