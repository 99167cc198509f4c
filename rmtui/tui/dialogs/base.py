"""What all dialogs share: a box, buttons, an error line, and the rules for Enter and Esc."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from rmtui.errors import RmtuiError, UnreachableError
from rmtui.i18n import later, tr
from rmtui.tui.dialogs.guard import EnterGuard
from rmtui.tui.errands import Errands, UnexpectedFailure
from rmtui.tui.glyphs import glyphs, show, typed
from rmtui.tui.lock import leave
from rmtui.tui.widgets.body import Body
from rmtui.tui.widgets.choice import Choice
from rmtui.tui.widgets.field import Field, HintedField
from rmtui.tui.widgets.options import Options
from rmtui.tui.widgets.ticks import Ticks

__all__ = ["STYLES", "Dialog", "entry", "prose", "show_entry", "warned"]

Result = TypeVar("Result")

STYLES = Path(__file__).with_name("dialogs.tcss")
"""Loaded with the first dialog, since the first list does not need it."""


def prose(text: str, *, ident: str | None = None, classes: str | None = None) -> Static:
    """A paragraph, never markup."""
    return Static(typed(text), markup=False, id=ident, classes=classes)


def entry(label: str, *, ident: str, placeholder: str = "", value: str = "") -> Horizontal:
    """A labelled line to type in."""
    field = Field(value, placeholder=placeholder, id=ident, compact=True, select_on_focus=False)
    return Horizontal(Static(label, markup=False, classes="label"), HintedField(field), classes="entry")


def show_entry(field: Widget, shown: bool) -> None:
    """Show a line to type in with its label and its hint, or nothing of it."""
    field.display = shown
    field.query_ancestor(".entry").display = shown


def warned(text: str) -> str:
    """A text that is to stand out, behind the sign for it."""
    return f"{glyphs().warning} {text}"


def _said(control: Widget) -> str:
    """What was typed in a control, or chosen."""
    return control.value.strip() if isinstance(control, Input) else control.chosen if isinstance(control, Options) else ""


class Dialog(ModalScreen[Result], Errands):
    """A question to the operator. Esc goes back; Enter counts only when it was meant."""

    AUTO_FOCUS: ClassVar[str | None] = ""
    CSS_PATH = STYLES
    CONFIRM: ClassVar[str] = ""
    """Label of the button that does it; empty when there is nothing to do but close."""
    CANCEL: ClassVar[str] = later("Cancel")
    DANGER: ClassVar[bool] = False
    """Whether the dialog opens on Cancel."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", later("Back"), id="dialog.cancel", tooltip=later("Close without doing anything")),
        Binding("tab", "forward", later("Next"), id="dialog.next", show=False, priority=True, tooltip=later("To the next control")),
        Binding(
            "shift+tab",
            "step(-1)",
            later("Previous"),
            id="dialog.previous",
            show=False,
            priority=True,
            tooltip=later("To the previous control"),
        ),
        Binding("down", "forward", later("Next"), id="dialog.down", show=False),
        Binding("up", "step(-1)", later("Previous"), id="dialog.up", show=False),
        Binding("right", "step(1)", later("Next"), id="dialog.right", show=False),
        Binding("left", "step(-1)", later("Previous"), id="dialog.left", show=False),
        Binding("pagedown", "scroll(10)", later("Page down"), id="dialog.page-down", show=False, tooltip=later("What has no room below")),
        Binding("pageup", "scroll(-10)", later("Page up"), id="dialog.page-up", show=False, tooltip=later("What has no room above")),
    ]
    """Tab has priority, so that what is typed right after it goes to the next control and not to this one."""

    @dataclass
    class _Did(Message, bubble=False):
        value: Any

    @dataclass
    class _Refused(Message, bubble=False):
        error: RmtuiError

    @dataclass
    class _Step(Message, bubble=False):
        text: str

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self.guard = EnterGuard(pressed=lambda: self.console.turnstile.pressed)
        self.running = False
        self._hinted = False
        """Whether the line over the buttons tells of the keys."""
        self.leaving: tuple[Any, ...] = ()
        """What it gives as soon as it is on top again."""
        self.expect: Callable[[bool], None] | None = None
        """Told True before the change is made, and False when it was refused, by whoever would report it as news otherwise."""

    # What a dialog says

    def body(self) -> Iterable[Widget]:
        """The widgets over the buttons."""
        return ()

    def submit(self) -> None:
        """Do what the dialog is for; called for the confirming button and for Enter in a form."""

    def finished(self, value: Any) -> None:
        """What :meth:`act` did."""

    def refused(self, error: RmtuiError) -> None:
        """Why :meth:`act` did not; the sentence is on the screen already."""

    def first_focus(self) -> str:
        """Selector of the control the dialog opens on."""
        return "#cancel" if self.DANGER or not self.CONFIRM else "Input"

    # Common parts

    def compose(self) -> ComposeResult:
        """The box."""
        with Vertical(id="box") as box:
            box.border_title = Content(f" {self._title} ")
            with Body(id="body"):
                yield from self.body()
            with Vertical(id="foot"):
                yield prose("", ident="message")
                with Horizontal(id="buttons"):
                    yield Choice(tr(self.CANCEL), id="cancel", compact=True)
                    if self.CONFIRM:
                        yield Choice(tr(self.CONFIRM), id="confirm", compact=True, variant="error" if self.DANGER else "primary")

    def on_mount(self) -> None:
        """Open on the safe control."""
        self.set_class(self.DANGER, "-danger")
        self.query_one("#message").display = False
        self.guard.begin()
        self.focus_on(self.first_focus())

    def focus_on(self, selector: str) -> None:
        """Put the focus there, if it can take it."""
        self.set_focus(self.query(selector).first(Widget))

    def tell(self, text: str, *, error: bool = True) -> None:
        """A line over the buttons; empty takes it away."""
        line = self.query_one("#message", Static)
        line.set_class(error, "-error")
        line.update(warned(show(text)) if error and text else show(text))
        line.display, self._hinted = bool(text), False
        if text and self.focused is not None:
            self.call_after_refresh(self.focused.scroll_visible, animate=False)

    def act(self, work: Callable[[], Any], description: str) -> None:
        """Do the change in a thread; the controls are still meanwhile."""
        if self.running:
            return
        self._busy(True)
        self.tell(tr("Working …"), error=False)
        if self.expect is not None:
            self.expect(True)
        self.errand("act", lambda: self._Did(work()), self._Refused, description=description, writes=True)

    def progress(self, step: str) -> None:
        """Show a step of the work; called from its thread."""
        self.post_message(self._Step(step))

    def _busy(self, running: bool) -> None:
        self.running = running
        for control in self.query("Input, Button, Ticks").results(Widget):
            control.disabled = running
        self.guard.begin()

    @on(_Step)
    def _show_step(self, message: _Step) -> None:
        if self.running:
            self.tell(f"{message.text} …", error=False)

    @on(_Did)
    def _take_value(self, message: _Did) -> None:
        self._busy(False)
        self.tell("")
        self.finished(message.value)

    @on(_Refused)
    def _take_error(self, message: _Refused) -> None:
        self._busy(False)
        if self.expect is not None:
            self.expect(False)
        self.focus_on(self.first_focus())
        self.tell(message.error.sentence)
        self.refused(message.error)

    # Leaving

    @staticmethod
    def final(error: RmtuiError) -> bool:
        """Whether trying again would meet the same answer."""
        return not isinstance(error, UnreachableError | UnexpectedFailure)

    def over(self, *, keep: str = "") -> None:
        """Only the sentence and the way out remain, and what ``keep`` selects."""
        kept = [*self.query(keep)] if keep else []
        for widget in self.query_one("#body").children:
            widget.display = widget in kept
        confirm, cancel = self.query_one("#confirm", Button), self.query_one("#cancel", Button)
        confirm.disabled = True
        confirm.display = False
        cancel.label = tr("Close")
        self.guard.begin()
        self.focus_on("#cancel")

    def dismiss(self, result: Any = None) -> AwaitComplete:
        """As Textual's, but never another screen that has come before this one."""
        return leave(self, super().dismiss, result)

    def on_screen_resume(self) -> None:
        """What came before it is gone."""
        if self.leaving:
            self.dismiss(*self.leaving)

    # Keys

    def action_cancel(self) -> None:
        """Go back, unless something is under way."""
        if self.running:
            self.app.bell()
        else:
            self.dismiss(None)

    def missing(self) -> Widget | None:
        """The first control that nothing was typed in, or chosen."""
        return next((each for each in self.focus_chain if isinstance(each, (Input, Options)) and not _said(each)), None)

    def action_forward(self) -> None:
        """To the next control; from Cancel, which a dialog for danger opens on, to what has to be typed first."""
        missing = self.missing() if self.DANGER and self.focused is self.query_one("#cancel") else None
        if missing is None:
            self.action_step(1)
        else:
            self.guard.moved()
            self.set_focus(missing)

    def action_step(self, by: int) -> None:
        """Move between the controls."""
        self.guard.moved()
        if by > 0:
            self.focus_next()
        else:
            self.focus_previous()

    def action_scroll(self, by: int) -> None:
        """Scroll by lines."""
        self.guard.moved()
        body = self.query_one("#body", Body)
        body.scroll_to(y=body.scroll_y + by, animate=False)

    @on(Choice.Entered)
    def _entered_choice(self, event: Choice.Entered) -> None:
        event.stop()
        if self.guard.accepts() and not self.running:
            event.choice.press()

    @on(Input.Submitted)
    def _entered_input(self, event: Input.Submitted) -> None:
        event.stop()
        if self.guard.accepts() and not self.running:
            self.entered(event.input)

    @on(Ticks.Entered)
    def _entered_ticks(self, event: Ticks.Entered) -> None:
        event.stop()
        if self.guard.accepts() and not self.running:
            self.entered(event.ticks)

    def entered(self, control: Widget) -> None:
        """Enter in a control that is not a button; where it is dangerous it goes on, and the button takes another."""
        if self.DANGER and _said(control):
            self.set_focus(self.missing() or self.query_one("#confirm"))
            self.guard.begin()
        else:
            self.submit()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "cancel":
            self.action_cancel()
        elif not self.running:
            self.submit()

    @on(Ticks.Left)
    def _left_ticks(self, event: Ticks.Left) -> None:
        self.action_step(event.by)

    @on(Ticks.Changed)
    def _ticked(self, event: Ticks.Changed) -> None:
        if event.by_hand:
            self.guard.moved()

    @on(Input.Changed)
    def _typed(self) -> None:
        self.guard.moved()

    def on_key(self, event: events.Key) -> None:
        """Any key but Enter ends the repeating of a held one; text on a button is told where it would go."""
        if event.key != "enter":
            self.guard.moved()
        lost = event.is_printable and isinstance(self.focused, Choice) and event.key not in self.active_bindings
        if lost and not self.query_one("#message").display:
            self.tell(
                tr("Enter presses the button, Tab goes to what must be typed, Esc goes back.")
                if self.DANGER and self.missing()
                else tr("Enter presses the button, Tab goes on, Esc goes back."),
                error=False,
            )
            self._hinted = True

    def on_descendant_focus(self) -> None:
        """What was told of the keys on a button is not so elsewhere."""
        if self._hinted:
            self._hinted = False
            self.tell("")
