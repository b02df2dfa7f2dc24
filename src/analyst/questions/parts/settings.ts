import { quote, say } from '../../../report/answer-lines.ts';
import type { Entity } from '../../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { listed, plural } from '../../../lib/text.ts';
import { entityOf, entityText, fileOf } from '../../model/entities.ts';
import { dig, listAt, textAt, textsAt } from '../../model/fields.ts';
import { podReferences } from '../../model/pod-references.ts';
import type { Workload } from '../../model/workload.ts';
import { imageBefore } from '../../signals/rollout/image-before.ts';
import { namedText } from '../view/incident-objects.ts';
import { variablesIn } from '../view/intents.ts';
import { type PartOf, podsOf, type QuestionView, workloadsOf } from '../view/view.ts';
import { asYaml, describe, inQuestion, topOf, wouldShow } from '../view/would-show.ts';
import { type AnswerPart, joined, nothing } from '../view/words.ts';

const maxWorkloads = 4;
const maxValues = 20;

export interface TemplateContainer {
  readonly name: string;
  readonly spec: unknown;
  readonly workload: Workload;
}

/** Containers of the templates in question. */
export function containersOf(view: QuestionView): readonly TemplateContainer[] {
  const all = workloadsOf(view)
    .slice(0, maxWorkloads)
    .flatMap((workload) =>
      [...listAt(workload.template, 'initContainers'), ...listAt(workload.template, 'containers')].map((spec) => ({
        name: textAt(spec, 'name'),
        spec,
        workload,
      })),
    );
  const wanted = all.filter(({ name }) => view.named.containers.includes(name));
  return wanted.length > 0 ? wanted : all;
}

export const sourceOf = ({ entity, object, pods }: Workload): string => {
  const [pod] = pods;
  return object === null && pod ? fileOf(entityOf(pod.object)) : fileOf(entity);
};

function unread(view: QuestionView): AnswerPart {
  const show = wouldShow(view, inQuestion(view).map(asYaml));
  const whose = namedText(view) || 'this incident';
  return { lines: [say(`No workload of ${whose} is in the evidence.`), ...show], sources: [] };
}

/** Requests and limits of each container. */
export const resources: PartOf = (view) => {
  const containers = containersOf(view);
  if (containers.length === 0) return unread(view);
  const ends = podsOf(view).flatMap(({ name, containers: all }) =>
    all
      .filter((one) => [one.terminated, one.lastTerminated].some((end) => end?.reason === 'OOMKilled'))
      .map((one) => `${one.name} of ${name}`),
  );
  const quotas = (view.analysis?.graph.all('ResourceQuota') ?? []).slice(0, 3);
  return {
    lines: [
      ...containers.map(({ name, spec, workload }) => {
        const of = (what: string): string => pairs(textsAt(spec, 'resources', what)) || 'none';
        return say(
          `Container ${name} of ${entityText(workload.entity)}: limits ${of('limits')}; requests ${of('requests')}.`,
        );
      }),
      say(
        ends.length === 0
          ? 'No container of its pods is recorded as killed for memory (OOMKilled).'
          : `Killed for memory (OOMKilled): ${listed(ends, 5)}.`,
      ),
      ...quotas.map((quota) =>
        say(
          `${entityText(entityOf(quota))}: hard ${pairs(textsAt(quota, 'status', 'hard')) || 'none'}; used ${pairs(textsAt(quota, 'status', 'used')) || 'none'}.`,
        ),
      ),
    ],
    sources: [
      ...new Set([
        ...containers.map(({ workload }) => sourceOf(workload)),
        ...quotas.map((quota) => fileOf(entityOf(quota))),
      ]),
    ],
  };
};

const pairs = (values: Readonly<Record<string, string>>): string =>
  listed(
    Object.entries(values).map(([key, value]) => `${key}=${value}`),
    maxValues,
  );

/** How much of something there is at a time: measurements are not kept, what is set is. */
export const measured: PartOf = (view) => {
  const none = 'Measurements (use of memory and CPU, traffic, latency, rates of errors) are not kept.';
  return { lines: [none, ...wouldShow(view, topOf(view))], sources: [] };
};

/** The image of each container, and the one before where another is known. */
export const images: PartOf = (view) => {
  const containers = containersOf(view);
  if (containers.length === 0) return unread(view);
  return {
    lines: containers.map(({ name, spec, workload }) => {
      const image = textAt(spec, 'image');
      const before = imageBefore(workload, name, image);
      const was =
        before === null
          ? ''
          : `; before: ${before.image} (${entityText(entityOf(before.object))}, ${before.ready} ready)`;
      return say(`Container ${name} of ${entityText(workload.entity)}: ${image}${was}`);
    }),
    sources: [...new Set(containers.map(({ workload }) => sourceOf(workload)))],
  };
};

/** Variables and what they come from, ConfigMaps and keys; never what is in a Secret. */
export const config: PartOf = (view) => {
  const containers = containersOf(view);
  const named = namedSettings(view);
  const wanted = variablesIn(view.question);
  const parts = [...named.map(content), ...(named.length > 0 ? [] : containers.map((one) => variables(one, wanted)))];
  const references = named.length > 0 ? nothing : referred(view, containers);
  if (parts.length === 0) return unread(view);
  const secret = { lines: ['Values of Secrets are never kept, only the names of their keys.'], sources: [] };
  const unseen = named.length > 0 ? [] : notRead(view);
  const show = { lines: wouldShow(view, unseen.map(asRead)), sources: [] };
  return joined(...parts, references, secret, show);
};

const settingKinds = ['ConfigMap', 'Secret'];

/** The ConfigMaps and Secrets that the question names and the evidence has no content of. */
function notRead({ named }: QuestionView): readonly Entity[] {
  return named.entities.filter(({ kind }) => settingKinds.includes(kind));
}

/** Of a Secret, `describe` shows keys and sizes alone. */
const asRead = (object: Entity): string => (object.kind === 'Secret' ? describe(object) : asYaml(object));

function namedSettings({ analysis, named }: QuestionView): readonly KubeObject[] {
  return named.entities
    .filter(({ kind }) => settingKinds.includes(kind))
    .flatMap(({ kind, namespace, name }) => analysis?.graph.get(kind, namespace, name) ?? [])
    .slice(0, 3);
}

function content(object: KubeObject): AnswerPart {
  const name = entityText(entityOf(object));
  const keys = [
    ...new Set([
      ...Object.keys((dig(object, 'data') as object | null | undefined) ?? {}),
      ...Object.keys((dig(object, 'stringData') as object | null | undefined) ?? {}),
    ]),
  ];
  const head = say(`${name} has ${plural(keys.length, 'key')}: ${listed(keys, maxValues)}.`);
  const values = object.kind === 'Secret' ? [] : Object.entries(textsAt(object, 'data')).slice(0, maxValues);
  const lines = values.flatMap(([key, value]) =>
    value.includes('\n') ? [say(`${key}:`), ...quote(value, 8)] : [say(`${key}:`), ...quote(value, 1)],
  );
  return { lines: [head, ...lines.slice(0, 40)], sources: [fileOf(entityOf(object))] };
}

/** `wanted`: the variables that are asked about; all where none is named. */
function variables({ name, spec, workload }: TemplateContainer, wanted: readonly string[]): AnswerPart {
  const all = listAt(spec, 'env');
  const env = all.filter((one) => wanted.length === 0 || wanted.includes(textAt(one, 'name'))).slice(0, maxValues);
  const gone = wanted.filter((one) => !all.some((other) => textAt(other, 'name') === one));
  const from = listAt(spec, 'envFrom').map(
    (one) => textAt(one, 'configMapRef', 'name') || textAt(one, 'secretRef', 'name'),
  );
  const command = [...listAt(spec, 'command'), ...listAt(spec, 'args')].map(String).join(' ');
  const head = `Container ${name} of ${entityText(workload.entity)}: ${plural(listAt(spec, 'env').length, 'variable')}`;
  return {
    lines: [
      say(
        `${head}${from.length === 0 ? '' : `, and all of ${listed(from, 5)}`}${command === '' ? '' : `; command ${command}`}`,
      ),
      ...env.map((one) => say(`${textAt(one, 'name')}: ${valueOf(one)}`)),
      ...(gone.length === 0 ? [] : [say(`It sets no variable ${gone.join(', ')} by itself.`)]),
    ],
    sources: [sourceOf(workload)],
  };
}

function valueOf(variable: unknown): string {
  const value = textAt(variable, 'value');
  if (value !== '') return value;
  for (const [field, kind] of [
    ['configMapKeyRef', 'ConfigMap'],
    ['secretKeyRef', 'Secret'],
  ] as const) {
    const from = textAt(variable, 'valueFrom', field, 'name');
    if (from !== '') return `key ${textAt(variable, 'valueFrom', field, 'key')} of ${kind} ${from}`;
  }
  return textAt(variable, 'valueFrom', 'fieldRef', 'fieldPath') || 'empty';
}

/** What its pods refer to, and what of it is not there. */
function referred({ analysis }: QuestionView, containers: readonly TemplateContainer[]): AnswerPart {
  const workloads = [...new Set(containers.map(({ workload }) => workload))];
  const graph = analysis?.graph;
  const seen = new Map<string, string>();
  for (const { template, entity } of workloads) {
    for (const { kind, name } of podReferences(template)) {
      const object = graph?.get(kind, entity.namespace, name) ?? null;
      const gone = object === null && graph?.absent(kind, entity.namespace, name) != null;
      seen.set(`${kind} ${name}`, gone ? ' (does not exist)' : object === null ? ' (not read)' : '');
    }
  }
  if (seen.size === 0) return nothing;
  return {
    lines: [
      say(
        `They use ${listed(
          [...seen].map(([name, how]) => `${name}${how}`),
          12,
        )}.`,
      ),
    ],
    sources: [],
  };
}
