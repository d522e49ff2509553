"""The kill table: every answer of a correct CSMS broken in every way, and which check noticed.

`mutants` makes them from a recorded green run, `verdicts` runs them and judges who noticed, `python -m tests.kills`
writes the table to reports/kills/.
"""
