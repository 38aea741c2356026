"""Forms and services meet here: what a service refuses stands beside the field it names."""

from django import forms

from portal.common.errors import DomainError


def add_errors(form: forms.Form, problem: DomainError) -> None:
    """Put each error of ``problem`` beside its field; what has no field stands above the form."""
    told = False
    for error in problem.errors:
        field = error.field if error.field in form.fields else None
        form.add_error(field, forms.ValidationError(error.message, code=error.code))
        told = True
    if not told:
        form.add_error(None, forms.ValidationError(problem.message, code=problem.code))
