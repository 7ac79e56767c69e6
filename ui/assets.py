"""What the browser gets beside the fragments: the style sheet, two scripts and the icon."""

from __future__ import annotations

from rag.html import DARK, FONTS, LIGHT, variables
from rag.html import STYLE as FRAGMENT_STYLE

CONVERSATION_SCRIPT = """
const show = (fragment) => location.replace(location.href.split('#')[0] + fragment);
element.addEventListener('click', (event) => {
  const marker = event.target.closest('a.marker');
  if (marker) {
    event.preventDefault();
    show(marker.getAttribute('href'));
  }
  const example = event.target.closest('[data-question]');
  if (example) trigger('select', {question: example.dataset.question});
});
let following = false, before = 0;
for (const gesture of ['wheel', 'touchmove', 'keydown'])
  window.addEventListener(gesture, () => { following = false; }, {passive: true});
watch('value', () => {
  const turns = element.querySelectorAll('.turn');
  if (turns.length > before && turns.length > 1) following = true;
  before = turns.length;
  if (following) {
    const focused = document.activeElement;
    show('#' + turns[turns.length - 1].id);
    focused?.focus({preventScroll: true});
  }
  if (!element.querySelector('.growing, .waiting')) following = false;
});
"""
"""Markers lead to their cards, examples ask themselves, a new turn is brought into view.

`location.replace` with the whole address, because Gradio's `<base>` would turn a bare fragment into
another page where the address has a query.
"""

SPOKEN_SCRIPT = "element.setAttribute('role', 'status'); element.ariaLive = 'polite';"
"""Makes the element that holds the finished answer a live region for screen readers."""

ICON = (
    '<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns=\'http://www.w3.org/2000/svg\' '
    "viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='8' fill='%230a6352'/%3E"
    "%3Ctext x='16' y='22' font-size='20' text-anchor='middle' fill='white'%3E%D8%AF%3C/text%3E"
    '%3C/svg%3E">'
)

_COLOURS = f":root {{ {variables(LIGHT)} }} .dark {{ {variables(DARK)} }}\n"
_FONTS = f".gradio-container, .gradio-container button, #box textarea {{ font-family: {FONTS}; }}\n"
_CONVERSATION = """
header h1 { margin: 0 0 .2rem; font-size: 1.5rem; font-weight: 700; color: var(--accent); }
header p { margin: 0; font-size: .9rem; color: var(--ink); text-align: start; }
.sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr));
  gap: .3rem 2rem; }
.quiet, header p.quiet { color: var(--quiet); }
.arrival { background: var(--soft); border-radius: 12px; padding: .6rem 1rem; font-size: .88rem; }
.arrival p { margin: 0; text-align: start; color: var(--ink); }
.bar { height: 6px; margin-top: .5rem; border-radius: 3px; background: var(--line);
  overflow: hidden; }
.bar div { height: 100%; background: var(--accent); }
.failed, .problem { background: var(--paper); border: 1px solid var(--warn); color: var(--ink); }
.problem { border-radius: 12px; padding: .8rem 1rem; overflow-wrap: anywhere; }
.problem p { margin: 0; text-align: start; }
.problem b { color: var(--warn); }
.turn { margin: 0 0 2rem; scroll-margin-top: 1rem; }
.question { background: var(--soft); border-radius: 12px; padding: .7rem 1rem; margin: 0 0 .9rem; }
.question p { margin: 0; font-weight: 600; color: var(--ink); text-align: start;
  overflow-wrap: anywhere; }
.answer, .turn > .quiet { padding-inline: 1rem; }
.turn p.quiet { text-align: start; margin: 0; }
details { margin: .6rem 1rem 0; }
summary { cursor: pointer; color: var(--accent); font-size: .88rem; margin-bottom: .6rem; }
.welcome { display: grid; gap: .6rem; }
.welcome .sides { grid-template-columns: 1fr 1fr; }
.welcome h2 { margin: 0 0 .3rem; font-size: 1.1rem; font-weight: 600; color: var(--ink);
  text-align: start; }
.welcome button { text-align: start; padding: .75rem 1rem; border: 1px solid var(--line);
  border-radius: 12px; background: var(--paper); color: var(--ink); font-size: .98rem;
  line-height: 1.6; cursor: pointer; }
.welcome button:hover { border-color: var(--accent); }
.unseen, #spoken { position: absolute !important; width: 1px; height: 1px;
  overflow: hidden !important;
  clip-path: inset(50%); margin: 0; white-space: nowrap; }
.waiting::after, .growing .answer > p:last-of-type::after { content: " …"; color: var(--accent);
  animation: waiting 1.2s ease-in-out infinite; }
@keyframes waiting { 50% { opacity: .2; } }
@media (prefers-reduced-motion: reduce) { * { animation: none !important; } }
:focus-visible { outline: 3px solid var(--accent) !important; outline-offset: 2px; }
"""
_LAYOUT = """
.gradio-container { background: var(--ground) !important; color: var(--ink);
  overflow: visible !important; min-height: 100vh; }
.gradio-container .main.app { padding: 0 !important; }
.gradio-container main { width: 100%; max-width: 1180px; margin: 0 auto !important;
  padding: 1.2rem 1.5rem 0 !important; }
.gradio-container main > .column { min-height: calc(100vh - 1.2rem); gap: 1.2rem; }
.html-container { padding: 0 !important; }
.html-container.pending { opacity: 1 !important; }
[data-testid="status-tracker"] { display: none !important; }
#news:not(:has(.arrival)) { display: none; }
#middle { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 2rem;
  align-items: start; flex: 1 0 auto; align-content: start; }
#citations { position: sticky; top: 1rem; max-height: calc(100vh - 8rem); overflow-y: auto; }
#citations h2 { margin: 0 0 .7rem; font-size: 1rem; color: var(--quiet); font-weight: 600; }
#citations .quiet { text-align: start; font-size: .9rem; margin: 0 0 .5rem; }
#citations .citation { margin-inline: 3px; }
#composer { position: sticky; bottom: 0; z-index: 5; align-items: end; gap: .6rem;
  background: var(--ground); padding: .8rem 0 1rem; border-top: 1px solid var(--line); }
#composer button { flex: none; min-width: 7rem; height: 2.9rem; font-size: .95rem;
  border: 1px solid var(--line); }
#box { min-width: 14rem; overflow: visible !important; }
#box textarea { unicode-bidi: plaintext; text-align: start; font-size: 1rem; line-height: 1.6;
  background: var(--paper); color: var(--ink); border: 1px solid var(--quiet);
  border-radius: 12px; padding: .6rem .9rem; }
#box textarea::placeholder { color: var(--quiet); opacity: 1; }
@media (min-width: 761px) { .turn:last-child:not(:first-child) { min-height: 65vh; } }
@media (max-width: 760px) {
  .gradio-container main { padding: .8rem .9rem 0 !important; }
  #middle { grid-template-columns: minmax(0, 1fr); gap: .5rem; }
  #citations { position: static; max-height: none; overflow: visible; }
  .citation { scroll-margin-bottom: 9rem; }
  #composer { flex-wrap: wrap; padding-bottom: .8rem; }
  #box { flex: 1 0 100% !important; }
  #composer button { flex: 1 1 auto; min-width: 0; padding: 0 .8rem; }
}
"""
STYLE = _COLOURS + FRAGMENT_STYLE + _FONTS + _CONVERSATION + _LAYOUT
"""The style sheet of the page."""
