"""Loaded before Django's settings: each test process gets a queue database of its own.

pytest-django already gives each process its own PostgreSQL database; two processes that shared a
queue would take each other's messages.
"""

import os
import re

_process = os.environ.get("PYTEST_XDIST_WORKER", "")
if _process and "REDIS_URL" in os.environ:
    _number = int(_process.removeprefix("gw")) + 1
    os.environ["REDIS_URL"] = re.sub(r"db=\d+", f"db={_number}", os.environ["REDIS_URL"])
