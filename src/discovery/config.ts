import { z } from 'zod';
import { duration } from '../lib/quantity.ts';

/** Where clusters are looked for; what each of them gets (`template`) is added where clusters are described. */
export const discoverySourceSchema = z.strictObject({
  kubeconfig: z
    .string()
    .describe(
      'Kubeconfig file of the management cluster; its credential may list the Secrets, and needs nothing else.',
    ),
  context: z.string().optional().describe("Context of the kubeconfig; without it the file's current-context."),
  namespace: z.string().optional().describe('Namespace of the Secrets; all of them when it is not set.'),
  selector: z
    .string()
    .optional()
    .describe('Label selector, as kubectl takes it, beside the labels that the format has by itself.'),
  format: z
    .enum(['auto', 'cluster-api', 'argocd', 'kubeconfig'])
    .default('auto')
    .describe(
      'cluster-api: Secrets NAME-kubeconfig of Cluster API. argocd: cluster Secrets of Argo CD. auto: both. kubeconfig: any Secret that the selector finds, with a kubeconfig under its key `kubeconfig` or `value`.',
    ),
  refresh: duration('60s').describe('How often the Secrets are looked at.'),
  allow_exec: z
    .boolean()
    .default(false)
    .describe(
      'Run credential commands (exec) that stand in the Secrets: who can write those can then run programs here.',
    ),
});
export type DiscoverySource = z.infer<typeof discoverySourceSchema>;

/** A cluster that was found in a Secret. */
export interface DiscoveredCluster {
  /** Which source it comes from (`sourceKey`). */
  readonly source: string;
  /** As the management cluster calls it. */
  readonly name: string;
  readonly namespace: string;
  readonly secret: string;
  /** Of the Secret. */
  readonly labels: Readonly<Record<string, string>>;
  /** Absolute path of the kubeconfig that was made of it. */
  readonly kubeconfig: string;
}

/** The same for the same Secrets: another template or interval makes no other source of it. */
export function sourceKey({ kubeconfig, context, namespace, selector, format }: DiscoverySource): string {
  return JSON.stringify([kubeconfig, context ?? null, namespace ?? null, selector ?? null, format]);
}

/** What a kept kubeconfig is called by, beside its Secret: another selector or namespace makes no other file of it. */
export function originKey({ kubeconfig, context, format }: DiscoverySource): string {
  return JSON.stringify([kubeconfig, context ?? null, format]);
}
