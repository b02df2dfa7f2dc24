import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { says } from '../../model/lexicon.ts';
import { podReferences } from '../../model/pod-references.ts';
import { failureOf } from '../../signals/calls.ts';
import { environmentOf, type Variable } from '../../signals/environment.ts';
import { endRefs, reasonRef, type Trouble } from '../../signals/trouble.ts';
import { type Conclusion, conclusion, eachCrash, edit, type Rule, step, where } from '../rule.ts';

export const valueShapeRules: readonly Rule[] = [
  {
    id: 'value-shape',
    catalogue: [29],
    needs: 'a value with quotes or white space around it, and a program that stumbles over it',
    unless: 'the program takes the value as it is, and complains about something else',
    conclude: eachCrash(oddShape),
  },
  {
    id: 'header-value',
    catalogue: [29],
    needs: 'a log of a header value that may not be sent, and a Secret that holds a token',
    unless: 'the request is sent, and the other side refuses it',
    conclude: eachCrash(headerValue),
  },
];

/** A value that holds more than somebody meant: a newline at its end, spaces, quotes that nobody takes off. */
function oddShape(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const text = trouble.reason?.text ?? '';
  const minds =
    failureOf(text) !== null || [says.valueRejected, says.loginRefused, says.fileMissing].some((it) => it.test(text));
  if (!minds) return null;
  const { workload, container } = trouble;
  for (const variable of environmentOf(graph, workload, container.name).variables.values()) {
    const odd = oddityOf(variable);
    if (!odd || !text.includes(odd.core)) continue;
    // The program's own words show the character that is too much.
    const isShown = odd.forms.some((form) => text.includes(form));
    const place =
      variable.key === null ? '' : ` (key ${variable.key} of ${variable.entity.kind} ${variable.entity.name})`;
    return conclusion('value-shape', {
      entity: variable.entity,
      mechanism: 'bad_config_value',
      wrongValue: variable.raw,
      statement: `${variable.name}${place} has ${odd.what}, and the ${where(trouble)} takes it as a part of the value: ${text}`,
      weight: isShown ? 96 : 86,
      confidence: isShown ? 'high' : 'medium',
      evidence: [
        reasonRef(graph, trouble),
        graph.refIn(variable.entity, JSON.stringify(variable.raw)),
        ...endRefs(graph, trouble),
      ],
      affects: [workload.entity],
      ruledOut: `the value itself: without ${odd.what} it would be ${odd.core}`,
      remediation: edit(`Take ${odd.what} off ${variable.key ?? variable.name}`, variable.entity),
    });
  }
  return null;
}

interface Oddity {
  readonly what: string;
  /** The value that was meant. */
  readonly core: string;
  /** How a program may print the whole. */
  readonly forms: readonly string[];
}

function oddityOf({ raw }: Variable): Oddity | null {
  if (raw === null || raw.length > 500) return null;
  const quoted = /^(["'])(.+)\1$/s.exec(raw);
  if (quoted?.[2] !== undefined)
    return { what: 'quotes around it', core: quoted[2], forms: [raw, raw.replaceAll('"', '\\"')] };
  const core = raw.trim();
  if (core === raw || core === '' || core.includes('\n')) return null;
  const escaped = JSON.stringify(raw).slice(1, -1);
  if (raw.endsWith('\n'))
    return { what: 'a newline at its end', core, forms: [escaped, `${core}%0A`, `${core}\n`, `${core}\\x0a`] };
  return { what: 'white space around it', core, forms: [`"${raw}"`, `'${raw}'`, `[${raw}]`, `${core}%20`] };
}

/** What HTTP clients refuse to send: mostly a newline at the end of a token, which a Secret does not show. */
function headerValue(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const { reason, workload, container } = trouble;
  if (!reason || !says.headerRefused.test(reason.text)) return null;
  const tokens = podReferences(workload.template).filter(
    (reference) =>
      reference.kind === 'Secret' &&
      reference.how === 'env' &&
      reference.containers.includes(container.name) &&
      /token|key|auth|secret|pass/i.test(`${reference.by} ${reference.key ?? ''}`),
  );
  const token = tokens.find((it) => reason.text.includes(it.by)) ?? tokens[0];
  if (!token) return null;
  const entity = { kind: 'Secret', namespace: trouble.pod.namespace, name: token.name };
  return conclusion('header-value', {
    entity,
    mechanism: 'bad_config_value',
    wrongValue: token.key,
    statement: `The ${where(trouble)} may not send what it takes from key ${token.key} of Secret ${token.name} (${token.by}): the value holds a character that no header may have, mostly a newline at its end: ${reason.text}`,
    weight: 90,
    confidence: tokens.length === 1 ? 'high' : 'medium',
    evidence: [reasonRef(graph, trouble), graph.refIn(entity, `"${token.key}":`)],
    affects: [workload.entity],
    ruledOut: 'the called service: the request is never sent',
    remediation: step(
      `Write key ${token.key} of Secret ${token.name} again without a newline (printf, not echo), then restart ${workload.entity.name}`,
      null,
      'low',
    ),
  });
}
