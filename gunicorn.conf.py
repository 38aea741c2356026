"""The web server's settings, the same in the demo and in production; --bind gives the address."""

import os

worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))
threads = 8
# The application is loaded once, before the fork: workers share its memory, and an error in the
# settings ends the start at once instead of looping.
preload_app = True
timeout = 60
graceful_timeout = 5
keepalive = 5
# Heartbeats on a disk can block a worker; /dev/shm is memory.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
control_socket_disable = True
accesslog = None
errorlog = "-"
