CREATE TABLE tag (
  key text PRIMARY KEY,
  name jsonb NOT NULL,
  type text NOT NULL CHECK (type IN ('bool', 'enum', 'number', 'date')),
  source jsonb NOT NULL,
  class text NOT NULL DEFAULT 'C1' CHECK (class IN ('C1', 'C2')),
  description text NOT NULL DEFAULT '',
  owner_org_id integer NOT NULL REFERENCES org_unit,
  created_by text NOT NULL,
  version integer NOT NULL DEFAULT 1,
  refresh_every_minutes integer,
  -- Readers use the values of this refresh: moving it is what publishes a finished refresh.
  refresh_id bigint,
  refreshed_at timestamptz,
  coverage bigint,
  -- Customers whose source said something that is no value of the type.
  unreadable bigint,
  -- Whether the values of that refresh stand in tag_bitmap, too: not when they are too many different ones.
  has_bitmaps boolean NOT NULL DEFAULT false,
  last_attempt_at timestamptz,
  last_error text,
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'retired')),
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);

CREATE TABLE tag_version (
  key text NOT NULL REFERENCES tag,
  version integer NOT NULL,
  definition jsonb NOT NULL,
  changed_by text NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (key, version)
);

CREATE SEQUENCE refresh_id;

CREATE TABLE segment (
  key text PRIMARY KEY,
  name text NOT NULL,
  description text NOT NULL DEFAULT '',
  rule jsonb NOT NULL,
  owner_org_id integer NOT NULL REFERENCES org_unit,
  created_by text NOT NULL,
  version integer NOT NULL DEFAULT 1,
  refresh_id bigint,
  refreshed_at timestamptz,
  member_count bigint,
  last_error text,
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'retired')),
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);

CREATE TABLE segment_version (
  key text NOT NULL REFERENCES segment,
  version integer NOT NULL,
  definition jsonb NOT NULL,
  changed_by text NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (key, version)
);
