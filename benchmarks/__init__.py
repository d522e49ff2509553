"""What `make bench` measures: the reference CSMS, the harness and its start-up, each against the least that could be.

Nothing here asserts a time. Every figure comes with what a bare counterpart did in the same run, in turns with it.
"""
