import { expect, test } from 'vitest';
import { withoutCredentials } from '../../../../src/mcp/flux/objects/without-credentials.ts';

const table: readonly (readonly [text: string, shown: string])[] = [
  ['https://user:s3cr3t@git.example.com/a.git', 'https://git.example.com/a.git'],
  ['https://ghp_token@github.com/org/repo', 'https://github.com/org/repo'],
  ['https://user:p@ss@git.example.com/a.git', 'https://git.example.com/a.git'],
  ['https://user:p%40ss@git.example.com:8443/a', 'https://git.example.com:8443/a'],
  ['https://:s3cr3t@git.example.com/a', 'https://git.example.com/a'],
  ['HTTPS://User:S3cr3t@git.example.com', 'HTTPS://git.example.com'],
  ['https://user:pa/ss@git.example.com/a.git', 'https://git.example.com/a.git'],
  [`https://user:s3cr3t'"<x@git.example.com/a.git`, 'https://git.example.com/a.git'],
  ['https://user:1234/s3cr3t@git.example.com/a.git', 'https://git.example.com/a.git'],
  ['https://s3cr3t/en@git.example.com/a.git', 'https://git.example.com/a.git'],
  ['https://user:p@ss/s3cr3t@git.example.com/a.git', 'https://git.example.com/a.git'],
  [`https://${'s3cr3t'.repeat(1000)}@git.example.com/a`, 'https://git.example.com/a'],
  [String.raw`{"url":"https:\/\/u:s3cr3t@git.example.com\/a"}`, String.raw`{"url":"https:\/\/git.example.com\/a"}`],
  [`{"url":"https://u:a\\"s3cr3t@git.example.com/a"}`, `{"url":"https://git.example.com/a"}`],
  ['https://x.example.com/a?access_key=s3cr3t', 'https://x.example.com/a?access_key=…'],
  ['https://x.example.com/a?SharedAccessSignature=s3cr3t', 'https://x.example.com/a?SharedAccessSignature=…'],
  ['BlobEndpoint=x;SharedAccessSignature=s3cr3t', 'BlobEndpoint=x;SharedAccessSignature=…'],
  ['https://x.example.com/a?AWSAccessKeyId=s3cr3t&e=1', 'https://x.example.com/a?AWSAccessKeyId=…&e=1'],
  ['https://x.example.com/a?auth=s3cr3t', 'https://x.example.com/a?auth=…'],
  [String.raw`https://x.example.com/a?b=1\u0026auth=s3cr3t`, String.raw`https://x.example.com/a?b=1\u0026auth=…`],
  ['https://x.example.com/a#access_token=s3cr3t', 'https://x.example.com/a#access_token=…'],
  ['ssh://git@github.com/org/repo', 'ssh://git@github.com/org/repo'],
  ['ssh://git:s3cr3t@github.com/org/repo', 'ssh://github.com/org/repo'],
  ['git+ssh://git@github.com/org/repo', 'git+ssh://git@github.com/org/repo'],
  ['https://x.example.com/a?access_token=s3cr3t&b=1', 'https://x.example.com/a?access_token=…&b=1'],
  ['https://x.blob.core.windows.net/c?sv=1&sig=s3cr3t%3D', 'https://x.blob.core.windows.net/c?sv=1&sig=…'],
  [
    `unable to clone 'https://user:s3cr3t@git.example.com/a': authentication required; Get "https://user:s3cr3t@git.example.com/b"`,
    `unable to clone 'https://git.example.com/a': authentication required; Get "https://git.example.com/b"`,
  ],
  ['oci://registry:5000/app@sha256:abc', 'oci://registry:5000/app@sha256:abc'],
  ['oci://registry.example.com/app@sha256:abc', 'oci://registry.example.com/app@sha256:abc'],
  ['https://git.example.com/@scope/pkg', 'https://git.example.com/@scope/pkg'],
  ['https://git.example.com/a/me@example.com', 'https://git.example.com/a/me@example.com'],
  ['http://localhost:3000/a/me@example.com', 'http://localhost:3000/a/me@example.com'],
  ['http://x.example.com:80/a,me@example.com', 'http://x.example.com:80/a,me@example.com'],
  ['http://x:80?to=me@example.com', 'http://x:80?to=me@example.com'],
  ['{"url":"https://x:80/y","by":"me@example.com"}', '{"url":"https://x:80/y","by":"me@example.com"}'],
  ['<a href="https://x/y">me@example.com</a>', '<a href="https://x/y">me@example.com</a>'],
  ['docker-pullable://nginx@sha256:abc', 'docker-pullable://nginx@sha256:abc'],
  ['http://[::1]:80/a@b', 'http://[::1]:80/a@b'],
  ['mail a@example.com about http://x.example.com/y', 'mail a@example.com about http://x.example.com/y'],
  ['no url at all', 'no url at all'],
];

test.each(table)('%s (FLX-9)', (text, shown) => {
  expect(withoutCredentials(text)).toBe(shown);
  expect(withoutCredentials(text)).not.toContain('s3cr3t');
});

test('a text made to be slow ends all the same', () => {
  const text = `${'a://b:'.repeat(100_000)}${'://'.repeat(100_000)}`;
  expect(withoutCredentials(text)).toBe(text);
  for (const piece of ['a://b:', '://@', '@', 'a:b/c@', '?auth=', ';', `"'`, 'a', '\\', '1/'])
    expect(withoutCredentials(`https://${piece.repeat(500_000)} @`).length).toBeGreaterThan(0);
});
