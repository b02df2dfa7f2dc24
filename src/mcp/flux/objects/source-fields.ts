import { type FluxObject, textOf } from './flux-object.ts';

/** Where a source is from, without credentials; undefined for kinds that are made from others. */
export function urlOf({ kind, spec }: FluxObject): string | undefined {
  if (kind !== 'Bucket') return textOf(spec?.url);
  const parts = [textOf(spec?.endpoint), textOf(spec?.bucketName)].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.join('/');
}

/** What of that place is taken, as `key=value`; undefined when the source does not say. */
export function revisionOf({ kind, spec }: FluxObject): string | undefined {
  const chart = kind === 'HelmChart' ? { chart: spec?.chart, version: spec?.version } : {};
  const fields = { ...spec?.ref, ...chart, prefix: spec?.prefix };
  const said = Object.entries(fields).flatMap(([key, value]) => {
    const text = textOf(value);
    return text === undefined ? [] : [`${key}=${text}`];
  });
  return said.length === 0 ? undefined : said.join(' ');
}
