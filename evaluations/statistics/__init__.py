"""Statistics for scorecards and gates: pure functions on plain numbers, with frozen results.

Import from the modules: `intervals`, `paired`, `comparison`, `multiplicity`, `percentiles`,
`noninferiority`, `power`, `bootstrap`, `agreement` and `judging`. Each function is checked row by
row against the tables in `tests/reference`.
"""
