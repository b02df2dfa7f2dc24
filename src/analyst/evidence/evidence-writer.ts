import { X509Certificate } from 'node:crypto';
import type { EvidenceFile } from '../../domain/ports.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { eventsPath, indexPath, logPath, objectPath } from '../model/evidence-files.ts';
import { recordAt } from '../model/fields.ts';

const maxFiles = 1500;

/** Keeps what was read, most telling first, and turns it into the files of `evidence/`, at most `maxBytes` in all. */
export class EvidenceWriter {
  readonly missing: string[] = [];
  readonly #objects = new Map<string, KubeObject>();
  readonly #events = new Map<string, Map<string, KubeObject>>();
  readonly #logs = new Map<string, string>();
  readonly #absent = new Set<string>();
  readonly #lists = new Set<string>();
  readonly #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  addObject(object: KubeObject): void {
    const namespace = object.metadata.namespace ?? null;
    if (object.kind === 'Event') {
      const key = namespace ?? '';
      const events = this.#events.get(key) ?? new Map<string, KubeObject>();
      events.set(object.metadata.name, object);
      this.#events.set(key, events);
      return;
    }
    this.#objects.set(objectPath(object.kind, namespace, object.metadata.name), withoutSecretValues(object));
  }

  addLog(namespace: string, pod: string, container: string, previous: boolean, text: string): void {
    this.#logs.set(logPath(namespace, pod, container, previous), text);
  }

  addAbsent(kind: string, namespace: string | null, name: string): void {
    this.#absent.add(`${kind} ${namespace === null ? '' : `${namespace}/`}${name}`);
  }

  /** A list of a whole namespace (or cluster) that was complete: what it lacks does not exist. */
  addCompleteList(kind: string, namespace: string | null, names: readonly string[]): void {
    const shown = [...names].sort().slice(0, 60).join(', ');
    const more = names.length > 60 ? ` and ${names.length - 60} more` : '';
    this.#lists.add(`all ${kind} in ${namespace ?? 'the cluster'}: ${names.length === 0 ? 'none' : shown}${more}`);
  }

  /** The files, bounded; what does not fit is counted in `missing` and in the index. */
  files(about: Record<string, unknown>): EvidenceFile[] {
    const files: EvidenceFile[] = [];
    let bytes = 0;
    let dropped = 0;
    const add = (path: string, text: string): void => {
      if (bytes + text.length > this.#maxBytes || files.length >= maxFiles) {
        dropped += 1;
        return;
      }
      bytes += text.length;
      files.push({ path, text });
    };
    for (const [path, text] of this.#logs) add(path, text);
    for (const [namespace, events] of this.#events) {
      add(eventsPath(namespace), JSON.stringify([...events.values()], null, 1));
    }
    for (const [path, object] of this.#objects) add(path, JSON.stringify(object, null, 2));
    const missing =
      dropped === 0 ? this.missing : [...this.missing, `${dropped} files over the size limit of evidence`];
    files.push({
      path: indexPath,
      text: JSON.stringify(
        { ...about, absent: [...this.#absent].sort(), lists: [...this.#lists].sort(), missing },
        null,
        1,
      ),
    });
    return files;
  }
}

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * The object as it may be kept: of a Secret only names, keys and the sizes of values; the dates of a public certificate
 * in it are kept, because an expired one is a cause. Copies of the whole object in annotations go too.
 */
function withoutSecretValues(object: KubeObject): KubeObject {
  if (object.kind !== 'Secret') return object;
  const { [lastApplied]: _copy, ...annotations } = object.metadata.annotations ?? {};
  const data: Record<string, string> = {};
  for (const [key, value] of Object.entries(recordAt(object, 'data'))) data[key] = describe(value);
  const { stringData: _plain, ...rest } = object;
  return { ...rest, metadata: { ...object.metadata, annotations }, data };
}

function describe(value: unknown): string {
  if (typeof value !== 'string') return 'value not kept';
  const bytes = Buffer.from(value, 'base64');
  const text = bytes.toString('utf8');
  if (text.startsWith('-----BEGIN CERTIFICATE-----')) {
    try {
      const certificate = new X509Certificate(text);
      return `certificate of ${certificate.subject.replace(/\s+/g, ' ')}, valid until ${certificate.validToDate.toISOString()}`;
    } catch {
      // Not a certificate after all: the size is enough.
    }
  }
  return `value not kept, ${bytes.length} bytes`;
}
