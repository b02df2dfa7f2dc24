/** Unique names of `[A-Za-z0-9_-]{1,63}`: the last part of an ARN, other signs as `-`, a number where two are alike. */
export function clusterNames(contexts: readonly string[]): string[] {
  const used = new Set<string>();
  return contexts.map((context) => {
    const last = context.startsWith('arn:') ? (context.split('/').at(-1) ?? context) : context;
    const base =
      last
        .replace(/[^A-Za-z0-9_-]+/g, '-')
        .replace(/^-+|-+$/g, '')
        .slice(0, 60) || 'cluster';
    let name = base;
    for (let number = 2; used.has(name); number += 1) name = `${base.slice(0, 58)}-${number}`;
    used.add(name);
    return name;
  });
}
