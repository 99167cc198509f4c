"""The floor of a start: a bare Textual application with a table of 100 rows."""

from textual.app import App, ComposeResult
from textual.widgets import DataTable


class Bare(App[None]):
    """A table, and nothing else."""

    def compose(self) -> ComposeResult:
        yield DataTable(cursor_type="row")

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        table.add_columns("Age", "Callsign", "State", "Invite")
        for number in range(100):
            table.add_row("12m", f"PERSON{number:07d}", "pending", "ABCDEFGH")


Bare().run()
