import type { Problem } from '../../lib/problem.ts';
import type { DashboardOptions } from './options.ts';
import type { PageContext, PageView } from './page.ts';

/** Parts of the address: `:id` of `/i/:id`. */
export type Params = Readonly<Record<string, string>>;

/** Makes a page; null when there is no such thing. */
export type Page = (context: PageContext, options: DashboardOptions, params: Params) => Promise<PageView | null>;

export interface ActInput {
  /** Whose name stands beside it. */
  readonly by: string;
  readonly fields: URLSearchParams;
  readonly params: Params;
  /** Ms since the epoch. */
  readonly now: number;
}

export type ActAnswer =
  /** `said`: one sentence for the page that follows; `to`: that page, when it is not the one that the form names. */
  | { readonly kind: 'done'; readonly said: string; readonly to?: string }
  | { readonly kind: 'refused'; readonly status: number; readonly problem: Problem }
  | { readonly kind: 'unknown' };

/** Changes something, on behalf of a person. */
export type Act = (input: ActInput, options: DashboardOptions) => Promise<ActAnswer>;
