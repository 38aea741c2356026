"""What writing criteria and testing share."""

from portal.common.errors import NotReady
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Cycle, Workload
from workloads.lifecycle.selectors import open_cycle


def opened_cycle(workload: Workload) -> Cycle:
    """Return the open cycle of ``workload``, its workload locked. Raises NotReady."""
    lifecycle.locked_workload(workload.pk)
    cycle = open_cycle(workload)
    if cycle is None:
        raise NotReady("There is no open cycle.")
    return cycle
