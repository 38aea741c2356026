"""What can be done with a dataset: make it, fill and edit its draft, commit versions, propose."""

from evaluations.datasets.services.editing import (
    ACTS,
    Act,
    add_example,
    change_examples,
    edit_example,
    remove_examples,
)
from evaluations.datasets.services.imports import (
    confirm_import,
    discard_upload,
    import_examples,
    map_columns,
    upload_file,
)
from evaluations.datasets.services.making import create_dataset, edit_dataset
from evaluations.datasets.services.proposals import (
    accept_proposal,
    propose_example,
    reject_proposal,
)
from evaluations.datasets.services.reading import record_reading
from evaluations.datasets.services.versions import (
    agree_to_removal,
    commit_version,
    restore_version,
)

__all__ = [
    "ACTS",
    "Act",
    "accept_proposal",
    "add_example",
    "agree_to_removal",
    "change_examples",
    "commit_version",
    "confirm_import",
    "create_dataset",
    "discard_upload",
    "edit_dataset",
    "edit_example",
    "import_examples",
    "map_columns",
    "propose_example",
    "record_reading",
    "reject_proposal",
    "remove_examples",
    "restore_version",
    "upload_file",
]
