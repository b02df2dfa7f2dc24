import { entityOf, fileOf } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import type { ContainerView, PodView, Workload } from '../../model/workload.ts';
import type { Conclusion } from '../rule.ts';
import { type PullReason, readPull } from './pull-classes.ts';

const pulling = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'RegistryUnavailable',
]);

/** A container that waits for its image. */
export interface Pull {
  readonly graph: EvidenceGraph;
  readonly workload: Workload;
  readonly pod: PodView;
  readonly container: ContainerView;
  /** The newest message that gives a reason. */
  readonly reason: PullReason | null;
  /** All that the status and the events say about the pull. */
  readonly text: string;
  readonly refs: Conclusion['evidence'];
}

/** Pulls of one workload that are read: its pods wait for the same. */
const maxPulls = 3;

/** The containers of a workload that wait for their images, three at most. */
export function pulls(graph: EvidenceGraph, workload: Workload): readonly Pull[] {
  const waiting = workload.pods
    .filter((pod) => !pod.deleting && !pod.ready)
    .flatMap((pod) =>
      pod.containers.filter(({ waitingReason }) => pulling.has(waitingReason)).map((container) => ({ pod, container })),
    );
  return waiting.slice(0, maxPulls).map(({ pod, container }) => pull(graph, workload, pod, container));
}

function pull(graph: EvidenceGraph, workload: Workload, pod: PodView, container: ContainerView): Pull {
  const events = graph
    .eventsOf(entityOf(pod.object))
    .filter((event) => event.warning && (event.message.includes(container.image) || /pull/i.test(event.reason)));
  const { image, waitingReason, waitingMessage } = container;
  const path = fileOf(entityOf(pod.object));
  const messages = [{ message: waitingMessage, path }, ...events.toReversed()];
  const found = messages.flatMap((said) => {
    const reason = readPull(said.message, image, waitingReason);
    return reason ? [{ reason, path: said.path }] : [];
  })[0];
  const reason = found?.reason ?? null;
  const refs = [
    graph.fieldRef(pod.object, 'reason', waitingReason),
    found && found.reason.quote !== '' ? graph.ref(found.path, found.reason.quote) : null,
    graph.ref(path, waitingMessage),
    ...events.slice(-3).map((event) => graph.eventRef(event)),
  ].filter((it) => it !== null);
  const text = messages.map((it) => it.message).join('\n');
  return { graph, workload, pod, container, reason, text, refs };
}

/** The registry of an image; Docker Hub where none is named. */
export function registryOf(image: string): string {
  const first = image.split('/')[0] ?? '';
  return image.includes('/') && /[.:]|^localhost$/.test(first) ? first : 'docker.io';
}

/** An image without its tag and digest. */
export const repositoryOf = (image: string): string => image.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
