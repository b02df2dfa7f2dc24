import { quote, say } from '../../../report/answer-lines.ts';
import { plural } from '../../../lib/text.ts';
import { entityText, sameEntity } from '../../model/entities.ts';
import type { Conclusion } from '../../rules/rule.ts';
import { type PartOf, type QuestionView } from '../view/view.ts';
import { describe, inQuestion, wouldShow } from '../view/would-show.ts';
import { type AnswerPart, joined } from '../view/words.ts';
import { exits, node } from './pods.ts';
import { ports } from './ports.ts';
import { config, images, resources } from './settings.ts';

interface Topic {
  readonly name: string;
  /** What of a question means it. */
  readonly words: RegExp;
  /** What of a conclusion is about it: its mechanism's words, or the kind of its object. */
  readonly of: RegExp;
  readonly facts: PartOf | null;
}

const nodeTopic = 'a node';

const topics: readonly Topic[] = [
  {
    name: nodeTopic,
    words: /\bnodes?\b|\bkubelet\b|\bmachine\b|\bhost\b/i,
    of: /^node_|taint|cordon|evict|preempt|pressure|cpu_feature|cni|ip_exhausted|^Node /,
    facts: node,
  },
  {
    name: 'memory',
    words: /\bmem(?:ory)?\b|\boom|\bheap\b|\bram\b/i,
    of: /oom|heap|memory|shm/,
    facts: resources,
  },
  { name: 'the CPU', words: /\bcpu\b|\bthrottl/i, of: /cpu/, facts: resources },
  {
    name: 'the network',
    words: /\bnetwork\b|\bpackets?\b|\bdns\b|\bconnect|\bservice\b|\bpolic(?:y|ies)\b|\bfirewall\b/i,
    of: /dns|endpoint|port|selector_|service_|ingress|cni|ip_exhausted|unreachable/,
    facts: ports,
  },
  {
    name: 'the image or its registry',
    words: /\bimages?\b|\bregistry\b|\bpull/i,
    of: /image|pull|registry|arch/,
    facts: images,
  },
  {
    name: 'a disk or volume',
    words: /\bdisk\b|\bstorage\b|\bvolumes?\b|\bpvc?s?\b/i,
    of: /volume|disk|storage|pv|csi|hostpath/,
    facts: null,
  },
  {
    name: 'a dependency',
    words: /\bdatabases?\b|\bdb\b|\bbackend\b|\bupstream\b|\bdependenc/i,
    of: /endpoint|dependency|credential|dns|service_|target_port/,
    facts: ports,
  },
  { name: 'a quota', words: /\bquotas?\b/i, of: /quota|limitrange/, facts: resources },
  { name: 'a probe', words: /\bprobes?\b|\bliveness\b|\breadiness\b/i, of: /probe|readiness/, facts: ports },
  {
    name: 'configuration',
    words: /\bconfig|\bsettings?\b|\benv|\bsecrets?\b/i,
    of: /config|key|env|secret/,
    facts: config,
  },
  {
    name: 'permissions',
    words: /\bpermissions?\b|\brbac\b|\brights?\b|\bforbidden\b/i,
    of: /rbac|serviceaccount|sa_token|security|credential/,
    facts: null,
  },
  { name: 'a certificate', words: /\bcert|\btls\b|\bx509\b/i, of: /cert|webhook_ca/, facts: null },
  {
    name: 'the application itself',
    words: /\bcode\b|\bbug\b|\bapp(?:lication)?\b/i,
    of: /app_exit|bad_image_release|script_error|bad_command/,
    facts: exits,
  },
  { name: 'a webhook', words: /\bwebhooks?\b|\badmission\b/i, of: /webhook|pod_security/, facts: null },
  {
    name: 'scheduling',
    words: /\bschedul/i,
    of: /schedul|affinity|taint|cordon|preempt|insufficient|topology|selector$|host_port|pod_limit/,
    facts: node,
  },
];

/** A limit of what is not said: the topic where nothing else of the question is one. */
const limits: Topic = {
  name: 'a limit',
  words: /\blimits?\b/i,
  of: /oom|heap|memory|shm|cpu|quota|limit/,
  facts: resources,
};

/** So many are answered about, at most. */
const maxTopics = 3;

/** All that a question is about: one that it names second is asked as the first is. */
function topicsOf(question: string): readonly Topic[] {
  const found = topics.filter(({ words }) => words.test(question));
  return found.length === 0 && limits.words.test(question) ? [limits] : found.slice(0, maxTopics);
}

/** A cause or a conclusion, as far as it says what it is about. */
type Spoken = Pick<Conclusion, 'entity' | 'mechanism' | 'statement'>;

/** Why not something else: what blames it, what excludes it, and what the evidence shows of it. */
export const ruledOut: PartOf = (view) => {
  const { analysis, named } = view;
  if (analysis === null)
    return {
      lines: [
        'No evidence is kept of this incident, so nothing can be ruled out by it.',
        ...wouldShow(view, inQuestion(view).map(describe)),
      ],
      sources: [],
    };
  const asked = topicsOf(view.question);
  const excluded = [...new Set(analysis.ranking.causes.flatMap(({ conclusion }) => conclusion.ruledOut))];
  if (asked.length === 0 && named.entities.length === 0) return inGeneral(view, excluded);
  const nodes = analysis.graph.all('Node').map(({ metadata }) => metadata.name);
  if (asked.length === 0) return blame(view, named.entities.map(entityText).join(', '), (one) => names(view, one));
  const facts = [...new Set(asked.flatMap((topic) => topic.facts ?? []))];
  return joined(
    ...asked.flatMap((topic) => [
      blame(view, topic.name, (one) => speaksOf(topic, one, nodes)),
      exclusions(excluded, topic),
    ]),
    ...facts.map((part) => part(view)),
  );
};

const names = ({ named }: QuestionView, { entity, statement }: Spoken): boolean =>
  named.entities.some((one) => sameEntity(one, entity) || statement.includes(one.name));

function speaksOf(
  { name, words, of }: Topic,
  { entity, mechanism, statement }: Spoken,
  nodes: readonly string[],
): boolean {
  if (of.test(mechanism) || of.test(`${entity.kind} `) || words.test(statement)) return true;
  return name === nodeTopic && nodes.some((one) => statement.includes(one));
}

function blame({ analysis, kept }: QuestionView, name: string, isAbout: (one: Spoken) => boolean): AnswerPart {
  const told = analysis?.causes.map(({ conclusion }) => conclusion).filter(isAbout) ?? [];
  const inVerdict = kept.verdict?.causes.filter(isAbout) ?? [];
  const [cause] = inVerdict.length > 0 ? inVerdict : told;
  if (cause !== undefined)
    return { lines: [say(`The cause speaks of ${name}: ${cause.statement}`)], sources: ['verdict.json'] };
  const others = analysis?.conclusions.filter(isAbout) ?? [];
  const [other] = others;
  if (other !== undefined) {
    const [ref] = other.evidence;
    const isRival = analysis?.ranking.rivals.some(({ statement }) => statement === other.statement) === true;
    const where = isRival ? 'and explains less than the cause that is told' : 'elsewhere, and is no cause of this';
    return {
      lines: [
        say(`Something in the evidence speaks of ${name}, ${where}: ${other.statement}`),
        ...(ref === undefined ? [] : quote(ref.quote, 2)),
      ],
      sources: ref === undefined ? [] : [ref.file],
    };
  }
  const count = analysis?.conclusions.length ?? 0;
  return {
    lines: [
      say(`Nothing in the evidence blames ${name}: none of ${plural(count, 'conclusion')} of the rules speaks of it.`),
    ],
    sources: ['evidence'],
  };
}

function exclusions(excluded: readonly string[], topic: Topic): AnswerPart {
  const fitting = excluded.filter((text) => topic.words.test(text));
  return { lines: fitting.slice(0, 5).map((text) => say(`Ruled out: ${text}`)), sources: [] };
}

function inGeneral({ analysis, kept }: QuestionView, excluded: readonly string[]): AnswerPart {
  const sure = kept.verdict?.causes.some(({ confidence }) => confidence === 'high') === true;
  const rivals = sure ? [] : (analysis?.ranking.rivals.map(({ statement }) => statement) ?? []);
  const none = excluded.length === 0 && rivals.length === 0;
  return {
    lines: [
      ...excluded.slice(0, 8).map((text) => say(`Ruled out: ${text}`)),
      ...[...new Set(rivals)].slice(0, 3).map((text) => say(`Possible beside it: ${text}`)),
      ...(none
        ? ['The rules have ruled out nothing by name. Ask about one thing: the node, the network, memory, the image.']
        : []),
      ...(kept.verdict?.missing ?? []).slice(0, 3).map((text) => say(`Not seen: ${text}`)),
    ],
    sources: ['evidence', ...listedSources(kept.verdict === null)],
  };
}

const listedSources = (none: boolean): readonly string[] => (none ? [] : ['verdict.json']);
