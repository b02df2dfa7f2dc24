/** The first layouts of the state file, from the tables to episodes that may pass by themselves (see `migrations`). */
export const firstMigrations: readonly string[] = [
  `
CREATE TABLE receptions (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  cluster TEXT NOT NULL,
  source TEXT NOT NULL,
  at INTEGER NOT NULL,
  count INTEGER NOT NULL DEFAULT 1,
  fault_id TEXT,
  object TEXT,
  quiet INTEGER NOT NULL DEFAULT 0,
  body TEXT NOT NULL,
  outcome TEXT,
  rule TEXT,
  final INTEGER NOT NULL DEFAULT 0,
  episode_id INTEGER,
  incident_id TEXT
) STRICT;
CREATE INDEX receptions_waiting ON receptions (seq) WHERE outcome IS NULL;
CREATE INDEX receptions_waiting_fault ON receptions (cluster, fault_id) WHERE outcome IS NULL;
CREATE INDEX receptions_waiting_quiet ON receptions (cluster) WHERE outcome IS NULL AND quiet = 1;
CREATE INDEX receptions_not_final ON receptions (incident_id) WHERE outcome IS NOT NULL AND final = 0;
CREATE INDEX receptions_cluster ON receptions (cluster, seq);
CREATE INDEX receptions_outcome ON receptions (outcome, seq) WHERE outcome IS NOT NULL;
CREATE INDEX receptions_object ON receptions (cluster, object);
CREATE INDEX receptions_episode ON receptions (episode_id) WHERE episode_id IS NOT NULL;
CREATE INDEX receptions_over_rate ON receptions (cluster, at) WHERE outcome = 'throttled' AND fault_id IS NULL;
CREATE INDEX receptions_at ON receptions (at);

CREATE TABLE episodes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  cluster TEXT NOT NULL,
  fault_id TEXT NOT NULL,
  object TEXT NOT NULL,
  owner TEXT NOT NULL,
  node TEXT,
  cleared_at INTEGER,
  last_seen INTEGER NOT NULL,
  incident_id TEXT,
  body TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX episodes_standing ON episodes (cluster, fault_id) WHERE cleared_at IS NULL;
CREATE INDEX episodes_incident ON episodes (incident_id) WHERE incident_id IS NOT NULL;
CREATE INDEX episodes_owner ON episodes (cluster, owner);
CREATE INDEX episodes_node ON episodes (cluster, node) WHERE node IS NOT NULL;
CREATE INDEX episodes_cleared ON episodes (cleared_at) WHERE cleared_at IS NOT NULL;

CREATE TABLE incidents (
  id TEXT PRIMARY KEY,
  cluster TEXT NOT NULL,
  owner TEXT NOT NULL,
  family TEXT NOT NULL,
  status TEXT NOT NULL,
  live INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  resolved_at INTEGER,
  body TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX incidents_key ON incidents (cluster, owner, family) WHERE live = 1;
CREATE INDEX incidents_resolved ON incidents (cluster, owner, resolved_at) WHERE status = 'resolved';
CREATE INDEX incidents_status ON incidents (status, cluster);
CREATE INDEX incidents_cluster ON incidents (cluster, id);
CREATE INDEX incidents_ended ON incidents (resolved_at) WHERE live = 0;

CREATE TABLE runs (
  id TEXT PRIMARY KEY,
  incident_id TEXT NOT NULL,
  cluster TEXT NOT NULL,
  status TEXT NOT NULL,
  severity INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  not_before INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX runs_live ON runs (incident_id) WHERE status IN ('queued', 'running');
CREATE INDEX runs_incident ON runs (incident_id);
CREATE INDEX runs_queued ON runs (not_before) WHERE status = 'queued';
CREATE INDEX runs_running ON runs (cluster) WHERE status = 'running';

CREATE TABLE served (cluster TEXT PRIMARY KEY, turn INTEGER NOT NULL) STRICT;

CREATE TABLE deliveries (
  id TEXT PRIMARY KEY,
  target TEXT NOT NULL,
  kind TEXT NOT NULL,
  about TEXT NOT NULL,
  status TEXT NOT NULL,
  not_before INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX deliveries_notice ON deliveries (target, kind, about) WHERE kind <> 'incident';
CREATE UNIQUE INDEX deliveries_sending ON deliveries (target, about) WHERE status = 'sending' AND kind = 'incident';
CREATE UNIQUE INDEX deliveries_pending ON deliveries (target, about) WHERE status = 'pending' AND kind = 'incident';
CREATE INDEX deliveries_due ON deliveries (target, not_before) WHERE status = 'pending';
CREATE INDEX deliveries_about ON deliveries (about);

CREATE TABLE posts (
  about TEXT NOT NULL,
  target TEXT NOT NULL,
  channel TEXT NOT NULL,
  ts TEXT NOT NULL,
  PRIMARY KEY (about, target)
) STRICT;

CREATE TABLE clusters (
  name TEXT PRIMARY KEY,
  first_sweep_at INTEGER,
  quiet_faults INTEGER NOT NULL DEFAULT 0,
  told INTEGER NOT NULL DEFAULT 0,
  open_faults INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE received (
  cluster TEXT NOT NULL, source TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (cluster, source)
) STRICT;
CREATE TABLE outcomes (
  cluster TEXT NOT NULL, outcome TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (cluster, outcome)
) STRICT;
`,
  `
ALTER TABLE clusters ADD COLUMN seen_whole INTEGER NOT NULL DEFAULT 0;
ALTER TABLE clusters ADD COLUMN quiet_at INTEGER;
UPDATE clusters SET seen_whole = 1, quiet_at = first_sweep_at WHERE first_sweep_at IS NOT NULL;
CREATE INDEX runs_order ON runs (severity, created_at, id) WHERE status = 'queued';
CREATE INDEX receptions_quiet ON receptions (cluster, at) WHERE quiet = 1;
`,
  // What was called dark is called unreachable.
  `
UPDATE deliveries SET
  kind = 'clusters_unreachable',
  body = json_set(body, '$.kind', 'clusters_unreachable', '$.state', 'clusters_unreachable')
WHERE kind = 'clusters_dark';
UPDATE deliveries SET
  body = json_remove(
    json_set(body, '$.notice.answers.stillUnreachable', json_extract(body, '$.notice.answers.stillDark')),
    '$.notice.answers.stillDark'
  )
WHERE json_extract(body, '$.notice.answers.stillDark') IS NOT NULL;
`,
  `
ALTER TABLE clusters ADD COLUMN server_cluster TEXT NOT NULL DEFAULT '';
`,
  // What agents spend, a row each time that one is started, and the circuit breakers of agents.
  `
CREATE TABLE spend (
  run TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  cluster TEXT NOT NULL,
  agent TEXT NOT NULL,
  at INTEGER NOT NULL,
  ended_at INTEGER,
  usd_limit REAL,
  answers INTEGER NOT NULL DEFAULT 0,
  input INTEGER NOT NULL DEFAULT 0,
  cached INTEGER NOT NULL DEFAULT 0,
  output INTEGER NOT NULL DEFAULT 0,
  usd REAL NOT NULL DEFAULT 0,
  unpriced INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (run, attempt)
) STRICT;
CREATE INDEX spend_at ON spend (at);
CREATE INDEX spend_cluster ON spend (cluster, at);
CREATE INDEX spend_running ON spend (run) WHERE ended_at IS NULL;
CREATE TABLE breakers (agent TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
`,
  // Reports that could not be stored when their run ended, one an incident.
  `
CREATE TABLE uploads (
  incident_id TEXT PRIMARY KEY,
  run_id TEXT NOT NULL,
  cluster TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  not_before INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  error TEXT
) STRICT;
CREATE UNIQUE INDEX uploads_run ON uploads (run_id);
CREATE INDEX uploads_age ON uploads (created_at);
`,
  // When a cluster was last heard of, so that health goes on after a restart.
  `
ALTER TABLE received ADD COLUMN last_at INTEGER;
`,
  // When a reception without an outcome is looked at: faults that may pass by themselves wait.
  `
ALTER TABLE receptions ADD COLUMN due_at INTEGER NOT NULL DEFAULT 0;
DROP INDEX receptions_waiting;
CREATE INDEX receptions_waiting ON receptions (due_at, seq) WHERE outcome IS NULL;
`,
];
