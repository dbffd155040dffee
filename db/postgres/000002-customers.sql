-- The authority for customers, their identities and owners. Balances, holdings, events and tags live in ClickHouse.

-- Dense ids, allocated once and never reused: bitmaps depend on it. Batches take a range by moving next_id.
CREATE TABLE customer_id_allocator (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  next_id bigint NOT NULL CHECK (next_id <= 4294967296)
);
INSERT INTO customer_id_allocator (next_id) VALUES (1);

CREATE TABLE customer (
  customer_id bigint PRIMARY KEY CHECK (customer_id BETWEEN 1 AND 4294967295),
  -- In byte order, so that its index also finds prefixes, whatever the locale of the server.
  customer_no text COLLATE "C" NOT NULL UNIQUE,
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'frozen', 'deceased', 'closed')),
  -- A number an event named before the bank's own data did.
  is_provisional boolean NOT NULL DEFAULT false,
  -- Current owner; the history is customer_owner.
  org_id integer NOT NULL,
  rm_staff_id integer,
  -- Non-identifying attributes: text by name.
  attributes jsonb NOT NULL DEFAULT '{}',
  -- Grows with every change of the row: the version of its copy in the warehouse.
  revision bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX customer_org ON customer (org_id, customer_id);
CREATE INDEX customer_rm ON customer (rm_staff_id, customer_id) WHERE rm_staff_id IS NOT NULL;

-- Revisions of customers that the warehouse may not have a copy of: written with every change, removed after the copy.
CREATE TABLE customer_sync (
  customer_id bigint NOT NULL,
  revision bigint NOT NULL,
  PRIMARY KEY (customer_id, revision)
);

CREATE TABLE customer_owner (
  customer_id bigint NOT NULL,
  org_id integer NOT NULL,
  rm_staff_id integer,
  valid_from date NOT NULL,
  valid_to date,
  PRIMARY KEY (customer_id, valid_from)
);

-- Direct identifiers: encrypted, found by keyed hash, shown masked. Kinds: name, phone, national_id, card, address,
-- and unique ids of other systems: open_id, union_id, external_user_id.
CREATE TABLE customer_identity (
  customer_id bigint NOT NULL,
  kind text NOT NULL,
  hash bytea NOT NULL,
  cipher bytea NOT NULL,
  key_version integer NOT NULL,
  masked text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (customer_id, kind, hash)
);
CREATE INDEX customer_identity_hash ON customer_identity (kind, hash, customer_id);

-- Customers come in batches of thousands, and a foreign key is looked up row by row: three quarters of the time of an
-- import. These triggers check the same once a statement; customers, org units and staff are never deleted.
CREATE FUNCTION check_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM (SELECT DISTINCT a.org_id FROM added AS a) AS d
             WHERE NOT EXISTS (SELECT FROM org_unit AS u WHERE u.org_id = d.org_id))
    OR EXISTS (SELECT FROM (SELECT DISTINCT a.rm_staff_id FROM added AS a WHERE a.rm_staff_id IS NOT NULL) AS d
               WHERE NOT EXISTS (SELECT FROM staff AS s WHERE s.staff_id = d.rm_staff_id)) THEN
    RAISE foreign_key_violation USING MESSAGE = format('%I names an org unit or a staff member that is not there', TG_TABLE_NAME);
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION check_customer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM added AS a WHERE NOT EXISTS (SELECT FROM customer AS c WHERE c.customer_id = a.customer_id)) THEN
    RAISE foreign_key_violation USING MESSAGE = format('%I names a customer that is not there', TG_TABLE_NAME);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER customer_owner_added AFTER INSERT ON customer REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION check_owner();
CREATE TRIGGER customer_owner_changed AFTER UPDATE ON customer REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION check_owner();
CREATE TRIGGER customer_owner_customer AFTER INSERT ON customer_owner REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION check_customer();
CREATE TRIGGER customer_identity_customer AFTER INSERT ON customer_identity REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION check_customer();

-- Links between persons, such as the disponent of an account: never counted as one customer.
CREATE TABLE customer_link (
  customer_id bigint NOT NULL REFERENCES customer,
  linked_customer_id bigint NOT NULL REFERENCES customer,
  relation text NOT NULL,
  reference text NOT NULL DEFAULT '',
  PRIMARY KEY (customer_id, linked_customer_id, relation, reference)
);

-- A device was this customer's from from_at until to_at (null: still is).
CREATE TABLE visitor_binding (
  -- The warehouse's UInt64 as decimal text.
  visitor text NOT NULL,
  customer_id bigint NOT NULL REFERENCES customer,
  from_at timestamptz NOT NULL,
  to_at timestamptz,
  proof text NOT NULL CHECK (proof IN ('trusted_source', 'customer_token')),
  -- The warehouse has a copy and the visitor's earlier rows were copied to the customer.
  applied_at timestamptz,
  PRIMARY KEY (visitor, from_at)
);
CREATE UNIQUE INDEX visitor_binding_open ON visitor_binding (visitor) WHERE to_at IS NULL;
CREATE INDEX visitor_binding_customer ON visitor_binding (customer_id);
CREATE INDEX visitor_binding_unapplied ON visitor_binding (from_at) WHERE applied_at IS NULL;

CREATE TABLE consent (
  customer_id bigint NOT NULL REFERENCES customer,
  purpose text NOT NULL,
  is_granted boolean NOT NULL,
  version text NOT NULL,
  channel text NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (customer_id, purpose)
);

CREATE TABLE do_not_contact (
  customer_id bigint PRIMARY KEY REFERENCES customer,
  reason text NOT NULL,
  at timestamptz NOT NULL
);
