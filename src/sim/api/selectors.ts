import type { KubeObject } from '../../kube/cluster-reader.ts';
import { matchesExpression } from '../../kube/selectors.ts';

/** A selector that the API would refuse; the message is the API's. */
export class SelectorError extends Error {}

type Test = (object: KubeObject) => boolean;

/** A label selector (`app=api,tier!=db,env in (a,b),!legacy`) as a test of one object. @throws SelectorError */
export function labelTest(selector: string | undefined): Test {
  const tests = splitTop(selector ?? '').map(labelRequirement);
  return (object) => tests.every((test) => test(object.metadata.labels ?? {}));
}

/** A field selector (`type=Warning,involvedObject.kind!=Pod`) as a test of one object. @throws SelectorError */
export function fieldTest(selector: string | undefined): Test {
  const tests = splitTop(selector ?? '').map(fieldRequirement);
  return (object) => tests.every((test) => test(object));
}

/** Splits at commas outside parentheses. */
function splitTop(selector: string): string[] {
  return selector
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function labelRequirement(text: string): (labels: Readonly<Record<string, string>>) => boolean {
  const rule = requirementOf(text);
  return (labels) => matchesExpression(rule, labels);
}

function requirementOf(text: string): { key: string; operator: string; values: string[] } {
  const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(text);
  if (set) {
    const [, key = '', operator, list = ''] = set;
    return { key, operator: operator === 'in' ? 'In' : 'NotIn', values: list.split(',').map((value) => value.trim()) };
  }
  const pair = /^([^=!\s]+)\s*(==|=|!=)\s*(.*)$/.exec(text);
  if (pair) {
    const [, key = '', operator, value = ''] = pair;
    return { key, operator: operator === '!=' ? 'NotIn' : 'In', values: [value] };
  }
  const bare = /^(!?)([A-Za-z0-9./_-]+)$/.exec(text);
  if (!bare) throw new SelectorError(`unable to parse requirement: ${text}`);
  const [, not, key = ''] = bare;
  return { key, operator: not === '' ? 'Exists' : 'DoesNotExist', values: [] };
}

function fieldRequirement(text: string): Test {
  const pair = /^([^=!]+)(==|=|!=)(.*)$/.exec(text);
  if (!pair) throw new SelectorError(`invalid selector: '${text}'; can't understand '${text}'`);
  const [, path = '', operator, value = ''] = pair;
  return (object) => (fieldValue(object, path) === value) === (operator !== '!=');
}

/** The text of a field; what is absent reads as empty, as in the API. */
function fieldValue(object: KubeObject, path: string): string {
  let value: unknown = object;
  for (const key of path.split('.')) {
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  }
  if (path === 'source' && object.kind === 'Event') return eventSource(object);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

function eventSource(event: KubeObject): string {
  const component = (event['source'] as { component?: string } | undefined)?.component;
  return component || ((event['reportingComponent'] as string | undefined) ?? '');
}
