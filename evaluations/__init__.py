"""Evaluations: what is measured, how, and with which uncertainty.

`metrics` and `statistics` are pure Python on plain data. They import no Django and reach no
database.
"""
