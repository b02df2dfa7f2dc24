type Labels = Readonly<Record<string, string>> | null | undefined;

/** Whether labels fit an equality selector (a Service's). An empty selector fits nothing here. */
export function matchesLabels(selector: Labels, labels: Labels): boolean {
  const wanted = Object.entries(selector ?? {});
  return wanted.length > 0 && wanted.every(([key, value]) => labels?.[key] === value);
}
