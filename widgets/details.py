"""What is known of one row, below the list or beside it."""

from textual.binding import Binding
from textual.containers import VerticalScroll


class Details(VerticalScroll, inherit_bindings=False):
    """Scrolls while it has the focus."""

    BINDINGS = [
        Binding("up,k", "scroll_up", "Up", show=False),
        Binding("down,j", "scroll_down", "Down", show=False),
        Binding("pageup", "page_up", "Page up", show=False),
        Binding("pagedown,space", "page_down", "Page down", show=False),
        Binding("home", "scroll_home", "First", show=False),
        Binding("end", "scroll_end", "Last", show=False),
    ]
    DEFAULT_CSS = """
    Details {
        display: none;
        height: auto; max-height: 60%; scrollbar-size: 0 0;
        &.-shown { display: block; }
    }
    """
