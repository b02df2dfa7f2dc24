import { expect, test } from 'vitest';
import { loadText, refusal } from '../support/config-dir.ts';

const east = { name: 'east', teleport: { cluster: 'staging', node: 'k8s-1' } };

function config(changes: { teleport?: object | null; clusters?: object[] } = {}): string {
  const { teleport = {}, clusters = [east] } = changes;
  const own = teleport === null ? {} : { teleport: { proxy: 'teleport.example.com:443', user: 'svc', ...teleport } };
  return JSON.stringify({ ...own, clusters });
}

test('a cluster needs nothing but its place in Teleport', () => {
  const { config: loaded } = loadText(config());
  expect(loaded.clusters[0]).toMatchObject({ teleport: { access: 'ssh', sudo: true }, triage: { enabled: true } });
  expect(loaded.teleport).toMatchObject({ tsh: 'tsh', user: 'svc', allowed_nodes: [] });
});

test('paths are absolute: home in data_dir, others relative to the file (TEL-9)', () => {
  const { config: loaded } = loadText(config({ teleport: { tsh: './bin/tsh', identity_file: 'id/identity' } }));
  const { home, tsh, identity_file: identity } = loaded.teleport ?? {};
  expect(home).toBe(`${loaded.data_dir}/tsh`);
  expect(tsh).toMatch(/^\/.*\/bin\/tsh$/);
  expect(identity).toMatch(/^\/.*\/id\/identity$/);
  expect(loadText(config({ teleport: { home: './own' } })).config.teleport?.home).toMatch(/^\/.*\/own$/);
});

test.each([
  {
    name: 'no proxy',
    text: config({ teleport: null }),
    code: 'NC-CONFIG-008',
    message: 'clusters[0] has teleport, and nothing says where Teleport is (teleport.proxy, teleport.user)',
  },
  {
    name: 'a cluster that may not be used (TEL-3)',
    text: config({ teleport: { allowed_clusters: ['production'] } }),
    code: 'NC-CONFIG-007',
    message: 'clusters[0].teleport.cluster is "staging", which teleport.allowed_clusters does not name',
  },
  {
    name: 'a node that would be a flag (TEL-3)',
    text: config({ clusters: [{ ...east, teleport: { cluster: 'staging', node: '--proxy=evil' } }] }),
    code: 'NC-CONFIG-007',
    message: 'clusters[0].teleport.node is "--proxy=evil": expected the name of a node: letters, digits, ., _ and -',
  },
  {
    name: 'a login that would be a flag (TEL-3)',
    text: config({ teleport: { user: '-oProxyCommand=x' } }),
    code: 'NC-CONFIG-007',
    message: 'teleport.user is "-oProxyCommand=x": expected a login: small letters, digits, ., _ and -, at most 32',
  },
  {
    name: 'two clusters behind one kubectl',
    text: config({ clusters: [east, { ...east, name: 'west' }] }),
    code: 'NC-CONFIG-021',
    message: 'clusters[1] is read with the kubectl of the same Teleport node as clusters[0]',
  },
  {
    name: 'mcp, watch and teleport',
    text: config({ clusters: [{ ...east, mcp: { endpoint: 'http://h/mcp' }, watch: { kubeconfig: 'k.yaml' } }] }),
    code: 'NC-CONFIG-034',
    message: 'clusters[0] has both mcp and watch',
  },
])('refused: $name', ({ text, code, message }) => {
  expect(refusal(text).problems.map((found) => [found.code, found.message])).toEqual([[code, message]]);
});

test('a way through Teleport beside an MCP server needs no kubeconfig', () => {
  const { config: loaded } = loadText(
    config({ clusters: [{ ...east, mcp: { endpoint: 'http://127.0.0.1:18080/mcp' } }] }),
  );
  expect(loaded.clusters[0]?.triage.kubeconfig).toBeUndefined();
});
