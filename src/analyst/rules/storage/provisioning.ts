import type { Mechanism } from '../../../domain/verdict/mechanism.ts';
import type { Confidence, Entity } from '../../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { entityOf, entityText } from '../../model/entities.ts';
import { listAt, textAt } from '../../model/fields.ts';
import { type Conclusion, conclusion, type RuleView, step } from '../rule.ts';

/** What a provisioner means that makes no volume. */
interface Class {
  readonly said: RegExp;
  readonly why: string;
  readonly todo: string;
  /** Who would be changed. */
  readonly at: 'claim' | 'class';
  readonly mechanism: Mechanism;
  readonly confidence: Confidence;
  /** What of the message is wrong; elsewhere a quota, a parameter, a code, the access mode or the size. */
  readonly wrong?: (message: string) => string | null;
}

/* The words of gRPC and of the providers behind it, the most definite first: a refusal for want of quota can also be a 403. */
const classes: readonly Class[] = [
  {
    said: /capabilit\w+[^.]{0,120}not supported|access ?modes?\b[^.]{0,120}(?:not supported|unsupported|invalid)|(?:unsupported|invalid) (?:volume )?access ?mode|only (?:supports? )?access ?modes?/i,
    why: 'its class cannot make volumes of the access mode that it asks for',
    todo: 'Recreate the claim with an access mode that its class offers, or with a class that offers this one',
    at: 'claim',
    mechanism: 'other',
    confidence: 'high',
  },
  {
    said: /ResourceExhausted|OutOfRange|quota|LimitExceeded|limit exceeded|insufficient (?:capacity|free space|space)|not enough (?:space|capacity|room)|no space left|free space/i,
    why: 'the storage behind its class has no room or quota left for it',
    todo: 'Make room or have the quota raised at the storage provider, or ask for less',
    at: 'claim',
    mechanism: 'other',
    confidence: 'high',
  },
  {
    wrong: refusedIn,
    said: /PermissionDenied|Unauthenticated|AccessDenied|UnauthorizedOperation|AuthorizationFailed|not authorized|Forbidden|\b40[13]\b/i,
    why: 'the storage provider refuses the volume driver the right to make it',
    todo: "Give the volume driver's account at the provider the right that the message names",
    at: 'class',
    mechanism: 'other',
    confidence: 'high',
  },
  {
    said: /InvalidArgument|invalid (?:option|parameter|argument|value)|unknown (?:option|parameter)|(?:missing|required) parameter|parameter \S+ (?:is )?(?:required|missing|not)/i,
    why: 'the driver does not take the parameters of its class',
    todo: 'Correct the parameter that the message names; those of a StorageClass cannot be changed, so replace the class',
    at: 'class',
    mechanism: 'other',
    confidence: 'high',
  },
];

const other: Omit<Class, 'said'> = {
  why: 'its provisioner fails',
  todo: 'Read the log of the provisioner for this claim',
  at: 'claim',
  mechanism: 'other',
  confidence: 'medium',
};

/** Characters of a message that are told: the providers name the account and the right at its end. */
const maxTold = 700;

/** A provisioner that answers and makes no volume: what it says is the reason, not that none fits. */
export function provisionerFails({ graph }: RuleView, claim: KubeObject, using: readonly Entity[]): Conclusion | null {
  const event = graph.eventsOf(entityOf(claim)).findLast(({ reason }) => reason === 'ProvisioningFailed');
  if (!event) return null;
  const message = event.message.replace(/^failed to provision volume with StorageClass "[^"]*": /, '');
  const told = message.slice(0, maxTold);
  const found: Omit<Class, 'said'> = classes.find(({ said }) => said.test(told)) ?? other;
  const name = textAt(claim, 'spec', 'storageClassName');
  const known = name === '' ? null : graph.get('StorageClass', null, name);
  const entity = found.at === 'class' && known ? entityOf(known) : entityOf(claim);
  const [user] = using;
  const refusal = found.wrong?.(message) ?? null;
  return conclusion('provisioner-fails', {
    entity,
    mechanism: found.mechanism,
    wrongValue: found.wrong ? refusal : wrongIn(told, claim),
    statement: `The claim ${claim.metadata.name} gets no volume, because ${found.why}${refusal === null ? '' : ` (${refusal})`}${user ? `, so ${entityText(user)} waits` : ''}: ${told}`,
    weight: 93,
    confidence: found.confidence,
    evidence: [
      graph.eventRef(event),
      graph.fieldRef(claim, 'storageClassName', name),
      graph.fieldRef(claim, 'phase', textAt(claim, 'status', 'phase')),
      known ? graph.fieldRef(known, 'provisioner', textAt(known, 'provisioner')) : null,
    ],
    affects: [entityOf(claim), ...using],
    ruledOut: [
      'free capacity of the nodes: the pod waits for its claim',
      ...(known ? [`a missing StorageClass: ${name} exists`] : []),
    ],
    remediation: step(found.todo, `kubectl -n ${claim.metadata.namespace} describe pvc ${claim.metadata.name}`, 'none'),
  });
}

/** What the message names as too much or wrong: a quota, a parameter, a code of the provider, the access mode. */
function wrongIn(told: string, claim: KubeObject): string | null {
  const named =
    /(?:quota|parameter|option)\S* ["'`]?([A-Za-z][\w./-]{2,})["'`]? (?:exceeded|is |not )/i.exec(told)?.[1] ??
    /\b([A-Z]\w+(?:Exceeded|Exhausted|Denied|NotFound|Failed))\b/.exec(told.replace(/^.*\bcode = \w+/, ''))?.[1];
  if (named !== undefined) return named;
  const [mode] = listAt(claim, 'spec', 'accessModes').map(String);
  if (/access ?mode|capabilit/i.test(told) && mode !== undefined) return mode;
  return textAt(claim, 'spec', 'resources', 'requests', 'storage') || null;
}

/** Who is refused what: the right that the message names, else the account, else the provider's word for it; never the claim's size. */
function refusedIn(message: string): string | null {
  for (const form of refused) {
    const found = form.exec(message)?.[1];
    if (found !== undefined) return found;
  }
  return null;
}

/* Rights (`ec2:CreateVolume`, `compute.disks.create`, `Microsoft.Compute/disks/write`), accounts, codes. */
const refused: readonly RegExp[] = [
  /(?:not authorized|not allowed|authorization) to perform:? (?:the )?(?:action )?["'`]?([\w*-]+(?:[.:/][\w*-]+)+)/i,
  /(?:required|missing|lacks?(?: the)?|need(?:s|ed)?(?: the)?) ["'`]?([\w-]+(?:[.:/][\w-]+)+)["'`]? (?:permission|privilege|right)/i,
  /(?:permission|privilege|right)s?:? ["'`]?([a-z][\w-]*(?:[.:/][\w-]+)+)["'`]?/i,
  /\b(?:user|client|account|principal|identity|role):? ["'`]?([\w-]+(?:[:/@.][\w:/@.+=,-]*\w))/i,
  /\b((?:Unauthorized|PermissionDenied|AccessDenied|Authorization|Unauthenticated|Forbidden)\w*)/,
];
