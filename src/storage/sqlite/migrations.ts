import { firstMigrations } from './first-migrations.ts';

/**
 * The layout of the state file, one text a version, never changed after a release: a new layout is a new text.
 * Rows keep what queries need in columns and the rest as JSON in `body`.
 */
export const migrations: readonly string[] = [
  ...firstMigrations,
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
  // What waits in the outbox is counted with every page and scrape.
  `
CREATE INDEX deliveries_unsent ON deliveries (target, created_at) WHERE status IN ('pending', 'sending');
`,
  // Questions that agents answer, and what an agent was started for.
  `
CREATE TABLE questions (id TEXT PRIMARY KEY, incident_id TEXT NOT NULL, ended INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
CREATE INDEX questions_incident ON questions (incident_id, id);
CREATE INDEX questions_left ON questions (id) WHERE ended = 0;
ALTER TABLE spend ADD COLUMN purpose TEXT NOT NULL DEFAULT 'run';
`,
  // When clusters were heard and when not, and when the process that kept it was last alive.
  `
CREATE TABLE connection_spans (
  id INTEGER PRIMARY KEY, cluster TEXT NOT NULL, began_at INTEGER NOT NULL, ended_at INTEGER, body TEXT NOT NULL
) STRICT;
CREATE INDEX connection_spans_cluster ON connection_spans (cluster, id);
CREATE INDEX connection_spans_open ON connection_spans (cluster) WHERE ended_at IS NULL;
CREATE TABLE alive (id INTEGER PRIMARY KEY CHECK (id = 1), at INTEGER NOT NULL) STRICT;
`,
  // Questions that were heard in a chat and wait for their answer, and those of a day that do not any more.
  `
CREATE TABLE heard_questions (
  id TEXT PRIMARY KEY,
  incident_id TEXT,
  person TEXT NOT NULL,
  heard_at INTEGER NOT NULL,
  ended INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX heard_questions_open ON heard_questions (heard_at, id) WHERE ended = 0;
CREATE INDEX heard_questions_at ON heard_questions (heard_at);
CREATE INDEX heard_questions_person ON heard_questions (person, heard_at);
CREATE INDEX heard_questions_incident ON heard_questions (incident_id, heard_at);
`,
  // Questions that rules have answered, for what is asked after them.
  `
CREATE TABLE asked (id TEXT PRIMARY KEY, incident_id TEXT NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
CREATE INDEX asked_incident ON asked (incident_id, at);
`,
  // What people did with an incident, with what they said.
  `
CREATE TABLE acts (id TEXT PRIMARY KEY, incident_id TEXT NOT NULL, body TEXT NOT NULL) STRICT;
CREATE INDEX acts_incident ON acts (incident_id, id);
`,
  // When silences begin: those of the time of an incident are read from an index that holds all that is asked.
  `
ALTER TABLE silences ADD COLUMN starts_at INTEGER NOT NULL DEFAULT 0;
UPDATE silences SET starts_at = coalesce(json_extract(body, '$.startsAt'), 0);
CREATE INDEX silences_span ON silences (starts_at, ends_at, changed, id);
`,
];
