// Turns clicks on data-do buttons into Gradio events, and keeps the reader's place.
// Runs once for each of our HTML components, with Gradio's element, trigger, props and watch.
const SENT = ['cite', 'mark', 'again', 'halt', 'edit', 'close', 'ask', 'open', 'act', 'read', 'correct', 'sample',
  'rename', 'delete', 'undelete',
  'turn', 'find', 'fetch', 'only', 'unshare'];
const wide = () => window.matchMedia('(min-width: 1000px)').matches;
const say = (button, words) => {
  const shown = button.querySelector('.tip') || button;
  const before = shown.textContent;
  shown.textContent = words;
  button.classList.add('done');
  setTimeout(() => { shown.textContent = before; button.classList.remove('done'); }, 1400);
};
const openTab = (name) => [...document.querySelectorAll('[role=tab]')]
  .find((tab) => tab.textContent.trim() === name)?.click();
const copy = async (text) => {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
};
element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-do]');
  if (!button || button.disabled) return;
  window.footnoteFocus = document.activeElement;
  const data = { ...button.dataset };
  if (data.do === 'copy') return copy(data.copy).then(() => say(button, 'Copied'));
  if (data.do === 'link') {
    const link = `${location.origin}${location.pathname}?answer=${data.exchange}`;
    return copy(link).then(() => say(button, 'Link copied'));
  }
  if (data.do === 'jump') {
    element.querySelector(`#${CSS.escape(data.to)}`)?.scrollIntoView({ block: 'start' });
    return;
  }
  if (data.do === 'tab') return openTab(data.tab);
  if (data.do === 'ask-in-chat') {
    openTab('Chat');
    document.dispatchEvent(new CustomEvent('footnote-ask', { detail: data.text }));
  }
  if (data.do === 'only') {
    openTab('Chat');
    requestAnimationFrame(() => document.querySelector('#question textarea')?.focus());
  }
  if (data.do === 'dismiss') { button.closest('[role=status]').hidden = true; return; }
  if (data.do === 'pick') return pick();
  if (data.do === 'choose') return document.querySelector('.talk input[type=file]')?.click();
  if (data.do === 'fetch') data.address = button.parentElement.querySelector('input').value;
  if (data.do === 'shelf') return drawer(!desk().classList.contains('shelf-open'));
  if (data.do === 'view') {
    window.footnoteView = data.view;
    return show(element.querySelector('.pane'));
  }
  if (data.do === 'correct') {
    button.closest('.correct').querySelectorAll('textarea')
      .forEach((area) => { data[area.dataset.field] = area.value; });
  }
  if (data.do === 'zoom') return zoom(Number(data.step));
  if (data.do === 'find') data.words = element.querySelector('.find input').value;
  if (data.do === 'turn' || data.do === 'find') {
    element.dataset.again = `[data-do=${data.do}][data-step="${data.step}"]`;
  }
  if (data.do === 'rename') data.name = button.closest('.menu').querySelector('input').value;
  if (['rename', 'delete', 'undelete', 'act'].includes(data.do)) {
    element.dataset.after = data.act || data.do;
    element.dataset.of = data.conversation || data.document;
    element.dataset.pressed = Date.now();
  }
  if (data.do === 'mark' || data.do === 'correct') window.footnoteCorrecting = data.exchange;
  if (data.do === 'mark') element.dataset.formOf = data.exchange;
  if (data.do === 'cite') window.footnoteFrom = data.step ? window.footnoteFrom : button;
  // A pane that is drawn after the reader has closed it must not take the focus back.
  window.footnoteClosing = data.do === 'close';
  if (data.do === 'close') back();
  if (SENT.includes(data.do)) trigger(data.do, data);
});
// A failing question of an evaluation is asked in the chat.
if (element.closest('#log')) {
  document.addEventListener('footnote-ask', ({ detail }) => trigger('ask', { text: detail }));
}
// On a narrow window the shelf is a drawer.
const desk = () => document.querySelector('.desk:has(> .side)');
const drawer = (open) => {
  desk().classList.toggle('shelf-open', open);
  const toggle = document.querySelector('.shelf-toggle');
  toggle?.setAttribute('aria-expanded', String(open));
  if (open) document.querySelector('.side button')?.focus();
  else if (document.activeElement?.closest('.side')) toggle?.focus();
};
if (element.querySelector('.shelf-toggle')) {
  document.addEventListener('click', ({ target }) => {
    if (!desk().classList.contains('shelf-open')) return;
    const chosen = target.closest('#fresh, #conversations [data-do=open]');
    if (chosen || !target.closest('.side, .shelf-toggle')) drawer(false);
  });
  document.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape' && desk().classList.contains('shelf-open')) drawer(false);
  });
}
// The page's address names the open conversation: a reload finds it again.
const address = () => {
  const current = element.querySelector('[data-current]')?.dataset.current;
  const url = new URL(location);
  const before = url.searchParams.get('conversation') || '';
  if (current === undefined || current === before) return;
  if (before) url.searchParams.delete('answer');
  if (current) url.searchParams.set('conversation', current);
  else url.searchParams.delete('conversation');
  history.replaceState(history.state, '', url);
};
// What was pressed in a list is gone once that is drawn again: what follows takes the focus.
const LANDS = { 'ask-remove': '.sure button', remove: '.undo button', delete: '.undo button' };
const resume = () => {
  const { after, of, pressed } = element.dataset;
  if (!after || after === 'read' || after === 'diff' || Date.now() - pressed > 10000) return;
  const active = document.activeElement;
  if (element.contains(active)) { requestAnimationFrame(resume); return; } // not drawn yet
  delete element.dataset.after;
  if (active && active !== document.body) return;
  const row = `.actions [data-document="${of}"], [data-conversation="${of}"]`;
  (element.querySelector(LANDS[after] || row) || element.querySelector('button'))?.focus();
};
element.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && event.target.matches('.menu input')) {
    event.target.closest('.menu').querySelector('[data-do=rename]').click();
  }
  if (event.key === 'Enter' && event.target.matches('.from-link input')) {
    event.target.parentElement.querySelector('button').click();
  }
});
const back = () => {
  const from = window.footnoteFrom;
  if (!from) return;
  const again = document.querySelector(
    `.cite[data-exchange="${from.dataset.exchange}"][data-n="${from.dataset.n}"]`);
  (from.isConnected ? from : again)?.focus();
  if (!wide()) (from.isConnected ? from : again)?.scrollIntoView({ block: 'center' });
};
// A card beside a footnote: its quote, where that stands, and what the verdict means.
const card = (cite) => {
  document.querySelector('.card')?.remove();
  window.footnoteCard = cite;
  if (!cite) return;
  const made = document.createElement('div');
  made.className = 'card';
  made.role = 'tooltip';
  ['quote', 'place', 'verdict'].forEach((name) => {
    const part = document.createElement('p');
    part.className = name;
    part.dir = 'auto';
    part.textContent = cite.dataset[name];
    made.append(part);
  });
  document.querySelector('.gradio-container').append(made);
  const { left, top, bottom } = cite.getBoundingClientRect();
  const below = bottom + made.offsetHeight + 12 < innerHeight;
  made.style.top = `${below ? bottom + 6 : Math.max(6, top - made.offsetHeight - 6)}px`;
  made.style.left = `${Math.max(6, Math.min(left - 20, innerWidth - made.offsetWidth - 6))}px`;
};
['mouseover', 'focusin'].forEach((kind) => element.addEventListener(kind, (event) => {
  const cite = event.target.closest('.cite');
  if (cite) card(cite);
}));
['mouseout', 'focusout', 'click'].forEach((kind) => element.addEventListener(kind, (event) => {
  if (event.target.closest('.cite')) card(null);
}));
element.addEventListener('keydown', ({ key }) => { if (key === 'Escape') card(null); });
// The footnote whose source is open is marked in the answer.
const markOpen = () => {
  const pane = document.querySelector('.pane[data-exchange]:not([data-exchange=""])');
  document.querySelectorAll('.cite').forEach((cite) => {
    const open = pane && cite.dataset.exchange === pane.dataset.exchange
      && cite.dataset.n === pane.dataset.n;
    cite.toggleAttribute('aria-current', Boolean(open));
    if (open) cite.setAttribute('aria-current', 'true');
  });
};
// Words selected in a source can be handed to the correction that is open, as its right place.
const correction = () => {
  const open = [...document.querySelectorAll('.correct[open]')];
  return open.find((one) => one.dataset.exchange === window.footnoteCorrecting) || open.at(-1);
};
let selected = '';
// A selection that begins or ends within a word takes the whole of it, in any script.
const wordAt = (node, at) => {
  const word = node.nodeType === Node.TEXT_NODE
    && new Intl.Segmenter(undefined, { granularity: 'word' }).segment(node.data).containing(at);
  return word && word.isWordLike ? word : null;
};
const wholeWords = (selection) => {
  const range = selection.getRangeAt(0).cloneRange();
  const first = wordAt(range.startContainer, range.startOffset);
  const last = wordAt(range.endContainer, range.endOffset - 1);
  if (first) range.setStart(range.startContainer, first.index);
  if (last) range.setEnd(range.endContainer, last.index + last.segment.length);
  return range;
};
const offer = (button, range) => {
  const { top, height } = button.parentElement.getBoundingClientRect();
  const words = selected.replace(/\s+/g, ' ');
  button.textContent = `This is the right place: “${words.length > 70 ? `${words.slice(0, 69)}…` : words}”`;
  // Over the text, below what is selected: the text does not move under the pointer.
  const below = range.getBoundingClientRect().bottom - top + 8;
  button.style.top = `${Math.max(8, Math.min(below, height - button.offsetHeight - 8))}px`;
};
const pick = () => {
  const area = correction()?.querySelector('[data-field=passage]');
  if (!area) return;
  area.value = selected;
  area.scrollIntoView({ block: 'center' });
  area.focus({ preventScroll: true });
};
document.addEventListener('selectionchange', () => {
  const button = element.isConnected && element.querySelector('.pick');
  if (!button) return;
  const selection = document.getSelection();
  const inside = element.querySelector('.pages')?.contains(selection.anchorNode);
  const range = inside && !selection.isCollapsed ? wholeWords(selection) : null;
  const words = range ? range.toString().trim() : '';
  if (words) selected = words;
  button.hidden = !words || !correction();
  if (!button.hidden) offer(button, range);
});
element.addEventListener('mousedown', (event) => {
  if (event.target.closest('.pick')) event.preventDefault();
});
// The keys also work from the footnote that opened the pane: the pane takes the focus only
// once it is drawn, and a quick reader presses the arrow before.
document.addEventListener('keydown', (event) => {
  if (!element.isConnected || !element.querySelector('.pane')) return;
  const from = event.target;
  if (!element.contains(from) && from !== window.footnoteFrom && from !== document.body) return;
  if (from.matches('.find input')) {
    if (event.key === 'Enter') {
      element.querySelector(`[data-do=find][data-step="${event.shiftKey ? -1 : 1}"]`).click();
      element.dataset.again = '.find input';
    }
    if (event.key !== 'Escape') return;
  }
  const steps = { ArrowLeft: '-1', ArrowRight: '1' };
  if (event.key in steps) {
    element.querySelector(`.step[data-step="${steps[event.key]}"]`)?.click();
    event.preventDefault();
  }
  if (event.key === 'Escape') element.querySelector('.close')?.click();
});
// The edge of the source can be dragged, or moved by the arrow keys; its width is kept.
const WIDTH = 'footnote-source-width';
const column = () => element.closest('.read').getBoundingClientRect();
const widen = (px) => {
  const most = innerWidth - 640;
  const width = Math.round(Math.max(340, Math.min(px, most)));
  desk()?.style.setProperty('--source', `${width}px`);
  element.querySelector('.grip')?.setAttribute('aria-valuenow', Math.round(100 * width / innerWidth));
  localStorage.setItem(WIDTH, width);
};
element.addEventListener('pointerdown', (event) => {
  if (!event.target.matches('.grip')) return;
  event.preventDefault();
  const { right } = column();
  const move = ({ clientX }) => widen(right - clientX);
  document.addEventListener('pointermove', move);
  document.addEventListener('pointerup', () => document.removeEventListener('pointermove', move),
    { once: true });
});
element.addEventListener('keydown', (event) => {
  const steps = { ArrowLeft: 40, ArrowRight: -40 };
  if (!event.target.matches('.grip') || !(event.key in steps)) return;
  widen(column().width + steps[event.key]);
  event.preventDefault();
  event.stopPropagation();
});
const ZOOMS = [100, 140, 200, 300];
const zoom = (step) => {
  const at = ZOOMS.indexOf(window.footnoteZoom || 100) + step;
  window.footnoteZoom = ZOOMS[Math.max(0, Math.min(at, ZOOMS.length - 1))];
  sized(element.querySelector('.pane'));
};
const sized = (pane) => {
  const now = window.footnoteZoom || 100;
  const picture = pane.querySelector('.picture');
  if (picture) picture.style.width = `${now}%`;
  pane.querySelectorAll('[data-do=zoom]').forEach((button) => {
    button.disabled = now === ZOOMS.at(button.dataset.step === '1' ? -1 : 0);
  });
};
// The view of a source, page or text, and in it the cited words.
const show = (pane) => {
  const pages = pane.querySelector('.pages');
  if (pane.dataset.view && window.footnoteView) pane.dataset.view = window.footnoteView;
  pane.querySelectorAll('.views button').forEach((button) => {
    button.setAttribute('aria-pressed', String(button.dataset.view === pane.dataset.view));
  });
  sized(pane);
  const picture = pane.dataset.view === 'page' && pane.querySelector('.picture');
  if (picture) {
    const image = picture.querySelector('img');
    image.decode().catch(() => {}).then(() => {
      const at = picture.offsetTop + image.clientHeight * Number(picture.dataset.at || 0);
      pages.scrollTop = at - pages.clientHeight / 3;
    });
    return;
  }
  const mark = pane.querySelector('mark')
    || (pane.dataset.page > 1 && pane.querySelector(`.page-break[data-page="${pane.dataset.page}"]`));
  if (!mark) { pages.scrollTop = 0; return; }
  const gap = mark.getBoundingClientRect().top - pages.getBoundingClientRect().top;
  pages.scrollTop += gap - Math.min(120, pages.clientHeight / 3);
};
const place = () => {
  const pane = element.querySelector('.pane');
  if (pane) {
    if (window.footnoteClosing) return;
    // Drawn anew: a mark on the element tells it from the one that was placed already.
    if (pane.dataset.placed) return;
    pane.dataset.placed = true;
    const { again } = element.dataset;
    delete element.dataset.again;
    const next = again && (pane.querySelector(`${again}:not(:disabled)`) || pane.querySelector('.find input'));
    // A reader who has gone on to type keeps the focus.
    const now = document.activeElement;
    const typing = now !== window.footnoteFocus && now?.matches('input, textarea') && !element.contains(now);
    if (!typing && !window.footnoteByItself) (next || pane).focus({ preventScroll: true });
    window.footnoteByItself = false;
    const kept = Number(localStorage.getItem(WIDTH));
    if (kept) widen(kept);
    if (pane.querySelector('.pages')) show(pane);
    return;
  }
  const turns = element.querySelectorAll('.turn');
  // A link names one answer; the page starts there, not at the last.
  const linked = new URLSearchParams(location.search).get('answer');
  const named = linked && !window.footnoteArrived && element.querySelector(`#x-${CSS.escape(linked)}`);
  const last = named || turns[turns.length - 1];
  if (named) window.footnoteArrived = true;
  if (!last || element.dataset.turns === `${turns.length}${last.id}`) return;
  element.dataset.turns = `${turns.length}${last.id}`;
  const log = element.closest('.log');
  const scrolls = log && getComputedStyle(log).overflowY === 'auto';
  if (scrolls) log.scrollTop += last.getBoundingClientRect().top - log.getBoundingClientRect().top;
  else last.scrollIntoView({ block: 'start' });
};
// The form of an answer that was marked comes into view once it is drawn.
const showForm = () => {
  const form = element.querySelector(`.correct[open][data-exchange="${element.dataset.formOf}"]`);
  if (!form) return;
  delete element.dataset.formOf;
  form.scrollIntoView({ block: 'nearest' });
};
// What is typed and not asked yet outlives a reload: the page loads itself again when its server
// comes back.
const TYPED = 'footnote-typed';
const box = () => document.querySelector('#question textarea');
if (element.querySelector('.shelf-toggle')) {
  document.addEventListener('input', ({ target }) => {
    if (target === box()) sessionStorage.setItem(TYPED, target.value);
  });
  document.addEventListener('submit', () => sessionStorage.removeItem(TYPED)); // signing out
}
const typed = () => {
  if (!box()) return;
  if (window.footnoteTyped) {
    // Asked, or deleted: a quick answer may come without a draft that was seen.
    if (!box().value) sessionStorage.removeItem(TYPED);
    return;
  }
  window.footnoteTyped = true;
  const kept = sessionStorage.getItem(TYPED);
  if (!kept || box().value) return;
  box().value = kept;
  box().dispatchEvent(new Event('input', { bubbles: true }));
};
// A reader may want the source of each new answer opened by itself (Settings).
if (element.closest('#log')) {
  const asking = () => {
    window.footnoteAskedAfter = element.querySelector('.turn:not(.live):last-child')?.id || 'none';
  };
  document.addEventListener('keydown', ({ key, target }) => {
    if (key === 'Enter' && target === box()) asking();
  }, true);
  document.addEventListener('click', ({ target }) => {
    if (target.closest?.('#question button, [data-do=ask]')) asking();
  }, true);
}
const openByItself = () => {
  const last = element.querySelector('.turn:last-child');
  const before = window.footnoteAskedAfter;
  if (!before || !last || last.matches('.live') || last.id === before) return;
  window.footnoteAskedAfter = '';
  const cite = last.querySelector('.cite');
  if (!cite || !wide() || localStorage.getItem('footnote-opens-source') !== 'yes') return;
  window.footnoteByItself = true;
  cite.click();
};
// How long the answer in progress has taken so far.
let began = 0;
const elapsed = () => {
  const shown = element.querySelector('.turn.live .elapsed');
  began = shown ? began || Date.now() : 0;
  const seconds = Math.floor((Date.now() - began) / 1000);
  if (shown) shown.textContent = seconds ? ` · ${seconds} s` : '';
};
if (element.closest('#log')) setInterval(elapsed, 500);
// What Gradio says of a server that does not answer, in our words.
const GONE = 'Footnote does not answer. It may have been stopped, or be starting again. This page '
  + 'goes on by itself once it is back; what you have typed stays here.';
const BUSY = 'Too much is being asked at this moment. Try again in a few seconds.';
const FAILED = 'That did not work. If it happens again, the log of Footnote says why.';
const reword = (item) => {
  const text = item.querySelector('.toast-message-text') || item;
  const words = text.textContent.trim();
  const ours = /connection|reconnect/i.test(words) ? GONE
    : /currently busy|queue is full/i.test(words) ? BUSY
      : /^(error|none|null|an unexpected error occurred!?|)$/i.test(words) ? FAILED : words;
  if (words !== ours) text.textContent = ours;
  // Its head, which holds its button, is a button that would fold it.
  ['role', 'tabindex'].forEach((name) => item.querySelector('.toast-header')?.removeAttribute(name));
};
if (element.querySelector('.shelf-toggle')) {
  new MutationObserver(() => {
    document.querySelectorAll('.toast-wrap .toast-body.error').forEach(reword);
  }).observe(document.body, { childList: true, subtree: true });
}
// Files dropped anywhere on the page are added.
if (element.querySelector('.shelf-toggle')) {
  const carries = (event) => [...(event.dataTransfer?.types || [])].includes('Files');
  let within = 0;
  const hint = (shown) => document.querySelector('.gradio-container')
    .classList.toggle('dropping', shown);
  document.addEventListener('dragenter', (event) => { if (carries(event)) { within += 1; hint(true); } });
  document.addEventListener('dragleave', (event) => {
    if (carries(event)) { within = Math.max(0, within - 1); hint(within > 0); }
  });
  document.addEventListener('dragover', (event) => { if (carries(event)) event.preventDefault(); });
  document.addEventListener('drop', (event) => {
    if (!carries(event)) return;
    within = 0;
    hint(false);
    if (event.target.closest('#files')) return;
    event.preventDefault();
    const input = document.querySelector('.talk input[type=file]');
    if (!input) return;
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
  });
}
// Gradio's label for its drop area hides the words that are in it from screen readers.
const unname = () => document.querySelectorAll('#files button[aria-label]')
  .forEach((button) => button.removeAttribute('aria-label'));
watch('value', () => requestAnimationFrame(() => {
  if (window.footnoteCard && !window.footnoteCard.isConnected) card(null);
  place();
  if (element.closest('#log')) { typed(); elapsed(); showForm(); openByItself(); }
  address();
  resume();
  unname();
  markOpen();
}));
