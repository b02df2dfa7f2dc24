import { items } from './objects.ts';

type Labels = Readonly<Record<string, string>>;

/** One requirement of a label selector, or of node affinity (`Gt`, `Lt`). Whatever a server sends may stand in a field. */
interface Requirement {
  readonly key?: unknown;
  readonly operator?: unknown;
  readonly values?: unknown;
}

/** Whether labels fit an equality selector (a Service's). An empty selector fits nothing here. */
export function matchesLabels(selector: Labels | null | undefined, labels: Labels | null | undefined): boolean {
  const wanted = Object.entries(selector ?? {});
  return wanted.length > 0 && wanted.every(([key, value]) => labels?.[key] === value);
}

/** Whether a LabelSelector (matchLabels, matchExpressions) takes `labels`; an empty one takes everything. */
export function matchesSelector(selector: unknown, labels: Labels): boolean {
  const { matchLabels, matchExpressions } = isObject(selector) ? selector : {};
  const pairs = Object.entries(isObject(matchLabels) ? matchLabels : {});
  if (pairs.some(([key, value]) => typeof value === 'string' && labels[key] !== value)) return false;
  return items(matchExpressions as readonly Requirement[] | null | undefined).every((rule) =>
    matchesExpression(rule, labels),
  );
}

/** Whether one requirement holds for `labels`. */
export function matchesExpression(rule: unknown, labels: Labels): boolean {
  const { key, operator, values: given }: Requirement = isObject(rule) ? rule : {};
  const value = typeof key === 'string' && Object.hasOwn(labels, key) ? labels[key] : undefined;
  const values = Array.isArray(given) ? given.map(String) : [];
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return false;
  }
}

/** `a=b,c=d` as the API takes it. */
export function selectorText(selector: Labels): string {
  return Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
