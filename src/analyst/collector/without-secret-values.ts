import { X509Certificate } from 'node:crypto';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { recordAt } from '../graph/fields.ts';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * The object as it may be kept: of a Secret only names, keys and the sizes of values; the dates of a public certificate
 * in it are kept, because an expired one is a cause. Copies of the whole object in annotations go too.
 */
export function withoutSecretValues(object: KubeObject): KubeObject {
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
