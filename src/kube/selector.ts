import { type LabelSelector, items } from './objects.ts';

type Labels = Readonly<Record<string, string>> | null | undefined;

/** Whether labels fit an equality selector (a Service's). An empty selector fits nothing here. */
export function matchesLabels(selector: Labels, labels: Labels): boolean {
  const wanted = Object.entries(selector ?? {});
  return wanted.length > 0 && wanted.every(([key, value]) => labels?.[key] === value);
}

/** Whether labels fit a workload's selector (Kubernetes API conventions: all parts must fit). */
export function matchesSelector(selector: LabelSelector | null | undefined, labels: Labels): boolean {
  const equal = Object.entries(selector?.matchLabels ?? {});
  if (!equal.every(([key, value]) => labels?.[key] === value)) return false;
  return items(selector?.matchExpressions).every(({ key = '', operator, values }) => {
    const value = labels?.[key];
    if (operator === 'Exists') return value !== undefined;
    if (operator === 'DoesNotExist') return value === undefined;
    if (operator === 'In') return value !== undefined && (values ?? []).includes(value);
    return value === undefined || !(values ?? []).includes(value);
  });
}
