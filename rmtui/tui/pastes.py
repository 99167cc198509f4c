"""What is pasted stays text: Textual takes control sequences inside a bracketed paste for keys, an Enter among them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable

from textual import events
from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, XTermParser
from textual.message import Message

__all__ = ["PasteParser", "Together", "install"]

_ESC = re.compile(r"\x1b(?=[^\x00-\x0c\x0e-\x1f\x7f\[\]OPX^_\\bf])")
"""The Esc key, when what was typed after it came in the same go, as tmux or a slow line hands it on; not what begins a sequence,
nor what Alt and an arrow send on a Mac."""
_ON_A_MAC = {"\x1bb": "ctrl+left", "\x1bf": "ctrl+right"}
"""What they send, and the keys that move by a word elsewhere."""
_REPORT = re.compile(r"\x1b\[[?>=][\d;]*[cnu]|\x1b\[\d+n|\x1b\[(?!48;)[\d;]+t|\x1b[]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)")
"""What a terminal answers to questions that another program asked, before or beside the console; no key sends it."""
_CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b")


class Together(events.Key):
    """Esc and a letter that came together, which may be Alt and an arrow on a Mac; ``key`` is what moves by a word as those do."""

    def __init__(self, key: str, letter: str) -> None:
        super().__init__(key, None)
        self.letter = letter

    def keys(self, text: str) -> list[events.Key]:
        """The keys that were meant where this text may be moved in: nobody moves by a word where there is none."""
        if text:
            return [events.Key(self.key, None)]
        return [events.Key("escape", "\x1b"), events.Key(self.letter, self.letter)]


class PasteParser(XTermParser):
    """Takes the control sequences out of what lies between the marks of a bracketed paste; most terminals do so themselves."""

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._pasting = self._escaped = False
        self._held = ""
        """What may be the beginning of the closing mark."""
        self._tail = ""
        """What may be the beginning of the opening mark; the parser has it already, since it may be the Esc key."""

    def feed(self, data: str) -> Iterable[Message]:
        """As the parser does; an empty string is the end. Esc and a letter that come together are two keys: nothing is bound to Alt."""
        if not data:
            yield from super().feed("")
            return
        text = self._clean(data)
        if self._escaped and _ESC.match(f"\x1b{text}"):
            yield from self._now()
        self._escaped = text.endswith("\x1b") if text else self._escaped
        *parts, rest = _ESC.split(text)
        for part in parts:
            yield from super().feed(f"{part}\x1b")
            yield from self._now()
        yield from super().feed(rest) if rest else ()

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[events.Key]:
        """As Textual's; what may be two keys is told apart when its turn comes."""
        if sequence in _ON_A_MAC:
            yield Together(_ON_A_MAC[sequence], sequence[-1])
        else:
            yield from super()._sequence_to_key_events(sequence, alt)

    def _now(self) -> Iterable[Message]:
        """Wait no longer for what may come after an Esc."""
        if self._timeout_time is not None:
            self._timeout_time = 0.0
            yield from self.tick()

    def _clean(self, data: str) -> str:
        text, parts = self._held + data, []
        self._held = ""
        while text:
            if self._pasting:
                inside, mark, rest = text.partition(BRACKETED_PASTE_END)
                if not mark:
                    self._held = _beginning(inside, BRACKETED_PASTE_END)
                    inside = inside[: len(inside) - len(self._held)]
                parts += [_CONTROL.sub("", inside), mark]
                self._pasting = not mark
            else:
                before, mark, rest = (self._tail + text).partition(BRACKETED_PASTE_START)
                parts.append(_REPORT.sub("", (before + mark)[len(self._tail) :]))
                self._tail = "" if mark else _beginning(before, BRACKETED_PASTE_START)
                self._pasting = bool(mark)
            text = rest
        return "".join(parts)


def _beginning(text: str, mark: str) -> str:
    """The longest end of ``text`` that ``mark`` begins with."""
    return next((mark[:size] for size in range(len(mark) - 1, 0, -1) if text.endswith(mark[:size])), "")


def install() -> None:
    """Let Textual's driver for terminals use :class:`PasteParser`."""
    if sys.platform != "win32":
        from textual.drivers import linux_driver

        vars(linux_driver)["XTermParser"] = PasteParser
