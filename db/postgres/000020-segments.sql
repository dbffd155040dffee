-- Limits of exports, approvals and webhooks; one row.
CREATE TABLE segment_setting (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  -- Exports of more customers than this need someone else's approval.
  export_approval_over integer NOT NULL DEFAULT 1000 CHECK (export_approval_over >= 0),
  -- Campaigns to more customers than this need two approvals by two people.
  two_approvals_over integer NOT NULL DEFAULT 100000 CHECK (two_approvals_over >= 0),
  -- A finished export can be fetched for so long.
  export_hours integer NOT NULL DEFAULT 24 CHECK (export_hours BETWEEN 1 AND 720),
  -- Private addresses webhooks may go to, as host:port; public https addresses need no entry.
  private_hosts text[] NOT NULL DEFAULT '{}'
);
INSERT INTO segment_setting DEFAULT VALUES;

-- Members of a segment over time, a point a minute at most; thinned to a point a day as it ages.
CREATE TABLE segment_size (
  segment text NOT NULL REFERENCES segment,
  at timestamptz NOT NULL,
  member_count bigint NOT NULL,
  version integer NOT NULL,
  PRIMARY KEY (segment, at)
);

-- Whatever publishes members, a refresh or the stream, leaves a point of the trend.
CREATE FUNCTION keep_segment_size() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO segment_size (segment, at, member_count, version)
  VALUES (NEW.key, date_trunc('minute', NEW.refreshed_at), NEW.member_count, NEW.version)
  ON CONFLICT (segment, at) DO UPDATE SET member_count = excluded.member_count, version = excluded.version;
  RETURN NULL;
END $$;
CREATE TRIGGER segment_size_kept AFTER UPDATE ON segment FOR EACH ROW
  WHEN (NEW.member_count IS NOT NULL AND NEW.refreshed_at IS NOT NULL
    AND (NEW.member_count IS DISTINCT FROM OLD.member_count OR NEW.refresh_id IS DISTINCT FROM OLD.refresh_id))
  EXECUTE FUNCTION keep_segment_size();

-- A frozen membership with a name; its members are bitmaps of the whole bank in segment_snapshot_member.
CREATE TABLE segment_snapshot (
  snapshot_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  segment text NOT NULL REFERENCES segment,
  -- The rule as it stood.
  version integer NOT NULL,
  rule jsonb NOT NULL,
  name text NOT NULL,
  state text NOT NULL DEFAULT 'building' CHECK (state IN ('building', 'ready', 'failed', 'expired')),
  member_count bigint,
  taken_at timestamptz,
  -- Null: kept until someone deletes it.
  expires_at timestamptz,
  created_by text NOT NULL,
  owner_org_id integer NOT NULL REFERENCES org_unit,
  created_at timestamptz NOT NULL
);
CREATE INDEX segment_snapshot_segment ON segment_snapshot (segment, snapshot_id);

-- A file of members asked for with a reason; fetched by whoever asked, for a limited time.
CREATE TABLE segment_export (
  export_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  segment text NOT NULL REFERENCES segment,
  segment_name text NOT NULL,
  version integer NOT NULL,
  columns jsonb NOT NULL,
  reason text NOT NULL,
  state text NOT NULL CHECK (state IN ('waiting', 'queued', 'running', 'ready', 'rejected', 'failed', 'expired')),
  -- Customers when it was asked for: what an approver decides on.
  asked_count bigint NOT NULL,
  -- Customers in the file.
  row_count bigint,
  byte_count bigint,
  job_id text,
  error_code text,
  requested_by text NOT NULL,
  staff_id integer NOT NULL,
  staff_no text NOT NULL,
  owner_org_id integer NOT NULL REFERENCES org_unit,
  fetched_count integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL,
  ready_at timestamptz,
  expires_at timestamptz
);
CREATE INDEX segment_export_segment ON segment_export (segment, export_id);
CREATE INDEX segment_export_due ON segment_export (expires_at) WHERE state = 'ready';

-- The file in compressed, encrypted pieces, so that any process can make or send it and none holds all of it.
CREATE TABLE segment_export_part (
  export_id integer NOT NULL REFERENCES segment_export ON DELETE CASCADE,
  part integer NOT NULL,
  body bytea NOT NULL,
  key_version integer NOT NULL,
  PRIMARY KEY (export_id, part)
);

-- An outside system told of who enters and leaves a segment.
CREATE TABLE segment_subscription (
  subscription_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  segment text NOT NULL REFERENCES segment,
  name text NOT NULL,
  -- Null: it only pulls.
  url text,
  secret bytea,
  key_version integer,
  purpose text NOT NULL,
  state text NOT NULL CHECK (state IN ('waiting', 'active', 'paused', 'dead', 'rejected', 'ended')),
  -- Place in the feed: everything up to here was taken. Empty: the beginning.
  cursor text NOT NULL DEFAULT '',
  -- The end of the batch being tried, so that a repetition is the same batch.
  pending text,
  failures integer NOT NULL DEFAULT 0,
  last_status integer,
  last_error text,
  last_attempt_at timestamptz,
  last_delivered_at timestamptz,
  delivered_count bigint NOT NULL DEFAULT 0,
  due_at timestamptz NOT NULL,
  -- Held by one process until then.
  claimed_until timestamptz,
  created_by text NOT NULL,
  -- Only customers of this unit and those below it are told of.
  owner_org_id integer NOT NULL REFERENCES org_unit,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX segment_subscription_segment ON segment_subscription (segment, subscription_id);
CREATE INDEX segment_subscription_due ON segment_subscription (due_at) WHERE state = 'active';

-- How far the feed of transitions is complete: rows of later passes are not read yet.
CREATE TABLE segment_feed_state (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  pass bigint NOT NULL DEFAULT 0,
  -- Transitions older than this were looked for in the last wide look.
  looked_wide_at timestamptz
);
INSERT INTO segment_feed_state DEFAULT VALUES;
CREATE SEQUENCE segment_feed_pass;

-- What a search looks in besides name and key: the name as pinyin and as its initials.
ALTER TABLE segment ADD COLUMN search text NOT NULL DEFAULT '';
