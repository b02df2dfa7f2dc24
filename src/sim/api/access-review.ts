import type { AccessAttributes } from './kube-status.ts';

export interface ReviewSpec {
  readonly resourceAttributes?: Partial<AccessAttributes>;
}

/**
 * The spec of a posted SelfSubjectAccessReview: JSON, or the protobuf form that `kubectl auth can-i` sends
 * (k8s.io/api/authorization/v1 generated.proto). Null when it is neither.
 */
export function reviewSpec(body: Buffer): ReviewSpec | null {
  try {
    if (body.subarray(0, 4).equals(protobufMark)) return protobufSpec(body.subarray(4));
    return (JSON.parse(body.toString('utf8')) as { spec?: ReviewSpec }).spec ?? {};
  } catch {
    return null;
  }
}

const protobufMark = Buffer.from('k8s\0');

/** Names of ResourceAttributes by field number. */
const attributeFields: Readonly<Record<number, keyof AccessAttributes>> = {
  1: 'namespace',
  2: 'verb',
  3: 'group',
  5: 'resource',
  6: 'subresource',
  7: 'name',
};

function protobufSpec(envelope: Buffer): ReviewSpec {
  const raw = fieldsOf(envelope).get(2) ?? Buffer.alloc(0);
  const spec = fieldsOf(raw).get(2) ?? Buffer.alloc(0);
  const attributes = fieldsOf(spec).get(1);
  if (!attributes) return {};
  const entries = [...fieldsOf(attributes)].flatMap(([number, value]) => {
    const name = attributeFields[number];
    return name ? [[name, value.toString('utf8')]] : [];
  });
  return { resourceAttributes: Object.fromEntries(entries) };
}

/** Length-delimited fields of a protobuf message by number; numbers are passed over. @throws RangeError when cut */
function fieldsOf(message: Buffer): Map<number, Buffer> {
  const fields = new Map<number, Buffer>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message.readUInt8(at);
      at += 1;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const wireType = tag % 8;
    if (wireType === 0) varint();
    else if (wireType === 2) {
      const length = varint();
      fields.set(Math.floor(tag / 8), message.subarray(at, at + length));
      at += length;
    } else throw new RangeError(`unexpected wire type ${wireType}`);
  }
  return fields;
}
