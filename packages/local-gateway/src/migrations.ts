/**
 * Events are the facts; `runs`, `actions`, `usage` and `run_approvals` are read from them and only point at them.
 *
 * `place` orders the events of a run (by `seq`, then time, then id) and sorts as text; where several events could
 * fill one slot, the place decides, so that arrival order never does.
 */
const record = `
CREATE TABLE events (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  ts REAL NOT NULL,
  run_id TEXT,
  place TEXT NOT NULL,
  provisional INTEGER NOT NULL DEFAULT 0,
  body TEXT NOT NULL
);
CREATE INDEX events_of_run ON events (run_id, place) WHERE run_id IS NOT NULL;

CREATE TABLE runs (
  run_id TEXT PRIMARY KEY,
  parent_run_id TEXT,
  agent_id TEXT,
  session_key TEXT,
  first_ts REAL NOT NULL,
  opened INTEGER, opened_place TEXT, opened_ts REAL, opened_head TEXT,
  started INTEGER, started_place TEXT, started_ts REAL, started_head TEXT,
  ended INTEGER, ended_place TEXT, ended_ts REAL, ended_head TEXT, ended_status TEXT,
  active INTEGER NOT NULL DEFAULT 0,
  paused INTEGER NOT NULL DEFAULT 0,
  action_count INTEGER NOT NULL DEFAULT 0,
  usage TEXT,
  started_at REAL GENERATED ALWAYS AS (coalesce(started_ts, opened_ts, first_ts)) VIRTUAL,
  status TEXT GENERATED ALWAYS AS (
    CASE WHEN ended_status IS NOT NULL THEN ended_status
         WHEN paused THEN 'paused' WHEN active THEN 'running' ELSE 'queued' END
  ) VIRTUAL
) WITHOUT ROWID;
CREATE INDEX runs_by_start ON runs (started_at, run_id);
CREATE INDEX runs_by_status ON runs (status, started_at, run_id);
CREATE INDEX runs_by_agent ON runs (agent_id, started_at, run_id) WHERE agent_id IS NOT NULL;
CREATE INDEX runs_by_session ON runs (session_key, started_at, run_id) WHERE session_key IS NOT NULL;
CREATE INDEX runs_by_parent ON runs (parent_run_id, started_at, run_id) WHERE parent_run_id IS NOT NULL;

CREATE TABLE actions (
  run_id TEXT NOT NULL,
  action_id TEXT NOT NULL,
  opened INTEGER, opened_place TEXT,
  ended INTEGER, ended_place TEXT,
  PRIMARY KEY (run_id, action_id)
) WITHOUT ROWID;

CREATE TABLE usage (
  run_id TEXT NOT NULL,
  action_id TEXT NOT NULL,
  reported_place TEXT NOT NULL,
  ts REAL NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  input_tokens REAL NOT NULL,
  cache_read_tokens REAL NOT NULL,
  cache_write_tokens REAL NOT NULL,
  output_tokens REAL NOT NULL,
  reasoning_tokens REAL NOT NULL,
  total_tokens REAL NOT NULL,
  details TEXT,
  cost_usd REAL,
  price_source TEXT,
  price_date TEXT,
  PRIMARY KEY (run_id, action_id)
) WITHOUT ROWID;
CREATE INDEX usage_by_time ON usage (ts);

CREATE TABLE run_approvals (
  approval_id TEXT NOT NULL,
  run_id TEXT NOT NULL,
  requested INTEGER NOT NULL,
  resolved INTEGER NOT NULL,
  PRIMARY KEY (approval_id, run_id)
) WITHOUT ROWID;
CREATE INDEX approvals_of_run ON run_approvals (run_id);
`

/**
 * What governs and runs agents: these rows are facts of their own, not read from events.
 *
 * At most one approval per binding is pending, whichever process asks.
 */
const govern = `
CREATE TABLE policies (
  id TEXT PRIMARY KEY,
  body TEXT NOT NULL,
  updated_at REAL NOT NULL
) WITHOUT ROWID;

CREATE TABLE rate_hits (
  policy_id TEXT NOT NULL,
  scope_key TEXT NOT NULL,
  call_key TEXT NOT NULL,
  expires_at REAL NOT NULL,
  PRIMARY KEY (policy_id, scope_key, call_key)
) WITHOUT ROWID;
CREATE INDEX rate_hits_by_end ON rate_hits (expires_at);

CREATE TABLE approvals (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  approval_id TEXT NOT NULL UNIQUE,
  binding TEXT NOT NULL,
  status TEXT NOT NULL,
  expires_at REAL NOT NULL,
  used_at REAL,
  used_by TEXT,
  run_id TEXT,
  body TEXT NOT NULL
);
CREATE INDEX approvals_by_binding ON approvals (binding, position);
CREATE INDEX approvals_by_status ON approvals (status, position);
CREATE UNIQUE INDEX pending_approvals ON approvals (binding) WHERE status = 'pending';

CREATE TABLE sessions (
  session_key TEXT PRIMARY KEY,
  agent_id TEXT,
  label TEXT,
  created_at REAL NOT NULL,
  updated_at REAL NOT NULL,
  message_count INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX sessions_by_update ON sessions (updated_at, session_key);

CREATE TABLE session_messages (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  session_key TEXT NOT NULL REFERENCES sessions (session_key),
  body TEXT NOT NULL
);
CREATE INDEX messages_of_session ON session_messages (session_key, position);

CREATE TABLE agent_runs (
  run_id TEXT PRIMARY KEY,
  agent_id TEXT NOT NULL,
  session_key TEXT NOT NULL,
  parent_run_id TEXT,
  created_at REAL NOT NULL,
  owner TEXT NOT NULL,
  result TEXT
) WITHOUT ROWID;
CREATE INDEX open_agent_runs ON agent_runs (owner) WHERE result IS NULL;

CREATE TABLE owners (
  owner TEXT PRIMARY KEY,
  process_id INTEGER NOT NULL,
  seen_at REAL NOT NULL
) WITHOUT ROWID;
`

/**
 * What keeps reading quick however much there is: sums of usage by hour, and open approvals by an index of their own.
 *
 * Sums are whole numbers (thousandths of tokens, picodollars), so that adding and taking away in any order comes to the same.
 * `usage_agent` is the agent under which a run's usage is counted; a run's agent may become known later.
 * All rows of one approval are resolved, or none is.
 */
const sums = `
CREATE TABLE usage_sums (
  hour INTEGER NOT NULL,
  agent_id TEXT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  calls INTEGER NOT NULL,
  priced INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  cache_read_tokens INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  reasoning_tokens INTEGER NOT NULL,
  total_tokens INTEGER NOT NULL,
  cost INTEGER NOT NULL,
  PRIMARY KEY (hour, agent_id, provider, model)
) WITHOUT ROWID;
ALTER TABLE runs ADD COLUMN usage_agent TEXT;
UPDATE runs SET usage_agent = coalesce(agent_id, '') WHERE run_id IN (SELECT run_id FROM usage);
CREATE INDEX moved_usage ON runs (run_id) WHERE usage_agent <> coalesce(agent_id, '');
INSERT INTO usage_sums
  SELECT CAST(ts / 3600000 AS INTEGER), usage_agent, provider, model, count(*), count(cost_usd),
    sum(CAST(round(input_tokens * 1000) AS INTEGER)), sum(CAST(round(cache_read_tokens * 1000) AS INTEGER)),
    sum(CAST(round(cache_write_tokens * 1000) AS INTEGER)), sum(CAST(round(output_tokens * 1000) AS INTEGER)),
    sum(CAST(round(reasoning_tokens * 1000) AS INTEGER)), sum(CAST(round(total_tokens * 1000) AS INTEGER)),
    coalesce(sum(CAST(round(cost_usd * 1e12) AS INTEGER)), 0)
  FROM usage JOIN runs ON runs.run_id = usage.run_id GROUP BY 1, 2, 3, 4;

DROP INDEX approvals_of_run;
UPDATE run_approvals SET resolved = 1
  WHERE approval_id IN (SELECT approval_id FROM run_approvals WHERE resolved = 1);
CREATE INDEX open_approvals ON run_approvals (run_id) WHERE requested = 1 AND resolved = 0;
`

/** Steps from an empty database to this version's tables, in order; `user_version` counts the ones that ran. */
export const migrations: readonly string[] = [record, govern, sums]
