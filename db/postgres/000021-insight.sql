-- Dashboards: saved analyses as cards. A card holds only the question; numbers are computed in the reader's own scope.
CREATE TABLE insight_dashboard (
  key text PRIMARY KEY,
  name text NOT NULL,
  description text NOT NULL DEFAULT '',
  cards jsonb NOT NULL DEFAULT '[]',
  -- Who else sees it: nobody, people of these roles, or everyone; always at the owner's org unit or below it.
  sharing text NOT NULL DEFAULT 'private' CHECK (sharing IN ('private', 'roles', 'everyone')),
  roles text[] NOT NULL DEFAULT '{}',
  owner_org_id integer NOT NULL REFERENCES org_unit,
  created_by text NOT NULL,
  version integer NOT NULL DEFAULT 1,
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'deleted')),
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);

CREATE TABLE insight_dashboard_version (
  key text NOT NULL REFERENCES insight_dashboard,
  version integer NOT NULL,
  definition jsonb NOT NULL,
  changed_by text NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (key, version)
);
