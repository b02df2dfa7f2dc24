/** Cuts to at most `max` characters and says so with an ellipsis. */
export function truncate(text: string, max: number): string {
  return text.length <= max ? text : `${cut(text, Math.max(0, max - 1))}…`;
}

/** The first `max` characters; one that has two halves (UTF-16 surrogates) is there as a whole or not at all. */
function cut(text: string, max: number): string {
  return text.slice(0, max).replace(/[\ud800-\udbff]$/, '');
}

// C0 and C1 controls except tab and newline, and the marks that reorder text (Unicode UAX 9).
// Written as escapes, so that this line is free of what it removes.
const unprintable = new RegExp(
  '[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]',
  'g',
);

/** Foreign text made safe to show: controls and direction marks become U+FFFD. */
export function printable(text: string): string {
  return text.replace(unprintable, '\ufffd');
}

/** Foreign text on one line, cut to `max` characters; whole without it. */
export function oneLine(text: string, max = Infinity): string {
  return truncate(printable(text).replace(/\s+/g, ' ').trim(), max);
}

/** `1 pod`, `3 pods`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** The first `max` of them, and how many more there are: `a, b and 3 more`. */
export function listed(names: readonly string[], max: number): string {
  const rest = names.length - max;
  return `${names.slice(0, max).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

/** The end of a text, at most `max` characters of it, from where a word begins. */
export function lastWords(text: string, max: number): string {
  return text.length <= max ? text : text.slice(-max).replace(/^\S*\s*/, '');
}

/** The same with every run of white space, also of lines, as one space. */
export function singleSpaced(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** A text as a sentence that another may follow: with a full stop, unless it ends with a mark of its own. */
export function sentence(text: string): string {
  const trimmed = text.trimEnd();
  return trimmed === '' || /[.!?:…]["')\]]*$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
