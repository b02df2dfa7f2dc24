import { closest } from 'fastest-levenshtein';
import { z } from 'zod';
import { kindNamed, kinds } from '../../kube/kinds.ts';
import { oneLine } from '../../lib/text.ts';
import { ToolError } from '../tool-error.ts';

/** The arguments that name an object, for the schema of a tool. */
export const objectArgs = {
  kind: z
    .string()
    .min(1)
    .max(253)
    .describe('Kind of the object as kubectl takes it: Deployment, deploy, pods, certificates.cert-manager.io.'),
  namespace: z.string().max(253).optional().describe('Left out for what is in none, such as a Node.'),
  name: z.string().min(1).max(253).describe('Name of the object.'),
};

export interface NamedObject {
  readonly kind: string;
  readonly namespace: string | null;
  readonly name: string;
}

/** The object of these arguments, its kind as the API writes it where it is known; others stay as they are written. */
export function objectOf(args: { kind: string; namespace?: string | undefined; name: string }): NamedObject {
  const facts = kindNamed(args.kind);
  const namespace = facts?.namespaced === false || !args.namespace ? null : args.namespace;
  return { kind: facts?.kind ?? args.kind, namespace, name: args.name };
}

/** @throws ToolError `invalid_argument` for a kind that is not known, with the nearest; for a namespace that is missing */
export function requireKnownObject({ kind, namespace, name }: NamedObject): void {
  const facts = kindNamed(kind);
  if (facts === null) {
    const [plain = ''] = kind.toLowerCase().split('.');
    const words = new Map(kinds.flatMap((one) => [one.kind.toLowerCase(), one.plural].map((word) => [word, one.kind])));
    const near = words.get(closest(plain, [...words.keys()]));
    throw new ToolError('invalid_argument', `there is no kind "${oneLine(kind, 80)}"`, {
      steps: [`The nearest kind is ${near}. Kinds are taken as kubectl takes them, also short and plural.`],
    });
  }
  if (facts.namespaced && namespace === null) {
    throw new ToolError(
      'invalid_argument',
      `a ${facts.kind} is in a namespace, and none is given for ${oneLine(name, 80)}`,
      {
        steps: ['Give its namespace.'],
      },
    );
  }
}

/** `Deployment/shop/cart`, `Node//n1`. */
export function objectText({ kind, namespace, name }: NamedObject): string {
  return oneLine(`${kind}/${namespace ?? ''}/${name}`, 700);
}
