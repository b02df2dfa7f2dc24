import type { Recording } from '../../../eval/recording.ts';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';
import { otherName, type Renamed, renamedBy } from './rename.ts';

/** The recording with other repositories of its images, wherever they are told; registries and tags stay. */
export function withOtherImages(recording: Recording): Renamed {
  const objects = Object.values(recording.dump.cluster).flatMap((list) => list.items);
  const images = new Set(objects.flatMap(imagesOf).map((image) => image.replace(/[:@][^/]*$/, '')));
  return renamedBy(recording, images, (image) => {
    const [, registry = '', repository = ''] = /^([^/]*[.:][^/]*\/|localhost\/)?(.*)$/.exec(image) ?? [];
    return `${registry}${otherName(repository)}`;
  });
}

function imagesOf(object: KubeObject): string[] {
  const found: string[] = [];
  JSON.stringify(object['spec'] ?? {}, (key, value: unknown) => {
    if (key === 'image' && typeof value === 'string') found.push(value);
    return value;
  });
  return found;
}
