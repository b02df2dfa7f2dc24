// @ts-check
'use strict';

/*
 * What a page gains by a script: times in the reader's zone and ages that tick, copying, and a page that changes as what
 * it shows changes (keys: keys.js). Without it everything can be read and done by links and forms.
 */

/** @typedef {{ morph(old: Element, content: Element, options: object): unknown }} Morpher */

const morpher = /** @type {{ Idiomorph?: Morpher }} */ (/** @type {unknown} */ (window)).Idiomorph;

// Times

/** @param {number} ms @returns {string} as the server says it: `41 s`, `2 min 41 s`, `14 min`, `3 h 5 min`, `2 d 4 h` */
function spoken(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  /** @param {number} large @param {string} unit @param {number} small @param {string} less */
  const pair = (large, unit, small, less) => `${large} ${unit}${small === 0 ? '' : ` ${small} ${less}`}`;
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 600) return pair(Math.floor(seconds / 60), 'min', seconds % 60, 's');
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 48 * 60) return pair(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(minutes / 60);
  return pair(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

const local = new Intl.DateTimeFormat(undefined, {
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
  timeZoneName: 'short',
});

function showTimes() {
  const now = Date.now();
  for (const time of document.querySelectorAll('time[data-time]')) {
    const at = Date.parse(time.getAttribute('datetime') ?? '');
    if (Number.isNaN(at)) continue;
    const kind = time.getAttribute('data-time');
    const utc = `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
    const here = local.format(at);
    const distance = now - at;
    const age =
      Math.abs(distance) < 1000 ? 'now' : distance > 0 ? `${spoken(distance)} ago` : `in ${spoken(-distance)}`;
    const text = kind === 'moment' ? here : kind === 'since' ? spoken(distance) : age;
    const title = kind === 'moment' ? utc : `${here} (${utc})`;
    if (time.textContent !== text) time.textContent = text;
    if (time.getAttribute('title') !== title) time.setAttribute('title', title);
  }
}

// Copying

function offerCopies() {
  for (const block of document.querySelectorAll('[data-copy]')) {
    if (block.querySelector('button') !== null) continue;
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = 'Copy';
    button.addEventListener('click', () => void copy(block, button));
    block.append(button);
  }
}

/** @param {Element} block @param {HTMLButtonElement} button */
async function copy(block, button) {
  const code = block.querySelector('code') ?? block;
  try {
    await navigator.clipboard.writeText(code.textContent ?? '');
    button.textContent = 'Copied';
    say('Copied.');
  } catch {
    // Pages without TLS may not write there: what is chosen can be copied by hand.
    getSelection()?.selectAllChildren(code);
    button.textContent = 'Chosen: copy it';
  }
  setTimeout(() => (button.textContent = 'Copy'), 2000);
}

// What is said to who does not look

let saidAt = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let saying;

/** @param {string} text */
function say(text) {
  clearTimeout(saying);
  saying = setTimeout(
    () => {
      saidAt = Date.now();
      const announcer = document.getElementById('announcer');
      if (announcer !== null) announcer.textContent = text;
    },
    Math.max(0, saidAt + 5000 - Date.now()),
  );
}

// A page that stays true

const wanted = (document.body.dataset['live'] ?? '').split(' ').filter((name) => name !== '');
const live = document.getElementById('live');
const asOf = live?.textContent ?? '';
/** @type {EventSource | null} */
let source = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let soon;
let fetchedAt = Date.now();
let fetching = false;
let changed = false;
let ended = false;
/** @type {Set<string>} */
const fresh = new Set();
/** @type {Set<string>} */
const known = new Set();

/** @param {'live' | 'lost' | 'off'} state @param {string} text */
function showState(state, text) {
  if (live === null) return;
  live.dataset['state'] = state;
  live.textContent = text;
}

function rememberIncidents() {
  for (const row of document.querySelectorAll('[data-incident]')) known.add(row.getAttribute('data-incident') ?? '');
}

function listen() {
  if (wanted.length === 0 || source !== null || ended || document.hidden) return;
  const opened = new EventSource('/api/events');
  source = opened;
  opened.addEventListener('open', () => {
    // What happened while nobody listened is on the page itself.
    if (live?.dataset['state'] === 'lost') refreshSoon();
    showState('live', 'live');
  });
  opened.addEventListener('error', () => {
    showState('lost', `not live, ${asOf}`);
    // Refused, not cut off: the browser does not try again by itself.
    if (opened.readyState === EventSource.CLOSED && source === opened) {
      source = null;
      setTimeout(listen, 30_000);
    }
  });
  for (const name of wanted) {
    opened.addEventListener(name, (event) => {
      if (name === 'incident') countNew(/** @type {MessageEvent<string>} */ (event).data);
      refreshSoon();
    });
  }
}

/** @param {string} data */
function countNew(data) {
  const { id, status } = JSON.parse(data);
  if (known.has(id) || status === 'resolved' || status === 'skipped') return;
  known.add(id);
  fresh.add(id);
}

function refreshSoon() {
  changed = true;
  if (soon !== undefined || document.hidden) return;
  soon = setTimeout(
    () => {
      soon = undefined;
      void refresh();
    },
    Math.max(200, fetchedAt + 2000 - Date.now()),
  );
}

async function refresh() {
  if (fetching || document.hidden || ended || document.querySelector('dialog[open]') !== null) return;
  fetching = true;
  changed = false;
  try {
    await take(await fetch(location.href, { headers: { accept: 'text/html' }, credentials: 'same-origin' }));
    if (fresh.size > 0) say(`${fresh.size} new incident${fresh.size === 1 ? '' : 's'}.`);
    fresh.clear();
  } catch {
    showState('lost', `not live, ${asOf}`);
    changed = true;
  } finally {
    fetching = false;
    fetchedAt = Date.now();
  }
  if (changed) refreshSoon();
}

/** Puts a newer answer of the same page in place of what is shown. @param {Response} answer */
async function take(answer) {
  if (new URL(answer.url).pathname !== location.pathname) {
    // Signed out meanwhile, as a rule.
    ended = true;
    source?.close();
    showState('lost', 'not live: reload the page');
    return;
  }
  if (!answer.ok && answer.status >= 500) throw new Error(String(answer.status));
  show(await answer.text());
}

/** @param {string} page */
function show(page) {
  const next = new DOMParser().parseFromString(page, 'text/html');
  for (const id of ['notices', 'main']) {
    const [old, content] = [document.getElementById(id), next.getElementById(id)];
    if (old !== null && content !== null) change(old, content);
  }
  document.title = next.title;
  rememberIncidents();
  showTimes();
  offerCopies();
}

/** @param {Element} old @param {Element} content */
function change(old, content) {
  if (morpher === undefined) {
    old.replaceWith(content);
    return;
  }
  morpher.morph(old, content, {
    ignoreActiveValue: true,
    callbacks: {
      // What a reader has opened or typed is theirs.
      beforeAttributeUpdated: (/** @type {string} */ name, /** @type {Element} */ node) => {
        if (name === 'open' && node instanceof HTMLDetailsElement) return false;
        return !(name === 'value' && node instanceof HTMLInputElement && node.type !== 'hidden');
      },
      beforeNodeMorphed: (/** @type {Node} */ node, /** @type {Node} */ after) => {
        const typed = node instanceof HTMLTextAreaElement || node instanceof HTMLSelectElement;
        return !(typed && !(after instanceof HTMLOptionElement));
      },
      beforeNodeRemoved: (/** @type {Node} */ node) =>
        !(node instanceof HTMLButtonElement && node.parentElement?.matches('[data-copy]')),
    },
  });
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden) {
    source?.close();
    source = null;
    return;
  }
  if (wanted.length > 0) void refresh();
  listen();
});

// Acts: the page changes in its place, and what was open stays open

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.matches('.act') || event.defaultPrevented) return;
  const back = new FormData(form).get('back');
  if (back !== location.pathname + location.search || ended) return;
  event.preventDefault();
  void act(form, event.submitter);
});

/** @param {HTMLFormElement} form @param {HTMLElement | null} submitter */
async function act(form, submitter) {
  const button = submitter instanceof HTMLButtonElement ? submitter : form.querySelector('button');
  if (button?.disabled) return;
  if (button) button.disabled = true;
  try {
    const body = new URLSearchParams();
    for (const [name, value] of new FormData(form, submitter)) if (typeof value === 'string') body.append(name, value);
    const answer = await fetch(form.action, { method: 'POST', body, headers: { accept: 'text/html' } });
    // What was said with it is said: it does not wait in the form to be said again.
    if (answer.redirected) form.reset();
    if (answer.redirected) await take(answer);
    else show(await answer.text());
    say(document.querySelector('#notices .said, .refusal h1')?.textContent ?? '');
  } catch {
    showState('lost', 'not done: the daemon does not answer');
    say('Not done: the daemon does not answer.');
  } finally {
    if (button) button.disabled = false;
  }
}

showTimes();
offerCopies();
rememberIncidents();
listen();
setInterval(showTimes, 10_000);
setInterval(() => {
  if (wanted.length > 0 && Date.now() - fetchedAt >= 55_000) void refresh();
}, 10_000);
