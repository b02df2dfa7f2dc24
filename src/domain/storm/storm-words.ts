import type { SharedSign, SignName, StormMember } from '../fault.ts';

const words: Readonly<Record<SignName, string>> = {
  webhook: 'met admission webhook',
  node: 'on node',
  image: 'pull image',
  dns: 'cannot resolve',
  registry: 'pull from registry',
  zone: 'in zone',
  namespace: 'in namespace',
  fault_type: 'of type',
};

/** `41 of 47 on node n1`. The value is a text of a cluster, not yet made safe for any output. */
export function sharedWords({ sign, value, count, of }: SharedSign): string {
  return `${count === of ? `all ${of}` : `${count} of ${of}`} ${words[sign]} ${value}`;
}

/** `CrashLoop · shop/cart (Deployment)`: texts of a cluster, as above. */
export function memberText({ faultType, owner }: Pick<StormMember, 'faultType' | 'owner'>): string {
  const name = owner.namespace === null ? owner.name : `${owner.namespace}/${owner.name}`;
  return `${faultType} · ${name} (${owner.kind})`;
}
