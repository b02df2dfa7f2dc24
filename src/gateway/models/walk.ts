import { isObject, type JsonObject } from './provider.ts';

/**
 * Whether any object of a JSON value, at any depth and in lists, is such a one. A value that was parsed is bounded; the
 * stack is not used, so depth does not matter.
 * @param inner what of an object is looked at further: leave out what the provider takes for plain data
 */
export function anyObject(
  root: unknown,
  isSuch: (found: JsonObject) => boolean,
  inner: (found: JsonObject) => readonly unknown[] = Object.values,
): boolean {
  const open: unknown[] = [root];
  for (let value = open.pop(); value !== undefined || open.length > 0; value = open.pop()) {
    if (isObject(value) && isSuch(value)) return true;
    const members = Array.isArray(value) ? (value as unknown[]) : isObject(value) ? inner(value) : [];
    for (const member of members) open.push(member);
  }
  return false;
}

/** The members of an object without some keys. */
export function without(holder: JsonObject, ...keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(holder).filter(([key]) => !keys.includes(key)));
}

/** Whether a value is not there, or a list of such objects and of nothing else. */
export function isListOf(value: unknown, isSuch: (found: JsonObject) => boolean): boolean {
  if (value === undefined || value === null) return true;
  return Array.isArray(value) && value.every((found: unknown) => isObject(found) && isSuch(found));
}
