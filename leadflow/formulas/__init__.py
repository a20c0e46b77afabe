"""A small language for what a form works out: read once on the server, computed there and in the browser.

    round(seats * price * if(is_yearly, 10, 12), 2)

`parsing.parse` turns the text into a tree of plain JSON; `computing.compute` and `static/js/formulas.js`
walk the same tree. The numbers are IEEE doubles in both, so both give the same to the last bit. There
is no way to name anything but the questions above, no loop and no call out, so a formula always ends.

Values are number, text, true or false, a list of texts (several choices) and *missing*. Days are texts
as `2026-11-22`. What cannot be worked out is missing: an unanswered question, a division by zero, a
text where a number belongs. Missing is never 0; comparing it is false.
"""
