-- One computation of many tags; its steps are what it goes on after when it was cut off.
CREATE TABLE tag_run (
  run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  mode text NOT NULL CHECK (mode IN ('full', 'incremental')),
  state text NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
  started_by text NOT NULL,
  -- What it was asked for; NULL: all.
  asked text[],
  job_id uuid,
  tag_count integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL,
  started_at timestamptz,
  ended_at timestamptz,
  -- Counted up by every process that takes it on.
  attempts integer NOT NULL DEFAULT 0,
  cancelled_by text,
  error text
);
CREATE INDEX tag_run_open ON tag_run (run_id) WHERE state IN ('queued', 'running');

-- Tags that share a scan. The tags of a level need only those of the levels before it.
CREATE TABLE tag_run_step (
  run_id bigint NOT NULL REFERENCES tag_run ON DELETE CASCADE,
  step integer NOT NULL,
  level integer NOT NULL,
  name text NOT NULL,
  mode text NOT NULL CHECK (mode IN ('full', 'incremental')),
  keys text[] NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done', 'failed')),
  rows_read bigint NOT NULL DEFAULT 0,
  bytes_read bigint NOT NULL DEFAULT 0,
  duration_ms bigint NOT NULL DEFAULT 0,
  started_at timestamptz,
  ended_at timestamptz,
  error text,
  PRIMARY KEY (run_id, step)
);

-- What computing a tag gave and cost, in a run or alone (run_id NULL): its history.
CREATE TABLE tag_computation (
  computation_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key text NOT NULL REFERENCES tag ON DELETE CASCADE,
  run_id bigint REFERENCES tag_run ON DELETE SET NULL,
  mode text NOT NULL CHECK (mode IN ('full', 'incremental')),
  at timestamptz NOT NULL,
  refresh_id bigint,
  state text NOT NULL CHECK (state IN ('done', 'superseded', 'failed')),
  -- Its share of the scan.
  duration_ms double precision NOT NULL DEFAULT 0,
  rows_read double precision NOT NULL DEFAULT 0,
  bytes_read double precision NOT NULL DEFAULT 0,
  coverage bigint,
  changed bigint,
  -- Buckets with counts, those the refresh before had; and how far they moved.
  distribution jsonb,
  psi double precision,
  error text
);
CREATE INDEX tag_computation_of_tag ON tag_computation (key, at DESC);
CREATE INDEX tag_computation_of_run ON tag_computation (run_id);

-- Events, customers and facts stored before this moment (of the warehouse's clock) are in the values.
ALTER TABLE tag ADD COLUMN stored_through timestamptz;
-- The moment the values are as of: windows end there.
ALTER TABLE tag ADD COLUMN computed_at timestamptz;
-- When the values were last computed from everything.
ALTER TABLE tag ADD COLUMN full_at timestamptz;
-- An incremental computation under way: whoever updates customers meanwhile writes all values, not only changed ones.
ALTER TABLE tag ADD COLUMN pending_changes bigint;
-- tag_recent holds rows of the pending refresh.
ALTER TABLE tag ADD COLUMN pending_has_recent boolean NOT NULL DEFAULT false;
-- When values were last shown, and the earliest moment their changes are told under.
ALTER TABLE tag ADD COLUMN published_at timestamptz;
ALTER TABLE tag ADD COLUMN published_from timestamptz;
-- Share of the last coverage that may be missing, in percent, and how stale values may be, before an alert; NULL: the usual.
ALTER TABLE tag ADD COLUMN alert_coverage_drop integer CHECK (alert_coverage_drop BETWEEN 1 AND 100);
ALTER TABLE tag ADD COLUMN alert_psi double precision CHECK (alert_psi > 0);

CREATE TABLE tag_alert (
  alert_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key text NOT NULL REFERENCES tag ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('failed', 'coverage', 'drift', 'stale', 'bitmaps')),
  severity text NOT NULL CHECK (severity IN ('warning', 'serious')),
  -- Numbers and codes, no values of customers.
  detail jsonb NOT NULL,
  opened_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL,
  times integer NOT NULL DEFAULT 1,
  acknowledged_at timestamptz,
  acknowledged_by text,
  reason text,
  -- The cause has gone.
  closed_at timestamptz
);
CREATE UNIQUE INDEX tag_alert_open ON tag_alert (key, kind) WHERE closed_at IS NULL;
