"""What can be answered at a prompt, and what each answer does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rmtui.errors import RmtuiError
from rmtui.i18n import later, tr
from rmtui.plain.talk import Left
from rmtui.services import operators
from rmtui.services.operators import Permission

if TYPE_CHECKING:
    from rmtui.plain.session import Session

__all__ = ["BACK", "HELP", "Answer", "Quit", "menu"]


class Quit(Exception):
    """The operator has had enough, or somebody ends the program."""

    def __init__(self, code: int = 0) -> None:
        super().__init__()
        self.code = code


@dataclass(frozen=True, slots=True)
class Answer:
    """One thing that can be answered."""

    key: str
    label: str
    """Behind the key in the prompt; empty for one that only the help tells."""
    help: str
    """What it does, as the help says it."""
    run: Callable[[str], Any]
    """Takes what was typed after the key; gives true when the question is over."""
    needs: Permission | None = None
    """What it takes: it is offered to nobody who may not, and tells them why not when it is answered all the same."""


BACK = later("b back")
HELP = later("h help")


def menu(
    session: Session,
    head: str,
    answers: Callable[[], Sequence[Answer]],
    *,
    number: Callable[[int], Any] | None = None,
    top: bool = False,
) -> None:
    """Ask until an answer ends it, or the operator goes back.

    :param head: begins the prompt.
    :param answers: what can be answered just now.
    :param number: what a number does, where there are numbers to choose.
    :param top: whether there is nothing to go back to: then going back quits.
    """
    talk = session.talk
    while True:
        try:
            now = tuple(answers())
            typed = talk.ask(_prompt(head, _offered(session, now), top))
            if _answered(session, typed, now, number, top):
                return
        except Left:
            return
        except KeyboardInterrupt:
            session.fresh_line()
            talk.say(tr("q quits.") if top else tr("b goes back, q quits."))


def _offered(session: Session, answers: Sequence[Answer]) -> list[Answer]:
    """Those that the operator may give here."""
    return [each for each in answers if each.needs is None or not operators.why_not(session.operator, each.needs)]


def _prompt(head: str, answers: Sequence[Answer], top: bool) -> str:
    said = [f"{each.key} {tr(each.label)}" for each in answers if each.label]
    return f"{head}{', '.join([*said, *([] if top else [tr(BACK)]), tr(HELP)])}:"


def _answered(session: Session, typed: str, answers: Sequence[Answer], number: Callable[[int], Any] | None, top: bool) -> bool:
    """Do what was answered; whether the question is over."""
    word, _, rest = typed.partition(" ")
    chosen = next((each for each in answers if each.key == word.casefold()), None)
    if not word:
        return False
    if chosen is not None:
        return _try(session, lambda: chosen.run(rest.strip()))
    if word.casefold() == "q":
        raise Quit
    if word.casefold() == "b" and not top:
        return True
    if word.casefold() in {"h", "?", "help"}:
        _help(session, _offered(session, answers), number is not None, top)
    elif number is not None and typed.isascii() and typed.isdigit() and len(typed) < 8:
        return _try(session, lambda: number(int(typed)))
    else:
        session.talk.say(tr("That is no answer here; h tells what is."))
    return False


def _try(session: Session, run: Callable[[], Any]) -> bool:
    """Do it; whatever keeps it from being done is told, and the dialogue goes on."""
    before = session.changes
    try:
        return bool(run())
    except RmtuiError as error:
        session.tell(error)
    except (KeyboardInterrupt, Left):
        session.fresh_line()
        if session.changes == before:
            session.talk.say(tr("Cancelled; nothing was changed."))
        else:
            session.talk.say(tr("Cancelled; what was changed before that is changed. Look before trying again."))
    return False


def _help(session: Session, answers: Sequence[Answer], numbers: bool, top: bool) -> None:
    say = session.talk.say
    if numbers:
        say(tr("A number: choose that line of the list, as it was shown."))
    for each in answers:
        say(f"{each.key}: {tr(each.help)}")
    if not top:
        say(tr("b: go back."))
    say(tr("q: quit. Nothing is lost."))
    say(tr("Ctrl+C cancels a question, Ctrl+D goes back. An empty answer never changes anything."))
