import type { KubeObject } from '../../kube/cluster-reader.ts';
import { isRecent } from '../../kube/detect/event-time.ts';
import { slimObject } from '../../kube/detect/slim.ts';
import { isHealthy } from '../../kube/health.ts';
import type { Row, ToolList } from '../../kube/read/tool-list.ts';
import type { Turns } from './memory.ts';
import { eventOfRow, rankOfRow } from './rows.ts';

/** What is kept of the lists of one kind: at most `bound` objects and rows, the most telling first, the others in turn. */
export class KeptList {
  readonly #kind: string;
  readonly #bound: number;
  readonly #turns: Turns;
  readonly #now: number;
  #objects: KubeObject[] = [];
  #rows: Row[] = [];
  #cut = false;
  /** Who had the last turn, when this choice holds. */
  readonly #lasts = new Map<string, string>();

  constructor(kind: string, bound: number, turns: Turns, now: number) {
    this.#kind = kind;
    this.#bound = bound;
    this.#turns = turns;
    this.#now = now;
  }

  add(list: ToolList): void {
    if (list.form === 'objects') for (const object of list.objects) this.#objects.push(slimObject(object));
    else for (const row of list.rows) this.#rows.push(row);
    // Lists of many namespaces are cut as they come; the choice is the same as if all had come at once.
    if (this.#objects.length + this.#rows.length > 2 * this.#bound) this.#choose();
  }

  /** What is kept, and whether there was more. */
  result(): { objects: readonly KubeObject[]; rows: readonly Row[]; truncated: boolean } {
    this.#choose();
    for (const [line, key] of this.#lasts) this.#turns.took(line, key);
    return { objects: this.#objects, rows: this.#rows, truncated: this.#cut };
  }

  #choose(): void {
    if (this.#objects.length + this.#rows.length <= this.#bound) return;
    this.#cut = true;
    const all = [
      ...this.#objects.map((object) => ({ object, row: null, key: objectKey(object), rank: this.#objectRank(object) })),
      ...this.#rows.map((row) => ({ object: null, row, key: rowKey(row), rank: this.#rowRank(row) })),
    ];
    const chosen: typeof all = [];
    for (const rank of [0, 1, 2]) {
      const room = this.#bound - chosen.length;
      const line = `kept ${this.#kind} ${rank}`;
      const some = all.filter((one) => one.rank === rank);
      const taken = some.length <= room ? some : this.#turns.order(line, some, ({ key }) => key).slice(0, room);
      for (const one of taken) chosen.push(one);
      const last = taken.at(-1);
      if (taken.length < some.length && last !== undefined) this.#lasts.set(line, last.key);
    }
    this.#objects = chosen.flatMap(({ object }) => object ?? []);
    this.#rows = chosen.flatMap(({ row }) => row ?? []);
  }

  /** 0: telling, 1: ended, 2: says nothing by itself. */
  #objectRank(object: KubeObject): number {
    if (this.#kind === 'Event') return isRecent(object, this.#now) ? 0 : 2;
    if (isHealthy(object) !== false) return 2;
    const status = object['status'] as { phase?: unknown } | undefined;
    return status?.phase === 'Failed' ? 1 : 0;
  }

  #rowRank(row: Row): number {
    if (this.#kind !== 'Event') return rankOfRow(this.#kind, row);
    const event = eventOfRow(row, this.#now);
    return event !== null && isRecent(event, this.#now) ? 0 : 2;
  }
}

function objectKey({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function rowKey({ namespace, name }: Row): string {
  return `${namespace ?? ''}/${name}`;
}
