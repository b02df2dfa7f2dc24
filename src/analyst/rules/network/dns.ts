import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { entityOf, entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { recordAt, textAt, textsAt } from '../../model/fields.ts';
import { podReferences } from '../../model/pod-references.ts';
import { clusterNames, selectedPods } from '../../model/services.ts';
import { asksInVain, clusterDns, type FailedCall } from '../../signals/calls.ts';
import { blockFor, type Directive, inZone, readCorefile } from '../../signals/network/corefile.ts';
import { reasonRef, type Trouble } from '../../signals/trouble.ts';
import { type Conclusion, conclusion, edit, type Rule, step } from '../rule.ts';

export const dnsRules: readonly Rule[] = [
  {
    id: 'dns-configuration',
    catalogue: [78],
    needs: "a name that does not resolve although it should, and the configuration of the cluster's DNS",
    unless: 'the DNS servers answer the name as it is asked',
    conclude: ({ graph, calls }) => calls.flatMap((call) => misconfigured(graph, call) ?? []),
  },
  {
    id: 'dns-loop',
    catalogue: [78],
    needs: 'a DNS server that ends because it forwards to itself',
    unless: 'the DNS server ends with another word than that of its plugin loop',
    conclude: ({ graph, troubles }) => troubles.flatMap((trouble) => loops(graph, trouble) ?? []),
  },
  {
    id: 'external-name',
    catalogue: [79],
    needs: 'a Service of type ExternalName whose target does not resolve',
    unless: 'the target of the Service is a Service of the cluster that exists',
    conclude: ({ graph, calls }) => calls.flatMap((call) => externalName(graph, call) ?? []),
  },
];

/** The ConfigMap with the Corefile that the servers of the cluster's DNS mount. */
function corefileOf(graph: EvidenceGraph) {
  const service = clusterDns(graph);
  const [pod] = service ? selectedPods(graph, service) : [];
  for (const { kind, name } of podReferences(pod?.object['spec'])) {
    const map = kind === 'ConfigMap' ? graph.get('ConfigMap', 'kube-system', name) : null;
    const text = textsAt(map, 'data')['Corefile'];
    if (map && text !== undefined) return { map, text };
  }
  return null;
}

/** The names that a resolver asks for a host of the cluster, the full one first. */
function fullNames({ mention, trouble }: FailedCall): string[] {
  const host = mention.host.toLowerCase().replace(/\.$/, '');
  const inCluster = clusterNames(host, trouble.pod.namespace).map(({ pod, service, namespace }) =>
    [...(pod === null ? [] : [pod]), service, namespace, 'svc.cluster.local'].join('.'),
  );
  return [...inCluster, host];
}

interface Flaw {
  readonly line: string;
  readonly why: string;
  readonly sure: boolean;
}

function misconfigured(graph: EvidenceGraph, call: FailedCall): Conclusion | null {
  const { trouble, mention, service } = call;
  const corefile = asksInVain(call) ? corefileOf(graph) : null;
  if (!corefile || textAt(service, 'spec', 'type') === 'ExternalName') return null;
  const flaw = flawFor(graph, call, corefile.text);
  if (!flaw) return null;
  const entity = entityOf(corefile.map);
  return conclusion('dns-configuration', {
    entity,
    mechanism: 'bad_config_value',
    wrongValue: flaw.line,
    statement: `The cluster's DNS does not resolve ${mention.host}, which ${entityText(trouble.workload.entity)} asks for: ${flaw.why} ("${flaw.line}" in the Corefile of ${entityText(entity)}).`,
    weight: 96,
    confidence: flaw.sure ? 'high' : 'medium',
    evidence: [
      call.ref,
      graph.refIn(entity, flaw.line),
      service ? graph.fieldRef(service, 'name', service.metadata.name) : null,
    ],
    affects: [trouble.workload.entity],
    ruledOut: service ? `a missing Service: ${service.metadata.name} exists` : [],
    remediation: edit(
      `Correct "${flaw.line}" in the Corefile of ConfigMap ${entity.name}; CoreDNS reads it again by itself when the plugin reload is on`,
      entity,
      'medium',
    ),
  });
}

function flawFor(graph: EvidenceGraph, call: FailedCall, corefile: string): Flaw | null {
  const blocks = readCorefile(corefile);
  for (const name of fullNames(call)) {
    const block = blockFor(blocks, name);
    if (!block)
      return { line: blocks[0]?.zones.join(' ') ?? '', why: `no server block answers for ${name}`, sure: true };
    for (const directive of block.directives) {
      const why = refuses(directive, name);
      if (why !== null) return { line: directive.line, why, sure: true };
    }
    const isOfCluster = inZone(name, 'cluster.local');
    const kubernetes = block.directives.find((it) => it.name === 'kubernetes');
    if (isOfCluster && call.service && !kubernetes?.args.some((zone) => inZone(name, zone))) {
      const line = kubernetes?.line ?? blocks[0]?.zones.join(' ') ?? '';
      return { line, why: `the plugin kubernetes does not serve cluster.local there`, sure: true };
    }
    if (!isOfCluster) return forwardFlaw(graph, block.directives);
  }
  return null;
}

/** A directive that keeps a name from being answered; null when it does not touch it. */
function refuses({ name: plugin, args, inner }: Directive, name: string): string | null {
  const codes = inner.join('\n');
  if (
    plugin === 'template' &&
    /rcode\s+(?:NXDOMAIN|REFUSED|SERVFAIL)/i.test(codes) &&
    matchesTemplate(args, inner, name)
  ) {
    return `a template answers ${/rcode\s+(\w+)/i.exec(codes)?.[1] ?? 'no'} for it`;
  }
  if (
    plugin === 'acl' &&
    /^(?:block|drop)\b/m.test(codes) &&
    (args.length === 0 || args.some((zone) => inZone(name, zone)))
  ) {
    return 'an acl blocks the question';
  }
  if (plugin === 'rewrite' && args[0] === 'name' && args.some((arg) => arg.replace(/\.$/, '') === name)) {
    return `a rewrite asks for another name, ${args.at(-1) ?? ''}`;
  }
  return null;
}

function matchesTemplate(args: readonly string[], inner: readonly string[], name: string): boolean {
  const zones = args.slice(2);
  if (zones.length > 0 && !zones.some((zone) => zone !== '.' && inZone(name, zone))) return false;
  const patterns = inner.flatMap((line) => /^match\s+"?([^"]+?)"?$/.exec(line)?.[1] ?? []);
  if (patterns.length === 0) return zones.length > 0;
  return patterns.some((pattern) => isMatch(pattern, `${name}.`));
}

function isMatch(pattern: string, name: string): boolean {
  try {
    return new RegExp(pattern).test(name);
  } catch {
    return false;
  }
}

/** A server to which names of the outside are forwarded and which the DNS server's own log says does not answer. */
function forwardFlaw(graph: EvidenceGraph, directives: readonly Directive[]): Flaw | null {
  const forward = directives.find((it) => it.name === 'forward' || it.name === 'proxy');
  if (!forward) return null;
  const service = clusterDns(graph);
  const logs = service ? selectedPods(graph, service).flatMap((pod) => graph.logsOf(pod.namespace, pod.name)) : [];
  const dead = forward.args
    .slice(1)
    .map((target) => target.replace(/^\w+:\/\//, '').replace(/:\d+$/, ''))
    .find((target) =>
      logs.some((log) =>
        new RegExp(`->${RegExp.escape(target)}:\\d+: .*(?:timeout|refused|no route|unreachable)`).test(log.text),
      ),
    );
  return dead === undefined
    ? null
    : {
        line: forward.line,
        why: `the server ${dead}, to which other names are forwarded, does not answer`,
        sure: true,
      };
}

function loops(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const text = trouble.reason?.text ?? '';
  if (!/plugin\/loop: Loop .* detected/.test(text)) return null;
  const map = corefileMounted(graph, trouble);
  if (!map) return null;
  const forward = readCorefile(map.text)
    .flatMap((block) => block.directives)
    .find((it) => it.name === 'forward');
  const entity = entityOf(map.object);
  return conclusion('dns-loop', {
    entity,
    mechanism: 'bad_config_value',
    wrongValue: forward?.line ?? 'loop',
    statement: `${entityText(trouble.workload.entity)} forwards to itself ("${forward?.line ?? 'forward'}" in ${entityText(entity)}) and ends by itself: the servers in /etc/resolv.conf of the node are its own address or a stub on 127.0.0.x.`,
    weight: 95,
    evidence: [reasonRef(graph, trouble), forward ? graph.refIn(entity, forward.line) : null],
    affects: [trouble.workload.entity],
    ruledOut: 'a crash: the plugin loop ends the server on purpose',
    remediation: edit(
      'Forward to the real name servers instead of /etc/resolv.conf, or give the kubelet a resolvConf without the stub',
      entity,
      'medium',
    ),
  });
}

function corefileMounted(
  graph: EvidenceGraph,
  { workload, pod }: Trouble,
): { object: KubeObject; text: string } | null {
  for (const { kind, name } of podReferences(workload.template)) {
    const object = kind === 'ConfigMap' ? graph.get('ConfigMap', pod.namespace, name) : null;
    const text = recordAt(object, 'data')['Corefile'];
    if (object && typeof text === 'string') return { object, text };
  }
  return null;
}

/** A Service that only points to another name, which does not exist. */
function externalName(graph: EvidenceGraph, call: FailedCall): Conclusion | null {
  const { service, kind, trouble, mention } = call;
  const target = textAt(service, 'spec', 'externalName');
  if (!service || kind !== 'unresolved' || textAt(service, 'spec', 'type') !== 'ExternalName' || target === '')
    return null;
  const name = clusterNames(target, service.metadata.namespace ?? '')[0];
  const isThere = name ? graph.get('Service', name.namespace, name.service) !== null : false;
  const isGone = name ? graph.absent('Service', name.namespace, name.service) : null;
  if (isThere) return null;
  const entity = entityOf(service);
  return conclusion('external-name', {
    entity,
    mechanism: 'wrong_dns_name',
    wrongValue: target,
    statement: `Service ${entity.name} points to ${target} (type ExternalName), and that name does not resolve, so ${entityText(trouble.workload.entity)} cannot reach ${mention.host}.`,
    weight: 94,
    confidence: isGone ? 'high' : 'medium',
    evidence: [call.ref, graph.fieldRef(service, 'externalName', target), isGone],
    affects: [trouble.workload.entity, entity],
    ruledOut: `a missing Service: ${entity.name} exists, and is only another name for ${target}`,
    remediation: [
      edit(`Correct externalName of Service ${entity.name}`, entity),
      step(
        'Ask for the target from a pod',
        `kubectl -n ${entity.namespace} exec ${trouble.pod.name} -- nslookup ${target}`,
        'none',
      ),
    ],
  });
}
