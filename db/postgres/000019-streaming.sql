-- Customers about whom something changed, told by whoever stored it: hints for streaming, deleted once looked at.
CREATE TABLE event_touch (
  batch bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- event: `name` was stored for them; tag: the values of the tag `name` changed; any: anything may be different now.
  kind text NOT NULL DEFAULT 'event' CHECK (kind IN ('event', 'tag', 'any')),
  name text NOT NULL,
  -- UInt32, little endian, each once.
  customer_ids bytea NOT NULL,
  -- What only time moved gives way to what just happened.
  is_background boolean NOT NULL DEFAULT false,
  at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
CREATE INDEX event_touch_order ON event_touch (is_background, batch);

-- Passes are numbered through; a customer goes in or out of a segment at most once in one, so its number is the transition's.
CREATE SEQUENCE stream_pass_no;

-- A pass that has begun and has not ended: whoever takes over goes on from its state.
CREATE TABLE stream_pass (
  pass bigint PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('touch', 'refresh')),
  state text NOT NULL CHECK (state IN ('taken', 'decided')),
  -- Who works on it: a pass is decided only by its holder.
  holder text NOT NULL,
  attempt integer NOT NULL DEFAULT 1,
  -- The touches it looks at; they go with it.
  batches bigint[] NOT NULL DEFAULT '{}',
  -- A refresh: of this segment and version; its transitions lie in the warehouse.
  segment text,
  version integer,
  -- Facts up to this customer are told.
  told_customer_id bigint NOT NULL DEFAULT 0,
  told_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  started_at timestamptz NOT NULL,
  -- When its transitions happened.
  decided_at timestamptz,
  last_error text
);

-- Who goes in or out in a decided pass: told as facts, then written to the members, then deleted.
CREATE TABLE stream_transition (
  pass bigint NOT NULL REFERENCES stream_pass ON DELETE CASCADE,
  segment text NOT NULL,
  version integer NOT NULL,
  refresh_id bigint NOT NULL,
  customer_id bigint NOT NULL,
  is_member boolean NOT NULL,
  PRIMARY KEY (pass, segment, customer_id)
);

-- How streaming is doing; one row.
CREATE TABLE stream_state (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  leader text,
  beat_at timestamptz,
  passes bigint NOT NULL DEFAULT 0,
  customers bigint NOT NULL DEFAULT 0,
  entered bigint NOT NULL DEFAULT 0,
  left_count bigint NOT NULL DEFAULT 0,
  last_pass_at timestamptz,
  last_pass_ms integer,
  -- From the oldest touch of the last pass to its end.
  last_lag_ms integer,
  last_error text,
  last_error_at timestamptz,
  -- Windows have been moved up to here.
  ticked_at timestamptz,
  -- Changes of customers stored before this, by the warehouse's clock, are looked at.
  customers_through timestamptz
);
INSERT INTO stream_state DEFAULT VALUES;

-- Which values of a tag were looked at: its refresh, and changes up to that moment.
CREATE TABLE stream_tag (
  tag text PRIMARY KEY,
  refresh_id bigint,
  changes_through timestamptz
);

ALTER TABLE segment ADD COLUMN refresh_mode text NOT NULL DEFAULT 'schedule'
  CHECK (refresh_mode IN ('streaming', 'schedule', 'manual'));
-- A streaming segment is reconciled with a full refresh as often.
ALTER TABLE segment ADD COLUMN refresh_every_minutes integer NOT NULL DEFAULT 1440 CHECK (refresh_every_minutes >= 5);
-- More than this share of the members may not differ between streaming and a full refresh.
ALTER TABLE segment ADD COLUMN drift_limit double precision NOT NULL DEFAULT 0.001 CHECK (drift_limit BETWEEN 0 AND 1);
ALTER TABLE segment ADD COLUMN last_attempt_at timestamptz;
-- A refresh under way: passes write what they find for it, too, so that publishing it loses none.
ALTER TABLE segment ADD COLUMN pending_refresh_id bigint;
-- The members that facts have told of: those of this refresh, overlaid by segment_recent; a new version begins from them.
ALTER TABLE segment ADD COLUMN live_refresh_id bigint;
ALTER TABLE segment ADD COLUMN live_version integer;
-- Whether passes kept these members up to date: only then is a difference a drift.
ALTER TABLE segment ADD COLUMN is_live_streamed boolean NOT NULL DEFAULT false;
-- Whether segment_recent holds rows of that refresh.
ALTER TABLE segment ADD COLUMN has_recent boolean NOT NULL DEFAULT false;
-- A segment that streaming cannot answer is set aside, visibly, until a full refresh succeeds after its last failure.
ALTER TABLE segment ADD COLUMN stream_error text;
ALTER TABLE segment ADD COLUMN stream_failed_at timestamptz;
-- False: its drift passed the limit; nothing is sent to it until a clean refresh, or until a person says so.
ALTER TABLE segment ADD COLUMN is_sendable boolean NOT NULL DEFAULT true;
ALTER TABLE segment ADD COLUMN drift bigint;
ALTER TABLE segment ADD COLUMN drift_share double precision;
ALTER TABLE segment ADD COLUMN drift_at timestamptz;
UPDATE segment SET live_refresh_id = refresh_id, live_version = version;

-- Every full refresh of a segment.
CREATE TABLE segment_refresh (
  segment text NOT NULL REFERENCES segment,
  refresh_id bigint NOT NULL,
  version integer NOT NULL,
  at timestamptz NOT NULL,
  state text NOT NULL CHECK (state IN ('done', 'superseded', 'failed')),
  members bigint,
  entered bigint,
  left_count bigint,
  -- Whether those who differ were told as facts: not for a first refresh of very many.
  is_told boolean NOT NULL DEFAULT true,
  -- Customers for whom streaming was wrong; NULL where there was nothing to compare with.
  drift bigint,
  drift_share double precision,
  is_within_limit boolean,
  duration_ms bigint NOT NULL,
  error text,
  PRIMARY KEY (segment, refresh_id)
);
CREATE INDEX segment_refresh_at ON segment_refresh (segment, at DESC);

-- What a person must look at: a failed refresh, a drift past its limit, a segment set aside.
CREATE TABLE segment_alarm (
  alarm_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  segment text NOT NULL REFERENCES segment,
  kind text NOT NULL CHECK (kind IN ('refresh_failed', 'drift', 'set_aside')),
  detail text NOT NULL,
  raised_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL,
  times integer NOT NULL DEFAULT 1,
  -- Its cause has gone, or a person has overridden it.
  closed_at timestamptz,
  closed_by text,
  reason text
);
CREATE UNIQUE INDEX segment_alarm_open ON segment_alarm (segment, kind) WHERE closed_at IS NULL;
