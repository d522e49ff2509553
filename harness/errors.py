"""Errors of the harness, sorted by who has to act.

HarnessError          we must act: a bug here, or a wrong page            verdict error, traceback shown
UsageError            the caller must act: bad file, option or address    one line, exit code 2
OperatorError         the hands on the system under test failed           verdict error, one line
Inconclusive          the tester must act: we could not get there         verdict inconclusive
CaseFailed            the vendor must act                                 verdict fail, told without a traceback
  StepFailed          ... and the case cannot go on from here
Aborted               the person stopped the run
"""


class HarnessError(Exception):
    """Something in the harness or in a page is wrong."""


class UsageError(Exception):
    """What the caller gave cannot be used; the text is the one line that is shown."""


class OperatorError(Exception):
    """The driver could not do what the operator would have done."""


class Inconclusive(Exception):
    """The case could not be brought to where it can be judged."""


class CaseFailed(Exception):
    """The system under test gave a wrong answer."""


class StepFailed(CaseFailed):
    """A step did not happen, so the steps after it cannot."""


class Aborted(Exception):
    """The person at the harness stopped the run."""
