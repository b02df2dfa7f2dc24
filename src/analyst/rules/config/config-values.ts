import { entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { noValues, says } from '../../model/lexicon.ts';
import { pathsIn, quotedIn } from '../../model/names-in-text.ts';
import { mountOf } from '../../model/pod-references.ts';
import { failureOf } from '../../signals/calls.ts';
import { lineWith, type Setting, settingsOf } from '../../signals/settings.ts';
import { endRefs, reasonRef, type Trouble } from '../../signals/trouble.ts';
import { imageTag } from '../../model/workload.ts';
import { readyOnSameSettings } from '../../signals/rollout/image-before.ts';
import { type Conclusion, conclusion, eachCrash, edit, rollBack, type Rule, where } from '../rule.ts';

export const configRules: readonly Rule[] = [
  {
    id: 'config-value',
    catalogue: [29, 33],
    needs: 'a log that rejects a value which a ConfigMap or a variable holds',
    unless: 'no setting of the container holds the value that is rejected',
    conclude: eachCrash(badValue),
  },
  {
    id: 'config-file',
    catalogue: [29],
    needs: 'a log that cannot parse a file of a ConfigMap',
    unless: 'the file lies in no ConfigMap, or is parsed and misses a key',
    conclude: eachCrash(badFile),
  },
  {
    id: 'script-error',
    catalogue: [11],
    needs: 'a syntax error of a shell or an interpreter',
    unless: 'the interpreter ran the script to the failing command',
    conclude: eachCrash(scriptError),
  },
];

/** The value that the program rejects, found again in what it is set up with. */
function badValue(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const { reason } = trouble;
  if (trouble.kind !== 'crash' || !reason || !says.valueRejected.test(trouble.text) || failureOf(reason.text) !== null)
    return null;
  if (/syntax error|forbidden|No such file/i.test(reason.text)) return null;
  const settings = settingsOf(graph, trouble.workload, trouble.container.name);
  for (const token of rejectedTokens(trouble)) {
    const setting = settings.find((x) => holds(x, token));
    if (!setting) continue;
    return valueConclusion(graph, trouble, token, setting);
  }
  return null;
}

function valueConclusion(graph: EvidenceGraph, trouble: Trouble, token: string, setting: Setting): Conclusion {
  const { log } = trouble;
  const line = setting.from === 'ConfigMap' ? lineWith(setting.value, token) : setting.value;
  const isDirective = says.directiveUnknown.test(trouble.text);
  const wrong = isDirective ? (token.split(/[\s=:]+/)[0] ?? token) : token;
  const place =
    setting.from === 'ConfigMap'
      ? `key ${setting.name} of ConfigMap ${setting.entity.name}`
      : setting.from === 'env'
        ? `variable ${setting.name} of ${entityText(setting.entity)}`
        : `the arguments of ${entityText(setting.entity)}`;
  const kept = keptSettings(graph, trouble, `${wrong} in ${place}`, setting);
  if (kept) return kept;
  return conclusion('config-value', {
    entity: setting.entity,
    mechanism: 'bad_config_value',
    wrongValue: wrong,
    statement: `The ${where(trouble)} rejects ${wrong}, which stands in ${place}${line === wrong ? '' : ` (${line.slice(0, 160)})`}: ${trouble.reason?.text ?? ''}`,
    weight: 87,
    evidence: [
      reasonRef(graph, trouble),
      log ? graph.ref(log.path, token) : null,
      graph.refIn(setting.entity, token),
      ...endRefs(graph, trouble),
    ],
    affects: [trouble.workload.entity],
    ruledOut: 'the image: the program starts and rejects its configuration',
    remediation: edit(`Correct ${wrong} in ${place}`, setting.entity),
  });
}

/** Settings on which the revision before is ready are not wrong: the new image does not take them. */
function keptSettings(graph: EvidenceGraph, trouble: Trouble, what: string, setting: Setting): Conclusion | null {
  const { container, pod, reason, workload } = trouble;
  const before = readyOnSameSettings(graph, workload, container.name, container.image);
  if (!before) return null;
  const tag = imageTag(container.image);
  const earlier = imageTag(before.image);
  return conclusion('settings-kept', {
    entity: workload.entity,
    mechanism: 'bad_image_release',
    wrongValue: tag || container.image,
    statement: `The ${where(trouble)} does not take ${what} since its image is ${tag}; ${before.ready === 1 ? '1 pod with' : `${before.ready} pods with`} ${earlier} ${before.ready === 1 ? 'is' : 'are'} ready on the same settings, which nobody has changed since: ${reason?.text ?? ''}`,
    weight: 88,
    evidence: [
      reasonRef(graph, trouble),
      graph.fieldRef(pod.object, 'image', container.image),
      graph.fieldRef(before.object, 'image', before.image),
      graph.fieldRef(before.object, 'readyReplicas', before.ready),
      setting.ref,
      ...endRefs(graph, trouble),
    ],
    ruledOut: `the settings: ${earlier} is ready on the same ones`,
    remediation: rollBack(
      workload.entity,
      `Roll ${workload.entity.name} back to ${earlier}, or give ${tag} the settings that it takes`,
    ),
  });
}

/** What the message quotes or names as wrong, the reason's own words first. */
function rejectedTokens(trouble: Trouble): string[] {
  const texts = [
    trouble.reason?.text ?? '',
    ...trouble.entries
      .filter((x) => x.level !== 'info')
      .slice(-8)
      .map((x) => x.message),
  ];
  const found = texts.flatMap((text) => [
    ...quotedIn(text).toSorted((a, b) => b.length - a.length),
    ...[
      ...text.matchAll(
        /(?:invalid|unknown|unsupported|illegal|bad|unrecogni[sz]ed|unexpected)[\w ]{0,30}?[: =]+([\w.:/@%+-]{2,})/gi,
      ),
    ].map((match) => match[1] ?? ''),
    ...[...text.matchAll(/([\w.-]{2,})=([\w.:/@%+-]+)/g)].flatMap((match) => [match[2] ?? '', match[0]]),
    ...[...text.matchAll(/(?:got|was|found|is|value)[: ]+([\w.:/@%+-]{2,})/gi)].map((match) => match[1] ?? ''),
  ]);
  const { container, pod, workload } = trouble;
  const names = [container.name, pod.name, workload.entity.name];
  const isDull = (token: string): boolean => noValues.has(token) || names.includes(token);
  return [...new Set(found)]
    .filter((token) => token.length >= 2 && !isDull(token) && !/^[\d]$/.test(token) && !token.startsWith('<'))
    .slice(0, 30);
}

/** A whole word of a value; the name of a variable or key does not count. */
function holds(setting: Setting, token: string): boolean {
  if (setting.from === 'env') return setting.value === token || (token.length >= 4 && hasWord(setting.value, token));
  if (setting.from === 'args') return token.length >= 4 && hasWord(setting.value, token) && setting.value.length < 200;
  return token.length >= 3 && !/[A-Z]\w*(?:Error|Exception)$/.test(token) && hasWord(setting.value, token);
}

function hasWord(text: string, word: string): boolean {
  const at = text.indexOf(word);
  if (at < 0) return false;
  return !/[\w]/.test(text[at - 1] ?? ' ') && !/[\w]/.test(text[at + word.length] ?? ' ');
}

/** A file that cannot be parsed: the ConfigMap that it is mounted from. */
function badFile(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const { reason } = trouble;
  if (trouble.kind !== 'crash' || !reason || !says.fileUnparsed.test(reason.text)) return null;
  const file = readFile(graph, trouble);
  if (!file) return null;
  const key = missingKey(reason.text);
  if (key !== null && !hasWord(file.setting.value, key)) return fileLacks(graph, trouble, file.setting, key);
  const number = Number(/line (\d+)/i.exec(reason.text)?.[1] ?? 0);
  const line = (file.setting.value.split('\n')[number - 1] ?? '').trim();
  const wrong = line !== '' && line.length <= 200 ? line : file.setting.name;
  const place = `key ${file.setting.name} of ${entityText(file.setting.entity)}`;
  const kept = keptSettings(graph, trouble, place, file.setting);
  if (kept) return kept;
  return conclusion('config-file', {
    entity: file.setting.entity,
    mechanism: 'bad_config_value',
    wrongValue: wrong,
    statement: `The ${where(trouble)} cannot read key ${file.setting.name} of ${entityText(file.setting.entity)}${line === '' ? '' : ` (line ${number}: ${line.slice(0, 160)})`}: ${reason.text}`,
    weight: 85,
    confidence: file.named ? 'high' : 'medium',
    evidence: [
      reasonRef(graph, trouble),
      graph.refIn(file.setting.entity, wrong),
      file.setting.ref,
      ...endRefs(graph, trouble),
    ],
    affects: [trouble.workload.entity],
    ruledOut: 'the image: the program starts and cannot read its configuration',
    remediation: edit(`Correct key ${file.setting.name} of ${entityText(file.setting.entity)}`, file.setting.entity),
  });
}

/** The file of a ConfigMap that the log names last; else the only one that the container has. */
function readFile(graph: EvidenceGraph, trouble: Trouble): { setting: Setting; named: boolean } | null {
  const { container, workload } = trouble;
  const maps = settingsOf(graph, workload, container.name).filter((x) => x.from === 'ConfigMap');
  const text = [
    trouble.reason?.text ?? '',
    ...trouble.entries
      .slice(-12)
      .map((x) => x.message)
      .reverse(),
  ].join('\n');
  const paths = text.split('\n').flatMap((line) => pathsIn(line));
  for (const path of paths) {
    const mount = mountOf(workload, container.name, path);
    if (mount?.kind !== 'configMap') continue;
    const key = mount.subPath || path.slice(mount.path.length + 1);
    const setting =
      maps.find((x) => x.entity.name === mount.name && x.name === key) ??
      maps.find((x) => x.entity.name === mount.name);
    if (setting) return { setting, named: true };
  }
  const [only] = maps;
  return only && maps.length === 1 ? { setting: only, named: false } : null;
}

/** The key that a program misses in what it has read. */
function missingKey(text: string): string | null {
  return (
    /KeyError: ["']([\w.-]+)["']/.exec(text)?.[1] ??
    /missing (?:required )?(?:key|option|field|setting|property) ["'`]?([\w.-]+)/i.exec(text)?.[1] ??
    /No (?:option|section):? ["']([\w.-]+)["']/i.exec(text)?.[1] ??
    null
  );
}

function fileLacks(graph: EvidenceGraph, trouble: Trouble, setting: Setting, key: string): Conclusion {
  return conclusion('config-file-lacks', {
    entity: setting.entity,
    mechanism: 'missing_key',
    wrongValue: key,
    statement: `Key ${setting.name} of ${entityText(setting.entity)} lacks ${key}, which the ${where(trouble)} needs: ${trouble.reason?.text ?? ''}`,
    weight: 85,
    evidence: [reasonRef(graph, trouble), setting.ref, ...endRefs(graph, trouble)],
    affects: [trouble.workload.entity],
    ruledOut: `a missing ${setting.entity.kind}: ${setting.entity.name} exists`,
    remediation: edit(`Add ${key} to key ${setting.name} of ${entityText(setting.entity)}`, setting.entity),
  });
}

/** A script that the interpreter cannot read. */
function scriptError(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const { container, log, workload } = trouble;
  const text = trouble.reason?.text ?? '';
  const quote = trouble.entries.findLast((entry) => says.scriptBroken.test(`${entry.error} ${entry.message}`));
  if (trouble.kind !== 'crash' || !quote) return null;
  const path = pathsIn(`${text}\n${quote.message}\n${quote.frames.join('\n')}`).find(
    (x) => mountOf(workload, container.name, x)?.kind === 'configMap',
  );
  const mount = path === undefined ? null : mountOf(workload, container.name, path);
  const key = mount && path !== undefined ? mount.subPath || path.slice(mount.path.length + 1) : null;
  const entity = mount ? { kind: 'ConfigMap', namespace: trouble.pod.namespace, name: mount.name } : workload.entity;
  return conclusion('script-error', {
    entity,
    mechanism: 'script_error',
    wrongValue: key ?? quote.message.slice(0, 200),
    statement: `${key === null ? `A script of the ${where(trouble)}` : `The script ${key} in ${entityText(entity)}`} has a syntax error: ${quote.message}`,
    weight: 93,
    evidence: [
      log ? graph.ref(log.path, quote.message) : null,
      key === null ? null : graph.refIn(entity, `"${key}":`),
      ...endRefs(graph, trouble),
    ],
    affects: [workload.entity],
    ruledOut: 'what the script calls: the interpreter stops before it runs it',
    remediation: edit(`Correct ${key ?? 'the script'}`, entity),
  });
}
