"""Passive rules: what every frame of the other side must obey, whatever the case.

One function per requirement, named after its id in the requirement list. A rule sees one observed frame and yields what
is wrong with it; a frame that nothing is said about is in order.
"""

from harness.rules.charging import CHARGING_RULES
from harness.rules.files import FILE_RULES
from harness.rules.frames import FRAME_RULES
from harness.rules.observed import Finding, Observed, RuleBook, judge
from harness.rules.payloads import PAYLOAD_RULES
from harness.rules.requests import REQUEST_RULES
from harness.rules.security import SECURITY_RULES

RULES: RuleBook = (*FRAME_RULES, *PAYLOAD_RULES, *REQUEST_RULES, *FILE_RULES, *CHARGING_RULES, *SECURITY_RULES)

__all__ = ["RULES", "Finding", "Observed", "judge"]
