-- A refresh under way: whoever writes recent values writes them for it, too, so that publishing it loses none.
ALTER TABLE tag ADD COLUMN pending_refresh_id bigint;
-- Whether tag_recent holds rows of the current refresh; readers look there only then.
ALTER TABLE tag ADD COLUMN has_recent boolean NOT NULL DEFAULT false;

CREATE TABLE customer_list (
  key text PRIMARY KEY,
  name text NOT NULL,
  description text NOT NULL DEFAULT '',
  -- Readers use the members of this version; 0 before the first upload.
  version integer NOT NULL DEFAULT 0,
  member_count bigint NOT NULL DEFAULT 0,
  owner_org_id integer NOT NULL REFERENCES org_unit,
  created_by text NOT NULL,
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'retired')),
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
