/** A body that is read piece by piece; that of any fetch. */
export interface Body {
  getReader(): {
    read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
    cancel(): Promise<void>;
  };
  cancel(): Promise<void>;
}

/** The beginning of a body as text, at most `maxBytes` of it; the rest is not read. Never rejects: what came is given. */
export async function beginningOf(body: Body | null, maxBytes: number): Promise<string> {
  if (body === null) return '';
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    while (size < maxBytes) {
      const { done, value } = await reader.read();
      if (done || value === undefined) break;
      chunks.push(value);
      size += value.byteLength;
    }
  } catch {
    // Cut off, or the time is over.
  }
  await reader.cancel().catch(() => {});
  return Buffer.concat(chunks).subarray(0, maxBytes).toString();
}

/** What another side says, without the secrets that it was sent: who has the path and the query of an address can send. */
export function withoutSecrets(text: string, url: string, secrets: readonly string[] = []): string {
  const { pathname, search } = new URL(url);
  const hidden = [...secrets, url, `${pathname}${search}`, search, pathname].filter((secret) => secret.length >= 8);
  return hidden.reduce((left, secret) => left.replaceAll(secret, '***'), text);
}
