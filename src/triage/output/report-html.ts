import MarkdownIt from 'markdown-it';
import { escapeHtml, htmlPage } from '../../lib/page.ts';

const style = `
:root { color-scheme: light dark; --text: #1c2128; --back: #ffffff; --soft: #f3f4f6; --line: #d0d7de; --link: #0b5cad; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e8eb; --back: #14171c; --soft: #1f242c; --line: #3a424d; --link: #7ab7ff; }
}
body { margin: 0 auto; max-width: 52rem; padding: 1rem; color: var(--text); background: var(--back);
  font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; }
h2 { font-size: 1.2rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem; margin-top: 2rem; }
a { color: var(--link); }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; background: var(--soft); border-radius: 4px; }
code { padding: .1em .3em; }
pre { padding: .75rem; overflow-x: auto; }
pre code { padding: 0; }
blockquote { margin: 1rem 0; padding: .25rem 1rem; border-left: 4px solid var(--line); background: var(--soft); }
table { display: block; overflow-x: auto; border-collapse: collapse; }
th, td { border: 1px solid var(--line); padding: .3rem .6rem; text-align: left; vertical-align: top; }
header { font-weight: 600; border-bottom: 1px solid var(--line); padding-bottom: .5rem; }
footer { margin-top: 3rem; font-size: .85rem; border-top: 1px solid var(--line); padding-top: .5rem; }
`;

/** Only files of the same report and places in it: a link that a cluster's text brings in leads nowhere else. */
const ownLink = /^(#|(\.\/)?(evidence|logs)\/|(\.\/)?[\w.-]+\.(json|md|html)$)/;

/** Rendering is work of the main loop: an agent's longer report is cut here (characters), never in its markdown. */
const maxMarkdown = 128 * 1024;
const cutNote =
  '<p><strong>Cut here.</strong> The whole report is in <a href="investigation.md">investigation.md</a>.</p>';

/**
 * `investigation.html` from `investigation.md`: a page of its own without scripts, images and foreign links, readable
 * on a phone, light and dark. HTML in the markdown is shown as text.
 */
export function reportHtml(markdown: string, title: string): string {
  const body = `<header>${escapeHtml(title)}</header>
<main>
${render(markdown)}
</main>
<footer><a href="index.html">All files of this incident</a></footer>`;
  return htmlPage({ title, style, body });
}

function render(text: string): string {
  const markdown = new MarkdownIt({ html: false, linkify: false, typographer: false });
  markdown.disable(['image']);
  markdown.validateLink = (url) => ownLink.test(url) && !url.includes('..');
  if (text.length <= maxMarkdown) return markdown.render(text);
  return markdown.render(text.slice(0, maxMarkdown)) + cutNote;
}
