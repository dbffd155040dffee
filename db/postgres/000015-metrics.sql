-- Key figures: one formula each, in versions; their values by org unit keep the version they were made with.
CREATE TABLE metric (
  key text PRIMARY KEY,
  name jsonb NOT NULL,
  definition jsonb NOT NULL,
  formula jsonb NOT NULL,
  unit text NOT NULL,
  grains text[] NOT NULL,
  -- Who answers for the figure, in words; null org: the platform's own standard figures.
  owner text NOT NULL,
  owner_org_id integer REFERENCES org_unit,
  created_by text NOT NULL,
  version integer NOT NULL DEFAULT 1,
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'retired')),
  last_error text,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);

CREATE TABLE metric_version (
  key text NOT NULL REFERENCES metric,
  version integer NOT NULL,
  content jsonb NOT NULL,
  reason text NOT NULL,
  changed_by text NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (key, version)
);

-- A value is numerator / denominator, so that units add up to the unit above them, rates included.
CREATE TABLE metric_value (
  key text NOT NULL REFERENCES metric,
  version integer NOT NULL,
  grain text NOT NULL CHECK (grain IN ('day', 'week', 'month')),
  period date NOT NULL,
  org_id integer NOT NULL REFERENCES org_unit,
  numerator numeric NOT NULL,
  denominator numeric NOT NULL,
  -- Whether the period had ended when this was computed.
  is_final boolean NOT NULL,
  computed_at timestamptz NOT NULL,
  PRIMARY KEY (key, version, grain, org_id, period)
);

-- That a figure was computed for a period at all: a unit without a row then has none of it.
CREATE TABLE metric_run (
  key text NOT NULL REFERENCES metric,
  version integer NOT NULL,
  grain text NOT NULL,
  period date NOT NULL,
  is_final boolean NOT NULL,
  computed_at timestamptz NOT NULL,
  PRIMARY KEY (key, version, grain, period)
);

CREATE TABLE metric_alert (
  alert_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key text NOT NULL REFERENCES metric,
  grain text NOT NULL,
  org_id integer NOT NULL REFERENCES org_unit,
  kind text NOT NULL CHECK (kind IN ('above', 'below', 'change', 'missing')),
  -- A value, or for a change a share: 0.2 is 20 %; none where a value is missing.
  threshold numeric CHECK ((threshold IS NULL) = (kind = 'missing')),
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'retired')),
  created_by text NOT NULL,
  created_at timestamptz NOT NULL
);

CREATE TABLE metric_alarm (
  alarm_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  alert_id integer NOT NULL REFERENCES metric_alert,
  period date NOT NULL,
  version integer NOT NULL,
  value numeric,
  previous numeric,
  raised_at timestamptz NOT NULL,
  acknowledged_by text,
  acknowledged_at timestamptz,
  note text,
  -- An alert speaks once a period, however often it is looked at.
  UNIQUE (alert_id, period)
);

-- A service a customer goes through in ordered steps.
CREATE TABLE flow (
  key text PRIMARY KEY,
  name jsonb NOT NULL,
  steps jsonb NOT NULL,
  -- Silence after which a customer counts as stopped.
  inactivity_minutes integer NOT NULL CHECK (inactivity_minutes > 0),
  owner_org_id integer NOT NULL REFERENCES org_unit,
  created_by text NOT NULL,
  version integer NOT NULL DEFAULT 1,
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'retired')),
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);

CREATE TABLE flow_version (
  key text NOT NULL REFERENCES flow,
  version integer NOT NULL,
  content jsonb NOT NULL,
  changed_by text NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (key, version)
);
