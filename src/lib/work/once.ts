/**
 * What `make` gives, made when it is first asked for, with the arguments of who asks first: the same promise for every
 * caller. After a failure the next one tries again.
 */
export function once<Args extends readonly unknown[], T>(
  make: (...args: Args) => Promise<T>,
): (...args: Args) => Promise<T> {
  let made: Promise<T> | null = null;
  return (...args) => {
    made ??= make(...args).catch((error: unknown) => {
      made = null;
      throw error;
    });
    return made;
  };
}
