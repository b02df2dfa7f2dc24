/** What a request to the Kubernetes API is about, as the API server itself would read its path. */
export interface Target {
  /** Empty for what is no resource. */
  readonly group: string;
  readonly version: string;
  /** Plural name in lower case, empty for what is no resource. */
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string | null;
  readonly name: string | null;
  /** The segments of the path, decoded. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
}

export type ParsedTarget =
  | { readonly kind: 'target'; readonly target: Target }
  /** `rule` names what is wrong with the address. */
  | {
      readonly kind: 'malformed';
      readonly rule: 'path.form' | 'path.encoding' | 'query.form';
      readonly reason: string;
    };

const maxLength = 8192;

/**
 * Reads the address of a request below `/k8s`, exactly as it came in the request line. Each segment is decoded once;
 * what could be read in another way by anybody on the way is refused, not mended.
 */
export function parseTarget(address: string): ParsedTarget {
  if (address.length > maxLength) return malformed('path.form', `the address is longer than ${maxLength} characters`);
  if (!address.startsWith('/')) return malformed('path.form', 'the address is no absolute path');
  // Printable ASCII without a space: nothing else stands in a request line that is honest.
  if (!/^[\x21-\x7e]*$/.test(address) || address.includes('#') || address.includes('\\')) {
    return malformed('path.form', 'the address holds a character that none needs');
  }
  const [path = '', ...rest] = address.split('?');
  if (rest.length > 1) return malformed('query.form', 'the address has two queries');
  const segments: string[] = [];
  for (const raw of path.slice(1).split('/')) {
    const segment = decoded(raw);
    if (segment === null) return malformed('path.encoding', 'a part of the path is encoded in a way that is refused');
    if (segment === '' || segment === '.' || segment === '..') {
      return malformed('path.form', 'a part of the path is empty or a dot');
    }
    segments.push(segment);
  }
  const query = parseQuery(rest[0] ?? '');
  if (query === null) return malformed('query.form', 'the query is encoded in a way that is refused');
  return { kind: 'target', target: { ...resourceOf(segments), segments, query } };
}

/** Null when it is not to be had in one reading: what is left after decoding must need none and separate nothing. */
function decoded(raw: string): string | null {
  let text: string;
  try {
    text = decodeURIComponent(raw);
  } catch {
    return null;
  }
  return /^[\x20-\x7e]*$/.test(text) && !/[%/\\?#;]/.test(text) ? text : null;
}

function parseQuery(text: string): URLSearchParams | null {
  if (text === '') return new URLSearchParams();
  // A semicolon separates for some and not for others.
  if (text.includes(';')) return null;
  try {
    decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return null;
  }
  const query = new URLSearchParams(text);
  const names = [...query.keys()];
  return new Set(names).size === names.length ? query : null;
}

type ResourcePart = Pick<Target, 'group' | 'version' | 'resource' | 'subresource' | 'namespace' | 'name'>;

/** As k8s.io/apiserver/pkg/endpoints/request reads it; the old prefixes `watch` and `proxy` are resources here, which `decide.ts` refuses. */
function resourceOf(segments: readonly string[]): ResourcePart {
  const none = { group: '', version: '', resource: '', subresource: '', namespace: null, name: null };
  const [root, first, second] = segments;
  if (root === 'api' && segments.length >= 3) return inVersion({ ...none, version: first ?? '' }, segments.slice(2));
  if (root === 'apis' && segments.length >= 4) {
    return inVersion({ ...none, group: first ?? '', version: second ?? '' }, segments.slice(3));
  }
  return none;
}

/** Subresources of a namespace; anything else behind its name is a resource in it. */
const ofNamespace = new Set(['status', 'finalize']);

function inVersion(base: ResourcePart, parts: readonly string[]): ResourcePart {
  const [first = '', name = null, third, ...more] = parts;
  if (
    first === 'namespaces' &&
    name !== null &&
    third !== undefined &&
    !(more.length === 0 && ofNamespace.has(third))
  ) {
    const [inside = null, ...subresource] = more;
    return { ...base, resource: third, namespace: name, name: inside, subresource: subresource.join('/') };
  }
  const subresource = [third, ...more].filter((part) => part !== undefined).join('/');
  return { ...base, resource: first, name, subresource };
}

function malformed(rule: 'path.form' | 'path.encoding' | 'query.form', reason: string): ParsedTarget {
  return { kind: 'malformed', rule, reason };
}
