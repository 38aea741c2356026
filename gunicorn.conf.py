"""The web server's settings, the same in the demo and in production; --bind gives the address."""

import os

worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))
threads = 8
# Several workers share the memory of an application that was loaded before the fork; for one
# worker that would only keep a second copy in the master.
preload_app = workers > 1
timeout = 60
graceful_timeout = 5
keepalive = 5
# Heartbeats on a disk can block a worker; /dev/shm is memory.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
control_socket_disable = True
accesslog = None
errorlog = "-"
