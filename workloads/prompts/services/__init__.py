"""Everything that changes a prompt, by noun: its draft, versions, pointers, files, false alarms."""

from workloads.prompts.services.alarms import clear_false_alarm
from workloads.prompts.services.drafts import save_draft, start_from
from workloads.prompts.services.files import import_file
from workloads.prompts.services.pointers import point_candidate, point_production
from workloads.prompts.services.versions import commit_version, restore_version

__all__ = [
    "clear_false_alarm",
    "commit_version",
    "import_file",
    "point_candidate",
    "point_production",
    "restore_version",
    "save_draft",
    "start_from",
]
