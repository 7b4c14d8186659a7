"""The themes: colours by role. `plain` ones use the terminal's own 16 colours and its own background."""

from textual.theme import Theme

_NATIVE = {
    "ansi-background": "ansi_black",
    "ansi-foreground": "ansi_white",
    "block-cursor-foreground": "ansi_black",
    "block-cursor-background": "ansi_white",
    "block-cursor-text-style": "reverse",
    "border-blurred": "ansi_black",
    "input-cursor-background": "ansi_black",
    "input-cursor-foreground": "ansi_white",
    "input-cursor-text-style": "reverse",
    "input-selection-background": "ansi_white",
    "input-selection-foreground": "ansi_black",
    "screen-selection-background": "ansi_white",
    "screen-selection-foreground": "ansi_black",
}
"""What Textual's own style sheet asks of an ansi theme."""

AVYOS = Theme(
    name="avyos",
    primary="#F5C842",
    secondary="#FF7D22",
    accent="#FF7D22",
    warning="#F5C842",
    error="#FF5A4F",
    success="#8FD16A",
    foreground="#F5E8CC",
    background="#0C0812",
    surface="#15101F",
    panel="#1B1428",
)
LIGHT = Theme(
    name="light",
    primary="#C94B0A",
    secondary="#7A4A00",
    accent="#C94B0A",
    warning="#8A5A00",
    error="#B00020",
    success="#1F6B1F",
    foreground="#1C0D00",
    background="#FDF4E3",
    surface="#F7EAD0",
    panel="#F1DFBC",
    dark=False,
)
HIGH_CONTRAST = Theme(
    name="high-contrast",
    primary="#FFFF00",
    secondary="#00FFFF",
    accent="#00FFFF",
    warning="#FFFF00",
    error="#FF8080",
    success="#80FF80",
    foreground="#FFFFFF",
    background="#000000",
    surface="#000000",
    panel="#000000",
)


def _plain(name: str, primary: str, accent: str, warning: str, error: str, success: str) -> Theme:
    default = "ansi_default"
    return Theme(
        name=name,
        ansi=True,
        primary=primary,
        secondary=accent,
        accent=accent,
        warning=warning,
        error=error,
        success=success,
        foreground=default,
        background=default,
        surface=default,
        panel=default,
        boost=default,
        variables=_NATIVE,
    )


MONO = _plain("mono", *["ansi_default"] * 5)
SIXTEEN = _plain("avyos-16", "ansi_yellow", "ansi_yellow", "ansi_yellow", "ansi_red", "ansi_green")
"""What `avyos` becomes on a terminal of 16 colours."""

THEMES = (AVYOS, LIGHT, MONO, HIGH_CONTRAST, SIXTEEN)


def themes_on(colours: int) -> dict[str, str]:
    """What a user may ask for on a terminal of so many colours, and the theme that it is there."""
    if not colours:
        return {MONO.name: MONO.name}
    if colours <= 16:
        return {AVYOS.name: SIXTEEN.name, MONO.name: MONO.name}
    return {theme.name: theme.name for theme in THEMES if theme is not SIXTEEN}


def first_theme(colours: int, wanted: str = "") -> str:
    """The theme to start with on a terminal of so many colours; `wanted` is what the user asked for, as far as the terminal has it."""
    known = themes_on(colours)
    return known.get(wanted) or next(iter(known.values()))
