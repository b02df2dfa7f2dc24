import type { ArtifactFile, ArtifactStore, StoredArtifacts, StoredFile } from '../../src/domain/ports.ts';

/** An artifact store in memory that can be made to fail a number of times. */
export class MemoryArtifacts implements ArtifactStore {
  readonly stored = new Map<string, readonly ArtifactFile[]>();
  puts = 0;
  failures = 0;

  async put(cluster: string, incidentId: string, files: readonly ArtifactFile[]): Promise<StoredArtifacts> {
    await Promise.resolve();
    this.puts += 1;
    if (this.failures > 0) {
      this.failures -= 1;
      throw new Error('the store is full');
    }
    this.stored.set(`${cluster}/${incidentId}`, files);
    const base = `/artifacts/${cluster}/${incidentId}`;
    return { index: `${base}/index.html`, report: `${base}/investigation.html` };
  }

  get(cluster: string, incidentId: string, path: string): Promise<Buffer | null> {
    const file = this.stored.get(`${cluster}/${incidentId}`)?.find((entry) => entry.path === path);
    return Promise.resolve(file ? Buffer.from(file.content) : null);
  }

  list(cluster: string, incidentId: string): Promise<readonly StoredFile[]> {
    const files = this.stored.get(`${cluster}/${incidentId}`) ?? [];
    const listed = files.map(({ path, content }) => ({ path, bytes: Buffer.byteLength(content) }));
    return Promise.resolve(listed.sort((a, b) => (a.path < b.path ? -1 : 1)));
  }

  remove(cluster: string, incidentId: string): Promise<void> {
    this.stored.delete(`${cluster}/${incidentId}`);
    return Promise.resolve();
  }

  check(): Promise<void> {
    return Promise.resolve();
  }

  link(report: string): Promise<string> {
    return Promise.resolve(report);
  }

  /** The text of a stored file of the only incident. */
  text(path: string): string | null {
    const file = [...this.stored.values()][0]?.find((entry) => entry.path === path);
    return file ? file.content.toString() : null;
  }

  paths(): string[] {
    return ([...this.stored.values()][0] ?? []).map((file) => file.path).sort();
  }
}
