"""What `./assay` runs: the embedded services, the supervisor that owns them, tests and checks.

Stands alone: it imports nothing of the portal and, but for the probes of services that somebody
else runs, nothing but the standard library.
"""
