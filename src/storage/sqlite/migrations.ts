/**
 * The layout of the state file, one text a version, never changed after a release: a new layout is a new text.
 * Rows keep what queries need in columns and the rest as JSON in `body`.
 */
export const migrations: readonly string[] = [
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
  // Storms: what was opened lately, which incidents are storms, and the incidents for which they stand.
  `
ALTER TABLE incidents ADD COLUMN storm TEXT;
CREATE UNIQUE INDEX incidents_gathering ON incidents (cluster) WHERE storm = 'gathers' AND live = 1;
CREATE INDEX incidents_storm ON incidents (cluster, id) WHERE storm IS NOT NULL AND live = 1;
CREATE TABLE openings (cluster TEXT NOT NULL, at INTEGER NOT NULL, incident_id TEXT NOT NULL) STRICT;
CREATE INDEX openings_cluster ON openings (cluster, at);
CREATE INDEX openings_at ON openings (at);
CREATE TABLE storm_members (
  storm_id TEXT NOT NULL,
  owner TEXT NOT NULL,
  family TEXT NOT NULL,
  at INTEGER NOT NULL,
  incident_id TEXT,
  body TEXT NOT NULL,
  PRIMARY KEY (storm_id, owner, family)
) STRICT, WITHOUT ROWID;
`,
  // Alerts that stand: when each is over unless it is sent again, and whether its sender has said that it is.
  `
CREATE TABLE alerts (
  cluster TEXT NOT NULL,
  fault_id TEXT NOT NULL,
  ends_at INTEGER NOT NULL,
  resolved INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (cluster, fault_id)
) STRICT;
CREATE INDEX alerts_ends ON alerts (ends_at);
CREATE INDEX receptions_invalid ON receptions (cluster, rule, at) WHERE outcome = 'invalid';
`,
  // Silences, those of the configuration too, and the messages that wait for the end of one.
  `
CREATE TABLE silences (
  id TEXT PRIMARY KEY,
  source TEXT NOT NULL,
  ends_at INTEGER,
  changed TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX silences_changed ON silences (changed);
CREATE INDEX silences_ends ON silences (ends_at);
CREATE UNIQUE INDEX deliveries_held ON deliveries (target, about) WHERE status = 'held' AND kind = 'incident';
`,
  // Fleet incidents: where a signature was seen, and what is the same in several clusters.
  `
ALTER TABLE incidents ADD COLUMN fleet TEXT;
CREATE INDEX incidents_fleet ON incidents (fleet, id) WHERE fleet IS NOT NULL;
CREATE TABLE sightings (
  signature TEXT NOT NULL,
  incident_id TEXT NOT NULL,
  cluster TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (signature, incident_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sightings_at ON sightings (at);
CREATE TABLE fleets (
  id TEXT PRIMARY KEY,
  signature TEXT NOT NULL,
  lead TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL
) STRICT;
CREATE INDEX fleets_signature ON fleets (signature, started_at);
`,
  // What waits for its delivery is looked for together with what waits for the end of a silence.
  `
DROP INDEX deliveries_due;
CREATE INDEX deliveries_due ON deliveries (target, not_before) WHERE status IN ('pending', 'held');
`,
  // What stands, by cluster and severity.
  `
CREATE INDEX incidents_severity ON incidents (cluster, json_extract(body, '$.severity')) WHERE live = 1;
`,
  // What pages look back at: the worst first, what nobody was told, how much came, what people say, and every word of it.
  `
ALTER TABLE incidents ADD COLUMN rank INTEGER NOT NULL DEFAULT 0;
UPDATE incidents SET rank = CASE json_extract(body, '$.severity') WHEN 'critical' THEN 4 WHEN 'warning' THEN 2 ELSE 0 END
  + (json_extract(body, '$.acknowledged') IS NULL);
CREATE INDEX incidents_rank ON incidents (rank, id) WHERE live = 1;
CREATE INDEX incidents_cluster_rank ON incidents (cluster, rank, id) WHERE live = 1;
CREATE INDEX episodes_active ON episodes (incident_id) WHERE cleared_at IS NULL;
CREATE INDEX receptions_not_told ON receptions (cluster, outcome, seq)
  WHERE outcome IN ('below_threshold', 'triage_disabled', 'muted', 'throttled', 'invalid', 'self_resolved');
DROP INDEX receptions_at;
CREATE INDEX receptions_at ON receptions (at, cluster, source, count);
CREATE TABLE feedback (id TEXT PRIMARY KEY, incident_id TEXT NOT NULL, author TEXT NOT NULL, body TEXT NOT NULL) STRICT;
CREATE UNIQUE INDEX feedback_author ON feedback (incident_id, author);
CREATE TABLE search_due (kind TEXT NOT NULL, ref ANY NOT NULL, PRIMARY KEY (kind, ref)) STRICT, WITHOUT ROWID;
CREATE TABLE search_texts (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, ref ANY NOT NULL, text TEXT NOT NULL) STRICT;
CREATE UNIQUE INDEX search_texts_ref ON search_texts (kind, ref);
CREATE VIRTUAL TABLE search_index
  USING fts5 (text, content = 'search_texts', content_rowid = 'id', tokenize = 'trigram', detail = 'none');
INSERT INTO search_due SELECT 'incident', id FROM incidents;
INSERT INTO search_due SELECT 'fault', id FROM episodes;
`,
  // The latest runs of a cluster that have ended.
  `
CREATE INDEX runs_ended ON runs (cluster, created_at) WHERE status IN ('succeeded', 'failed');
`,
  // Which incident a post is of, and what was heard from where it is.
  `
CREATE INDEX posts_place ON posts (target, channel, ts);
CREATE TABLE heard (id TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX heard_at ON heard (at);
DROP INDEX deliveries_notice;
CREATE UNIQUE INDEX deliveries_notice ON deliveries (target, kind, about) WHERE kind NOT IN ('incident', 'refresh');
CREATE UNIQUE INDEX deliveries_refresh ON deliveries (target, about) WHERE status = 'pending' AND kind = 'refresh';
`,
];
