"""The order in which people read the values of an input: the database keeps none of its own."""

from collections.abc import Iterable, Mapping
from typing import Any

from evaluations.datasets.models import Dataset
from portal.common.readonce import read_once
from workloads.prompts.content import declared_names
from workloads.prompts.selectors import candidate_version


def in_order(given: Any, names: Iterable[str]) -> Any:
    """Return an input with its values in the order of ``names``; others follow as stored.

    An input that is one text stays as it is.
    """
    if not isinstance(given, Mapping):
        return given
    first = [name for name in names if name in given]
    return {name: given[name] for name in dict.fromkeys([*first, *given])}


@read_once
def input_names(dataset: Dataset) -> list[str]:
    """Return the names of an input's values in the order in which people read them.

    Those that the dataset declares, else the variables of the prompt that evaluation uses.
    """
    if dataset.variables:
        return list(dataset.variables)
    prompt = candidate_version(dataset.workload)
    return declared_names(prompt.content) if prompt else []
