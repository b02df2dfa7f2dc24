import { familyOf } from '../fault-types.ts';
import type { Family, FaultSignal } from '../fault.ts';
import { imageIn, registryOf } from './signs.ts';

/** The registry answered that it has no such image: what is wrong is the name, not the registry. */
const noSuchImage =
  /\bnot found\b|manifest unknown|manifest invalid|does not exist|no match for platform|InvalidImageName|couldn't parse image/i;
/** The registry answered and refused: who asks is wrong (a pull secret, a token), not the registry. */
const refused =
  /\bunauthorized\b|\bforbidden\b|\bdenied\b|authentication required|authorization failed|no basic auth credentials|insufficient_scope/i;
const maxLength = 300;

/**
 * By what a fault is the same in other clusters before anybody has looked into it: the image that does not exist, or the
 * registry that does not give any. Null for faults of which nothing says so, such as pulls that are not authorized.
 */
export function faultSignature(fault: Pick<FaultSignal, 'faultType' | 'family' | 'context'>): string | null {
  if ((fault.family ?? familyOf(fault.faultType)) !== 'image') return null;
  const image = imageIn(fault.context);
  if (image === null) return null;
  if (noSuchImage.test(fault.context)) return `image ${image}`;
  return refused.test(fault.context.replaceAll(image, '')) ? null : `registry ${registryOf(image)}`;
}

/** By what an answer is the same in other clusters: mechanism and wrong value. Null where it names no value. */
export function causeSignature(
  family: Family,
  cause: { mechanism: string; wrong_value: string | null },
): string | null {
  const { mechanism, wrong_value: value } = cause;
  if (value === null || value.trim() === '' || mechanism === 'other') return null;
  return `cause ${family} ${mechanism} ${value}`.slice(0, maxLength);
}

/** `registry r.example cannot be pulled from`: texts of a cluster, not yet made safe for any output. */
export function signatureWords(signature: string): string {
  const [kind = '', ...rest] = signature.split(' ');
  if (kind === 'image') return `image ${rest.join(' ')} does not exist`;
  if (kind === 'registry') return `pulls from registry ${rest.join(' ')} fail`;
  const [, mechanism = '', ...value] = rest;
  return `${mechanism.replaceAll('_', ' ')}: ${value.join(' ')}`;
}

/** The signature that at least half of them share; null when there is none. */
export function sharedSignature(signatures: readonly (string | null)[]): string | null {
  for (const [signature, all] of Map.groupBy(signatures, (one) => one)) {
    if (signature !== null && all.length * 2 >= signatures.length) return signature;
  }
  return null;
}
