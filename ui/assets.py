"""What the browser gets beside the fragments: the style sheet, the scripts and the icon."""

from __future__ import annotations

from importlib import resources

from rag.html import DARK, FONTS, LIGHT, variables
from rag.html import STYLE as FRAGMENT_STYLE

_FILES = resources.files("ui")

SCRIPT = _FILES.joinpath("page.js").read_text("utf-8")
"""The functions of the parts of the page; each part calls its own."""

ICON = (
    '<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns=\'http://www.w3.org/2000/svg\' '
    "viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='8' fill='%230a6352'/%3E"
    "%3Ctext x='16' y='22' font-size='20' text-anchor='middle' fill='white'%3E%D8%AF%3C/text%3E"
    '%3C/svg%3E">'
)

_FONTS = f"--fonts: {FONTS}; "

STYLE = (
    f":root {{ {variables(LIGHT)}{_FONTS}}} .dark {{ {variables(DARK)} }}\n"
    + FRAGMENT_STYLE
    + _FILES.joinpath("page.css").read_text("utf-8")
)
"""The style sheet of the page that Gradio serves."""

PLAIN_STYLE = (
    f":root {{ color-scheme: light dark; {variables(LIGHT)}{_FONTS}}}\n"
    f"@media (prefers-color-scheme: dark) {{ :root {{ {variables(DARK)} }} }}\n"
    + FRAGMENT_STYLE
    + """
body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.7 var(--fonts); }
main { max-width: 46rem; margin: 0 auto; padding: 1.5rem 1.2rem 4rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.5; margin: .8rem 0 .2rem; }
h2 { font-size: 1.15rem; margin: 2rem 0 .4rem; }
a { color: var(--accent); }
.text p { margin: 0 0 .8em; text-align: start; line-height: 1.9; }
mark { scroll-margin-top: 30vh; }
label { display: block; font-weight: 600; margin: 1rem 0 .3rem; }
input { font: inherit; width: 100%; box-sizing: border-box; padding: .6rem .8rem;
  border-radius: 10px; border: 1px solid var(--quiet); background: var(--paper);
  color: var(--ink); }
button { font: inherit; margin-top: 1rem; padding: .55rem 1.4rem; border: 0; border-radius: 10px;
  background: var(--accent); color: var(--on-accent); cursor: pointer; }
.problem { color: var(--warn); font-weight: 600; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
"""
)
"""The style sheet of pages without Gradio and without scripts."""
