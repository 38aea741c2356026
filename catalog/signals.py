"""What the catalog tells those above it, after the change: plain signals, sent by services.

Receivers get ``entry``, ``actor`` (who changed it or ran the synchronisation; None is the daily
task) and: ``price_changed`` before and after (`portal.gateway.cost.Price`, before
may be None), ``entry_status_changed`` before and after (status), ``alias_drifted`` pinned and
answered (snapshots).
"""

from django.dispatch import Signal

price_changed = Signal()
entry_status_changed = Signal()
alias_drifted = Signal()
