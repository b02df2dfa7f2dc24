import { noHosts } from './lexicon.ts';
import { builtInGroups, kindUnknown, removedApis } from './process-words.ts';

/** A network name that a text speaks of. */
export interface HostMention {
  readonly host: string;
  readonly port: number | null;
  /** As it stands in the text. */
  readonly text: string;
}

const name = String.raw`[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*`;
const forms: readonly RegExp[] = [
  new RegExp(`\\b[a-z][a-z0-9+.-]*://(?:[^\\s/@"']*@)?(${name})(?::(\\d{1,5}))?`, 'g'),
  new RegExp(`host(?:name)? "?(${name})"?[^"]{0,40}?port (\\d{1,5})`, 'g'),
  new RegExp(`server at "(${name})"[^,]*, port (\\d{1,5})`, 'g'),
  // How clients of a database name their server, without a port: `server on 'db'`, `host=db user=x`, `host='db', port=80`.
  new RegExp(`server (?:on|at) ["'\`](${name})["'\`]()`, 'gi'),
  new RegExp(`\\bhost(?:name)?=["']?(${name})["']?(?:,? port=["']?(\\d{1,5}))?`, 'gi'),
  new RegExp(
    `(?:host ?name|resolve (?:address|host ?name|host|name|domain)|host|resolve|lookup|name|address|getaddrinfo(?: ENOTFOUND| EAI_AGAIN)?|can't find|can't resolve|bad address|UnknownHostException:?) "?'?(${name})()`,
    'gi',
  ),
  // How proxies name what they cannot resolve: `host not found in upstream "cart"`, `cart could not be resolved`.
  new RegExp(`(?:upstream|resolution for|resolution failed for|lookup failure for:|resolve for) "?'?(${name})()`, 'gi'),
  new RegExp(`(?:^|[\\s"'])(${name})"?'? could not be resolved()`, 'gim'),
  new RegExp(
    `(?:waiting for|wait for|connect(?:ion|ing|ed)? to|connect|dial(?:ing)? tcp|reach|refused by|to|at) "?'?(${name})(?::(\\d{1,5}))`,
    'gi',
  ),
  new RegExp(`waiting for (?:service |host |name |the )?"?'?(${name})()`, 'gi'),
  new RegExp(`\\b(${name}):(\\d{2,5})\\b`, 'g'),
];

/** The hosts of a text, each once, the surest form first. IP addresses and files are left out. */
export function hostsIn(text: string): readonly HostMention[] {
  const found = new Map<string, HostMention>();
  for (const form of forms) {
    for (const match of text.matchAll(form)) {
      const host = match[1] ?? '';
      const port = match[2] === undefined || match[2] === '' ? null : Number(match[2]);
      if (!isHost(host)) continue;
      const known = found.get(host);
      if (known && (known.port !== null || port === null)) continue;
      found.set(host, { host, port: port ?? known?.port ?? null, text: match[0] });
    }
  }
  return [...found.values()];
}

function isHost(host: string): boolean {
  if (noHosts.has(host.toLowerCase()) || host.length < 2 || host.length > 253) return false;
  if (/^[\d.]+$/.test(host) || /^[A-Z_]+$/.test(host)) return false;
  return !/\.(?:py|js|ts|go|java|rb|sh|conf|ini|yaml|yml|json|xml|toml|log|txt|so|c|cc|rs|cfg|properties)$/i.test(host);
}

/** File paths of a text, the longest first. */
export function pathsIn(text: string): readonly string[] {
  const found = [...text.matchAll(/(?:^|[\s"'`(=:[])(\/[\w.@+-]+(?:\/[\w.@+-]+)*)/g)].map((match) => match[1] ?? '');
  return [...new Set(found.map((path) => path.replace(/[.:]+$/, '')))].sort((a, b) => b.length - a.length);
}

/** Names of settings: words in capitals with an underscore, or in capitals beside a word such as *variable*. */
export function settingsIn(text: string): readonly string[] {
  const found = [...text.matchAll(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g)].map((match) => match[0]);
  const single = [
    ...text.matchAll(
      /(?:variable|setting|env|environment|key|KeyError:?|option|parameter)s? ["'`]?([A-Z][A-Z0-9]{2,})\b/g,
    ),
  ].map((match) => match[1] ?? '');
  return [...new Set([...found, ...single])].filter(
    (it) => !/^(?:SIG[A-Z]+|E[A-Z]{3,}|UTF_8|TLS_\w+|SSL_\w+)$/.test(it) || text.includes(`variable ${it}`),
  );
}

/** What stands in quotes in a text, without the quotes. */
export function quotedIn(text: string): readonly string[] {
  const found = [...text.matchAll(/"([^"\n]{1,120})"|'([^'\n]{1,120})'|`([^`\n]{1,120})`/g)];
  return [...new Set(found.map((match) => match[1] ?? match[2] ?? match[3] ?? ''))].filter((it) => it.trim() !== '');
}

/** A kind of the API that a client asks for, and the server does not know. */
export interface UnknownKind {
  /** As the message has it: `VolumePopulator`, or the plural where it has no kind. */
  readonly word: string;
  readonly kind: string | null;
  readonly plural: string;
  /** Empty when the message does not tell. */
  readonly group: string;
  /** `v1beta1`; empty when the message does not tell. */
  readonly version: string;
}

/** The kinds that a text misses; each once, at most eight. */
export function unknownKindsIn(text: string): readonly UnknownKind[] {
  const found = new Map<string, UnknownKind>();
  for (const form of kindUnknown) {
    for (const match of text.matchAll(new RegExp(form.source, `${form.flags}g`))) {
      const one = unknownKind(match.groups ?? {});
      if (one && !found.has(`${one.plural}.${one.group}`)) found.set(`${one.plural}.${one.group}`, one);
    }
  }
  return [...found.values()].slice(0, 8);
}

function unknownKind(groups: Readonly<Record<string, string | undefined>>): UnknownKind | null {
  const kind = groups['kind'] ?? null;
  const plural = groups['plural'] ?? (kind === null ? '' : pluralOf(kind));
  if (plural === '') return null;
  const whole = groups['version'] ?? '';
  const slash = whole.indexOf('/');
  const group = groups['group'] ?? (slash < 0 ? '' : whole.slice(0, slash));
  const version = slash < 0 ? whole : whole.slice(slash + 1);
  const known = group === '' && kind !== null ? (builtInGroups.get(kind) ?? '') : group;
  return { word: kind ?? plural, kind, plural, group: known, version: isVersion(version) ? version : '' };
}

const isVersion = (word: string): boolean => /^v\d+(?:(?:alpha|beta)\d+)?$/.test(word);

/** As Kubernetes forms the plural of a kind: lower case, English endings. */
function pluralOf(kind: string): string {
  const word = kind.toLowerCase();
  if (/(?:s|x|z|ch|sh)$/.test(word)) return `${word}es`;
  return /[^aeiou]y$/.test(word) ? `${word.slice(0, -1)}ies` : `${word}s`;
}

/** The name of the CustomResourceDefinition of a kind; null for kinds of Kubernetes' own API. */
export function definitionName({ group, plural }: UnknownKind): string | null {
  return group === '' || isBuiltIn(group) ? null : `${plural}.${group}`;
}

const ownGroups = new Set([
  ...[...removedApis.keys()].map((version) => version.split('/')[0] ?? ''),
  'authentication.k8s.io',
  'authorization.k8s.io',
  'resource.k8s.io',
]);

/** Whether a group is served by the API server itself. */
const isBuiltIn = (group: string): boolean => ownGroups.has(group);

/** Whether a text holds a word as a word of its own. */
export const hasWord = (text: string, word: string): boolean =>
  word !== '' && new RegExp(`(?<![\\w-])${RegExp.escape(word)}(?![\\w-])`).test(text);

/** `MAIL_SERVER_URL` where a program misses the url of its mail server: the last part of the name, and another one. */
export function speaksOfSetting(text: string, name: string): boolean {
  const words = text.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  const joined = text.toLowerCase();
  const parts = name
    .toLowerCase()
    .split(/[_.]/)
    .filter((part) => part.length > 2);
  const isIn = (part: string | undefined): boolean =>
    part !== undefined && (hasWord(words, part) || hasWord(joined, part));
  return isIn(parts.at(-1)) && parts.slice(0, -1).some(isIn);
}
