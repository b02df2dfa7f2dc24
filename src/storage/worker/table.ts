import type { StateStore } from '../../domain/state-store.ts';
import { standingCounts } from '../rows/incidents.ts';
import { serverClusterOf } from '../rows/clusters.ts';
import { faultRates } from '../history/fault-rates.ts';
import { connectionSpans, endConnections, forgetConnections, noteConnections } from '../history/connection-spans.ts';
import { giveFeedback, listFeedback } from '../history/feedback.ts';
import { incidentHistory } from '../history/incident-history.ts';
import { notTold } from '../history/not-told.ts';
import { search } from '../history/search.ts';
import { standing } from '../history/standing.ts';
import type { Database } from '../sqlite/database.ts';
import type { Transaction } from '../sqlite/transaction.ts';
import { accept, countThrottled } from '../operations/accept.ts';
import { admitAgent, admitQuestion, endLeftQuestions, endQuestion, saveSpend } from '../operations/agents.ts';
import { acceptAlerts, expireAlerts, releaseAlerts } from '../operations/alerts.ts';
import {
  addNotice,
  claimDeliveries,
  finishDelivery,
  recoverDeliveries,
  retryDeliveries,
} from '../operations/deliveries.ts';
import { postOf } from '../rows/deliveries.ts';
import { hearOnce, incidentOfPost, showAgain } from '../operations/posts.ts';
import { endedIncidents, prune } from '../operations/prune.ts';
import * as queries from '../operations/queries.ts';
import { closeRemovedClusters, orderIncident, resolveIncident, setPolicy, triageByHand } from '../operations/orders.ts';
import { claimRun, finishRun, recoverRuns, requestRun, returnRun } from '../operations/runs.ts';
import { dailySpend } from '../rows/agents.ts';
import { agentQuestion, agentQuestions, questionOfHeard } from '../rows/questions.ts';
import { earlierQuestions, keepAnswered } from '../questions/asked.ts';
import { hearQuestion, openQuestions, stepQuestion } from '../questions/heard.ts';
import { settle } from '../operations/settle.ts';
import { endStorms } from '../operations/storms.ts';
import { addSilence, endSilence, fittingFaults, keepSilences, listSilences } from '../operations/silences.ts';
import { acceptSweep } from '../operations/sweep.ts';
import { delayUpload, endUpload, waitingUploads } from '../operations/uploads.ts';

/** The methods of the state store, as they are carried out in a thread that has `Context`. */
type Operations<Context> = {
  readonly [Name in keyof StateStore]?: (
    context: Context,
    ...args: Parameters<StateStore[Name]>
  ) => Awaited<ReturnType<StateStore[Name]>>;
};

/** The methods that write, each inside a transaction that is begun and committed outside. */
export const writeOperations = {
  accept,
  countThrottled,
  acceptSweep,
  acceptAlerts,
  expireAlerts,
  releaseAlerts,
  settle,
  resolveIncident,
  orderIncident,
  addSilence,
  endSilence,
  keepSilences,
  closeRemovedClusters: (tx, configured, at) => {
    forgetConnections(tx.db, configured);
    return closeRemovedClusters(tx, configured, at);
  },
  setPolicy,
  endStorms: (tx, at) => endStorms(tx, at),
  claimRun,
  finishRun,
  returnRun,
  recoverRuns,
  requestRun,
  triageByHand,
  admitAgent,
  saveSpend,
  admitQuestion,
  endQuestion,
  endLeftQuestions,
  delayUpload,
  endUpload,
  claimDeliveries,
  finishDelivery,
  recoverDeliveries,
  retryDeliveries,
  notice: addNotice,
  hearOnce,
  showAgain,
  hearQuestion,
  stepQuestion,
  keepAnswered,
  prune,
  giveFeedback,
  endConnections: (tx) => endConnections(tx),
  noteConnections,
} satisfies Operations<Transaction>;

/** The methods that only read, each on one moment of the state file. */
export const readOperations = {
  unsettled: queries.unsettled,
  nextUnsettled: queries.nextUnsettled,
  activeFaults: queries.activeFaults,
  serverCluster: serverClusterOf,
  nextRunDue: queries.nextRunDue,
  nextDeliveryDue: queries.nextDeliveryDue,
  notifiedUnreachable: queries.notifiedUnreachable,
  incidentOfPost,
  postOfIncident: postOf,
  openQuestions,
  waitingUploads,
  endedIncidents,
  incidents: queries.listIncidents,
  incident: queries.readIncident,
  faults: queries.listFaults,
  why: queries.why,
  counters: queries.counters,
  agentBreakers: queries.agentBreakers,
  silences: listSilences,
  fittingFaults,
  spend: dailySpend,
  standing,
  standingCounts,
  incidentHistory,
  notTold,
  search,
  faultRates,
  feedback: listFeedback,
  agentQuestions,
  agentQuestion,
  questionOfHeard,
  connectionSpans,
  earlierQuestions,
} satisfies Operations<Database>;

/** The table with a function for each of its names that has the operation carried out elsewhere. */
type Callers<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends (context: never, ...args: infer Args) => infer Value
    ? (...args: Args) => Promise<Value>
    : never;
};

/** Functions that hand their arguments to `call`, which must give what the operation of that name gives. */
export function callersOf<Table extends object>(
  operations: Table,
  call: (name: string, args: readonly unknown[]) => Promise<unknown>,
): Callers<Table> {
  const callers = Object.keys(operations).map((name) => [name, (...args: unknown[]) => call(name, args)] as const);
  return Object.fromEntries(callers) as Callers<Table>;
}

/** Carries out the operation of a name that came from another thread. @throws Error when there is none */
export function operate<Context>(
  operations: Operations<Context>,
  { name, args }: { readonly name: string; readonly args: readonly unknown[] },
  context: Context,
): unknown {
  const operation = Object.hasOwn(operations, name) ? operations[name as keyof StateStore] : undefined;
  if (!operation) throw new Error(`the state store has no operation ${name}`);
  // The other thread has the same table: the arguments are those of the operation.
  return (operation as (context: Context, ...args: readonly unknown[]) => unknown)(context, ...args);
}
