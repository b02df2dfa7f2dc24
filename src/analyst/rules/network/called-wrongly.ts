import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { says } from '../../model/lexicon.ts';
import { hostsIn } from '../../model/names-in-text.ts';
import { selectedPods, serviceOfHost } from '../../model/services.ts';
import { workloadsBehind } from '../../signals/calls.ts';
import { lineWith, type Setting, settingsOf } from '../../signals/settings.ts';
import { endRefs, reasonRef, type Trouble } from '../../signals/trouble.ts';
import { type Conclusion, conclusion, eachCrash, edit, type Rule, where } from '../rule.ts';

/*
 * Calls that reach the right host at the right port and ask for the wrong thing there: another protocol, a path or a
 * database that it has not.
 */
export const calledWronglyRules: readonly Rule[] = [
  {
    id: 'wrong-scheme',
    catalogue: [30],
    needs: 'a log of TLS against plain text (or the reverse), and the setting with the address',
    unless: 'the callee speaks what it is spoken to',
    conclude: eachCrash(wrongScheme),
  },
  {
    id: 'wrong-path',
    catalogue: [30],
    needs: 'a log of 404 answers, the setting with the path, and the log of the callee',
    unless: "the callee's log answers the path with another status than 404",
    conclude: eachCrash(wrongPath),
  },
  {
    id: 'wrong-database',
    catalogue: [30],
    needs: 'a log of a database that does not exist, and the setting with its name',
    unless: 'the server refuses the login, or was told to make a database of that name',
    conclude: eachCrash(wrongDatabase),
  },
];

function draft(graph: EvidenceGraph, trouble: Trouble, setting: Setting | null, wrong: string) {
  const entity = setting?.entity ?? trouble.workload.entity;
  return {
    entity,
    mechanism: 'wrong_endpoint' as const,
    wrongValue: wrong,
    evidence: [
      reasonRef(graph, trouble),
      setting ? (graph.refIn(entity, wrong) ?? setting.ref) : null,
      ...endRefs(graph, trouble),
    ],
    affects: [trouble.workload.entity],
  };
}

const placeOf = ({ from, name, entity }: Setting): string =>
  from === 'args' ? `The arguments of ${entityText(entity)}` : `${name} of ${entityText(entity)}`;

/** The word of a setting that holds a text: a URL inside a file, or the whole value. */
function wordWith({ value }: Setting, wanted: string): string {
  if (!/\s/.test(value.trim())) return value.trim();
  return (
    lineWith(value, wanted)
      .split(/[\s"'`,;<>]+/)
      .find((it) => it.includes(wanted)) ?? wanted
  );
}

function wrongScheme(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const text = trouble.reason?.text ?? '';
  const toPlain = says.plainAnswer.test(text);
  if (!toPlain && !says.tlsWanted.test(text)) return null;
  const { workload, container, pod } = trouble;
  const settings = settingsOf(graph, workload, container.name);
  const scheme = toPlain
    ? /^(?:https|wss|rediss|amqps|mqtts|ldaps|grpcs)$|ssl/
    : /^(?:http|ws|redis|amqp|mqtt|ldap|grpc)$/;
  for (const { host } of hostsIn(text)) {
    const setting = settings.find((one) => {
      const found = new RegExp(`([a-z]+)://(?:[^\\s/@]*@)?${RegExp.escape(host)}\\b`).exec(one.value)?.[1];
      return found !== undefined && scheme.test(found);
    });
    if (!setting) continue;
    const wrong = wordWith(setting, host);
    const service = serviceOfHost(graph, host, pod.namespace);
    return conclusion('wrong-scheme', {
      ...draft(graph, trouble, setting, wrong),
      statement: `${placeOf(setting)} is ${wrong}, but ${host} ${toPlain ? 'answers in plain text, not TLS' : 'speaks TLS only'}: ${text}`,
      weight: 93,
      confidence: service ? 'high' : 'medium',
      ruledOut: `the network and the certificate: ${host} answers, in another protocol`,
      remediation: edit(
        `Use ${toPlain ? 'the plain scheme' : 'the scheme with TLS'} for ${host}, or have it speak ${toPlain ? 'TLS' : 'plain text'}`,
        setting.entity,
      ),
    });
  }
  return null;
}

/** A 404 proves only that the path is not there: the callee's own log must say so, or nothing else of it fails. */
function wrongPath(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const text = trouble.reason?.text ?? '';
  if (!says.pathUnknown.test(text)) return null;
  const { workload, container, pod } = trouble;
  const url = /https?:\/\/([\w.-]+)(?::\d+)?(\/[\w./-]+)/.exec(text);
  if (!url) return null;
  const [, host = '', path = ''] = url;
  const service = serviceOfHost(graph, host, pod.namespace);
  const setting = settingsOf(graph, workload, container.name).find((it) => holdsPath(it.value, host, path));
  if (!service || !setting) return null;
  const wrong = wordWith(setting, host);
  const answer = calleeSays(graph, service, path);
  const [behind] = workloadsBehind(graph, service);
  return conclusion('wrong-path', {
    ...draft(graph, trouble, setting, wrong),
    statement: `${placeOf(setting)} is ${wrong}, and ${behind ? entityText(behind) : host} has no such path: it answers 404 for ${path}.`,
    weight: 90,
    confidence: answer ? 'high' : 'medium',
    evidence: [...draft(graph, trouble, setting, wrong).evidence, answer],
    ruledOut: `the network: ${host} answers`,
    remediation: edit(`Correct the path in ${setting.name}`, setting.entity),
  });
}

/** A value with a path of its own that the called path begins with. */
function holdsPath(value: string, host: string, path: string): boolean {
  const own = new RegExp(`${RegExp.escape(host)}(?::\\d+)?(/[\\w./-]+)`).exec(value)?.[1]?.replace(/\/$/, '') ?? '';
  return own.length > 1 && path.startsWith(own);
}

function calleeSays(graph: EvidenceGraph, service: KubeObject, path: string) {
  for (const pod of selectedPods(graph, service).slice(0, 5)) {
    for (const log of graph.logsOf(pod.namespace, pod.name)) {
      const line = log.text.split('\n').findLast((it) => it.includes(path) && /\b404\b/.test(it));
      if (line !== undefined) return graph.ref(log.path, line.trim());
    }
  }
  return null;
}

function wrongDatabase(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const text = trouble.reason?.text ?? '';
  const name = says.databaseMissing
    .exec(text)
    ?.slice(1)
    .find((it) => it !== undefined);
  if (name === undefined) return null;
  const { workload, container, pod } = trouble;
  const settings = settingsOf(graph, workload, container.name);
  const setting =
    settings.find((it) => it.value === name) ??
    settings.find((it) => new RegExp(`[/=\\s]${RegExp.escape(name)}(?![\\w-])`).test(it.value)) ??
    null;
  const hosts = [text, ...settings.map((it) => it.value)].flatMap((it) => hostsIn(it).map(({ host }) => host));
  const server =
    [...hosts, ...settings.map((it) => it.value)]
      .map((host) => serviceOfHost(graph, host, pod.namespace))
      .find((it) => it !== null) ?? null;
  const made = server ? databaseOf(graph, server) : null;
  const wrong = setting ? wordWith(setting, name) : name;
  return conclusion('wrong-database', {
    ...draft(graph, trouble, setting, wrong),
    statement: `The ${where(trouble)} asks for the database ${name}${setting ? ` (${placeOf(setting)})` : ''}, which its server does not have${made === null ? '' : ` (it was set up with ${made})`}: ${text}`,
    weight: 91,
    confidence: setting && made !== null && made !== name ? 'high' : 'medium',
    ruledOut: 'the network and the login: the server answers that it has no such database',
    remediation: edit(
      made === null || made === name ? `Create the database ${name}, or correct its name` : `Use the database ${made}`,
      setting?.entity ?? workload.entity,
    ),
  });
}

/** The database that the common images are told to make. */
function databaseOf(graph: EvidenceGraph, service: KubeObject): string | null {
  for (const pod of selectedPods(graph, service).slice(0, 1)) {
    for (const { spec } of pod.containers) {
      const found = [
        ...JSON.stringify(spec).matchAll(/"name":"(?:\w+_)?(?:DB|DATABASE|INITDB_DATABASE)","value":"([\w.-]+)"/g),
      ][0]?.[1];
      if (found !== undefined) return found;
    }
  }
  return null;
}
