-- The tracking plan: what events may come, what they look like, and what becomes of others.

CREATE TABLE plan_event (
  key text PRIMARY KEY,
  state text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'active', 'deprecated', 'retired')),
  -- The published version; 0 before the first.
  version integer NOT NULL DEFAULT 0,
  -- Counts every change: whoever changes says which one they read.
  revision integer NOT NULL DEFAULT 1,
  draft jsonb NOT NULL,
  published jsonb,
  -- Names, pinyin and initials in lower case.
  search text NOT NULL,
  created_by text NOT NULL,
  changed_by text NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  published_at timestamptz,
  CHECK ((version = 0) = (published IS NULL) AND (version = 0) = (state = 'draft'))
);

CREATE TABLE plan_event_version (
  key text NOT NULL REFERENCES plan_event ON DELETE CASCADE,
  version integer NOT NULL,
  definition jsonb NOT NULL,
  published_by text NOT NULL,
  reason text NOT NULL DEFAULT '',
  at timestamptz NOT NULL,
  PRIMARY KEY (key, version)
);

CREATE TABLE plan_source_mode (
  source text PRIMARY KEY,
  mode text NOT NULL CHECK (mode IN ('observe', 'warn', 'enforce')),
  changed_by text NOT NULL,
  changed_at timestamptz NOT NULL
);

-- Moves with everything that changes what is checked, so that every process sees cheaply whether to read again.
CREATE TABLE plan_head (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  revision bigint NOT NULL
);
INSERT INTO plan_head (revision) VALUES (1);

-- What broke the plan, counted by day. Approximate: a killed process loses the seconds it had not written yet.
CREATE TABLE plan_finding_count (
  day date NOT NULL,
  source text NOT NULL,
  -- Empty: events beyond the bound of those counted one by one.
  event text NOT NULL,
  code text NOT NULL,
  path text NOT NULL,
  count bigint NOT NULL,
  last_at timestamptz NOT NULL,
  PRIMARY KEY (day, source, event, code, path)
);
