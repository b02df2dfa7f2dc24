import { stat } from 'node:fs/promises';
import type { Dispatcher } from 'undici';
import { ProblemError, errorText } from '../../lib/problem.ts';
import { kubeconfigRefused } from '../errors.ts';
import { checkContext, serverUrl } from './check-context.ts';
import { CredentialCache } from './credential-cache.ts';
import type { ServerTls } from './dispatcher.ts';
import { type ExecCredential, type ExecOptions, askCommand } from './exec-credential.ts';
import { type KubeContext, type UserEntry, readContext, readNamed } from './kubeconfig.ts';
import { type OidcConfig, idToken } from './oidc-token.ts';
import { proxyFor } from '../../lib/proxy/proxy-for.ts';

/** What one call needs. */
export interface ApiConnection {
  readonly dispatcher: Dispatcher;
  /** Address of the API server, without a slash at its end. */
  readonly server: string;
  /** Who asks: authorization and impersonation. */
  readonly headers: Readonly<Record<string, string | string[]>>;
}

/** A context of kubeconfigs that can be used for calls. */
export interface ApiAccess {
  /** With what the files say now and the credential of now. Rejects when there is none. */
  connect(): Promise<ApiConnection>;
  /** The API server refused the credential: whether another one can be had by asking again. */
  refused(): boolean;
}

/** A context as its files stood at one time. */
interface Loaded {
  readonly context: KubeContext;
  /** Of every file that counts, with what told that they stood so. */
  readonly files: readonly string[];
  readonly stamp: string;
  readonly tls: ServerTls;
}

interface Sources {
  readonly key: string;
  readonly exec: CredentialCache<ExecCredential> | null;
  readonly oidc: CredentialCache<string> | null;
}

/** Loaded with the first cluster that is read: undici takes 20 MB. */
const connections = () => import('./dispatcher.ts');

/** @throws ProblemError NC-KUBE-001, NC-KUBE-002, NC-KUBE-003 */
export async function openApiAccess(
  files: readonly string[],
  context: string | null,
  options: ExecOptions,
): Promise<ApiAccess> {
  const access = new KubeconfigAccess(files, context, options);
  await access.load();
  return access;
}

/**
 * The files are looked at again before each call, so that one that was replaced counts at once, as it does for kubectl,
 * which reads them at each start.
 */
class KubeconfigAccess implements ApiAccess {
  readonly #files: readonly string[];
  readonly #wanted: string | null;
  readonly #options: ExecOptions;
  #loaded: Loaded | null = null;
  #loading: Promise<Loaded> | null = null;
  #sources: Sources | null = null;
  #fileToken = '';
  #made: { readonly key: string; readonly dispatcher: Dispatcher } | null = null;

  constructor(files: readonly string[], wanted: string | null, options: ExecOptions) {
    this.#files = files;
    this.#wanted = wanted;
    this.#options = options;
  }

  async load(): Promise<Loaded> {
    const known = this.#loaded;
    if (known && (await stampOf(known.files)) === known.stamp) return known;
    this.#loading ??= readAll(this.#files, this.#wanted).finally(() => {
      this.#loading = null;
    });
    this.#loaded = await this.#loading;
    return this.#loaded;
  }

  async connect(): Promise<ApiConnection> {
    const { context, tls } = await this.load();
    const { cluster, user } = context;
    const server = serverUrl(cluster);
    const proxy = proxyFor(new URL(server), cluster['proxy-url'], this.#options.env);
    const as = impersonation(user);
    // As kubectl: no credential is shown to a server that does not prove who it is.
    if (server.startsWith('http:')) return { dispatcher: await this.#dispatcherFor(tls, proxy), server, headers: as };
    const sources = this.#sourcesOf(context, tls);
    const given = sources.exec === null ? null : await sources.exec.get();
    const token = given?.token ?? (await this.#token(context)) ?? (await sources.oidc?.get()) ?? null;
    const own = given?.certificate ? { certificate: given.certificate, key: given.key } : {};
    return {
      dispatcher: await this.#dispatcherFor({ ...tls, ...own }, proxy),
      server,
      headers: { ...authorization(user, token), ...as },
    };
  }

  refused(): boolean {
    return this.#sources?.exec?.refused() ?? false;
  }

  /** What asks for credentials is kept while its entry stays the same: a new file need not mean a new log-in. */
  #sourcesOf({ cluster, user }: KubeContext, { ca }: ServerTls): Sources {
    const { exec: command, 'auth-provider': provider } = user;
    const key = JSON.stringify([command, provider, command ? [cluster, ca] : null]);
    if (this.#sources?.key === key) return this.#sources;
    const { clock } = this.#options;
    const exec =
      command && !hasOwnCredential(user)
        ? new CredentialCache(() => askCommand(command, { cluster, ca }, this.#options), clock)
        : null;
    const ask = provider ? oidcSource(provider.config ?? {}, this.#options) : null;
    this.#sources = { key, exec, oidc: ask && new CredentialCache(ask, clock) };
    return this.#sources;
  }

  /** The file's token goes before the one in the kubeconfig; the last one counts while the file cannot be read. */
  async #token({ user, file }: KubeContext): Promise<string | null> {
    if (!user.tokenFile) return user.token || null;
    const read = await readNamed(user.tokenFile, 'tokenFile', file).catch((error: unknown) => {
      if (this.#fileToken || user.token) return null;
      throw error;
    });
    const token = read?.toString('utf8').trim() ?? '';
    if (token !== '') this.#fileToken = token;
    const known = this.#fileToken || user.token;
    if (!known) throw new Error(`tokenFile of ${file} is empty`);
    return known;
  }

  async #dispatcherFor(tls: ServerTls, proxy: URL | null): Promise<Dispatcher> {
    const { dispatcherFor } = await connections();
    const key = JSON.stringify([tls, proxy]);
    if (this.#made?.key === key) return this.#made.dispatcher;
    const old = this.#made?.dispatcher;
    this.#made = { key, dispatcher: dispatcherFor(tls, proxy) };
    // Calls that are under way end as they are.
    old?.close().catch(() => {});
    return this.#made.dispatcher;
  }
}

async function readAll(kubeconfigs: readonly string[], wanted: string | null): Promise<Loaded> {
  // Before anything is read: what changes meanwhile is read again the next time.
  const before = await stampOf(kubeconfigs);
  const context = await readContext(kubeconfigs, wanted);
  checkContext(context);
  const { cluster, user, file } = context;
  const named = [cluster['certificate-authority'], user['client-certificate'], user['client-key']];
  const others = named.flatMap((name) => name || []);
  const stamp = before + (await stampOf(others));
  const pem = async (entry: Record<string, unknown>, key: string): Promise<string | null> => {
    const [name, data] = [entry[key], entry[`${key}-data`]];
    if (typeof data === 'string' && data !== '') return Buffer.from(data, 'base64').toString('utf8');
    return typeof name === 'string' && name !== '' ? (await readNamed(name, key, file)).toString('utf8') : null;
  };
  const certificate = await pem(user, 'client-certificate');
  const tls: ServerTls = {
    ca: await pem(cluster, 'certificate-authority'),
    certificate,
    // A key alone shows nobody who we are.
    key: certificate === null ? null : await pem(user, 'client-key'),
    serverName: cluster['tls-server-name'] || null,
    verify: cluster['insecure-skip-tls-verify'] !== true,
  };
  try {
    const { dispatcherFor } = await connections();
    await dispatcherFor(tls, null).close();
  } catch (error) {
    const todo = 'replace the certificate, key or authority';
    const message = `a certificate of context "${context.name}" of ${file} cannot be used: ${errorText(error)}`;
    throw new ProblemError(kubeconfigRefused, message, { cause: error, fields: { file, todo } });
  }
  return { context, files: [...kubeconfigs, ...others], stamp, tls };
}

/** Whether files are as they were: when they were written, their size, and which file it is (a link may be turned). */
async function stampOf(files: readonly string[]): Promise<string> {
  const stamps = files.map((file) =>
    stat(file, { bigint: true }).then(
      ({ mtimeNs, size, ino, dev }) => `${mtimeNs} ${size} ${dev} ${ino}\n`,
      () => 'absent\n',
    ),
  );
  return (await Promise.all(stamps)).join('');
}

/** With a credential of its own, a user's command is not run: client-go's rule. */
function hasOwnCredential(user: UserEntry): boolean {
  const certificate = user['client-certificate'] || user['client-certificate-data'];
  return Boolean(user.token || user.tokenFile || user.username || user.password || certificate);
}

function oidcSource(config: Readonly<Record<string, string>>, { clock, env }: ExecOptions) {
  const issuer = config['idp-issuer-url'] ?? '';
  let known: OidcConfig = {
    issuer,
    clientId: config['client-id'] ?? '',
    clientSecret: config['client-secret'] ?? '',
    idToken: config['id-token'] ?? '',
    refreshToken: config['refresh-token'] ?? '',
  };
  const data = config['idp-certificate-authority-data'];
  const file = config['idp-certificate-authority'];
  return async () => {
    const named = file ? await readNamed(file, 'idp-certificate-authority', 'auth-provider') : null;
    const ca = data ? Buffer.from(data, 'base64') : named;
    const { dispatcherFor } = await connections();
    const plain = { certificate: null, key: null, serverName: null, verify: true };
    const dispatcher = dispatcherFor(
      { ...plain, ca: ca?.toString('utf8') ?? null },
      proxyFor(new URL(issuer), null, env),
    );
    try {
      const answer = await idToken(known, { dispatcher, now: clock.now() });
      known = { ...known, idToken: answer.value, refreshToken: answer.refreshToken };
      return answer;
    } finally {
      await dispatcher.close();
    }
  };
}

function authorization(user: UserEntry, token: string | null): Record<string, string> {
  if (token) return { authorization: `Bearer ${token}` };
  if (!user.username && !user.password) return {};
  const basic = Buffer.from(`${user.username ?? ''}:${user.password ?? ''}`).toString('base64');
  return { authorization: `Basic ${basic}` };
}

/** Whom the calls are made for. What a header's name may not hold is written as `%XX`, as client-go does. */
function impersonation(user: UserEntry): Record<string, string | string[]> {
  if (!user.as) return {};
  const escaped = (key: string): string =>
    [...Buffer.from(key)]
      .map((byte) => {
        const char = String.fromCharCode(byte);
        return /[!#$&'*+\-.^_`|~0-9A-Za-z]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
      })
      .join('');
  return {
    'impersonate-user': user.as,
    ...(user['as-uid'] ? { 'impersonate-uid': user['as-uid'] } : {}),
    ...(user['as-groups']?.length ? { 'impersonate-group': user['as-groups'] } : {}),
    ...Object.fromEntries(
      Object.entries(user['as-user-extra'] ?? {}).map(([key, values]) => [`impersonate-extra-${escaped(key)}`, values]),
    ),
  };
}
