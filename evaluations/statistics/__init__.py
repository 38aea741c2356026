"""Statistics for scorecards and gates: pure functions on plain numbers, with frozen results.

Import from the modules: `intervals`, `paired`, `comparison`, `multiplicity`, `percentiles`,
`noninferiority`, `power` and `bootstrap`. Each function is checked row by row against the tables in
`tests/reference`.
"""
