"""What the doors of the guides are shown."""

EXAMPLES = {
    "help:page": lambda world, whose: {"name": "admin"},
    "help:picture": lambda world, whose: {"name": "forms.png"},
}
PAYLOADS = {}
