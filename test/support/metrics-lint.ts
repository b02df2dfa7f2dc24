const foreign = /^(process|nodejs)_/;
/** Units that are not base units (https://prometheus.io/docs/practices/naming/#base-units). */
const wrongUnits = /_(ms|milliseconds|minutes|hours|days|kb|kib|mb|mib|percent)(_|$)/;

/** What is wrong with a scrape, one sentence each: names, help, units and labels, as promtool and UX.md 5.1 see it. */
export function lintMetrics(text: string): string[] {
  const problems: string[] = [];
  const help = new Set([...text.matchAll(/^# HELP (\S+) \S.*$/gm)].map((match) => match[1]));
  for (const [, name = '', type = ''] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    if (foreign.test(name)) continue;
    if (!/^nightcrier_[a-z][a-z0-9_]*$/.test(name)) problems.push(`${name}: not a nightcrier_ name`);
    if (!help.has(name)) problems.push(`${name}: no help`);
    if (type === 'counter' && !name.endsWith('_total')) problems.push(`${name}: a counter ends in _total`);
    if (type !== 'counter' && name.endsWith('_total')) problems.push(`${name}: only a counter ends in _total`);
    if (type === 'histogram' && !/_(seconds|bytes)$/.test(name)) problems.push(`${name}: a histogram names its unit`);
    if (wrongUnits.test(name)) problems.push(`${name}: not a base unit`);
    if (type === 'histogram' && new RegExp(`^${name}_bucket\\{[^}]*cluster="`, 'm').test(text)) {
      problems.push(`${name}: no cluster label on histograms`);
    }
  }
  return problems;
}

/** How many series of ours carry each value of the label `cluster`. */
export function seriesPerCluster(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [, cluster = ''] of text.matchAll(/^[a-z][^ {]*\{(?:[^}]*,)?cluster="([^"]*)"/gm)) {
    counts.set(cluster, (counts.get(cluster) ?? 0) + 1);
  }
  return counts;
}
