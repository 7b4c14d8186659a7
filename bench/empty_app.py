"""The least that Textual can show: an app with one word in it."""

from textual.app import App, ComposeResult
from textual.widgets import Static


class Empty(App[None]):
    def compose(self) -> ComposeResult:
        yield Static("painted")


if __name__ == "__main__":
    Empty().run()
