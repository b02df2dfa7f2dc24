import { z } from 'zod';
import { below, isFields } from './pod-specs.ts';

const text = z.string().optional().catch(undefined);

const packSchema = z.object({
  name: text,
  layer: text,
  type: text,
  tag: text,
  version: text,
  uid: text,
  registryUid: text,
  values: text,
  manifests: z.array(z.object({ name: text, content: text })).catch([]),
});

/** A pack of a profile that somebody wants to make. */
export type DraftPack = z.output<typeof packSchema>;

/** A cluster profile in what was given. */
export interface DraftProfile {
  readonly type: string | undefined;
  readonly cloudType: string | undefined;
  readonly packs: readonly DraftPack[];
  /** Of the list of packs in the document. */
  readonly path: string;
}

/** Where profiles have their packs: as Palette takes them, as it exports them, as it gives them, and by themselves. */
const places = [['spec', 'template'], ['spec', 'published'], ['spec', 'draft'], ['spec'], []] as const;

/** The cluster profile in a document; null when it is none. */
export function draftProfileOf(document: unknown): DraftProfile | null {
  for (const place of places) {
    const content = below(document, ...place);
    const packs = below(content, 'packs');
    if (!Array.isArray(packs) || packs.length === 0 || !packs.every(isFields)) continue;
    return {
      type: text.parse(below(content, 'type')),
      cloudType: text.parse(below(content, 'cloudType')),
      packs: packs.map((pack: unknown) => packSchema.parse(pack)),
      path: [...place, 'packs'].join('.'),
    };
  }
  return null;
}

/** The body with which Palette checks the packs of a profile (v1ClusterProfileTemplateDraft of its API). */
export function draftBody({ type, cloudType, packs }: DraftProfile): object {
  return {
    cloudType,
    type,
    packs: packs.map(({ name, layer, type: packType, tag, version, uid, registryUid, values, manifests }) => ({
      name,
      layer,
      type: packType,
      tag: tag ?? version,
      uid,
      registryUid,
      values,
      manifests: manifests.map((manifest) => ({ name: manifest.name, content: manifest.content })),
    })),
  };
}
