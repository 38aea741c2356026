"""`migrate` in a tenth of its time: a new table, constraint or trigger draws no model anew.

Django draws (renders) the model classes of the project's state again after every operation, with
all that they refer to; ours all lead to the user, so each of some 250 operations drew everything.
That is nine tenths of the first start and of every test database. A new model can be drawn alone,
since nobody refers to it yet, and a constraint, index or trigger changes no class but its own
model's options. Every other operation draws as Django does.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.commands import migrate
from django.db.migrations.state import ModelState, ProjectState, StateApps
from pgtrigger.migrations import AddTrigger

_add_model = ProjectState.add_model
_append_option = ProjectState._append_option  # type: ignore[attr-defined]
_add_trigger = AddTrigger.state_forwards


@contextmanager
def _undrawn(state: ProjectState) -> Iterator[StateApps | None]:
    """Hide the drawn classes, so that only the state changes; gives them, if there are any."""
    drawn: StateApps | None = state.__dict__.pop("apps", None)
    try:
        yield drawn
    finally:
        if drawn is not None:
            state.__dict__["apps"] = drawn


def _draw_alone(self: ProjectState, model_state: ModelState) -> None:
    with _undrawn(self) as drawn:
        _add_model(self, model_state)
    if drawn is not None:
        # A state's classes come from the state before; what refers to them is looked up in theirs.
        for model in drawn.get_models(include_auto_created=True):
            model._meta.apps = drawn
        drawn.render_multiple([model_state])


def _tell_options(state: ProjectState, app_label: str, model_name: str, option: str) -> None:
    """Give the drawn model, if there is one, the option as the state has it now."""
    if "apps" in state.__dict__:
        options = state.apps.get_model(app_label, model_name)._meta
        kept = state.models[app_label, model_name.lower()].options[option]
        setattr(options, option, list(kept))


def _append_undrawn(
    self: ProjectState, app_label: str, model_name: str, option_name: str, obj: Any
) -> None:
    with _undrawn(self):
        _append_option(self, app_label, model_name, option_name, obj)
    _tell_options(self, app_label, model_name, option_name)


def _trigger_undrawn(self: AddTrigger, app_label: str, state: ProjectState) -> None:
    with _undrawn(state):
        _add_trigger(self, app_label, state)
    _tell_options(state, app_label, self.model_name, "triggers")


_OURS = (
    (ProjectState, "add_model", _draw_alone),
    (ProjectState, "_append_option", _append_undrawn),
    (AddTrigger, "state_forwards", _trigger_undrawn),
)


class Command(migrate.Command):
    """Django's own `migrate`, with these operations drawn as above while it works."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate as Django does."""
        djangos = [(owner, name, getattr(owner, name)) for owner, name, _ in _OURS]
        try:
            for owner, name, ours in _OURS:
                setattr(owner, name, ours)
            super().handle(*args, **options)
        finally:
            for owner, name, function in djangos:
                setattr(owner, name, function)
