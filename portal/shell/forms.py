"""What the forms of all slices share: the words beside a field, and what a service refuses."""

from django import forms

from portal.common.errors import DomainError


def set_unit(field: forms.Field, unit: str) -> None:
    """Let ``unit`` stand behind the control of ``field``: ms, tokens, a currency."""
    # Django's fields have no such attribute; the component of a field looks for it.
    vars(field)["unit"] = unit


def set_example(field: forms.Field, example: str) -> None:
    """Let an answer that would do, ``example``, stand below the help of ``field``."""
    vars(field)["example"] = example


def add_errors(form: forms.Form, problem: DomainError) -> None:
    """Put each error of ``problem`` beside its field; what has no field stands above the form."""
    told = False
    for error in problem.errors:
        field = error.field if error.field in form.fields else None
        form.add_error(field, forms.ValidationError(error.message, code=error.code))
        told = True
    if not told:
        form.add_error(None, forms.ValidationError(problem.message, code=problem.code))
