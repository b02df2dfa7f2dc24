import { oneLine, printable } from '../../lib/text.ts';
import type { JsonPath } from './json-place.ts';
import { fieldOf } from './objects.ts';

/** What a field of an object is called, in the form of code and in words. */
export interface FieldWords {
  /** `status.containerStatuses[cart].lastState.terminated.exitCode`. */
  readonly field: string;
  /** `container cart, last run`; empty when the object itself is meant. */
  readonly part: string;
  /** `exit code`. */
  readonly name: string;
  readonly value: string;
}

/** The words for a member of an object, its value with them. Names of elements stand for their numbers. */
export function fieldWords(object: unknown, path: JsonPath): FieldWords {
  const field: string[] = [];
  const parts: string[] = [];
  let rest: string[] = [];
  let current: unknown = object;
  let list = '';
  for (const key of path) {
    current = fieldOf(current, key);
    if (typeof key === 'number') {
      const label = labelOf(current) ?? String(key);
      field.push(`${field.pop() ?? ''}[${oneLine(label, 100)}]`);
      parts.push(`${elementWord(list)} ${oneLine(typeof label === 'string' ? label : '', 100)}`);
      rest = [];
    } else {
      field.push(oneLine(key, 100));
      list = key;
      rest.push(key);
    }
  }
  const names = rest.filter((key) => !said.has(key));
  const ran = names.filter((key) => key === 'lastState').map(() => 'last run');
  const name = names.filter((key) => key !== 'lastState').map(spacedKey);
  return {
    field: field.join('.'),
    part: [...parts, ...ran].join(', '),
    name: oneLine(name.join(' '), 120),
    value: valueText(current),
  };
}

/** Keys that say nothing to a reader: every object has them. */
const said = new Set(['status', 'spec', 'metadata', 'template', 'state', 'terminated', 'data', 'stringData']);

const elements: Readonly<Record<string, string>> = {
  containers: 'container',
  containerStatuses: 'container',
  initContainers: 'init container',
  initContainerStatuses: 'init container',
  ephemeralContainers: 'debug container',
  ephemeralContainerStatuses: 'debug container',
  volumeMounts: 'mount',
  env: 'variable',
};

function elementWord(list: string): string {
  return elements[list] ?? (spacedKey(list).replace(/ies$/, 'y').replace(/s$/, '') || 'entry');
}

function labelOf(element: unknown): string | null {
  const named = [fieldOf(element, 'name'), fieldOf(element, 'type'), fieldOf(element, 'key')];
  return named.find((label): label is string => typeof label === 'string' && label !== '') ?? null;
}

/** `exitCode` → `exit code`; names that people gave stay as they are. */
function spacedKey(key: string): string {
  if (!/^[a-z][A-Za-z]*$/.test(key)) return printable(key);
  return key.replace(/[A-Z]+/g, (capitals) => ` ${capitals.toLowerCase()}`);
}

function valueText(value: unknown): string {
  if (value === undefined) return '';
  if (value === '') return 'empty';
  return oneLine(typeof value === 'string' ? value : JSON.stringify(value), 300);
}
