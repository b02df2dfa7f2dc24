/** Where the collector writes things, and where everything later reads them. */
export const indexPath = 'evidence/index.json';

export function objectPath(kind: string, namespace: string | null, name: string): string {
  return `evidence/objects/${safeSegment(namespace ?? '_cluster')}/${safeSegment(kind)}/${safeSegment(name)}.json`;
}

export function logPath(namespace: string, pod: string, container: string, previous: boolean): string {
  const suffix = previous ? '.previous.log' : '.log';
  return `evidence/logs/${safeSegment(namespace)}/${safeSegment(pod)}/${safeSegment(container)}${suffix}`;
}

export function eventsPath(namespace: string): string {
  return `evidence/events/${safeSegment(namespace === '' ? '_cluster' : namespace)}.json`;
}

/** The parts of a log's path; null for another path. */
export function parseLogPath(path: string) {
  const match = /^evidence\/logs\/([^/]+)\/([^/]+)\/(.+?)(\.previous)?\.log$/.exec(path);
  if (!match) return null;
  const [, namespace = '', pod = '', container = '', previous] = match;
  return { namespace, pod, container, previous: previous !== undefined };
}

/** Kubernetes names are safe already; what a hostile server sends is not (`../`, control characters). */
function safeSegment(name: string): string {
  const safe = name.replace(/[^A-Za-z0-9._:-]/g, '_').replace(/^\.+$/, '_');
  return safe === '' ? '_' : safe.slice(0, 200);
}

const maxQuote = 400;

/**
 * The part of `text` that says `wanted`, as it stands there: literally, escaped as in a JSON string, or its first line.
 * Null when it is not in the text. At most 400 characters.
 */
export function findQuote(text: string, wanted: string): string | null {
  for (const candidate of candidates(wanted)) {
    if (candidate !== '' && text.includes(candidate)) return candidate;
  }
  return null;
}

function* candidates(wanted: string): Generator<string> {
  const cut = wanted.slice(0, maxQuote);
  yield cut;
  yield escaped(cut);
  const line = (wanted.split('\n')[0] ?? '').slice(0, maxQuote).trim();
  yield line;
  yield escaped(line);
  // A message that a wrapper repeats with other quotes: its longest part without any.
  const part = line.split(/["'\\]/).sort((a, b) => b.length - a.length)[0] ?? '';
  if (part.trim().length >= 12) yield part.trim();
}

const escaped = (text: string): string => JSON.stringify(text).slice(1, -1);
