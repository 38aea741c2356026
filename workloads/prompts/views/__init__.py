"""Pages of phase 3, by noun: the editor, versions, the difference of two, files."""

from workloads.prompts.views.compare import diff
from workloads.prompts.views.editor import check, false_alarm, preview, prompts
from workloads.prompts.views.files import file, import_file
from workloads.prompts.views.versions import pointers, restore, start, use, version

__all__ = [
    "check",
    "diff",
    "false_alarm",
    "file",
    "import_file",
    "pointers",
    "preview",
    "prompts",
    "restore",
    "start",
    "use",
    "version",
]
