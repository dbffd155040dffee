-- Whose a device or an id is, told to every loader; wrong bindings undone; numbers merged and split by the core bank.

-- Every change of identity takes the next version under this row's lock: changes are committed in the order of their
-- versions, and whoever has seen version n asks for what came after it.
CREATE TABLE identity_version (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  version bigint NOT NULL
);
INSERT INTO identity_version (version) VALUES (1);

-- Null: nobody's, after a log-out.
ALTER TABLE visitor_binding ALTER COLUMN customer_id DROP NOT NULL;
ALTER TABLE visitor_binding
  ADD COLUMN version bigint NOT NULL DEFAULT 0,
  -- device, or the kind of the identity this visitor stands for.
  ADD COLUMN kind text NOT NULL DEFAULT 'device';
ALTER TABLE visitor_binding DROP CONSTRAINT visitor_binding_proof_check;
ALTER TABLE visitor_binding ADD CONSTRAINT visitor_binding_proof_check
  CHECK (proof IN ('trusted_source', 'customer_token', 'bank_data', 'logout'));
CREATE INDEX visitor_binding_version ON visitor_binding (version);

-- Bindings that were wrong. What proved them proves nothing any more.
CREATE TABLE visitor_binding_undone (
  undone_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  visitor text NOT NULL,
  customer_id bigint NOT NULL REFERENCES customer,
  from_at timestamptz NOT NULL,
  to_at timestamptz,
  kind text NOT NULL,
  proof text NOT NULL,
  undone_at timestamptz NOT NULL,
  undone_by text NOT NULL,
  reason text NOT NULL,
  version bigint NOT NULL,
  applied_at timestamptz
);
CREATE INDEX visitor_binding_undone_visitor ON visitor_binding_undone (visitor);
CREATE INDEX visitor_binding_undone_customer ON visitor_binding_undone (customer_id);
CREATE INDEX visitor_binding_undone_version ON visitor_binding_undone (version);
CREATE INDEX visitor_binding_undone_unapplied ON visitor_binding_undone (undone_id) WHERE applied_at IS NULL;

-- Identities nobody has yet, with the visitor whose events wait for them.
CREATE TABLE identity_waiting (
  kind text NOT NULL,
  hash bytea NOT NULL,
  visitor text NOT NULL,
  seen_at timestamptz NOT NULL,
  PRIMARY KEY (kind, hash, visitor)
);
CREATE INDEX identity_waiting_seen ON identity_waiting (seen_at);

-- Merges of numbers as the core bank told them; a split ends one.
CREATE TABLE customer_merge (
  merge_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  from_id bigint NOT NULL REFERENCES customer,
  to_id bigint NOT NULL REFERENCES customer,
  reason text NOT NULL,
  merged_at timestamptz NOT NULL,
  merged_by text NOT NULL,
  -- What the survivor took over: keys of moved rows by table, consents as they were.
  moved jsonb NOT NULL DEFAULT '{}',
  split_at timestamptz,
  split_by text,
  split_reason text,
  CHECK (from_id <> to_id)
);
CREATE UNIQUE INDEX customer_merge_open ON customer_merge (from_id) WHERE split_at IS NULL;
CREATE INDEX customer_merge_to ON customer_merge (to_id) WHERE split_at IS NULL;

-- Where a number's facts are counted: its survivor at the end of the chain, or itself again after a split. Only
-- numbers that were ever merged have a row.
CREATE TABLE customer_home (
  customer_id bigint PRIMARY KEY REFERENCES customer,
  home_id bigint NOT NULL REFERENCES customer,
  past_ids bigint[] NOT NULL DEFAULT '{}',
  version bigint NOT NULL,
  -- The warehouse agrees.
  applied_at timestamptz
);
CREATE INDEX customer_home_home ON customer_home (home_id);
CREATE INDEX customer_home_version ON customer_home (version);
CREATE INDEX customer_home_unapplied ON customer_home (customer_id) WHERE applied_at IS NULL;
