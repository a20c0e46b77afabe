"""How sure somebody is, as providers write it: 0.8, "80 %", or low, medium and high."""

import math

WORDS = {"low": 0.3, "medium": 0.6, "high": 0.9}


def parse(said: object) -> float:
    """The confidence from 0 to 1. ValueError for what is none."""
    word = str(said).strip().casefold()
    if word in WORDS:
        return WORDS[word]
    number = float(word.removesuffix("%")) / (100 if word.endswith("%") else 1)
    if not (math.isfinite(number) and 0 <= number <= 1):
        raise ValueError(said)
    return round(number, 4)
