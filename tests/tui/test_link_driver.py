"""What the console's driver rests on in Textual, so that a Textual that does otherwise is known at once."""

from __future__ import annotations

import inspect
import os
import pty
import threading
import time
from collections.abc import Iterator

import pytest
from textual import events
from textual.app import App
from textual.drivers import linux_driver
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from rmtui.tui.link import outlet
from rmtui.tui.link.asking import Asked, ask, find_out, restore, said
from rmtui.tui.link.outlet import FENCE, WINDOW, Outlet
from rmtui.tui.link.state import Link


@pytest.fixture
def line() -> Iterator[tuple[int, int]]:
    """The two ends of a pseudo-terminal: the terminal's and the program's."""
    ends = pty.openpty()
    yield ends
    for end in ends:
        os.close(end)


class TestTextual:
    def test_it_draws_through_write_and_reads_in_a_method_of_its_own(self) -> None:
        assert "self._driver.write(terminal_sequence)" in inspect.getsource(App._display)
        for name in ("write", "close", "process_message", "run_input_thread", "start_application_mode"):
            assert callable(getattr(LinuxDriver, name))
        source = inspect.getsource(LinuxDriver)
        assert "self.attrs_before" in source
        assert 'getincrementaldecoder("utf-8")().decode' in source
        assert callable(linux_driver.getincrementaldecoder)  # type: ignore[attr-defined]
        assert 'write("\\x1b[?1049h")' in source

    def test_the_place_of_the_cursor_is_a_message(self) -> None:
        link = Link(Asked(True, b"j\x1b[4;80R\rab\x1b[A"))
        came: list[Message] = []
        link.typed_ahead(came.append)
        keys = [message.key for message in came if isinstance(message, events.Key)]
        assert keys == ["j", "enter", "a", "b", "up"]
        assert sum(isinstance(message, events.CursorPosition) for message in came) == 1
        link.typed_ahead(came.append)
        assert len(came) == 6


class TestAsking:
    def answer_after(self, terminal: int, seconds: float, typed: bytes, answer: bytes = b"\x1b[24;1R") -> threading.Thread:
        def run() -> None:
            asked = b""
            while FENCE.encode() not in asked:
                asked += os.read(terminal, 100)
            time.sleep(seconds)
            os.write(terminal, typed + answer)

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def test_a_terminal_that_is_near(self, line: tuple[int, int]) -> None:
        thread = self.answer_after(line[0], 0, b"jj\r")
        asked = ask(line[1], line[1], patience=5)
        thread.join()
        assert (asked.thin, asked.typed) == (False, b"jj\r")

    def test_one_that_is_far_or_answers_nothing(self, line: tuple[int, int]) -> None:
        thread = self.answer_after(line[0], 0, b"a\x1b[B", answer=b"")
        asked = ask(line[1], line[1], patience=0.3)
        thread.join()
        assert (asked.thin, asked.typed) == (True, b"a\x1b[B")

    def test_an_answer_that_has_begun_is_waited_for(self, line: tuple[int, int]) -> None:
        thread = self.answer_after(line[0], 0, b"a", answer=b"\x1b[24;")
        threading.Timer(0.33, os.write, [line[0], b"1R"]).start()
        asked = ask(line[1], line[1], patience=0.3)
        thread.join()
        assert asked.typed == b"a"
        assert asked.thin

    def test_the_terminal_is_given_back(self, line: tuple[int, int]) -> None:
        import termios

        before = termios.tcgetattr(line[1])
        asked = ask(line[1], line[1], patience=0.01)
        assert termios.tcgetattr(line[1]) != before
        restore(asked, line[1])
        assert termios.tcgetattr(line[1]) == before

    def test_what_is_said_goes_before_what_is_found_out(self) -> None:
        ssh = {"SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22"}
        assert said(None, {"RMTUI_THIN": "0"}) is False
        assert said(None, {}) is None
        assert find_out(False, {**ssh, "RMTUI_THIN": "1"}) == Asked(False)
        assert find_out(None, {**ssh, "RMTUI_THIN": "0"}) == Asked(False)
        assert find_out(None, {"RMTUI_THIN": "1"}).thin
        assert find_out(None, {}) == Asked(False)


class Line:
    """Takes what is written; can be full, or gone."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.open = threading.Event()
        self.open.set()
        self.gone = False

    def write(self, data: bytes) -> None:
        self.open.wait(10)
        if self.gone:
            raise OSError("gone")
        self.frames.append(data)

    def until(self, count: int) -> None:
        deadline = time.monotonic() + 10
        while len(self.frames) < count:
            assert time.monotonic() < deadline, self.frames
            time.sleep(0.005)


@pytest.fixture
def thin() -> Iterator[tuple[Line, Outlet]]:
    """An outlet to a thin line, on the alternate screen."""
    there = Line()
    outlet = Outlet(there.write, 40, 10, thin=True)
    outlet.start()
    outlet.feed("\x1b[?1049h\x1b[1;1Hfirst", (40, 10), "first")
    there.until(1)
    yield there, outlet
    there.open.set()
    outlet.stop()


class TestOutlet:
    def test_what_is_shown_already_costs_nothing(self, thin: tuple[Line, Outlet]) -> None:
        line, outlet = thin
        assert outlet.answered((2, 1))
        outlet.feed("\x1b[1;1Hfirst", (40, 10))
        outlet.feed("\x1b[2;1Hsecond", (40, 10))
        line.until(2)
        assert line.frames[1] == b"\rsecond" + FENCE.encode()

    def test_states_that_the_line_has_no_room_for_are_never_drawn(self, thin: tuple[Line, Outlet]) -> None:
        line, outlet = thin
        assert outlet.answered((2, 1))
        outlet.feed("".join(f"\x1b[{y};1H{'x' * 39}" for y in range(2, 10 + 1)) + "\x1b[1;1H" + "y" * 60, (40, 10), "much")
        line.until(2)
        assert len(line.frames[1]) > WINDOW
        for number in range(30):
            outlet.feed(f"\x1b[3;1Hstate {number:02}", (40, 10), number)
        assert outlet.waiting
        assert outlet.answered((2, 1))
        assert outlet.seen == "much"
        line.until(3)
        assert b"state 29" in line.frames[2]
        assert len(line.frames) == 3

    def test_an_answer_nobody_asked_for_is_not_taken(self, thin: tuple[Line, Outlet]) -> None:
        _, outlet = thin
        assert outlet.answered((2, 1))
        assert not outlet.answered((2, 1))

    def test_a_terminal_that_never_answers_is_soon_taken_to_have_drawn(
        self, thin: tuple[Line, Outlet], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        _, silent = thin
        assert silent.seen is None
        monkeypatch.setattr(outlet, "SILENT", 0.1)
        deadline = time.monotonic() + 10
        while silent.seen != "first":
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def test_what_another_one_showed_is_shown_when_the_program_comes_back(self) -> None:
        """Textual writes only what has changed since."""
        before, there = Outlet(Line().write, 40, 10), Line()
        before.feed("\x1b[?1049h\x1b[1;1Htitle\x1b[9;1Hstatus", (40, 10))
        after = Outlet(there.write, 40, 10)
        after.resume(before)
        after.feed("\x1b[?1049h\x1b[2;1Hlist", (40, 10))
        after.start()
        there.until(1)
        after.stop()
        assert all(word in there.frames[0] for word in (b"title", b"list", b"status"))

    def test_a_terminal_that_answers_nothing_is_asked_no_more(self, thin: tuple[Line, Outlet]) -> None:
        line, outlet = thin
        for number in range(2, 5):
            outlet.feed(f"\x1b[{number};1Hline {number}", (40, 10))
            line.until(number)
        assert [FENCE.encode() in frame for frame in line.frames] == [True, True, False, False]

    def test_an_answer_to_what_was_asked_before_is_not_taken_for_its_own(self, thin: tuple[Line, Outlet]) -> None:
        _, outlet = thin
        assert outlet.answered((0, 23))
        assert outlet.seen is None
        assert outlet.waiting
        outlet.answered((2, 1))
        assert outlet.waiting == 0
        assert outlet.seen == "first"

    def test_what_was_drawn_unasked_is_seen_once_the_terminal_has_answered_for_it(self, thin: tuple[Line, Outlet]) -> None:
        line, outlet = thin
        for number in (2, 3):
            outlet.feed(f"\x1b[{number};1Hline {number}", (40, 10), number)
            line.until(number)
        outlet.answered((2, 1))
        outlet.answered((3, 2))
        assert outlet.seen == 2
        line.until(4)
        assert line.frames[3] == FENCE.encode()
        outlet.answered()
        assert outlet.seen == 3

    def test_another_size_and_a_redraw_draw_everything(self, thin: tuple[Line, Outlet]) -> None:
        line, outlet = thin
        outlet.forget()
        line.until(2)
        assert b"first" in line.frames[1]
        outlet.feed("\x1b[1;1Hother", (50, 12))
        line.until(3)
        assert b"\x1b[2J" in line.frames[2]

    def test_nothing_is_drawn_after_the_screen_was_left(self, thin: tuple[Line, Outlet]) -> None:
        line, outlet = thin
        outlet.feed("\x1b[?1049l\x1b[?25h", (40, 10))
        outlet.feed("\x1b[1;1Hlate", (40, 10))
        outlet.stop()
        assert b"".join(line.frames).endswith(b"\x1b[?1049l\x1b[?25h")

    def test_a_terminal_that_is_gone_stops_nobody(self, thin: tuple[Line, Outlet]) -> None:
        line, outlet = thin
        line.gone = True
        outlet.feed("\x1b[1;1Hlost", (40, 10))
        outlet.join(10)
        assert not outlet.is_alive()
        outlet.feed("\x1b[1;1Hmore", (40, 10))
        outlet.stop()
