/** Whether a name says that its value is a secret: it ends in such a word. `secretName`, `tokenExpiration` do not. */
const secretWord =
  '(?:pass(?:wd|word|phrase|code)?|pwd|secret|token|(?:api|access|secret|private|signing|encryption|auth|shared|master|session|service|account|license|storage)[_.-]?key|credentials?|client-key-data)';
/** Which of several it is. */
const whichOne =
  '(?:[_.-](?:prod|production|stage|staging|dev|test|qa|live|main|primary|root|admin|user|app|old|new))?';
const secretName = new RegExp(`(?:^|[^a-z])${secretWord}${whichOne}[_.-]?[0-9]{0,3}$`);
/** Kubernetes and its extensions name Secrets by such keys; what they hold is a name. */
const nameOfSecret = /[a-z](?:Secret|Token|Credentials?)$/;
const reallySecret =
  /(?:client|app|shared|jwt|hmac|webhook|auth|access|refresh|bearer|api|bot|id|session)(?:Secret|Token)$/i;

/** Values that are no secret whatever their name says: empty, switches, references, and what was replaced before. */
const harmless =
  /^(?:true|false|null|none|nil|yes|no|on|off|undefined|unset|(?:in)?valid|expired|missing|required|empty|denied|rejected|redacted|(?:not|is|must|was|has|does|could|cannot|failed|expected) .*|\d{1,3}|\*+|x+|<.*|\$[({].*|\{\{.*|%s|%q|%v|"{2}|'{2})$/i;

/** What stands for a secret where only base64 may stand, as in `data` of a Secret. */
export const redactedBase64 = Buffer.from('<redacted:secret>').toString('base64');

/** Whether a value is no secret whatever its name says. */
export function isHarmless(value: string): boolean {
  return value === '' || harmless.test(value) || value.startsWith('<redacted:') || value === redactedBase64;
}

/** Whether a key, variable or flag of this name holds a secret. */
export function isSecretName(name: string): boolean {
  if (name.length > 128) return false;
  const words = name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
  return secretName.test(words) && (!nameOfSecret.test(name) || reallySecret.test(name));
}

const notRandomName = /sha|commit|revision|digest|hash|version|etag|checksum|image|path|host|addr|url|uri|arn|id$/i;

/** Whether the value of an environment variable looks as if a machine had drawn it: long, mixed, without structure. */
export function isRandom(name: string, value: string): boolean {
  if (value.length < 24 || value.length > 512 || notRandomName.test(name)) return false;
  if (!/^[A-Za-z0-9+/_=-]+$/.test(value) || value.split(/[-_/]/).length > 4) return false;
  if (!/[a-z]/.test(value) || !/[0-9]/.test(value)) return false;
  if (/^[0-9a-f]+$/i.test(value)) return value.length >= 32 && entropy(value) > 3.2;
  return /[A-Z]/.test(value) && entropy(value) > 4;
}

/** Shannon entropy, bits a character. */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  return [...counts.values()].reduce((sum, n) => sum - (n / text.length) * Math.log2(n / text.length), 0);
}

/**
 * A word that may end a name, with what stands between name and value: JSON's colon, `=`, a colon, a space, the border of
 * a table, or words such as "is set to". Around names in Markdown there may be marks.
 */
const separator = new RegExp(
  `${secretWord}${whichOne}[_.-]?[0-9]{0,3}(?:` +
    `(?<json>(?<quote>\\\\{0,3}["'])\\s{0,8}:\\s{0,8}\\k<quote>)` +
    `|(?<assign>\\s?=\\s?)` +
    `|(?<colon>["'\`*_]{0,3}:[*_]{0,2}[ \\t]{1,8})` +
    `|(?<cell>["'\`*_]{0,3}[ \\t]{0,80}\\|[ \\t]{0,80})` +
    `|(?<words>["'\`*_]{0,3} (?:is|was|set|equals)(?: set)?(?: to)? (?<mark>["'\`]))` +
    `|(?<space>[ \\t]{1,8}))`,
  'gi',
);
/** Punctuation belongs to the value as long as it does not end it: a space, the end, or another pair follows. */
const assigned =
  /"[^"\n]{1,4096}"|'[^'\n]{1,4096}'|(?:[^\s"'`&,;)}\]<\\]|&(?![\w.%-]{1,64}=)|[,;)}\]](?![\s,;)}\]"'`<]|$|[\w.%-]{1,64}=)){1,4096}/y;
const wholeLine = /[^\s<{[|>&*#][^\n]{0,4095}/y;
const lastWord = /[^\s"'<{[,;]{4,4096}(?=\s*(?:$|[,;}\n]))/y;
const flagValue = /[^\s"'<-][^\s"'<]{0,4095}/y;
const cellValue = /[^|\n]{1,4096}(?=\|)/y;
/** What may stand before a name at the start of a line: indentation, the marks of YAML and Markdown. */
const lineStart = /(?:^|\n)[ \t]*(?:(?:[-*+>|]|\d{1,3}[.)])[ \t]+){0,3}["'`*_]{0,3}$/;

/** Replaces the values of names that say so: `NAME=value`, `"name": "value"`, a line `name: value`, `--name value`. */
export function redactPairs(text: string, replacement: (secret: string) => string): string {
  let done = 0;
  let rest = '';
  const inPairs = redactNamed(text, replacement);
  separator.lastIndex = 0;
  for (let match = separator.exec(inPairs); match !== null; match = separator.exec(inPairs)) {
    const at = separator.lastIndex;
    const before = /[\w.-]{0,64}$/.exec(inPairs.slice(Math.max(0, match.index - 64), match.index))?.[0] ?? '';
    const word = match[0].slice(0, match[0].length - separatorLength(match));
    const value = isSecretName(before + word) ? valueAt(inPairs, at, match, match.index - before.length, before) : '';
    if (value === '') continue;
    const bare = unquoted(value);
    rest += inPairs.slice(done, at) + value.replace(bare, () => replacement(bare));
    done = at + value.length;
    separator.lastIndex = done;
  }
  return rest + inPairs.slice(done);
}

/** A variable as Kubernetes writes it, in text: `name: NAME` and then `value: …`, in JSON or YAML. */
const named =
  /(\bname\\{0,3}["']?\s{0,8}:\s{0,8}\\{0,3}["']?)([\w.-]{1,128})(\\{0,3}["']?,?\s{0,64}\\{0,3}["']?value\\{0,3}["']?\s{0,8}:[ \t]{0,8})(\\{0,3}["'])?((?:(?!\\{0,3}["'])[^\n]){1,4096})/g;

/** Replaces the values of such variables. Name and value may be on lines of their own; no value goes over a line. */
export function redactNamed(text: string, replacement: (secret: string) => string): string {
  return text.replace(named, (whole: string, ...parts: (string | undefined)[]) => {
    const [, name = '', , , value = ''] = parts;
    const bare = value.trimEnd();
    if (bare === '' || !isSecretName(name)) return whole;
    return whole.slice(0, whole.length - value.length) + replacement(bare) + value.slice(bare.length);
  });
}

function separatorLength({ groups }: RegExpExecArray): number {
  const found = ['json', 'assign', 'colon', 'cell', 'words', 'space'].find((kind) => groups?.[kind] !== undefined);
  return (groups?.[found ?? ''] ?? '').length;
}

/** The value that stands at a place of the text; empty when what stands there is none. */
function valueAt(text: string, at: number, { groups }: RegExpExecArray, nameAt: number, before: string): string {
  if (groups?.['json'] !== undefined) return quotedAt(text, at, groups['quote'] ?? '"');
  if (groups?.['words'] !== undefined) return quotedAt(text, at, groups['mark'] ?? '"');
  if (groups?.['assign'] !== undefined) return stickyAt(assigned, text, at);
  if (groups?.['space'] !== undefined) return before.startsWith('--') ? stickyAt(flagValue, text, at) : '';
  const isFirst = lineStart.test(text.slice(Math.max(0, nameAt - 64), nameAt));
  if (groups?.['cell'] !== undefined) return isFirst ? stickyAt(cellValue, text, at).trimEnd() : '';
  if (isFirst) return stickyAt(wholeLine, text, at);
  return /[_-]$/.test(before) ? stickyAt(lastWord, text, at) : '';
}

/** Up to the quote that ends it; a quote inside, written with a backslash, does not. */
function quotedAt(text: string, at: number, quote: string): string {
  for (let end = text.indexOf(quote, at); end !== -1 && end - at <= 4096; end = text.indexOf(quote, end + 1)) {
    if (quote.startsWith('\\') || text[end - 1] !== '\\') return text.slice(at, end);
  }
  return '';
}

function stickyAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

function unquoted(text: string): string {
  const quoted = /^(["'`])(.*)\1[\s,]*$/s.exec(text);
  return (quoted?.[2] ?? text).trimEnd();
}

/** A value that is no common word, so that taking it out elsewhere hurts no sentence. */
export function isTelling(value: string): boolean {
  return value.length >= 8 && !/^(?:[a-z]+|[A-Z]+|[A-Z][a-z]+|[\d.:-]+)$/.test(value) && !/\s/.test(value);
}
