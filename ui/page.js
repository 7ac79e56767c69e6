/* What the parts of the page do in the browser. Each function is called by one part once it is
   there: `element` is the part, `trigger` sends an event to the server, `watch` follows what it
   shows, `props.value` changes that. Every part has a copy of these functions; what they share, such
   as the element that opened an article, is kept by the window. */

const KEPT = 'dalil-conversation';

const place = (of) => ({article: of.dataset.article, start: +of.dataset.start, end: +of.dataset.end});

/* The address is replaced whole, because Gradio's <base> would turn a bare fragment into another
   page where the address has a query. */
const show = (fragment) => location.replace(location.href.split('#')[0] + fragment);

const copied = (text) => navigator.clipboard
  ? navigator.clipboard.writeText(text)
  : new Promise((done) => {
      const area = Object.assign(document.createElement('textarea'), {value: text});
      document.body.append(area);
      area.select();
      document.execCommand('copy');
      area.remove();
      done();
    });

function opens(element, trigger) {
  element.addEventListener('click', (event) => {
    const button = event.target.closest('[data-open]');
    if (!button) return;
    window.dalilOpener = button;
    trigger('click', place(button.closest('.citation') ?? button));
  });
}

/* The conversation: markers open the article at their quotation, examples ask themselves, a new
   turn is brought into view. */
function talk(element, trigger, watch) {
  opens(element, trigger);
  element.addEventListener('click', (event) => {
    const marker = event.target.closest('a.marker');
    if (marker) {
      event.preventDefault();
      window.dalilOpener = marker;
      const card = document.querySelector(marker.getAttribute('href'));
      if (card) trigger('click', place(card));
    }
    const example = event.target.closest('[data-question]');
    if (example) trigger('select', {question: example.dataset.question});
    if (event.target.closest('[data-again]')) trigger('select', {again: true});
    const copy = event.target.closest('[data-copy]');
    if (copy) {
      copied(copy.nextElementSibling.textContent).then(() => {
        copy.textContent = copy.dataset.copy;
      });
    }
  });
  let following = false;
  let before = 0;
  for (const gesture of ['wheel', 'touchmove', 'keydown']) {
    window.addEventListener(gesture, () => { following = false; }, {passive: true});
  }
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
}

/* An article beside what it was opened from: the quotation is brought into view; closed, the focus
   goes back to where it came from. */
function reading(element, watch, props) {
  const close = () => {
    props.value = '';
    if (window.dalilOpener?.isConnected) window.dalilOpener.focus();
  };
  element.addEventListener('click', (event) => {
    if (event.target.closest('[data-close]')) close();
  });
  element.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') close();
  });
  watch('value', () => {
    const article = element.querySelector('.article');
    if (!article) return;
    article.focus({preventScroll: true});
    article.scrollTop = 0;
    const mark = article.querySelector('mark')?.getBoundingClientRect();
    const room = article.getBoundingClientRect();
    if (mark && mark.bottom > room.top + room.height / 2) {
      article.scrollTop = mark.top - room.top - room.height / 4;
    }
  });
}

/* The list of articles: they are opened, and removed once that is confirmed. */
function shelf(element, trigger) {
  opens(element, trigger);
  element.addEventListener('click', (event) => {
    const button = event.target.closest('[data-remove]');
    if (button && confirm(button.dataset.remove)) trigger('delete', place(button));
  });
}

/* Keeps the conversation in this tab of the browser, and gives it back after a reload. */
function keeper(element, trigger, watch) {
  watch('value', () => {
    const text = element.querySelector('pre')?.textContent;
    if (!text) return;
    try {
      if (JSON.parse(text).turns.length) sessionStorage.setItem(KEPT, text);
      else sessionStorage.removeItem(KEPT);
    } catch {
      sessionStorage.removeItem(KEPT);
    }
  });
  /* Events that are sent before Gradio listens are lost, and what else fills the page when it is
     opened may come later and cover the conversation. */
  let tries = 0;
  const giving = setInterval(() => {
    const saved = sessionStorage.getItem(KEPT);
    if (tries++ > 40 || !saved) clearInterval(giving);
    else if (!document.querySelector('#talk .turn')) trigger('input', {saved});
  }, 250);
}

/* Makes the part that holds the finished answer a live region for screen readers. */
function spoken(element) {
  element.setAttribute('role', 'status');
  element.ariaLive = 'polite';
}
