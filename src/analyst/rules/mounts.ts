import { dig, listAt, textAt } from '../graph/fields.ts';
import type { Workload } from '../graph/workload.ts';
import { containerSpec } from './settings.ts';

/** A volume of a container that holds a path. */
export interface Mount {
  readonly volume: string;
  readonly path: string;
  readonly subPath: string;
  readonly source: unknown;
  readonly kind: 'configMap' | 'secret' | 'emptyDir' | 'persistentVolumeClaim' | 'hostPath' | 'other';
  /** Name of the ConfigMap, Secret or claim. */
  readonly name: string;
  readonly readOnly: boolean;
}

const kinds = ['configMap', 'secret', 'emptyDir', 'persistentVolumeClaim', 'hostPath'] as const;

export function mountsOf(workload: Workload, container: string): readonly Mount[] {
  const volumes = listAt(workload.template, 'volumes');
  return listAt(containerSpec(workload, container), 'volumeMounts').map((mount) => {
    const volume = textAt(mount, 'name');
    const source = volumes.find((it) => textAt(it, 'name') === volume);
    const kind = kinds.find((it) => dig(source, it) !== undefined) ?? 'other';
    const name =
      textAt(source, 'configMap', 'name') ||
      textAt(source, 'secret', 'secretName') ||
      textAt(source, 'persistentVolumeClaim', 'claimName');
    return {
      volume,
      path: textAt(mount, 'mountPath').replace(/\/$/, ''),
      subPath: textAt(mount, 'subPath'),
      source,
      kind,
      name,
      readOnly: dig(mount, 'readOnly') === true,
    };
  });
}

/** The innermost mount that holds `path`, null when it is in the image's own file system. */
export function mountOf(workload: Workload, container: string, path: string): Mount | null {
  const holding = mountsOf(workload, container).filter((it) => path === it.path || path.startsWith(`${it.path}/`));
  return holding.sort((a, b) => b.path.length - a.path.length)[0] ?? null;
}
