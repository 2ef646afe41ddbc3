"""A browser as people call it: "Firefox on Windows", and not the line that it sends of itself.

A small table, for this is said on one page alone, of a handful of browsers; a library that knows them all would be read
in by each process. What is not in it is shown as it was sent.
"""

from flask import Flask

from app.web.language import gettext

BROWSERS = {
    "Edge": ("Edg/", "EdgA/", "EdgiOS/", "Edge/"),
    "Opera": ("OPR/", "OPT/", "OPiOS/", "Opera/"),
    "Vivaldi": ("Vivaldi/",),
    "Samsung Internet": ("SamsungBrowser/",),
    "DuckDuckGo": ("DuckDuckGo/", "Ddg/"),
    "Firefox": ("Firefox/", "FxiOS/"),
    "Chrome": ("Chrome/", "CriOS/", "Chromium/"),
    "Internet Explorer": ("MSIE ", "Trident/"),
    "Safari": ("Safari/",),
}
"""By the signs of which one stands in the line; most say of themselves that they are those further down as well."""
SYSTEMS = {
    "iPhone": ("iPhone", "iPod"),
    "iPad": ("iPad",),
    "Android": ("Android",),
    "ChromeOS": ("CrOS",),
    "Windows": ("Windows",),
    "Mac": ("Macintosh", "Mac OS X"),
    "Linux": ("Linux", "X11"),
}


def browser_name(line: str) -> str:
    """`Firefox on Windows`, in the reader's language; as much of it as is known, or the line itself."""
    browser, system = _first(BROWSERS, line), _first(SYSTEMS, line)
    if browser and system:
        return gettext("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or line


def _first(table: dict[str, tuple[str, ...]], line: str) -> str:
    return next((name for name, signs in table.items() if any(sign in line for sign in signs)), "")


def init_app(app: Flask) -> None:
    """Give the templates this name."""
    app.jinja_env.filters["browser_name"] = browser_name
