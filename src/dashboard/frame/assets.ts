import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

/** Addresses of what pages load; each holds a digest of its content, so that it can be kept for ever. */
export interface AssetUrls {
  readonly style: string;
  readonly script: string;
  readonly keys: string;
  /** Idiomorph: changes a page into a newer one and keeps focus and what is typed. */
  readonly morph: string;
  readonly icon: string;
}

export interface Asset {
  readonly type: string;
  readonly content: Buffer;
  readonly gzip: Buffer;
}

export interface Assets {
  readonly urls: AssetUrls;
  /** By the last part of its address, null for one that is not (any more) served. */
  get(name: string): Asset | null;
}

const ours = new URL('../assets/', import.meta.url);

const files = {
  style: { name: 'dashboard', extension: 'css', type: 'text/css; charset=utf-8' },
  script: { name: 'dashboard', extension: 'js', type: 'text/javascript; charset=utf-8' },
  keys: { name: 'keys', extension: 'js', type: 'text/javascript; charset=utf-8' },
  morph: { name: 'idiomorph', extension: 'js', type: 'text/javascript; charset=utf-8' },
  icon: { name: 'icon', extension: 'svg', type: 'image/svg+xml' },
} as const;

/** Reads what pages load, from the package. */
export async function loadAssets(): Promise<Assets> {
  const [style, script, keys, morph, icon] = await Promise.all([
    read(files.style, new URL('dashboard.css', ours)),
    read(files.script, new URL('dashboard.js', ours)),
    read(files.keys, new URL('keys.js', ours)),
    read(files.morph, new URL(import.meta.resolve('idiomorph/dist/idiomorph.min.js'))),
    read(files.icon, new URL('icon.svg', ours)),
  ]);
  const byName = new Map([style, script, keys, morph, icon].map(({ name, asset }) => [name, asset]));
  return {
    urls: { style: style.url, script: script.url, keys: keys.url, morph: morph.url, icon: icon.url },
    get: (name) => byName.get(name) ?? null,
  };
}

async function read(
  { name, extension, type }: (typeof files)[keyof typeof files],
  from: URL,
): Promise<{ name: string; url: string; asset: Asset }> {
  const content = await readFile(fileURLToPath(from));
  const digest = createHash('sha256').update(content).digest('hex').slice(0, 12);
  const hashed = `${name}.${digest}.${extension}`;
  return { name: hashed, url: `/assets/${hashed}`, asset: { type, content, gzip: gzipSync(content) } };
}
