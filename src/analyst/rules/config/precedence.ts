import type { Entity } from '../../../domain/verdict/verdict.ts';
import { entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { listAt, recordAt, textAt } from '../../model/fields.ts';
import { says } from '../../model/lexicon.ts';
import { hasWord, hostsIn, speaksOfSetting } from '../../model/names-in-text.ts';
import { serviceOfHost, servicePorts } from '../../model/services.ts';
import { failureOf, hasHost } from '../../signals/calls.ts';
import { environmentOf, type Environment, type Given, type Lacking, type Variable } from '../../signals/environment.ts';
import type { Workload } from '../../model/workload.ts';
import { endRefs, reasonRef, type Trouble } from '../../signals/trouble.ts';
import { type Conclusion, conclusion, edit, type Quotes, type Rule, type RuleView, step, where } from '../rule.ts';

export const precedenceRules: readonly Rule[] = [
  {
    id: 'env-shadowed',
    catalogue: [31],
    needs: 'one variable that is given twice, and what the program says of its value',
    unless: 'the program complains about something else than the value that wins',
    conclude: (view) => [...each(shadowed)(view), ...view.workloads.flatMap((it) => twiceOnly(view, it) ?? [])],
  },
  {
    id: 'optional-missing',
    catalogue: [28],
    needs: 'an optional reference to a ConfigMap, Secret or key that is absent, and a program that falls back',
    unless: 'the object exists and has the key, or another entry gives the variable',
    conclude: each(optionalMissing),
  },
  {
    id: 'reference-unresolved',
    catalogue: [29],
    needs: 'a value with $(NAME) that nothing before it sets',
    unless: 'an entry above it sets the name, or the program does not stumble over the value',
    conclude: each(unresolved),
  },
  {
    id: 'service-link',
    catalogue: [29],
    needs: 'a log that rejects the variable which Kubernetes sets for a Service',
    unless: 'somebody set the variable on purpose (env, envFrom)',
    conclude: each(serviceLink),
  },
];

type Read = (graph: EvidenceGraph, trouble: Trouble, environment: Environment) => Conclusion | null;

function each(read: Read): (view: RuleView) => Conclusion[] {
  return ({ graph, troubles }) =>
    troubles.flatMap(
      (trouble) => read(graph, trouble, environmentOf(graph, trouble.workload, trouble.container.name)) ?? [],
    );
}

const quotes = (graph: EvidenceGraph, trouble: Trouble): Quotes => [
  reasonRef(graph, trouble),
  ...endRefs(graph, trouble),
];

const said = (trouble: Trouble): string => (trouble.reason ? `: ${trouble.reason.text}` : '');

/** Whether the trouble speaks of a variable: by its value, a host in it, or its name. */
function speaksOf({ text }: Trouble, { name, value }: Variable): boolean {
  if (hasWord(text, name) || inWords(text, name)) return true;
  if (value === null) return false;
  if (value.length >= 2 && !/^\d$/.test(value) && hasWord(text, value)) return true;
  return hostsOf(value).some((host) => hostsIn(text).some((it) => it.host === host));
}

/** `LOG_FORMAT` as people write it: log format, log-format. */
function inWords(text: string, name: string): boolean {
  const parts = name.toLowerCase().split('_');
  return (
    name.length >= 4 &&
    new RegExp(`\\b${parts.map((it) => RegExp.escape(it)).join('[ _.-]')}\\b`).test(text.toLowerCase())
  );
}

function hostsOf(value: string): string[] {
  const hosts = hostsIn(value).map((it) => it.host);
  return hosts.length === 0 && /^[a-z][a-z0-9.-]+$/.test(value) ? [value] : hosts;
}

/** One variable with two values: the later entry wins, and every `env` wins over `envFrom`. */
function shadowed(graph: EvidenceGraph, trouble: Trouble, { variables }: Environment): Conclusion | null {
  const all = [...variables.values()].filter((it) => it.shadows.length > 0);
  const variable =
    all.find((it) => speaksOf(trouble, it) && (isTwice(it) || isWorse(graph, trouble, it))) ??
    all.find((it) => isTwice(it) && isLogin(it) && says.loginRefused.test(trouble.text));
  if (!variable) return null;
  const { name, shadows } = variable;
  const loser = shadows.at(-1);
  const { workload } = trouble;
  const entity = variable.how === 'envFrom' ? variable.entity : workload.entity;
  return conclusion('env-shadowed', {
    entity,
    mechanism: 'env_shadowed',
    wrongValue: variable.raw === null && variable.key !== null ? variable.entity.name : name,
    statement: `The ${where(trouble)} is given the variable ${name} twice: ${placeOf(loser)} first, then ${placeOf(variable)}, which wins${said(trouble)}`,
    weight: 96,
    evidence: [...quotes(graph, trouble), ...pairRefs(graph, workload.entity, variable)],
    affects: [workload.entity],
    ruledOut: loser?.raw ? `the value ${loser.raw.slice(0, 80)}: the program never sees it` : [],
    remediation: edit(`Remove one of the two places that set ${name}`, entity),
  });
}

/** A variable that holds a user, a password or a key. */
const isLogin = ({ name }: Variable): boolean => /pass|pwd|secret|token|key|cred|auth|user/i.test(name);

const isTwice = (it: Variable): boolean => it.how === 'env' && it.shadows.some((other) => other.how === 'env');

/** Two entries of one name in one list are a mistake by themselves; whether they do harm is not shown. */
function twiceOnly({ graph, troubles }: RuleView, workload: Workload): Conclusion | null {
  const containers = [...listAt(workload.template, 'initContainers'), ...listAt(workload.template, 'containers')];
  for (const container of containers) {
    if (new Set(listAt(container, 'env').map((it) => textAt(it, 'name'))).size === listAt(container, 'env').length)
      continue;
    const variable = [...environmentOf(graph, workload, textAt(container, 'name')).variables.values()].find(isTwice);
    if (!variable) continue;
    return conclusion('env-twice', {
      entity: workload.entity,
      mechanism: 'env_shadowed',
      wrongValue: variable.name,
      statement: `${entityText(workload.entity)} sets the variable ${variable.name} twice in container ${textAt(container, 'name')}: ${placeOf(variable.shadows.at(-1))} first, then ${placeOf(variable)}, which wins. Nothing shows that the program minds.`,
      weight: troubles.some((it) => it.workload === workload) ? 84 : 70,
      confidence: 'medium',
      evidence: pairRefs(graph, workload.entity, variable),
      remediation: edit(`Remove one of the two entries of ${variable.name}`, workload.entity),
    });
  }
  return null;
}

const pairRefs = (graph: EvidenceGraph, workload: Entity, variable: Variable): Quotes => [
  graph.refIn(workload, `"name": "${variable.name}"`),
  valueRef(graph, workload, variable),
  ...variable.shadows.slice(-1).map((it) => valueRef(graph, workload, it)),
];

function placeOf(given: Given | undefined): string {
  if (!given) return 'another value';
  const { entity, key } = given;
  const value =
    given.raw === null
      ? key === null
        ? 'a reference'
        : `key ${key} of ${entity.kind} ${entity.name}`
      : given.raw.length > 120
        ? `${given.raw.slice(0, 120)}…`
        : given.raw;
  return given.how === 'envFrom' ? `${value} by envFrom of ${given.entity.kind} ${given.entity.name}` : value;
}

function valueRef(graph: EvidenceGraph, workload: Entity, { entity, key, raw }: Given) {
  if (key !== null) return graph.refIn(entity, `"${key}":`);
  return raw === null ? null : graph.refIn(workload, `"value": ${JSON.stringify(raw)}`);
}

/** The value that wins names no Service or a port that it has not, the one that loses does: somebody meant the other one. */
function isWorse(graph: EvidenceGraph, trouble: Trouble, { value, shadows }: Variable): boolean {
  const reaches = (text: string | null): boolean =>
    text !== null &&
    hostsOf(text).some((host) => {
      const service = serviceOfHost(graph, host, trouble.pod.namespace);
      const port = hostsIn(text).find((it) => it.host === host)?.port ?? null;
      return service !== null && (port === null || servicePorts(service).some((it) => it.port === port));
    });
  return failureOf(trouble.text) !== null && !reaches(value) && shadows.some((it) => reaches(it.raw));
}

/** A program that goes on with a default, because the optional reference of a variable is absent. */
function optionalMissing(
  graph: EvidenceGraph,
  trouble: Trouble,
  { variables, lacking }: Environment,
): Conclusion | null {
  const { reason, entries } = trouble;
  const text = reason?.text ?? '';
  const asked = says.settingMissing.test(text) ? text : '';
  const absent = lacking.filter((it) => it.name !== '' && !variables.has(it.name) && !hasWord(asked, it.name));
  const words = entries.map((it) => it.message).join('\n');
  const named = absent.find((it) => hasWord(words, it.name));
  if (named) return withoutOptional(graph, trouble, named, true);
  const meant = absent.find((it) => asked !== '' && speaksOfSetting(asked, it.name));
  if (meant) return withoutOptional(graph, trouble, meant, true);
  const calls = hostsIn(text).length > 0 || /localhost|127\.0\.0\.1/.test(text);
  const address = absent.find((it) => /host|url|addr|endpoint|server|dsn|broker|uri/i.test(it.name));
  const isElsewhere = [...variables.values()].some((it) => it.value !== null && isNamedBy(trouble, it.value));
  if (!address || !calls || isElsewhere || failureOf(trouble.text) === null) return null;
  return withoutOptional(graph, trouble, address, false);
}

function withoutOptional(graph: EvidenceGraph, trouble: Trouble, found: Lacking, isNamed: boolean): Conclusion {
  const { workload } = trouble;
  const { reference, gone, entity } = found;
  const keys = Object.keys(recordAt(graph.get(entity.kind, entity.namespace, entity.name), 'data'));
  const lacks = gone
    ? 'does not exist'
    : `has no key ${reference.key}${keys.length === 0 ? '' : ` (it has ${keys.slice(0, 6).join(', ')})`}`;
  return conclusion('optional-missing', {
    entity,
    mechanism: gone === null ? 'missing_key' : entity.kind === 'Secret' ? 'missing_secret' : 'missing_configmap',
    wrongValue: gone === null ? reference.key : entity.name,
    statement: `The ${where(trouble)} runs without ${found.name}: ${entity.kind} ${entity.name}, which it takes it from as optional, ${lacks}, so the program goes on with a default${said(trouble)}`,
    weight: isNamed ? 96 : 90,
    confidence: isNamed ? 'high' : 'medium',
    evidence: [
      ...quotes(graph, trouble),
      gone,
      graph.refIn(workload.entity, `"key": "${reference.key}"`),
      ...keys.slice(0, 2).map((key) => graph.refIn(entity, `"${key}":`)),
    ],
    affects: [workload.entity],
    ruledOut: 'a pod that cannot start: the reference is optional, so the container starts without it',
    remediation: step(
      gone === null
        ? `Add the key ${reference.key} to ${entity.kind} ${entity.name}, then restart ${workload.entity.name}`
        : `Create ${entity.kind} ${entity.name} with the key ${reference.key}, then restart ${workload.entity.name}`,
      null,
      'low',
    ),
  });
}

const isNamedBy = ({ reason }: Trouble, value: string): boolean =>
  hostsOf(value).some((host) => hasHost(reason?.text ?? '', host));

/** A reference that stays literally in a value: nothing sets the variable, or only something after it. */
function unresolved(graph: EvidenceGraph, trouble: Trouble, { variables }: Environment): Conclusion | null {
  const { workload } = trouble;
  for (const variable of variables.values()) {
    const open = variable.unresolved.find((name) => trouble.text.includes(`$(${name})`));
    const shell = /\$\{(\w+)\}/.exec(variable.raw ?? '')?.[0];
    const literal = open === undefined ? shell : `$(${open})`;
    if (literal === undefined || !trouble.text.includes(literal)) continue;
    const later = open !== undefined && variables.has(open);
    const why =
      open === undefined
        ? 'Kubernetes replaces $(NAME), not ${NAME}'
        : later
          ? `${open} is set after ${variable.name}, and only what stands before it is replaced`
          : `no variable ${open} is set`;
    return conclusion('reference-unresolved', {
      entity: variable.entity,
      mechanism: 'bad_config_value',
      wrongValue: literal,
      statement: `${variable.name} of the ${where(trouble)} is ${variable.raw ?? literal}, and ${literal} stays as it stands: ${why}${said(trouble)}`,
      weight: 96,
      evidence: [...quotes(graph, trouble), graph.refIn(variable.entity, literal)],
      affects: [workload.entity],
      ruledOut: 'DNS and the called Service: the program is given a text that was never replaced',
      remediation: edit(
        later
          ? `Put ${open} before ${variable.name} in the list of variables`
          : `Set what ${literal} stands for, or write the value out`,
        variable.entity,
      ),
    });
  }
  return null;
}

/** `REDIS_PORT=tcp://10.0.0.1:6379`: what Kubernetes sets for each Service, taken by a program for its own setting. */
function serviceLink(graph: EvidenceGraph, trouble: Trouble, { variables }: Environment): Conclusion | null {
  const { workload, pod } = trouble;
  if (!says.valueRejected.test(trouble.text) || textAt(pod.object, 'spec', 'enableServiceLinks') === 'false')
    return null;
  for (const [link = '', ip = '', port = ''] of trouble.text.matchAll(/(?:tcp|udp):\/\/(\d+\.\d+\.\d+\.\d+):(\d+)/g)) {
    const service = graph
      .all('Service', pod.namespace)
      .find(
        (one) =>
          textAt(one, 'spec', 'clusterIP') === ip &&
          listAt(one, 'spec', 'ports').some((offered) => textAt(offered, 'port') === port),
      );
    if (!service) continue;
    const name = `${service.metadata.name.toUpperCase().replaceAll('-', '_')}_PORT`;
    if (variables.has(name)) continue;
    return conclusion('service-link', {
      entity: workload.entity,
      mechanism: 'bad_config_value',
      wrongValue: link,
      statement: `The ${where(trouble)} takes ${name}=${link} for its own setting: Kubernetes sets this variable for Service ${service.metadata.name} in every pod of the namespace (enableServiceLinks)${said(trouble)}`,
      weight: 95,
      evidence: [...quotes(graph, trouble), graph.fieldRef(service, 'clusterIP', ip)],
      ruledOut: `a value of ${name} that somebody gave: no env entry and no envFrom sets it`,
      remediation: edit(
        `Set enableServiceLinks: false in the pod template of ${workload.entity.name}, or set ${name} itself`,
        workload.entity,
      ),
    });
  }
  return null;
}
