'use strict';
// Hides what was not asked for. It makes no element from text and reads nothing but this page.
(() => {
  const filters = document.getElementById('filters');
  if (!filters) return;
  const search = document.getElementById('search');
  const person = document.getElementById('person');
  const people = document.getElementById('people');
  const clear = document.getElementById('clear');
  const shown = document.getElementById('shown');
  const buttons = [...filters.querySelectorAll('button[data-kind]')];
  const folds = [...document.querySelectorAll('details.fold')];
  const groups = [...document.querySelectorAll('main .chapter, main .items')];
  const between = '\n';
  const fold = (text) => text.normalize('NFC').toLowerCase();
  const items = [...document.querySelectorAll('main li')].map((element) => ({
    element,
    kind: element.dataset.kind,
    people: element.dataset.people ? fold(element.dataset.people).split(between) : [],
    text: null,
  }));
  const names = new Map();
  for (const { element } of items) {
    for (const name of (element.dataset.people || '').split(between)) {
      if (name) names.set(fold(name), name);
    }
  }

  const text = (item) => (item.text ??= fold(item.element.textContent));

  function apply() {
    const words = fold(search.value).split(/\s+/).filter(Boolean);
    const who = fold(person.value.trim());
    const exact = names.has(who);
    const kinds = new Set(buttons.filter((b) => b.getAttribute('aria-pressed') === 'true').map((b) => b.dataset.kind));
    const idle = !words.length && !who && !kinds.size;
    let visible = 0;
    for (const item of items) {
      const wanted = (!kinds.size || kinds.has(item.kind))
        && (!who || item.people.some((name) => (exact ? name === who : name.includes(who))))
        && words.every((word) => text(item).includes(word) || item.people.some((name) => name.includes(word)));
      if (wanted) visible += 1;
      if (item.element.hidden === wanted) item.element.hidden = !wanted;
    }
    for (const group of groups) group.hidden = !idle && !group.querySelector('li:not([hidden])');
    for (const details of folds) {
      const some = details.querySelector('li:not([hidden])');
      details.hidden = !idle && !some;
      if (!idle && some) details.open = true;
    }
    clear.disabled = idle;
    shown.textContent = idle ? `${items.length} items` : `${visible} of ${items.length} items shown`;
  }

  function suggest() {
    const who = fold(person.value.trim());
    const found = [];
    for (const [folded, name] of names) {
      if (folded.includes(who) && folded !== who) found.push(name);
      if (found.length === 30) break;
    }
    people.replaceChildren(...found.map((name) => {
      const option = document.createElement('option');
      option.value = name;
      return option;
    }));
  }

  let waiting = 0;
  const soon = () => { clearTimeout(waiting); waiting = setTimeout(apply, 60); };
  search.addEventListener('input', soon);
  person.addEventListener('input', () => { suggest(); soon(); });
  for (const button of buttons) {
    button.addEventListener('click', () => {
      button.setAttribute('aria-pressed', String(button.getAttribute('aria-pressed') !== 'true'));
      apply();
    });
  }
  function reset() {
    search.value = '';
    person.value = '';
    for (const button of buttons) button.setAttribute('aria-pressed', 'false');
    apply();
  }
  clear.addEventListener('click', () => { reset(); search.focus(); });
  filters.addEventListener('keydown', (event) => { if (event.key === 'Escape') reset(); });
  filters.hidden = false;
  suggest();
  apply();
})();
