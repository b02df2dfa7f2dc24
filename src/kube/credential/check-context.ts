import { ProblemError } from '../../lib/problem.ts';
import { kubeconfigRefused } from '../errors.ts';
import type { ClusterEntry, ExecEntry, KubeContext, UserEntry } from './kubeconfig.ts';
import { proxySchemes } from '../../lib/proxy/proxy-for.ts';

/** What is wrong with an entry, and what to do about it. */
interface Refusal {
  readonly what: string;
  readonly todo: string;
}

const execVersions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];
const base64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/;

/**
 * Refuses what kubectl refuses (client-go's `clientcmd` validation and its transport), and what needs a terminal.
 * @throws ProblemError NC-KUBE-003
 */
export function checkContext(context: KubeContext): void {
  const { cluster, user, clusterName, userName, file } = context;
  const refuse = ({ what, todo }: Refusal, where: string): never => {
    throw new ProblemError(kubeconfigRefused, `${where} of ${file}: ${what}`, { fields: { file, todo } });
  };
  const ofCluster = clusterRefusal(cluster);
  if (ofCluster) refuse(ofCluster, `cluster "${clusterName}"`);
  const ofUser = userRefusal(user);
  if (ofUser) refuse(ofUser, `user "${userName}"`);
}

function clusterRefusal(cluster: ClusterEntry): Refusal | null {
  const { server, 'certificate-authority': caFile, 'certificate-authority-data': caData } = cluster;
  if (!server) return { what: 'it has no server', todo: 'give the address of the API server as server' };
  if (!URL.canParse(serverUrl(cluster)))
    return { what: `server ${server} is no address`, todo: 'give a URL as server' };
  if (caFile && caData) return twice('certificate-authority');
  if (cluster['insecure-skip-tls-verify'] && (caFile || caData)) {
    return {
      what: 'insecure-skip-tls-verify does not go with a certificate authority',
      todo: 'keep one of the two',
    };
  }
  return notBase64(cluster, ['certificate-authority-data']) ?? proxyRefusal(cluster['proxy-url']);
}

function proxyRefusal(proxy: string | null | undefined): Refusal | null {
  if (!proxy) return null;
  if (URL.canParse(proxy) && proxySchemes.includes(new URL(proxy).protocol)) return null;
  return { what: 'proxy-url is no URL with http, https or socks5', todo: 'write it as http://HOST:PORT' };
}

function userRefusal(user: UserEntry): Refusal | null {
  if ((user.token || user.tokenFile) && (user.username || user.password)) {
    return { what: 'it has a token and a user name or password', todo: 'keep one way to log in' };
  }
  const as = user['as-uid'] || user['as-groups']?.length || Object.keys(user['as-user-extra'] ?? {}).length > 0;
  if (as && !user.as) return { what: 'as-uid, as-groups or as-user-extra without as', todo: 'give the user as `as`' };
  return (
    certificateRefusal(user) ??
    notBase64(user, ['client-certificate-data', 'client-key-data']) ??
    (user.exec ? execRefusal(user.exec, user) : null) ??
    providerRefusal(user['auth-provider'])
  );
}

function certificateRefusal(user: UserEntry): Refusal | null {
  const { 'client-certificate': file, 'client-certificate-data': data } = user;
  const { 'client-key': keyFile, 'client-key-data': keyData } = user;
  if (!file && !data) return null;
  if (file && data) return twice('client-certificate');
  if (keyFile && keyData) return twice('client-key');
  if (keyFile || keyData) return null;
  return { what: 'its client certificate has no key', todo: 'give client-key or client-key-data' };
}

function execRefusal(exec: ExecEntry, user: UserEntry): Refusal | null {
  const { command, apiVersion, interactiveMode } = exec;
  if (user['auth-provider']) return { what: 'exec does not go with auth-provider', todo: 'keep one of the two' };
  if (!command) return { what: 'exec has no command', todo: 'give exec.command' };
  if (!apiVersion || !execVersions.includes(apiVersion)) {
    return { what: `exec.apiVersion ${apiVersion ?? ''} is not known`, todo: `use one of: ${execVersions.join(', ')}` };
  }
  if (exec.env?.some(({ name }) => name === ''))
    return { what: 'exec.env has a variable without a name', todo: 'name it' };
  if (!interactiveMode && apiVersion === execVersions[0]) {
    return { what: 'exec has no interactiveMode', todo: 'give exec.interactiveMode: Never or IfAvailable' };
  }
  if (interactiveMode && !['Never', 'IfAvailable'].includes(interactiveMode)) {
    return {
      what: `exec.interactiveMode ${interactiveMode} cannot be served: there is no terminal`,
      todo: 'use Never or IfAvailable, and a command that asks nobody',
    };
  }
  return null;
}

function providerRefusal(provider: UserEntry['auth-provider']): Refusal | null {
  if (!provider) return null;
  if (provider.name !== 'oidc') {
    return {
      what: `auth-provider ${provider.name ?? ''} is not known`,
      todo: 'use an exec entry instead, as kubectl does',
    };
  }
  const missing = ['idp-issuer-url', 'client-id'].find((key) => !provider.config?.[key]);
  return missing ? { what: `auth-provider oidc has no ${missing}`, todo: `give config.${missing}` } : null;
}

function notBase64<E extends Record<string, unknown>>(entry: E, keys: readonly (keyof E & string)[]): Refusal | null {
  const wrong = keys.find((key) => typeof entry[key] === 'string' && !base64.test(entry[key]));
  return wrong ? { what: `${wrong} is not base64`, todo: `encode ${wrong}, or name the file without -data` } : null;
}

const twice = (key: string): Refusal => ({
  what: `${key} and ${key}-data are both given`,
  todo: 'keep one of the two',
});

/** The address of the API server, without a slash at its end; one without a scheme has no TLS, as for kubectl. */
export function serverUrl(cluster: ClusterEntry): string {
  const server = (cluster.server ?? '').replace(/\/+$/, '');
  return server.includes('://') ? server : `http://${server}`;
}
