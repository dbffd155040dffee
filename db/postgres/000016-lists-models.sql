-- Each upload of a list is a version of it; the list points to the one that counts.
CREATE TABLE list_upload (
  list_key text NOT NULL REFERENCES customer_list (key),
  version integer NOT NULL,
  file_name text NOT NULL DEFAULT '',
  state text NOT NULL CHECK (state IN ('receiving', 'queued', 'done', 'failed')),
  job_id text,
  -- Whose customers the person who sent it may name.
  scope jsonb NOT NULL,
  row_count bigint NOT NULL DEFAULT 0,
  member_count bigint NOT NULL DEFAULT 0,
  duplicate_count bigint NOT NULL DEFAULT 0,
  reject_count bigint NOT NULL DEFAULT 0,
  sha256 text,
  uploaded_by text NOT NULL,
  uploaded_at timestamptz NOT NULL,
  ended_at timestamptz,
  PRIMARY KEY (list_key, version)
);

-- Lines as they came; after loading only those that name nobody, with why.
CREATE TABLE list_line (
  list_key text NOT NULL,
  version integer NOT NULL,
  line bigint NOT NULL,
  customer_no text COLLATE "C" NOT NULL,
  value text NOT NULL,
  reason text,
  PRIMARY KEY (list_key, version, line)
);

-- Models of the bank's data scientists: what may score customers, who answers for it and who approved it.
CREATE TABLE model (
  key text NOT NULL,
  version integer NOT NULL,
  name text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('linear', 'logistic', 'onnx')),
  owner text NOT NULL,
  purpose text NOT NULL,
  metrics text NOT NULL DEFAULT '',
  state text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'approved', 'retired')),
  -- Inputs in their order with what counts for a missing value; weights; which output.
  definition jsonb NOT NULL,
  sha256 text,
  file bytea CHECK (octet_length(file) <= 52428800),
  file_name text,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  approved_by text,
  approved_at timestamptz,
  retired_by text,
  retired_at timestamptz,
  PRIMARY KEY (key, version),
  CHECK (approved_by IS NULL OR approved_by <> created_by)
);
-- At most one version of a model scores.
CREATE UNIQUE INDEX model_approved ON model (key) WHERE state = 'approved';
