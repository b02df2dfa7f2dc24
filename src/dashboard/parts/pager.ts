import { html, type View } from '../../html/html.ts';

export interface PagerOptions {
  readonly path: string;
  /** Of the page that is shown. */
  readonly query: URLSearchParams;
  /** The parameter that says where a page begins. */
  readonly name: string;
  /** Its value for the next page; null: there is none. */
  readonly next: string | null;
}

/** To the first and to the next page, by links that keep the filters; nothing when there is one page. */
export function pager({ path, query, name, next }: PagerOptions): View {
  const isFirst = !query.has(name);
  if (isFirst && next === null) return null;
  return html`<nav class="pager" aria-label="Further pages">
    ${isFirst ? null : html`<a href=${address(path, query, name, null)}>First page</a>`}
    ${next === null ? null : html`<a href=${address(path, query, name, next)} rel="next">Next page</a>`}
  </nav>`;
}

function address(path: string, query: URLSearchParams, name: string, value: string | null): string {
  const other = new URLSearchParams([...query].filter(([key, text]) => key !== name && text !== ''));
  if (value !== null) other.set(name, value);
  return other.size === 0 ? path : `${path}?${String(other)}`;
}
