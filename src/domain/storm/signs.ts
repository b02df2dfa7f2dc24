import type { FaultSignal, Signs } from '../fault.ts';

/** No sign is longer, characters: it is a text of a cluster. */
const maxLength = 253;

/** A reference to an image, as kubelets quote it in their messages. */
const quotedImage = /\b(?:image|reference|artifact) \\?"([^"\\\s]+)/;
const dockerImage = /\bdocker:\/\/([^\s:"]+(?::\d+\/[^\s:"]+)?(?::[\w.-]+)?)/;
const webhook = /\b(?:admission webhook|failed calling webhook) \\?"([^"\\\s]+)/;
/** As Go's resolver, C libraries and curl say that a name has no address. */
const unresolved = [
  /\blookup ([^\s:]+)[^:]*(?::\d+)?: (?:no such host|server misbehaving|i\/o timeout|Temporary failure)/,
  /\b(?:ENOTFOUND|EAI_AGAIN) ([\w.-]+)/,
  /\b[Cc]ould not resolve host:? ([\w.-]+)/,
];

/** What a fault can share with others, as far as its object and its own words tell. */
export function signsOf(
  fault: Pick<FaultSignal, 'faultType' | 'resource' | 'context'>,
  place: { readonly node: string | null; readonly zone?: string | null },
): Signs {
  const { context, resource } = fault;
  const image = imageIn(context);
  return {
    webhook: bounded(webhook.exec(context)?.[1]),
    node: resource.kind === 'Node' ? resource.name : place.node,
    image,
    dns: bounded(unresolved.map((pattern) => pattern.exec(context)?.[1]).find((name) => name !== undefined)),
    registry: image === null ? null : registryOf(image),
    zone: place.zone ?? null,
    namespace: resource.namespace,
    fault_type: fault.faultType,
  };
}

/** The signs of one member after another fault of it: what was not known is taken over. */
export function mergeSigns(known: Signs, more: Signs): Signs {
  return {
    webhook: known.webhook ?? more.webhook,
    node: known.node ?? more.node,
    image: known.image ?? more.image,
    dns: known.dns ?? more.dns,
    registry: known.registry ?? more.registry,
    zone: known.zone ?? more.zone,
    namespace: known.namespace ?? more.namespace,
    fault_type: known.fault_type ?? more.fault_type,
  };
}

/** The image that a message about pulling names, null when it names none. */
export function imageIn(text: string): string | null {
  return bounded(quotedImage.exec(text)?.[1] ?? dockerImage.exec(text)?.[1]);
}

/**
 * The host of an image's registry: its first part when that has a dot or a port or is `localhost`, else Docker Hub
 * (https://github.com/distribution/reference, `splitDockerDomain`).
 */
export function registryOf(image: string): string {
  const slash = image.indexOf('/');
  const first = slash === -1 ? '' : image.slice(0, slash);
  return /[.:]/.test(first) || first === 'localhost' ? first.toLowerCase() : 'docker.io';
}

function bounded(text: string | undefined): string | null {
  return text === undefined || text === '' ? null : text.slice(0, maxLength);
}
