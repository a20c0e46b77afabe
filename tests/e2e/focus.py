"""What somebody without a mouse meets: stop by stop, and whether it is seen where she is."""

from playwright.sync_api import Page

# The control with the focus, and whether a ring shows it and nothing lies over it; nothing at the end.
_STOP = """() => {
  const one = document.activeElement, style = getComputedStyle(one);
  if (one === document.body) return null;
  const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1;
  const box = one.getBoundingClientRect();
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  const covered = top && !one.contains(top) && !top.contains(one);
  return [one.outerHTML.slice(0, 120), ring && !covered, one.tagName === "IFRAME"];
}"""


def unseen_stops(page: Page, most: int) -> tuple[int, list[str]]:
    """How many stops there are, up to `most`, and those at which nobody sees where she is."""
    bare: list[str] = []
    for stops in range(most):
        page.keyboard.press("Tab")
        told = page.evaluate(_STOP)
        for _ in range(20):  # a frame is marked by a script, a moment later
            if told is None or told[1] or not told[2]:
                break
            page.wait_for_timeout(50)
            told = page.evaluate(_STOP)
        if told is None:
            return stops, bare
        if not told[1]:
            bare.append(told[0])
    return most, bare
