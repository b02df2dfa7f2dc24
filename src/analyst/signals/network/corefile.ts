/** A directive of CoreDNS's configuration, with what stands in its block. */
export interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  /** The line as it stands in the file, without its indent. */
  readonly line: string;
  readonly inner: readonly string[];
}

/** A server block: the zones that it serves, and its plugins. */
export interface ServerBlock {
  readonly zones: readonly string[];
  readonly directives: readonly Directive[];
}

/** Reads a Corefile as far as its blocks go; never throws for what it holds. */
export function readCorefile(text: string): readonly ServerBlock[] {
  const blocks: ServerBlock[] = [];
  let directives: Directive[] = [];
  let inner: string[] | null = null;
  let depth = 0;
  for (const raw of text.split('\n').slice(0, 500)) {
    const line = raw.replace(/(?:^|\s)#.*$/, '').trim();
    if (line === '') continue;
    const opens = line.endsWith('{');
    const [name = '', ...args] = line.replace(/\{$/, '').trim().split(/\s+/);
    if (line === '}') {
      depth -= 1;
      if (depth === 1) inner = null;
    } else if (depth === 0) {
      directives = [];
      blocks.push({ zones: [name, ...args].map(zoneOf), directives });
      if (opens) depth = 1;
    } else if (depth === 1) {
      inner = opens ? [] : null;
      directives.push({ name, args, line: line.replace(/\s*\{$/, ''), inner: inner ?? [] });
      if (opens) depth = 2;
    } else inner?.push(line);
  }
  return blocks;
}

/** `dns://.:53` → `.`; `corp.example:53` → `corp.example`. */
const zoneOf = (text: string): string =>
  text
    .replace(/^\w+:\/\//, '')
    .replace(/:\d+$/, '')
    .replace(/(.)\.$/, '$1');

/** Whether a name lies in a zone; `.` holds every name. */
export function inZone(name: string, zone: string): boolean {
  const plain = zone.replace(/\.$/, '').toLowerCase();
  return plain === '' || name === plain || name.endsWith(`.${plain}`);
}

/** The block that answers for a name: the one with the longest zone. */
export function blockFor(blocks: readonly ServerBlock[], name: string): ServerBlock | null {
  let best: { block: ServerBlock; length: number } | null = null;
  for (const block of blocks) {
    for (const zone of block.zones) {
      const length = zone === '.' ? 0 : zone.length;
      if (inZone(name, zone) && (!best || length > best.length)) best = { block, length };
    }
  }
  return best?.block ?? null;
}
