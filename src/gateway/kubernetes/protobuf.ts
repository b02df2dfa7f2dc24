/**
 * The little of the Kubernetes protobuf encoding that kubectl uses to ask what it may do: an envelope with a review in it,
 * of which every field that counts is a string. k8s.io/apimachinery/pkg/runtime/generated.proto,
 * k8s.io/api/authorization/v1/generated.proto.
 */

/** A review in the shape of its JSON; null for bytes that are none. */
export function decodeReview(bytes: Buffer): object | null {
  if (bytes.subarray(0, 4).toString('latin1') !== 'k8s\0') return null;
  try {
    const [raw] = messages(bytes.subarray(4)).get(2) ?? [];
    const [spec] = raw === undefined ? [] : (messages(raw).get(2) ?? []);
    if (spec === undefined) return { spec: {} };
    const fields = messages(spec);
    const [first] = fields.get(1) ?? [];
    const [second] = fields.get(2) ?? [];
    return {
      spec: {
        // The one string of a rules review, or the message of an access review: both are field 1.
        namespace: first?.toString('utf8') ?? '',
        resourceAttributes: first === undefined ? null : named(first, resourceNames),
        nonResourceAttributes: second === undefined ? null : named(second, pathNames),
      },
    };
  } catch {
    return null;
  }
}

const resourceNames = ['namespace', 'verb', 'group', 'version', 'resource', 'subresource', 'name'];
const pathNames = ['path', 'verb'];

function named(message: Buffer, names: readonly string[]): Record<string, string> | null {
  try {
    const fields = messages(message);
    return Object.fromEntries(names.map((name, at) => [name, fields.get(at + 1)?.[0]?.toString('utf8') ?? '']));
  } catch {
    return null;
  }
}

/** No message of a review has more. */
const maxFields = 64;

/** The fields of a message that are strings or messages, by number. @throws RangeError on anything that is no message */
function messages(bytes: Buffer): Map<number, Buffer[]> {
  const found = new Map<number, Buffer[]>();
  let at = 0;
  let count = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = bytes.readUInt8(at);
      at += 1;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError('a number is too long');
  };
  while (at < bytes.length) {
    const tag = varint();
    const [field, type] = [Math.floor(tag / 8), tag % 8];
    if (type === 0) varint();
    else if (type === 2) {
      const length = varint();
      if (at + length > bytes.length) throw new RangeError('a field is longer than its message');
      count += 1;
      if (count > maxFields) throw new RangeError('too many fields');
      const same = found.get(field);
      if (same === undefined) found.set(field, [bytes.subarray(at, at + length)]);
      else same.push(bytes.subarray(at, at + length));
      at += length;
    } else throw new RangeError(`a field of type ${type}`);
  }
  return found;
}
