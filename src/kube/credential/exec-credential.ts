import { z } from 'zod';
import type { Clock } from '../../lib/clock.ts';
import type { Spawn } from '../../lib/process/spawn.ts';
import { oneLine } from '../../lib/text.ts';

/** The `exec` entry of a kubeconfig's user, as far as we use it. */
export const execSchema = z.looseObject({
  apiVersion: z.string(),
  command: z.string().min(1),
  args: z.array(z.string()).nullish(),
  env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
  provideClusterInfo: z.boolean().nullish(),
});
export type ExecEntry = z.infer<typeof execSchema>;

export interface ExecOptions {
  readonly spawn: Spawn;
  readonly clock: Clock;
  /** Environment of the command. */
  readonly env: Readonly<Record<string, string>>;
}

/** What a credential command gave: a token, a client certificate (PEM), or both. */
export interface ExecCredential {
  readonly token: string | null;
  readonly certificate: string | null;
  readonly key: string | null;
}

const answerSchema = z.looseObject({
  kind: z.literal('ExecCredential'),
  status: z.looseObject({
    expirationTimestamp: z.string().nullish(),
    token: z.string().nullish(),
    clientCertificateData: z.string().nullish(),
    clientKeyData: z.string().nullish(),
  }),
});

/** A command that asks somebody on the network may take its time, ms. */
const timeoutMs = 30_000;
/** Neither a failure nor a refused credential is asked about again sooner, ms. */
const againAfterMs = 5000;
/** A credential is renewed so long before its end, ms: it has to last for a request. */
const spareMs = 10_000;

/**
 * Runs the credential command of a kubeconfig (client.authentication.k8s.io, "client-go credential plugins"): once for all
 * who wait, in a process group with a time limit, again when the credential expires or the API server refuses it.
 */
export class ExecCredentialSource {
  readonly #exec: ExecEntry;
  readonly #cluster: Readonly<Record<string, unknown>>;
  readonly #options: ExecOptions;
  #asking: Promise<ExecCredential> | null = null;
  /** When it was last asked, and until when the answer is good; monotonic, ms. */
  #askedAt = Number.NEGATIVE_INFINITY;
  #goodUntil = Number.NEGATIVE_INFINITY;

  /** `cluster`: the cluster's entry of the kubeconfig, told to the command when its entry asks for it. */
  constructor(exec: ExecEntry, cluster: Readonly<Record<string, unknown>>, options: ExecOptions) {
    this.#exec = exec;
    this.#cluster = cluster;
    this.#options = options;
  }

  /** @throws Error that says why the command gave no credential */
  get(): Promise<ExecCredential> {
    if (this.#asking === null || this.#options.clock.monotonic() >= this.#goodUntil) {
      this.#askedAt = this.#options.clock.monotonic();
      // Nobody asks a second time while the first is on its way.
      this.#goodUntil = Number.POSITIVE_INFINITY;
      this.#asking = this.#ask();
    }
    return this.#asking;
  }

  /** The API server refused the credential: false when it is too new for another to be asked for. */
  refused(): boolean {
    const old = this.#options.clock.monotonic() - this.#askedAt >= againAfterMs;
    if (old) this.#goodUntil = Number.NEGATIVE_INFINITY;
    return old;
  }

  async #ask(): Promise<ExecCredential> {
    const { clock } = this.#options;
    try {
      const { expirationTimestamp, token, clientCertificateData, clientKeyData } = await this.#run();
      const expires = Date.parse(expirationTimestamp ?? '');
      const left = Number.isNaN(expires) ? Number.POSITIVE_INFINITY : expires - clock.now() - spareMs;
      this.#goodUntil = clock.monotonic() + Math.max(left, 0);
      return { token: token ?? null, certificate: clientCertificateData ?? null, key: clientKeyData ?? null };
    } catch (error) {
      this.#goodUntil = this.#askedAt + againAfterMs;
      throw error;
    }
  }

  async #run(): Promise<z.infer<typeof answerSchema>['status']> {
    const { command, args, env } = this.#exec;
    const { spawn, clock } = this.#options;
    const result = await spawn(command, args ?? [], {
      env: {
        ...this.#options.env,
        ...Object.fromEntries((env ?? []).map(({ name, value }) => [name, value])),
        KUBERNETES_EXEC_INFO: JSON.stringify(this.#info()),
      },
      timeoutMs,
      graceMs: 500,
      clock,
    });
    const failed = (why: string): Error => new Error(`the credential command ${command} ${why}`);
    if (result.reason === 'spawn_failed') throw failed(`cannot be started: ${result.error ?? 'unknown'}`);
    if (result.reason !== 'exit') throw failed(`gave no answer within ${timeoutMs} ms`);
    if (result.exitCode !== 0) throw failed(`ended with ${result.exitCode}: ${oneLine(result.stderr, 300)}`);
    const answer = answerSchema.safeParse(parseJson(result.stdout));
    // What it printed may be a secret: it is not repeated.
    if (!answer.success) throw failed('printed no ExecCredential');
    return answer.data.status;
  }

  #info(): unknown {
    const { apiVersion, provideClusterInfo } = this.#exec;
    const cluster = provideClusterInfo === true ? { cluster: this.#cluster } : {};
    return { apiVersion, kind: 'ExecCredential', spec: { interactive: false, ...cluster } };
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
