"""Writes to the terminal, from a thread of its own: the newest state of the screen, and never more than the line carries."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rmtui.tui.link.cells import Reader
from rmtui.tui.link.letters import fitted
from rmtui.tui.link.looks import sixteen
from rmtui.tui.link.strokes import Pen

__all__ = ["FENCE", "Outlet"]

FENCE = "\x1b[6n"
"""Asks the terminal where its cursor is; the answer comes when everything before has been drawn."""
WINDOW = 400
"""Bytes that may be under way before the answer to what was sent earlier is waited for."""
QUIET, GATHER = 0.04, 0.16
"""Seconds without a change after which a screen that has begun to change is drawn, and after which it is whatever comes."""
LOST = 15.0
"""Seconds after which an answer is not waited for any more; what is drawn next asks anew."""
SILENT = 4.0
"""Seconds after which a terminal that has never answered is taken to have drawn what it was sent."""
LEAVING = 2.0
"""Seconds at most that answers are waited for at the end."""
STUCK = 1.0
"""Seconds that what is left may take at the end; after that the terminal reads nothing, and what it has not read is thrown away."""
BEGIN, END = "\x1b[?2026h", "\x1b[?2026l"
ENTER, LEAVE = "\x1b[?1049h", "\x1b[?1049l"
DROPPED = ("\x1b[?1004", "\x1b[>", "\x1b[<", "\x1b[?2026", "\x1b[?2048", "\x1b]22;", "\x1b[?100", "\x1b[?1015", "\x1b[?1016")
"""What a thin link and a simple terminal do without: focus, kitty's keys, brackets round an update, sizes in band, the mouse."""


@dataclass(slots=True)
class _Sent:
    size: int
    when: float
    scene: Any
    place: tuple[int, int] | None = None
    """Where the cursor was put for the answer to tell; None where no other answer can come first."""


class Outlet(threading.Thread):
    """Knows what the terminal shows and what it is to show.

    :param write: writes bytes, and blocks while the line is full; :class:`OSError` when there is no terminal any more.
    :param discard: throws away what was written and not yet read.
    :param simple: the terminal has nothing but text and looks.
    :param charset: what the terminal takes its letters in; those it lacks are drawn as others.
    :param thin: draw in sixteen colours, leave out what can be left out, and let the terminal answer for what it has drawn.
    """

    def __init__(
        self,
        write: Callable[[bytes], Any],
        width: int,
        height: int,
        *,
        discard: Callable[[], Any] = lambda: None,
        thin: bool = False,
        simple: bool = False,
        charset: str = "utf-8",
    ) -> None:
        super().__init__(name="rmtui-outlet", daemon=True)
        self._write, self._discard, self._charset = write, discard, charset
        self._thin, self._spare = thin, thin or simple
        self._change = threading.Condition()
        self._rest: list[str] = []
        self._fresh = self._stopping = self._synced = self._visible = False
        self._size = (width, height)
        self._start(width, height)
        self._sent: deque[_Sent] = deque()
        self._answers = False
        """Whether the terminal has ever answered."""
        self._asked = 0
        self._doubt = True
        """Whether an answer may still come to what was asked before the console began, or too long ago."""
        self._tags = 0
        self._untold = False
        """Whether something was drawn that no answer is due to."""
        self._scene: Any = None
        self.seen: Any = None
        """The scene that the terminal shows, as far as it is known."""
        self.carried = 0.0
        """Seconds from the last frame to the terminal's answer."""
        self.free_at = 0.0
        """Time (``monotonic``) before which nothing is drawn that can wait."""

    def _start(self, width: int, height: int) -> None:
        self._reader = Reader(width, height, sixteen if self._thin else lambda look: look, self._fit)
        self._pen = Pen(width, height)
        self._known = False

    def _fit(self, text: str) -> str:
        return fitted(text, self._charset)

    # From the loop

    def feed(self, text: str, size: tuple[int, int], scene: Any = None) -> None:
        """What Textual writes to a terminal of this size; ``scene`` names what it then shows."""
        with self._change:
            if size != self._size:
                self._size = size
                self._start(*size)
                for sent in self._sent:
                    sent.place = None  # a terminal of another size answers from another place
            for sequence in self._reader.feed(text):
                self._pass(sequence)
            self._scene = scene
            self._fresh = True
            self._change.notify()

    def _pass(self, sequence: str) -> None:
        if sequence in {BEGIN, END}:
            self._synced = not self._spare
        elif sequence == LEAVE:
            self._visible = False
            self._rest.append(sequence)
        elif not (self._spare and sequence.startswith(DROPPED)):
            self._rest.append(sequence)
            if sequence == ENTER:
                self._visible, self._known = True, False

    def resume(self, before: Outlet) -> None:
        """Draw what another one, which is over, had to show: nobody writes that again."""
        with before._change, self._change:
            if before._size == self._size:
                self._reader.cells, self._scene, self._fresh = before._reader.cells, before._scene, True

    def forget(self) -> None:
        """Nobody knows what the terminal shows: all of it is drawn anew."""
        with self._change:
            self._known, self._fresh = False, True
            self._change.notify()

    def leave(self) -> None:
        """Draw no more; wait a little for the answers that are due, which would be taken for typed text by what comes next."""
        with self._change:
            self._visible = False
            if self._answers:
                self._change.wait_for(lambda: not self._sent, min(max(0.5, 2 * self.carried), LEAVING))

    def stop(self) -> None:
        """Write what is left, and end; a terminal that reads nothing any more is not waited for."""
        with self._change:
            self._stopping = True
            self._change.notify()
        if not self.is_alive():
            return
        self.join(STUCK)
        if self.is_alive():
            self._discard()
            self.join(STUCK)

    # From the thread that reads

    def answered(self, place: tuple[int, int] | None = None) -> bool:
        """The terminal has answered that its cursor is there; False when nothing was asked."""
        with self._change:
            if not self._asked:
                return False
            self._answers = True
            if self._untold:
                self._fresh = True
            if not self._sent or self._sent[0].place in {None, place}:
                self._asked -= 1
                if self._sent:
                    sent, now = self._sent.popleft(), time.monotonic()
                    self._doubt = False
                    self.carried, self.seen = now - sent.when, sent.scene
                    self.free_at = now + 3 * self.carried
            self._change.notify()
            return True

    @property
    def waiting(self) -> float:
        """Seconds that the oldest answer has been waited for; 0 where none is."""
        with self._change:
            return time.monotonic() - self._sent[0].when if self._sent and self._answers else 0.0

    # In its own thread

    def run(self) -> None:
        """Draw until it is stopped, or the terminal is gone."""
        try:
            while True:
                with self._change:
                    while not self._stopping and not self._ready():
                        self._change.wait(1.0 if self._sent else None)
                    if self._thin:
                        self._gather()
                    last = self._stopping
                    data = self._frame()
                if data:
                    self._write(data)
                if last:
                    return
        except OSError:  # there is no terminal any more; the signal that says so ends the program
            return

    def _gather(self) -> None:
        """Wait until what changes has changed."""
        until = time.monotonic() + GATHER
        while not self._stopping and (left := until - time.monotonic()) > 0 and self._change.wait(min(QUIET, left)):
            pass

    def _ready(self) -> bool:
        if self._sent and time.monotonic() - self._sent[0].when > (LOST if self._answers else SILENT):
            drawn = self._sent[-1].scene if self._fresh else self._scene
            self._sent.clear()
            self._doubt = True
            if not self._answers:
                self._untold, self.seen = False, drawn
        under_way = sum(sent.size for sent in self._sent) if self._answers else 0
        return bool(self._rest) or (self._fresh and under_way <= WINDOW)

    def _frame(self) -> bytes:
        """What is to be written now; empty when the terminal shows it already."""
        rest, self._rest, self._fresh = self._fit("".join(self._rest)), [], False
        drawn = ""
        if self._visible:
            if not self._known:
                drawn, self._known = self._pen.clear(), True
            drawn += self._pen.draw(self._reader.cells)
            if drawn and not self._thin and (self._reader.x, self._reader.y) != (0, 0):
                drawn += self._pen.place(self._reader.x, self._reader.y)  # where an input method shows itself
            if drawn and self._synced:
                drawn = BEGIN + drawn + END
        asks = self._thin and self._visible and (self._answers or self._asked < 2)  # a terminal that answered neither answers none
        if not drawn and not (asks and self._untold):
            self._show_scene()
            return rest.encode(self._charset, "replace")
        if asks:
            drawn, place = self._place(drawn)
            drawn += FENCE
            self._asked += 1
            self._untold = False
            self._sent.append(_Sent(len(rest) + len(drawn), time.monotonic(), self._scene, place))
        else:
            self._untold = bool(self._sent)
            self._show_scene()
        return (rest + drawn).encode(self._charset, "replace")

    def _place(self, drawn: str) -> tuple[str, tuple[int, int] | None]:
        """Put the cursor where no other answer has it, when one may come that is not meant."""
        width, height = self._size
        if not self._doubt or width < 2 or height < 1:
            return drawn, None
        self._tags += 1
        place = 1 + self._tags % (width - 1), self._tags % height
        return drawn + self._pen.place(*place), place

    def _show_scene(self) -> None:
        """Nothing tells when the scene is on the screen but what was asked last."""
        if self._untold:
            return
        if self._sent:
            self._sent[-1].scene = self._scene
        else:
            self.seen = self._scene
