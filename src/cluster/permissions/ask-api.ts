import pLimit from 'p-limit';
import { type PermissionSnapshot, unknownPermissions } from '../../domain/permissions.ts';
import { ReadError } from '../../kube/cluster-reader.ts';
import type { ApiAccess } from '../../kube/credential/api-access.ts';
import { type ApiRequestLimits, apiGet, apiPost, statusError } from '../../kube/read/api-request.ts';
import { errorText } from '../../lib/problem.ts';
import { parseJsonObject } from '../../lib/untrusted/parse-json.ts';
import { type PermissionTarget, snapshotOf } from './probe.ts';
import { minimumQuestions, type PermissionQuestion, questionText, reviewOf, reviewQuestions } from './questions.ts';

/** What an API server says of itself. */
export interface ApiVersion {
  /** Its version, `v1.33.1`; null when it did not say. */
  readonly version: string | null;
  /** How far its clock is ahead of ours, ms; null when it did not say. */
  readonly aheadMs: number | null;
}

/** And of a credential. */
export interface ApiProbe extends ApiVersion {
  readonly permissions: PermissionSnapshot;
}

interface AskOptions {
  /** ms since the epoch. */
  readonly now: () => number;
  readonly limits: ApiRequestLimits;
}

const reviews = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
/** Questions to one API server at the same time. */
const atOnce = 8;

/**
 * The questions of `probePermissions` without kubectl: as reviews through our own client, a few milliseconds a cluster.
 * The answer is the same snapshot. Rejects only with the reason of the signal.
 */
export async function askApi(
  access: ApiAccess,
  target: PermissionTarget,
  { now, limits }: AskOptions,
  signal: AbortSignal,
): Promise<ApiProbe> {
  let about: ApiVersion = { version: null, aheadMs: null };
  try {
    about = await askVersion(access, { now, limits }, signal);
    const questions = [minimumQuestions.can_get_logs.question, ...reviewQuestions];
    const answers = await answersTo(access, questions, limits, signal);
    const minimum = Object.fromEntries(
      Object.entries(minimumQuestions).map(([flag, { question }]) => [
        flag,
        answers.get(questionText(question)) === true,
      ]),
    );
    return { ...about, permissions: snapshotOf(target, minimum, answers, now(), null) };
  } catch (error) {
    signal.throwIfAborted();
    const permissions = unknownPermissions(target.name, now(), errorText(error), target.allowSecrets);
    return { ...about, permissions };
  }
}

/** What of this a credential may not do, in words. @throws ReadError */
export async function mayNot(
  access: ApiAccess,
  questions: readonly PermissionQuestion[],
  limits: ApiRequestLimits,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const answers = await answersTo(access, questions, limits, signal);
  return [...answers].flatMap(([text, allowed]) => (allowed ? [] : [text]));
}

async function answersTo(
  access: ApiAccess,
  questions: readonly PermissionQuestion[],
  limits: ApiRequestLimits,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, boolean>> {
  const limit = pLimit(atOnce);
  const asked = questions.map((question) =>
    limit(async () => [questionText(question), await review(access, question, limits, signal)] as const),
  );
  return new Map(await Promise.all(asked));
}

/** @throws ReadError also when the credential is refused */
export async function askVersion(
  access: ApiAccess,
  { now, limits }: AskOptions,
  signal: AbortSignal,
): Promise<ApiVersion> {
  const began = now();
  const answer = await apiGet(access, '/version', 'application/json', limits, signal);
  if (answer.status === 401) throw statusError(answer);
  const { gitVersion } = (parseJsonObject(answer.body.toString('utf8')) ?? {}) as { gitVersion?: unknown };
  // The header has whole seconds: half of one, and of the way there and back, is what it may be off.
  const middle = (began + now()) / 2;
  return {
    version: typeof gitVersion === 'string' ? gitVersion : null,
    aheadMs: answer.date === null ? null : answer.date + 500 - middle,
  };
}

/** @throws ReadError for everything that is no answer */
async function review(
  access: ApiAccess,
  question: PermissionQuestion,
  limits: ApiRequestLimits,
  signal: AbortSignal,
): Promise<boolean> {
  const answer = await apiPost(access, reviews, JSON.stringify(reviewOf(question)), limits, signal);
  if (answer.status !== 201 && answer.status !== 200) throw statusError(answer);
  const { status } = (parseJsonObject(answer.body.toString('utf8')) ?? {}) as { status?: { allowed?: unknown } };
  if (typeof status?.allowed === 'boolean') return status.allowed;
  throw new ReadError('invalid', 'the answer to a SelfSubjectAccessReview is none');
}
