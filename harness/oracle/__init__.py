"""Models that say what a correct system would do, to compare with what one did. Pure: no clock, no wire, no case.

Composite schedule: which charging profiles are installed (`installed`), and the limit that follows (`composite`).
"""
