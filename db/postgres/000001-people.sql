-- Org units, staff, posts, sessions, audit. Org and posts are effective-dated: half-open [valid_from, valid_to).

CREATE TABLE org_unit (
  org_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  code text NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE org_unit_version (
  org_id integer NOT NULL REFERENCES org_unit,
  name text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('head_office', 'branch', 'sub_branch', 'outlet')),
  parent_id integer REFERENCES org_unit,
  -- From the root down to and including the unit itself.
  path integer[] NOT NULL,
  valid_from date NOT NULL,
  valid_to date,
  PRIMARY KEY (org_id, valid_from),
  CHECK (valid_to IS NULL OR valid_to > valid_from),
  CHECK (path[array_length(path, 1)] = org_id)
);
CREATE UNIQUE INDEX org_unit_version_open ON org_unit_version (org_id) WHERE valid_to IS NULL;
CREATE INDEX org_unit_version_path ON org_unit_version USING gin (path);

CREATE VIEW org_unit_current AS
  SELECT u.org_id, u.code, v.name, v.kind, v.parent_id, v.path, v.valid_from
  FROM org_unit AS u JOIN org_unit_version AS v ON v.org_id = u.org_id AND v.valid_to IS NULL;

CREATE TABLE staff (
  staff_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  staff_no text NOT NULL UNIQUE,
  name text NOT NULL,
  username text UNIQUE,
  password_hash text,
  failed_logins integer NOT NULL DEFAULT 0,
  locked_until timestamptz,
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'left')),
  is_demo boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- A post gives a person one role at one org unit for a time; permissions and scope follow from it.
CREATE TABLE post (
  post_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  staff_id integer NOT NULL REFERENCES staff,
  org_id integer NOT NULL REFERENCES org_unit,
  role text NOT NULL CHECK (role IN ('system_admin', 'security_admin', 'auditor', 'hq_operator', 'approver',
                                     'branch_operator', 'relationship_manager')),
  valid_from date NOT NULL,
  valid_to date,
  CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX post_staff ON post (staff_id);
CREATE INDEX post_org ON post (org_id);
CREATE UNIQUE INDEX post_open ON post (staff_id, org_id, role) WHERE valid_to IS NULL;

CREATE TABLE session (
  token_hash bytea PRIMARY KEY,
  staff_id integer NOT NULL REFERENCES staff,
  created_at timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX session_staff ON session (staff_id);

CREATE TABLE api_token (
  token_hash bytea PRIMARY KEY,
  staff_id integer NOT NULL REFERENCES staff,
  name text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  revoked_at timestamptz
);
CREATE INDEX api_token_staff ON api_token (staff_id);

-- Append-only and hash-chained: hash = SHA-256(previous hash, canonical row).
CREATE TABLE audit (
  seq bigint PRIMARY KEY,
  at timestamptz NOT NULL,
  actor text NOT NULL,
  action text NOT NULL,
  object_type text NOT NULL,
  object_id text NOT NULL,
  org_id integer,
  before jsonb,
  after jsonb,
  reason text,
  previous_hash bytea NOT NULL,
  hash bytea NOT NULL
);
CREATE INDEX audit_object ON audit (object_type, object_id, seq);
CREATE INDEX audit_actor ON audit (actor, seq);

-- The one row every writer locks, so that the chain has no forks; it also shows a truncated tail.
CREATE TABLE audit_head (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  seq bigint NOT NULL,
  hash bytea NOT NULL
);
INSERT INTO audit_head (seq, hash) VALUES (0, decode(repeat('00', 32), 'hex'));

CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit is append-only';
END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
  FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();

-- Facts about the installation itself: whether the demo bank was seeded, key check values.
CREATE TABLE installation (
  key text PRIMARY KEY,
  value jsonb NOT NULL
);
