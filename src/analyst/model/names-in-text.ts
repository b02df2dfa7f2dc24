import { noHosts } from './lexicon.ts';

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
  new RegExp(
    `(?:host ?name|host|resolve|lookup|name|address|getaddrinfo(?: ENOTFOUND| EAI_AGAIN)?|can't find|can't resolve|bad address|UnknownHostException:?) "?'?(${name})()`,
    'gi',
  ),
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
