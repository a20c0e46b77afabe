"""A sending process of the benchmark: `python -m benchmarks.sender` sends each time that a number comes in.

It says 0 once it is ready, then how many it sent.
"""

import os
import sys

os.environ["DJANGO_SETTINGS_MODULE"] = "leadflow.settings"
import django

django.setup()

from leadflow.mail.sender import Sender  # noqa: E402

print(0, flush=True)
for line in sys.stdin:
    print(sum(Sender().run(limit=int(line), seconds=600).values()), flush=True)
