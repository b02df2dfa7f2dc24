/** The API's folder of a group version: `/api/v1`, `/apis/apps/v1`. */
export function groupPath(apiVersion: string): string {
  const parts = apiVersion.split('/').map(encodeURIComponent).join('/');
  return apiVersion.includes('/') ? `/apis/${parts}` : `/api/${parts}`;
}

/** Path of a collection or, with a name, of one object. */
export function resourcePath(apiVersion: string, plural: string, namespace: string | null, name?: string): string {
  const scope = namespace ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${groupPath(apiVersion)}${scope}/${plural}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`;
}
