/**
 * A text as YAML 1.2 (core schema, section 10.3.2) reads a plain scalar: null, boolean, number or the text itself.
 * For values from the environment, which must never become more than one value.
 */
export function readScalar(text: string): string | number | boolean | null {
  if (/^(?:~|null|Null|NULL)?$/.test(text)) return null;
  if (/^(?:true|True|TRUE)$/.test(text)) return true;
  if (/^(?:false|False|FALSE)$/.test(text)) return false;
  if (/^[-+]?(?:\d+|\d*\.\d+|\d+\.)(?:[eE][-+]?\d+)?$/.test(text)) return Number(text);
  return text;
}
