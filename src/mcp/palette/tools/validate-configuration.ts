import { z } from 'zod';
import { parseManifests } from '../../../kube/read/manifests.ts';
import { oneLine } from '../../../lib/text.ts';
import type { Tool } from '../../tool.ts';
import { ToolError } from '../../tool-error.ts';
import { packValidation } from '../api/shapes.ts';
import {
  checkManifests,
  configurationRules,
  type Finding,
  findingSeverities,
  resourceOf,
} from '../rules/configuration-rules.ts';
import { hasSecret } from '../rules/inline-secrets.ts';
import { type Manifest, manifestsOf } from '../rules/pod-specs.ts';
import { type DraftProfile, draftBody, draftProfileOf } from '../rules/profile-shape.ts';
import { type Asking, definePalette, type PaletteTools } from './palette-tool.ts';

const maxBytes = 256 * 1024;
const paletteRule = 'palette-pack-constraint';

const input = z.strictObject({
  configuration: z
    .union([z.string().min(1).max(maxBytes), z.record(z.string(), z.unknown())])
    .describe(
      'Kubernetes manifests as YAML or JSON text (several documents with --- between them) or as one object, or a cluster profile with its packs; at most 256 KiB.',
    ),
  kind: z.enum(['kubernetes', 'cluster_profile']).optional().describe('What it is; without it its shape decides.'),
  environment: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe('Where it will run, such as production; without it namespaces and labels decide.'),
  check_packs: z
    .boolean()
    .default(false)
    .describe('Of a cluster profile: send its packs, with their values, to Palette, which checks them together.'),
});
type Args = z.output<typeof input>;

const output = z.object({
  passed: z.boolean().describe('Nothing was found, in what could be checked.'),
  findings: z.array(
    z.object({
      rule: z.string(),
      severity: z.enum(findingSeverities),
      resource: z.string(),
      document: z.int().describe('From 0.'),
      path: z.string().describe('Of the field in its document.'),
      message: z.string(),
    }),
  ),
  counts: z.object({ critical: z.int(), high: z.int(), medium: z.int(), low: z.int() }),
  checked: z.array(z.string()).describe('What was looked at: KIND/NAMESPACE/NAME.'),
  not_checked: z.array(z.string()).describe('What was not, and why.'),
  rules: z.array(z.object({ rule: z.string(), severity: z.enum(findingSeverities) })),
  packs_checked: z.boolean().describe('Palette has checked the packs together.'),
});

/** `validate_configuration`: our rules over manifests; nothing is applied anywhere. */
export function validateConfiguration(tools: PaletteTools): Tool {
  return definePalette(
    {
      name: 'validate_configuration',
      title: 'Check a configuration before it is applied',
      description:
        'Checks Kubernetes manifests or a Palette cluster profile against rules: resource limits, privileges, host namespaces, root, floating image tags, probes, secrets in the text, replicas in production. Gives rule, path and severity of each finding; applies nothing.',
      input,
      output,
      cut: 'findings',
      run: async (args, asking) => {
        const documents = await documentsOf(args, asking.call.signal);
        const looked = await lookedAt(documents, args, asking);
        const findings = looked.findings.toSorted((a, b) => a.document - b.document);
        const count = (wanted: string): number => findings.filter(({ severity }) => severity === wanted).length;
        return {
          passed: findings.length === 0 && looked.notChecked.length === 0,
          findings: findings.map((finding) => ({ ...finding })),
          counts: { critical: count('critical'), high: count('high'), medium: count('medium'), low: count('low') },
          checked: looked.checked,
          not_checked: looked.notChecked,
          rules: configurationRules.map(({ id, severity }) => ({ rule: id, severity })),
          packs_checked: looked.packsChecked,
        };
      },
    },
    tools,
  );
}

/** @throws ToolError `invalid_argument` with the place of what cannot be read, `too_large` */
async function documentsOf({ configuration }: Args, signal: AbortSignal): Promise<readonly unknown[]> {
  const text = typeof configuration === 'string' ? configuration : textOf(configuration);
  if (Buffer.byteLength(text) > maxBytes) {
    throw new ToolError('too_large', 'configuration is larger than 256 KiB', 'Check it in parts.');
  }
  if (typeof configuration !== 'string') return [configuration];
  const { documents, problem } = await parseManifests(text, signal);
  if (problem !== null) {
    const { line, column, message } = problem;
    const fix = 'Correct the YAML there; documents are separated by a line with ---.';
    throw new ToolError(
      'invalid_argument',
      `configuration is no YAML at line ${line}, column ${column}: ${message}`,
      fix,
    );
  }
  if (documents.length > 0) return documents.map(({ value }) => value);
  throw new ToolError('invalid_argument', 'configuration holds no document', 'Give at least one manifest.');
}

function textOf(configuration: object): string {
  try {
    return JSON.stringify(configuration);
  } catch {
    throw new ToolError('invalid_argument', 'configuration is nested too deeply', 'Give it as it would be applied.');
  }
}

interface Looked {
  readonly findings: readonly Finding[];
  readonly checked: string[];
  readonly notChecked: string[];
  readonly packsChecked: boolean;
}

async function lookedAt(documents: readonly unknown[], args: Args, asking: Asking): Promise<Looked> {
  const manifests: Manifest[] = [];
  const findings: Finding[] = [];
  const checked: string[] = [];
  const notChecked: string[] = [];
  let packsChecked = false;
  for (const [at, document] of documents.entries()) {
    const profile = args.kind === 'kubernetes' ? null : draftProfileOf(document);
    const own = args.kind === 'cluster_profile' ? [] : manifestsOf(document, at);
    if (profile !== null) {
      checked.push(`cluster profile with ${profile.packs.length} packs (document ${at})`);
      const inPacks = await manifestsInPacks(profile, at, asking.call.signal);
      manifests.push(...inPacks.manifests);
      notChecked.push(...inPacks.notChecked);
      findings.push(...secretValues(profile, at));
      if (!args.check_packs) continue;
      findings.push(...(await constraints(profile, at, asking)));
      packsChecked = true;
    } else if (own.length > 0) manifests.push(...own);
    else
      notChecked.push(
        `document ${at}: it is ${args.kind === 'cluster_profile' ? 'no cluster profile: it has no packs' : 'no object of Kubernetes (no kind) and no cluster profile (no packs)'}`,
      );
  }
  checked.push(...manifests.map(resourceOf));
  findings.push(...checkManifests(manifests, args.environment ?? null));
  return { findings, checked, notChecked, packsChecked };
}

/** Manifests of packs are text in the profile. */
async function manifestsInPacks({ packs, path }: DraftProfile, document: number, signal: AbortSignal) {
  const manifests: Manifest[] = [];
  const notChecked: string[] = [];
  for (const [at, { manifests: texts }] of packs.entries()) {
    for (const [index, { name, content }] of texts.entries()) {
      const place = `${path}[${at}].manifests[${index}].content`;
      const { documents, problem } = await parseManifests(content ?? '', signal);
      if (problem !== null) {
        notChecked.push(
          `${place} (${name ?? 'no name'}) of document ${document}: no YAML at line ${problem.line}: ${problem.message}`,
        );
      }
      manifests.push(...documents.flatMap(({ value }, part) => manifestsOf(value, document, `${place}[${part}].`)));
    }
  }
  return { manifests, notChecked };
}

function secretValues({ packs, path }: DraftProfile, document: number): Finding[] {
  return packs.flatMap(({ name, values }, at): Finding[] => {
    if (values === undefined || !hasSecret(values)) return [];
    const message = 'A secret stands in the values of the pack as it is: use a macro of Palette or a Secret.';
    return [
      {
        rule: 'no-inline-secrets',
        severity: 'high',
        resource: `pack/${name ?? at}`,
        document,
        path: `${path}[${at}].values`,
        message,
      },
    ];
  });
}

/** What Palette has against the packs together. @throws ToolError */
async function constraints(profile: DraftProfile, document: number, asking: Asking): Promise<Finding[]> {
  const { packs } = await asking.ask('validatePacks', { body: draftBody(profile) }, packValidation);
  return packs.results.flatMap(({ name, displayName, errors }) => {
    const at = profile.packs.findIndex((pack) => pack.name === name);
    const path = at < 0 ? profile.path : `${profile.path}[${at}]`;
    return errors.map(({ code, message }): Finding => ({
      rule: paletteRule,
      severity: 'high',
      resource: `pack/${name ?? displayName ?? ''}`,
      document,
      path,
      message: oneLine([code, message].filter(Boolean).join(': '), 500),
    }));
  });
}
