#!/usr/bin/env python3
"""The same commands as `leadflow`, for people who expect `python manage.py`."""

from leadflow.__main__ import main

if __name__ == "__main__":
    main()
