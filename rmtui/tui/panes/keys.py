"""The keys that go with every list of a pane."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from rmtui.i18n import later

__all__ = ["LIST_KEYS", "NO_ROW", "filter_key"]

NO_ROW = later("There is no row under the cursor.")


def filter_key(hint: str) -> Binding:
    """The key that filters; ``hint`` tells what can be typed."""
    return Binding("slash", "filter", later("Filter"), key_display="/", id="pane.filter", tooltip=hint)


LIST_KEYS: list[BindingType] = [
    filter_key(later("Only what fits: text, or such as older:2h")),
    Binding("s", "sort", later("Sort"), id="pane.sort", tooltip=later("Sort by the next column")),
    Binding("S", "reverse", later("Reverse"), id="pane.reverse", show=False, tooltip=later("Turn the order round")),
    Binding("y", "copy", later("Copy"), id="pane.copy", show=False, tooltip=later("Send the callsign to the terminal")),
    Binding("escape", "back", later("Back"), id="pane.back", show=False, tooltip=later("Clear the filter, then the marks")),
]
