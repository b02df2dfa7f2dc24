/** An object without the fields that have no value, so that a result does not show them. */
export function present<T extends object>(fields: T): Present<T> {
  const there = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(there) as Present<T>;
}

type Present<T> = {
  [K in keyof T as Absent<T[K]> extends never ? K : never]: T[K];
} & {
  [K in keyof T as Absent<T[K]> extends never ? never : K]?: NonNullable<T[K]>;
};

type Absent<Value> = Extract<Value, null | undefined>;
