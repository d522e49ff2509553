"""A case as a sequence diagram: two lifelines, every frame an arrow, narrow enough for a phone.

The drawing carries its own style, follows the light or dark scheme of the reader, and has a title and a description.
"""

from __future__ import annotations

import re
from html import escape

from harness.report.conversation import content, cut, event, name, printable
from harness.results import CaseResult, Message
from harness.tables.facts import start_ns

_WIDTH, _HARNESS, _SUT = 480, 96, 424
_MIDDLE = (_HARNESS + _SUT) // 2
_ROW = 30
_MOST = 400
_ENDS = {"sent": (_HARNESS, _SUT, -8), "received": (_SUT, _HARNESS, 8)}
_PHASES = {"preparation": "preparation", "case": "test case", "cleanup": "clean-up"}

_STYLE = (
    ".seq{--ink:#1d2530;--soft:#667182;--line:#c5ccd6;--bad:#b3261e;--warn:#8a5a00;font:12px system-ui,sans-serif}"
    "@media (prefers-color-scheme:dark){"
    ".seq{--ink:#e3e8ef;--soft:#98a4b5;--line:#465162;--bad:#ff8a80;--warn:#e0b050}}"
    ".seq text{fill:var(--ink)}.seq .soft{fill:var(--soft);font-size:11px}.seq .who{font-weight:600}"
    ".seq line{stroke:var(--line)}.seq .gone{stroke-dasharray:1 6}.seq .edge{stroke-dasharray:2 3}"
    ".seq .arrow{stroke:var(--ink);stroke-width:1.2}.seq .head{fill:var(--ink)}"
    ".seq .unsolicited .arrow{stroke-dasharray:6 4}"
    ".seq .warn .arrow{stroke:var(--warn)}.seq .warn .head,.seq .warn text{fill:var(--warn)}"
    ".seq .fail .arrow{stroke:var(--bad);stroke-width:2}.seq .fail .head,.seq .fail text{fill:var(--bad)}"
    ".seq .fail text{font-weight:600}"
)


def sequence(result: CaseResult) -> str:
    """The diagram of a case as one <svg> element."""
    name_id = "seq-" + re.sub(r"\W", "-", result.case)
    drawing = _Drawing(result)
    drawing.draw()
    failing = sum(mark == "fail" for mark in drawing.marks.values())
    about = f"{len(result.messages)} frames and connection events in order of time, {failing} of them marked as failing"
    return "".join(
        [
            '<svg class="seq" xmlns="http://www.w3.org/2000/svg" role="img" ',
            f'aria-labelledby="{name_id} {name_id}-about" ',
            f'viewBox="0 0 {_WIDTH} {drawing.y}" width="100%" style="max-width:{_WIDTH * 1.25:.0f}px">',
            f'<title id="{name_id}">Sequence diagram of {_text(result.case, 80)}</title>',
            f'<desc id="{name_id}-about">{about}</desc><style>{_STYLE}</style>',
            f'<text class="who" x="{_HARNESS}" y="16" text-anchor="middle">harness</text>',
            f'<text class="who" x="{_WIDTH - 4}" y="16" text-anchor="end">system under test</text>',
            *drawing.lifelines,
            *drawing.rows,
            "</svg>",
        ]
    )


class _Drawing:
    """Draws from top to bottom; `y` is how far it has come."""

    def __init__(self, result: CaseResult) -> None:
        self.messages = result.messages
        self.start_ns = start_ns(result.messages)
        self.marks = {check.message_n: check.outcome for check in (*result.warned, *result.failed)}
        self.rows: list[str] = []
        self.lifelines: list[str] = []
        self.y, self._top = 24, 24
        self._phase = "case" if all(message.phase == "case" for message in self.messages) else ""
        self._connected = not (self.messages and self.messages[0].kind in ("attempt", "open"))

    def draw(self) -> None:
        """Draws every message, a long conversation without its middle."""
        gap = False
        for index, message in enumerate(self.messages):
            if not self._drawn(index):
                gap = True
                continue
            if gap:
                self._words("…")
                gap = False
            if message.phase != self._phase:
                self._begin(message.phase)
            self._message(message)
        self.y += 12
        self._lifeline()

    def _drawn(self, index: int) -> bool:
        edge = index < _MOST // 2 or index >= len(self.messages) - _MOST // 2
        return edge or any(self.marks.get(near.n) == "fail" for near in self.messages[max(index - 2, 0) : index + 3])

    def _begin(self, phase: str) -> None:
        self._phase = phase
        self.y += 20
        self.rows.append(
            f'<line class="edge" x1="0" x2="{_WIDTH}" y1="{self.y}" y2="{self.y}"/>'
            f'<text class="soft" x="0" y="{self.y - 4}">{_text(_PHASES.get(phase, phase), 20)}</text>'
        )

    def _message(self, message: Message) -> None:
        if message.kind in ("call", "result", "error", "malformed"):
            self._arrow(message)
            return
        if message.kind in ("open", "close"):
            self._lifeline()
            self._connected = message.kind == "open"
        self._words(event(message).removeprefix("── "), message)

    def _arrow(self, message: Message) -> None:
        self.y += _ROW
        start, end, back = _ENDS[message.direction]
        step = "" if message.step in (None, "") else f"step {message.step}"
        classes = " ".join(
            part for part in (self.marks.get(message.n, ""), "unsolicited" * message.unsolicited) if part
        )
        tooltip = f"{message.n}: {name(message)} {content(message, 300)}"
        self.rows.append(
            f'<g class="{classes}"><title>{_text(tooltip, 360)}</title>'
            f'<text x="{_MIDDLE}" y="{self.y - 5}" text-anchor="middle">{_text(name(message), 44)}</text>'
            f'<line class="arrow" x1="{start}" x2="{end + back}" y1="{self.y}" y2="{self.y}"/>'
            f'<path class="head" d="M{end} {self.y}l{back} -4v8z"/>{self._time(message)}'
            f'<text class="soft" x="{_SUT + 8}" y="{self.y}">{_text(step, 9)}</text></g>'
        )

    def _words(self, words: str, message: Message | None = None) -> None:
        self.y += 22
        self.rows.append(
            f'<text class="soft" x="{_MIDDLE}" y="{self.y}" text-anchor="middle">{_text(words, 58)}</text>'
            + (self._time(message) if message else "")
        )

    def _time(self, message: Message) -> str:
        offset_s = (message.at_ns - self.start_ns) / 1e9
        return f'<text class="soft" x="{_HARNESS - 8}" y="{self.y}" text-anchor="end">{offset_s:.3f} s</text>'

    def _lifeline(self) -> None:
        """Both lifelines from where they were last drawn to here; dotted while there was no connection."""
        state = "" if self._connected else ' class="gone"'
        for x in (_HARNESS, _SUT):
            self.lifelines.append(f'<line{state} x1="{x}" x2="{x}" y1="{self._top}" y2="{self.y + 10}"/>')
        self._top = self.y + 10


def _text(text: str, limit: int) -> str:
    return escape(cut(printable(text), limit))
