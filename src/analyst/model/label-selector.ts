import { listAt, textAt, textsAt } from './fields.ts';

type Labels = Readonly<Record<string, string>>;

/** Whether a LabelSelector (matchLabels, matchExpressions) takes `labels`; an empty one takes everything. */
export function matchesSelector(selector: unknown, labels: Labels): boolean {
  for (const [key, value] of Object.entries(textsAt(selector, 'matchLabels'))) {
    if (labels[key] !== value) return false;
  }
  return listAt(selector, 'matchExpressions').every((rule) => matchesExpression(rule, labels));
}

/** Whether one requirement of a selector (also of node affinity) holds for `labels`. */
export function matchesExpression(rule: unknown, labels: Labels): boolean {
  const value = labels[textAt(rule, 'key')];
  const values = listAt(rule, 'values').map(String);
  switch (textAt(rule, 'operator')) {
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
