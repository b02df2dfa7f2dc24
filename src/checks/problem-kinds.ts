import * as analyst from '../analyst/errors.ts';
import * as cluster from '../cluster/errors.ts';
import * as config from '../config/errors.ts';
import * as discovery from '../discovery/errors.ts';
import * as gateway from '../gateway/errors.ts';
import * as health from '../health/errors.ts';
import * as intake from '../intake/errors.ts';
import * as kube from '../kube/errors.ts';
import { kindsIn, type ProblemKind } from '../lib/problem.ts';
import * as notify from '../notify/errors.ts';
import * as storage from '../storage/errors.ts';
import * as teleport from '../teleport/errors.ts';
import * as triage from '../triage/errors.ts';
import * as checks from './errors.ts';

/** Every kind of problem by its code: those of the folders below, and of the modules `more`, which are above. */
export function problemKinds(more: readonly object[]): ReadonlyMap<string, ProblemKind> {
  const modules = [
    ...more,
    analyst,
    checks,
    cluster,
    config,
    discovery,
    gateway,
    health,
    intake,
    kube,
    notify,
    storage,
    teleport,
    triage,
  ];
  const kinds = modules.flatMap((module: object) => Object.values(module)).flatMap(kindsIn);
  return new Map(kinds.map((kind) => [kind.code, kind]));
}
