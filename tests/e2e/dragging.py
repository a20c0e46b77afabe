"""Dragging by the mouse as a hand does it: in many small moves, with a rest over where it goes."""

from playwright.sync_api import Page


def middle(box):
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, what, gap) -> None:
    """Take `what` to the middle of `gap`."""
    (x, y), (to_x, to_y) = middle(what.bounding_box()), middle(gap.bounding_box())
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 8, y + 8, steps=4)
    page.mouse.move(to_x, to_y, steps=14)
    page.wait_for_timeout(150)
    page.mouse.move(to_x + 2, to_y, steps=2)
    page.wait_for_timeout(150)
    page.mouse.up()
