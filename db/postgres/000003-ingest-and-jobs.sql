-- Sources and their write keys, long work, imports.

CREATE TABLE write_key (
  key text PRIMARY KEY,
  source text NOT NULL UNIQUE,
  kind text NOT NULL CHECK (kind IN ('trusted', 'public')),
  -- Public keys prove a customer by tokens of these keys: {"keys":[…]} (JWKS).
  jwks jsonb,
  token_issuer text,
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'revoked')),
  is_demo boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE job (
  job_id text PRIMARY KEY,
  kind text NOT NULL,
  state text NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed')),
  progress double precision NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
  input jsonb NOT NULL,
  result jsonb,
  error jsonb,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  started_at timestamptz,
  ended_at timestamptz
);
CREATE INDEX job_created ON job (created_at);

-- One row an imported file: where to go on after a crash.
CREATE TABLE import_file (
  mapping_hash text NOT NULL,
  -- Of its name, its content and the content of the files it looks values up in.
  file_hash text NOT NULL,
  mapping_name text NOT NULL,
  file_name text NOT NULL,
  rows_done bigint NOT NULL DEFAULT 0,
  rows_rejected bigint NOT NULL DEFAULT 0,
  -- Rows that no step of the mapping wanted.
  rows_skipped bigint NOT NULL DEFAULT 0,
  rejects_path text,
  -- Size of the file of rejects with the rows done: what is behind it comes again.
  rejects_bytes bigint NOT NULL DEFAULT 0,
  state text NOT NULL CHECK (state IN ('running', 'done')),
  started_by text NOT NULL,
  started_at timestamptz NOT NULL,
  ended_at timestamptz,
  PRIMARY KEY (mapping_hash, file_hash)
);
CREATE INDEX import_file_started ON import_file (started_at);
