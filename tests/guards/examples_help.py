"""What the doors of the guides are shown."""

EXAMPLES = {"help:page": lambda world, whose: {"name": "admin"}}
PAYLOADS = {}
