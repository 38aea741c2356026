"""Judging is a run: the judge is asked about the stored answers of a run by the same engine.

`cases` says what each item of a judging run is about, `reading` what came of it, and
`services.judging` starts it. Three parts: the answers of a run, the checks of the judge in that
evaluation (canaries and anchors), and a calibration.
"""
