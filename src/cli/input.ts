/** A configuration is smaller; what never ends is not read for ever. Bytes. */
const maxInput = 10 * 1024 * 1024;

/** All of a stream as UTF-8 text. @throws Error when there is more than 10 MiB */
export async function readInput(stream: AsyncIterable<Buffer | string>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    const read = Buffer.from(chunk);
    bytes += read.length;
    if (bytes > maxInput) throw new Error(`standard input holds more than ${maxInput} bytes`);
    chunks.push(read);
  }
  return Buffer.concat(chunks).toString('utf8');
}
