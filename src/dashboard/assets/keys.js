// @ts-check
'use strict';

/* Single keys for what links and buttons do too; they can be switched off, and stay off (WCAG 2.1.4). */

const keysOff = 'nightcrier-keys-off';
const places = new Map([
  ['n', '/'],
  ['c', '/clusters'],
  ['t', '/not-told'],
  ['s', '/silences'],
]);
let goes = 0;

/** What a browser may refuse to keep is asked for again. @param {string} [value] */
function setting(value) {
  try {
    if (value !== undefined) localStorage.setItem(keysOff, value);
    return localStorage.getItem(keysOff) === 'yes';
  } catch {
    return false;
  }
}

/** @param {number} step */
function move(step) {
  const rows = [...document.querySelectorAll('[data-row]')];
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const row = rows[at === -1 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step))];
  const target = row?.querySelector('a[href]');
  if (target instanceof HTMLElement) target.focus();
}

/** Presses the button, or opens the choice, that a key stands for: of the row, else of the page. @param {string} key */
function press(key) {
  const row = document.activeElement?.closest('[data-row]');
  const scope = row ?? (document.querySelector('[data-row]') === null ? document : null);
  const target =
    scope?.querySelector(`[data-key="${key}"]`) ?? document.querySelector(`main > [data-acts] [data-key="${key}"]`);
  if (target instanceof HTMLFormElement) target.requestSubmit();
  else if (target instanceof HTMLDetailsElement) {
    target.open = true;
    const first = target.querySelector('button, input:not([type=hidden]), select');
    if (first instanceof HTMLElement) first.focus();
  } else if (target instanceof HTMLElement) target.click();
  return target !== null;
}

function openHelp() {
  const help = document.getElementById('help');
  if (help instanceof HTMLDialogElement && !help.open) help.showModal();
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || setting()) return;
  const target = event.target;
  if (target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable], dialog')) return;
  const { key } = event;
  const place = Date.now() - goes < 1500 ? places.get(key) : undefined;
  goes = 0;
  if (place !== undefined) location.assign(place);
  else if (key === 'g') goes = Date.now();
  else if (key === 'j') move(1);
  else if (key === 'k') move(-1);
  else if (key === '?') openHelp();
  else if (key === '/') {
    const field = document.querySelector('input[type=search]');
    if (field instanceof HTMLElement) field.focus();
    else location.assign('/search');
  } else if (!('asr'.includes(key) && press(key))) return;
  event.preventDefault();
}

document.addEventListener('keydown', onKey);

const helpButton = document.getElementById('help-button');
helpButton?.addEventListener('click', openHelp);
helpButton?.removeAttribute('hidden');
const keysOn = document.getElementById('keys-on');
if (keysOn instanceof HTMLInputElement) {
  keysOn.checked = !setting();
  keysOn.addEventListener('change', () => setting(keysOn.checked ? 'no' : 'yes'));
}
