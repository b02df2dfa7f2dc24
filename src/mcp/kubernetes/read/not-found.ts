import { closest } from 'fastest-levenshtein';
import { type ClusterReader, ReadError } from '../../../kube/cluster-reader.ts';
import { ToolError } from '../../tool-error.ts';

/** Names of a kind that are looked at for one that was meant. */
const looked = 500;

/** The error for an object that is not there, with the nearest name that is. */
export async function notFound(
  reader: ClusterReader,
  [apiVersion, kind]: readonly [string, string],
  namespace: string | null,
  name: string,
  signal: AbortSignal,
): Promise<ToolError> {
  const where = namespace === null ? '' : ` in namespace ${namespace}`;
  const message = `there is no ${kind} ${name}${where}`;
  const names = await namesOf(reader, [apiVersion, kind], namespace, signal);
  const step =
    names.length === 0
      ? `Look for it: ${namespace === null ? '' : 'the namespace has none of this kind that can be seen, '}list tools show what there is.`
      : `The nearest name is ${closest(name, [...names])}.`;
  return new ToolError('not_found', message, { steps: [step] });
}

async function namesOf(
  reader: ClusterReader,
  [apiVersion, kind]: readonly [string, string],
  namespace: string | null,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const options = { limit: looked, ...(namespace === null ? {} : { namespace }) };
  try {
    const { items } = await reader.list(apiVersion, kind, options, signal);
    return items.map(({ metadata }) => metadata.name);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ReadError) return [];
    throw error;
  }
}
