CREATE SEQUENCE campaign_start_id AS bigint START 1 INCREMENT 1;

CREATE SEQUENCE refresh_id AS bigint START 1 INCREMENT 1;

CREATE SEQUENCE segment_feed_pass AS bigint START 1 INCREMENT 1;

CREATE SEQUENCE stream_pass_no AS bigint START 1 INCREMENT 1;

CREATE TABLE api_token (
  token_hash bytea NOT NULL,
  staff_id integer NOT NULL,
  name text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone,
  revoked_at timestamp with time zone
);

CREATE TABLE approval (
  approval_id integer GENERATED ALWAYS AS IDENTITY NOT NULL,
  object_type text NOT NULL,
  object_key text NOT NULL,
  content_hash text NOT NULL,
  content jsonb NOT NULL,
  summary text DEFAULT ''::text NOT NULL,
  owner_org_id integer NOT NULL,
  state text NOT NULL,
  maker text NOT NULL,
  submitted_at timestamp with time zone NOT NULL,
  checker text,
  decided_at timestamp with time zone,
  reason text,
  levels integer DEFAULT 1 NOT NULL
);

CREATE TABLE approval_step (
  approval_id integer NOT NULL,
  level integer NOT NULL,
  checker text NOT NULL,
  reason text DEFAULT ''::text NOT NULL,
  at timestamp with time zone NOT NULL
);

CREATE TABLE audit (
  seq bigint NOT NULL,
  at timestamp with time zone NOT NULL,
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

CREATE TABLE audit_head (
  is_only boolean DEFAULT true NOT NULL,
  seq bigint NOT NULL,
  hash bytea NOT NULL
);

CREATE TABLE campaign (
  campaign_id integer GENERATED ALWAYS AS IDENTITY NOT NULL,
  key text NOT NULL,
  name text NOT NULL,
  body jsonb NOT NULL,
  content_hash text NOT NULL,
  owner_org_id integer NOT NULL,
  state text NOT NULL,
  is_imported boolean DEFAULT false NOT NULL,
  created_by text NOT NULL,
  makers text[] DEFAULT '{}'::text[] NOT NULL,
  version integer DEFAULT 1 NOT NULL,
  start_id bigint,
  started_at timestamp with time zone,
  ended_at timestamp with time zone,
  stop_report jsonb,
  review_text text,
  reviewed_by text,
  last_error text,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL
);

CREATE TABLE campaign_run (
  campaign_id integer NOT NULL,
  customer_id bigint NOT NULL,
  arm text NOT NULL,
  is_control boolean NOT NULL,
  org_id integer NOT NULL,
  rm_staff_id integer,
  rung integer DEFAULT '-1'::integer NOT NULL,
  state text DEFAULT 'waiting'::text NOT NULL,
  gate_code text,
  due_at timestamp with time zone,
  eligible_at timestamp with time zone NOT NULL
);

CREATE TABLE chunk_placement (
  kind text NOT NULL,
  unit bigint NOT NULL,
  shard integer NOT NULL,
  is_open boolean DEFAULT false NOT NULL,
  next_id bigint
);

CREATE TABLE consent (
  customer_id bigint NOT NULL,
  purpose text NOT NULL,
  is_granted boolean NOT NULL,
  version text NOT NULL,
  channel text NOT NULL,
  at timestamp with time zone NOT NULL
);

CREATE TABLE contact_cap (
  cap_id integer GENERATED ALWAYS AS IDENTITY NOT NULL,
  channel text,
  window_minutes integer NOT NULL,
  most integer NOT NULL
);

CREATE TABLE customer (
  customer_id bigint NOT NULL,
  customer_no text COLLATE "C" NOT NULL,
  state text DEFAULT 'active'::text NOT NULL,
  is_provisional boolean DEFAULT false NOT NULL,
  org_id integer NOT NULL,
  rm_staff_id integer,
  attributes jsonb DEFAULT '{}'::jsonb NOT NULL,
  revision bigint DEFAULT 1 NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE customer_home (
  customer_id bigint NOT NULL,
  home_id bigint NOT NULL,
  past_ids bigint[] DEFAULT '{}'::bigint[] NOT NULL,
  version bigint NOT NULL,
  applied_at timestamp with time zone
);

CREATE TABLE customer_id_allocator (
  is_only boolean DEFAULT true NOT NULL,
  next_id bigint NOT NULL
);

CREATE TABLE customer_identity (
  customer_id bigint NOT NULL,
  kind text NOT NULL,
  hash bytea NOT NULL,
  cipher bytea NOT NULL,
  key_version integer NOT NULL,
  masked text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE customer_link (
  customer_id bigint NOT NULL,
  linked_customer_id bigint NOT NULL,
  relation text NOT NULL,
  reference text DEFAULT ''::text NOT NULL
);

CREATE TABLE customer_list (
  key text NOT NULL,
  name text NOT NULL,
  description text DEFAULT ''::text NOT NULL,
  version integer DEFAULT 0 NOT NULL,
  member_count bigint DEFAULT 0 NOT NULL,
  owner_org_id integer NOT NULL,
  created_by text NOT NULL,
  state text DEFAULT 'active'::text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL
);

CREATE TABLE customer_merge (
  merge_id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  from_id bigint NOT NULL,
  to_id bigint NOT NULL,
  reason text NOT NULL,
  merged_at timestamp with time zone NOT NULL,
  merged_by text NOT NULL,
  moved jsonb DEFAULT '{}'::jsonb NOT NULL,
  split_at timestamp with time zone,
  split_by text,
  split_reason text
);

CREATE TABLE customer_owner (
  customer_id bigint NOT NULL,
  org_id integer NOT NULL,
  rm_staff_id integer,
  valid_from date NOT NULL,
  valid_to date
);

CREATE TABLE customer_sync (
  customer_id bigint NOT NULL,
  revision bigint NOT NULL
);

CREATE TABLE customer_sync_range (
  batch_id uuid NOT NULL,
  first_id bigint NOT NULL,
  last_id bigint NOT NULL
);

CREATE TABLE debug_session (
  session_id uuid NOT NULL,
  kind text NOT NULL,
  value text NOT NULL,
  opened_by text NOT NULL,
  opened_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL
);

CREATE TABLE debug_sighting (
  sighting_id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  session_id uuid NOT NULL,
  body text NOT NULL
);

CREATE TABLE do_not_contact (
  customer_id bigint NOT NULL,
  reason text NOT NULL,
  at timestamp with time zone NOT NULL
);

CREATE TABLE event_outbox (
  outbox_id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  message_id text NOT NULL,
  name text NOT NULL,
  customer_id bigint NOT NULL,
  occurred_at timestamp with time zone NOT NULL,
  properties jsonb NOT NULL
);

CREATE TABLE event_touch (
  batch bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  kind text DEFAULT 'event'::text NOT NULL,
  name text NOT NULL,
  customer_ids bytea NOT NULL,
  is_background boolean DEFAULT false NOT NULL,
  at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE flow (
  key text NOT NULL,
  name jsonb NOT NULL,
  steps jsonb NOT NULL,
  inactivity_minutes integer NOT NULL,
  owner_org_id integer NOT NULL,
  created_by text NOT NULL,
  version integer DEFAULT 1 NOT NULL,
  state text DEFAULT 'active'::text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL
);

CREATE TABLE flow_version (
  key text NOT NULL,
  version integer NOT NULL,
  content jsonb NOT NULL,
  changed_by text NOT NULL,
  at timestamp with time zone NOT NULL
);

CREATE TABLE gate_customer (
  customer_id bigint NOT NULL
);

CREATE TABLE identity_version (
  is_only boolean DEFAULT true NOT NULL,
  version bigint NOT NULL
);

CREATE TABLE identity_waiting (
  kind text NOT NULL,
  hash bytea NOT NULL,
  visitor text NOT NULL,
  seen_at timestamp with time zone NOT NULL
);

CREATE TABLE import_file (
  mapping_hash text NOT NULL,
  file_hash text NOT NULL,
  mapping_name text NOT NULL,
  file_name text NOT NULL,
  rows_done bigint DEFAULT 0 NOT NULL,
  rows_rejected bigint DEFAULT 0 NOT NULL,
  rows_skipped bigint DEFAULT 0 NOT NULL,
  rejects_path text,
  rejects_bytes bigint DEFAULT 0 NOT NULL,
  state text NOT NULL,
  started_by text NOT NULL,
  started_at timestamp with time zone NOT NULL,
  ended_at timestamp with time zone
);

CREATE TABLE inbox_message (
  message_id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  campaign_id integer NOT NULL,
  customer_id bigint NOT NULL,
  touch_id bigint NOT NULL,
  campaign_key text NOT NULL,
  title text NOT NULL,
  body text NOT NULL,
  link text NOT NULL,
  sent_at timestamp with time zone NOT NULL,
  read_at timestamp with time zone
);

CREATE TABLE ingest_process (
  process_id uuid NOT NULL,
  host text NOT NULL,
  pid integer NOT NULL,
  spool_bytes bigint NOT NULL,
  spool_segments integer NOT NULL,
  accepted bigint NOT NULL,
  loaded bigint NOT NULL,
  last_load_at timestamp with time zone,
  last_error text,
  started_at timestamp with time zone NOT NULL,
  seen_at timestamp with time zone NOT NULL
);

CREATE TABLE insight_dashboard (
  key text NOT NULL,
  name text NOT NULL,
  description text DEFAULT ''::text NOT NULL,
  cards jsonb DEFAULT '[]'::jsonb NOT NULL,
  sharing text DEFAULT 'private'::text NOT NULL,
  roles text[] DEFAULT '{}'::text[] NOT NULL,
  owner_org_id integer NOT NULL,
  created_by text NOT NULL,
  version integer DEFAULT 1 NOT NULL,
  state text DEFAULT 'active'::text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL
);

CREATE TABLE insight_dashboard_version (
  key text NOT NULL,
  version integer NOT NULL,
  definition jsonb NOT NULL,
  changed_by text NOT NULL,
  at timestamp with time zone NOT NULL
);

CREATE TABLE installation (
  key text NOT NULL,
  value jsonb NOT NULL
);

CREATE TABLE job (
  job_id text NOT NULL,
  kind text NOT NULL,
  state text NOT NULL,
  progress double precision DEFAULT 0 NOT NULL,
  input jsonb NOT NULL,
  result jsonb,
  error jsonb,
  created_by text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  started_at timestamp with time zone,
  ended_at timestamp with time zone
);

CREATE TABLE list_line (
  list_key text NOT NULL,
  version integer NOT NULL,
  line bigint NOT NULL,
  customer_no text COLLATE "C" NOT NULL,
  value text NOT NULL,
  reason text
);

CREATE TABLE list_upload (
  list_key text NOT NULL,
  version integer NOT NULL,
  file_name text DEFAULT ''::text NOT NULL,
  state text NOT NULL,
  job_id text,
  scope jsonb NOT NULL,
  row_count bigint DEFAULT 0 NOT NULL,
  member_count bigint DEFAULT 0 NOT NULL,
  duplicate_count bigint DEFAULT 0 NOT NULL,
  reject_count bigint DEFAULT 0 NOT NULL,
  sha256 text,
  uploaded_by text NOT NULL,
  uploaded_at timestamp with time zone NOT NULL,
  ended_at timestamp with time zone
);

CREATE TABLE metric (
  key text NOT NULL,
  name jsonb NOT NULL,
  definition jsonb NOT NULL,
  formula jsonb NOT NULL,
  unit text NOT NULL,
  grains text[] NOT NULL,
  owner text NOT NULL,
  owner_org_id integer,
  created_by text NOT NULL,
  version integer DEFAULT 1 NOT NULL,
  state text DEFAULT 'active'::text NOT NULL,
  last_error text,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL
);

CREATE TABLE metric_alarm (
  alarm_id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  alert_id integer NOT NULL,
  period date NOT NULL,
  version integer NOT NULL,
  value numeric,
  previous numeric,
  raised_at timestamp with time zone NOT NULL,
  acknowledged_by text,
  acknowledged_at timestamp with time zone,
  note text
);

CREATE TABLE metric_alert (
  alert_id integer GENERATED ALWAYS AS IDENTITY NOT NULL,
  key text NOT NULL,
  grain text NOT NULL,
  org_id integer NOT NULL,
  kind text NOT NULL,
  threshold numeric,
  state text DEFAULT 'active'::text NOT NULL,
  created_by text NOT NULL,
  created_at timestamp with time zone NOT NULL
);

CREATE TABLE metric_run (
  key text NOT NULL,
  version integer NOT NULL,
  grain text NOT NULL,
  period date NOT NULL,
  is_final boolean NOT NULL,
  computed_at timestamp with time zone NOT NULL
);

CREATE TABLE metric_value (
  key text NOT NULL,
  version integer NOT NULL,
  grain text NOT NULL,
  period date NOT NULL,
  org_id integer NOT NULL,
  numerator numeric NOT NULL,
  denominator numeric NOT NULL,
  is_final boolean NOT NULL,
  computed_at timestamp with time zone NOT NULL
);

CREATE TABLE metric_version (
  key text NOT NULL,
  version integer NOT NULL,
  content jsonb NOT NULL,
  reason text NOT NULL,
  changed_by text NOT NULL,
  at timestamp with time zone NOT NULL
);

CREATE TABLE migration (
  number integer NOT NULL,
  name text NOT NULL,
  checksum text NOT NULL,
  breaking boolean NOT NULL,
  applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE model (
  key text NOT NULL,
  version integer NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  owner text NOT NULL,
  purpose text NOT NULL,
  metrics text DEFAULT ''::text NOT NULL,
  state text DEFAULT 'draft'::text NOT NULL,
  definition jsonb NOT NULL,
  sha256 text,
  file bytea,
  file_name text,
  created_by text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  approved_by text,
  approved_at timestamp with time zone,
  retired_by text,
  retired_at timestamp with time zone
);

CREATE TABLE org_unit (
  org_id integer GENERATED ALWAYS AS IDENTITY NOT NULL,
  code text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE org_unit_version (
  org_id integer NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  parent_id integer,
  path integer[] NOT NULL,
  valid_from date NOT NULL,
  valid_to date
);

CREATE TABLE placement (
  campaign_id integer NOT NULL,
  customer_id bigint NOT NULL,
  slot text NOT NULL,
  rung integer NOT NULL,
  placed_at timestamp with time zone NOT NULL,
  closed_at timestamp with time zone
);

CREATE TABLE placement_content (
  campaign_id integer NOT NULL,
  campaign_key text NOT NULL,
  title text NOT NULL,
  body text NOT NULL,
  link text NOT NULL,
  live_from timestamp with time zone NOT NULL,
  live_to timestamp with time zone NOT NULL,
  is_live boolean NOT NULL
);

CREATE TABLE placement_move (
  move_id integer GENERATED ALWAYS AS IDENTITY NOT NULL,
  kind text NOT NULL,
  units bigint[] NOT NULL,
  from_shard integer NOT NULL,
  to_shard integer NOT NULL,
  state text NOT NULL,
  started_at timestamp with time zone DEFAULT now() NOT NULL,
  finished_at timestamp with time zone
);

CREATE TABLE placement_shard (
  shard integer NOT NULL,
  host text NOT NULL,
  port integer NOT NULL
);

CREATE TABLE placement_state (
  is_only boolean DEFAULT true NOT NULL,
  version integer NOT NULL,
  cluster text NOT NULL,
  chunk_bits integer NOT NULL,
  slots integer NOT NULL,
  spread integer NOT NULL,
  is_paused boolean DEFAULT false NOT NULL
);

CREATE TABLE plan_event (
  key text NOT NULL,
  state text DEFAULT 'draft'::text NOT NULL,
  version integer DEFAULT 0 NOT NULL,
  revision integer DEFAULT 1 NOT NULL,
  draft jsonb NOT NULL,
  published jsonb,
  search text NOT NULL,
  created_by text NOT NULL,
  changed_by text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  published_at timestamp with time zone
);

CREATE TABLE plan_event_version (
  key text NOT NULL,
  version integer NOT NULL,
  definition jsonb NOT NULL,
  published_by text NOT NULL,
  reason text DEFAULT ''::text NOT NULL,
  at timestamp with time zone NOT NULL
);

CREATE TABLE plan_finding_count (
  day date NOT NULL,
  source text NOT NULL,
  event text NOT NULL,
  code text NOT NULL,
  path text NOT NULL,
  count bigint NOT NULL,
  last_at timestamp with time zone NOT NULL
);

CREATE TABLE plan_head (
  is_only boolean DEFAULT true NOT NULL,
  revision bigint NOT NULL
);

CREATE TABLE plan_source_mode (
  source text NOT NULL,
  mode text NOT NULL,
  changed_by text NOT NULL,
  changed_at timestamp with time zone NOT NULL
);

CREATE TABLE post (
  post_id integer GENERATED ALWAYS AS IDENTITY NOT NULL,
  staff_id integer NOT NULL,
  org_id integer NOT NULL,
  role text NOT NULL,
  valid_from date NOT NULL,
  valid_to date
);

CREATE TABLE profile_operation (
  customer_id bigint NOT NULL,
  attribute text NOT NULL,
  msg uuid NOT NULL,
  at timestamp with time zone NOT NULL,
  operation text NOT NULL,
  value text NOT NULL
);

CREATE TABLE reject_state (
  reject_id uuid NOT NULL,
  state text NOT NULL,
  received_at timestamp with time zone NOT NULL,
  source text NOT NULL,
  event text NOT NULL,
  code text NOT NULL,
  protocol text NOT NULL,
  attempts integer DEFAULT 0 NOT NULL,
  last_code text,
  last_detail text,
  reason text,
  changed_by text NOT NULL,
  changed_at timestamp with time zone NOT NULL
);

CREATE TABLE retention_rule (
  class text NOT NULL,
  months integer NOT NULL,
  is_on boolean NOT NULL,
  changed_by text,
  changed_at timestamp with time zone
);

CREATE TABLE retention_run (
  run_id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  class text NOT NULL,
  bank_day date NOT NULL,
  partitions integer NOT NULL,
  rows bigint NOT NULL,
  bytes bigint NOT NULL,
  started_by text NOT NULL,
  ended_at timestamp with time zone NOT NULL
);

CREATE TABLE segment (
  key text NOT NULL,
  name text NOT NULL,
  description text DEFAULT ''::text NOT NULL,
  rule jsonb NOT NULL,
  owner_org_id integer NOT NULL,
  created_by text NOT NULL,
  version integer DEFAULT 1 NOT NULL,
  refresh_id bigint,
  refreshed_at timestamp with time zone,
  member_count bigint,
  last_error text,
  state text DEFAULT 'active'::text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  refresh_mode text DEFAULT 'schedule'::text NOT NULL,
  refresh_every_minutes integer DEFAULT 1440 NOT NULL,
  drift_limit double precision DEFAULT 0.001 NOT NULL,
  last_attempt_at timestamp with time zone,
  pending_refresh_id bigint,
  live_refresh_id bigint,
  live_version integer,
  is_live_streamed boolean DEFAULT false NOT NULL,
  has_recent boolean DEFAULT false NOT NULL,
  stream_error text,
  stream_failed_at timestamp with time zone,
  is_sendable boolean DEFAULT true NOT NULL,
  drift bigint,
  drift_share double precision,
  drift_at timestamp with time zone,
  search text DEFAULT ''::text NOT NULL
);

CREATE TABLE segment_alarm (
  alarm_id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  segment text NOT NULL,
  kind text NOT NULL,
  detail text NOT NULL,
  raised_at timestamp with time zone NOT NULL,
  seen_at timestamp with time zone NOT NULL,
  times integer DEFAULT 1 NOT NULL,
  closed_at timestamp with time zone,
  closed_by text,
  reason text
);

CREATE TABLE segment_export (
  export_id integer GENERATED ALWAYS AS IDENTITY NOT NULL,
  segment text NOT NULL,
  segment_name text NOT NULL,
  version integer NOT NULL,
  columns jsonb NOT NULL,
  reason text NOT NULL,
  state text NOT NULL,
  asked_count bigint NOT NULL,
  row_count bigint,
  byte_count bigint,
  job_id text,
  error_code text,
  requested_by text NOT NULL,
  staff_id integer NOT NULL,
  staff_no text NOT NULL,
  owner_org_id integer NOT NULL,
  fetched_count integer DEFAULT 0 NOT NULL,
  created_at timestamp with time zone NOT NULL,
  ready_at timestamp with time zone,
  expires_at timestamp with time zone
);

CREATE TABLE segment_export_part (
  export_id integer NOT NULL,
  part integer NOT NULL,
  body bytea NOT NULL,
  key_version integer NOT NULL
);

CREATE TABLE segment_feed_state (
  is_only boolean DEFAULT true NOT NULL,
  pass bigint DEFAULT 0 NOT NULL,
  looked_wide_at timestamp with time zone
);

CREATE TABLE segment_refresh (
  segment text NOT NULL,
  refresh_id bigint NOT NULL,
  version integer NOT NULL,
  at timestamp with time zone NOT NULL,
  state text NOT NULL,
  members bigint,
  entered bigint,
  left_count bigint,
  is_told boolean DEFAULT true NOT NULL,
  drift bigint,
  drift_share double precision,
  is_within_limit boolean,
  duration_ms bigint NOT NULL,
  error text
);

CREATE TABLE segment_setting (
  is_only boolean DEFAULT true NOT NULL,
  export_approval_over integer DEFAULT 1000 NOT NULL,
  two_approvals_over integer DEFAULT 100000 NOT NULL,
  export_hours integer DEFAULT 24 NOT NULL,
  private_hosts text[] DEFAULT '{}'::text[] NOT NULL
);

CREATE TABLE segment_size (
  segment text NOT NULL,
  at timestamp with time zone NOT NULL,
  member_count bigint NOT NULL,
  version integer NOT NULL
);

CREATE TABLE segment_snapshot (
  snapshot_id integer GENERATED ALWAYS AS IDENTITY NOT NULL,
  segment text NOT NULL,
  version integer NOT NULL,
  rule jsonb NOT NULL,
  name text NOT NULL,
  state text DEFAULT 'building'::text NOT NULL,
  member_count bigint,
  taken_at timestamp with time zone,
  expires_at timestamp with time zone,
  created_by text NOT NULL,
  owner_org_id integer NOT NULL,
  created_at timestamp with time zone NOT NULL
);

CREATE TABLE segment_subscription (
  subscription_id integer GENERATED ALWAYS AS IDENTITY NOT NULL,
  segment text NOT NULL,
  name text NOT NULL,
  url text,
  secret bytea,
  key_version integer,
  purpose text NOT NULL,
  state text NOT NULL,
  cursor text DEFAULT ''::text NOT NULL,
  pending text,
  failures integer DEFAULT 0 NOT NULL,
  last_status integer,
  last_error text,
  last_attempt_at timestamp with time zone,
  last_delivered_at timestamp with time zone,
  delivered_count bigint DEFAULT 0 NOT NULL,
  due_at timestamp with time zone NOT NULL,
  claimed_until timestamp with time zone,
  created_by text NOT NULL,
  owner_org_id integer NOT NULL,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL
);

CREATE TABLE segment_version (
  key text NOT NULL,
  version integer NOT NULL,
  definition jsonb NOT NULL,
  changed_by text NOT NULL,
  at timestamp with time zone NOT NULL
);

CREATE TABLE session (
  token_hash bytea NOT NULL,
  staff_id integer NOT NULL,
  created_at timestamp with time zone NOT NULL,
  last_seen_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL
);

CREATE TABLE source (
  source text NOT NULL,
  kind text NOT NULL,
  name_zh text,
  name_en text,
  owner text,
  allowed_origins text[] DEFAULT '{}'::text[] NOT NULL,
  jwks jsonb,
  jwks_url text,
  token_issuer text,
  events_per_second integer,
  bytes_per_second bigint,
  concurrent_requests integer,
  state text DEFAULT 'active'::text NOT NULL,
  is_demo boolean DEFAULT false NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  customer_events_per_second integer
);

CREATE TABLE staff (
  staff_id integer GENERATED ALWAYS AS IDENTITY NOT NULL,
  staff_no text NOT NULL,
  name text NOT NULL,
  username text,
  password_hash text,
  failed_logins integer DEFAULT 0 NOT NULL,
  locked_until timestamp with time zone,
  state text DEFAULT 'active'::text NOT NULL,
  is_demo boolean DEFAULT false NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE stream_pass (
  pass bigint NOT NULL,
  kind text NOT NULL,
  state text NOT NULL,
  holder text NOT NULL,
  attempt integer DEFAULT 1 NOT NULL,
  batches bigint[] DEFAULT '{}'::bigint[] NOT NULL,
  segment text,
  version integer,
  told_customer_id bigint DEFAULT 0 NOT NULL,
  told_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  started_at timestamp with time zone NOT NULL,
  decided_at timestamp with time zone,
  last_error text
);

CREATE TABLE stream_state (
  is_only boolean DEFAULT true NOT NULL,
  leader text,
  beat_at timestamp with time zone,
  passes bigint DEFAULT 0 NOT NULL,
  customers bigint DEFAULT 0 NOT NULL,
  entered bigint DEFAULT 0 NOT NULL,
  left_count bigint DEFAULT 0 NOT NULL,
  last_pass_at timestamp with time zone,
  last_pass_ms integer,
  last_lag_ms integer,
  last_error text,
  last_error_at timestamp with time zone,
  ticked_at timestamp with time zone,
  customers_through timestamp with time zone
);

CREATE TABLE stream_tag (
  tag text NOT NULL,
  refresh_id bigint,
  changes_through timestamp with time zone
);

CREATE TABLE stream_transition (
  pass bigint NOT NULL,
  segment text NOT NULL,
  version integer NOT NULL,
  refresh_id bigint NOT NULL,
  customer_id bigint NOT NULL,
  is_member boolean NOT NULL
);

CREATE TABLE tag (
  key text NOT NULL,
  name jsonb NOT NULL,
  type text NOT NULL,
  source jsonb NOT NULL,
  class text DEFAULT 'C1'::text NOT NULL,
  description text DEFAULT ''::text NOT NULL,
  owner_org_id integer NOT NULL,
  created_by text NOT NULL,
  version integer DEFAULT 1 NOT NULL,
  refresh_every_minutes integer,
  refresh_id bigint,
  refreshed_at timestamp with time zone,
  coverage bigint,
  unreadable bigint,
  has_bitmaps boolean DEFAULT false NOT NULL,
  last_attempt_at timestamp with time zone,
  last_error text,
  state text DEFAULT 'active'::text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  pending_refresh_id bigint,
  has_recent boolean DEFAULT false NOT NULL,
  stored_through timestamp with time zone,
  computed_at timestamp with time zone,
  full_at timestamp with time zone,
  pending_changes bigint,
  pending_has_recent boolean DEFAULT false NOT NULL,
  published_at timestamp with time zone,
  published_from timestamp with time zone,
  alert_coverage_drop integer,
  alert_psi double precision,
  directory text,
  unit text DEFAULT ''::text NOT NULL,
  owner text,
  expires_at timestamp with time zone,
  is_streaming boolean DEFAULT false NOT NULL,
  search text DEFAULT ''::text NOT NULL,
  makers text[] DEFAULT '{}'::text[] NOT NULL,
  proposal jsonb,
  template text,
  retired_reason text,
  replaced_by text
);

CREATE TABLE tag_alert (
  alert_id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  key text NOT NULL,
  kind text NOT NULL,
  severity text NOT NULL,
  detail jsonb NOT NULL,
  opened_at timestamp with time zone NOT NULL,
  seen_at timestamp with time zone NOT NULL,
  times integer DEFAULT 1 NOT NULL,
  acknowledged_at timestamp with time zone,
  acknowledged_by text,
  reason text,
  closed_at timestamp with time zone
);

CREATE TABLE tag_computation (
  computation_id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  key text NOT NULL,
  run_id bigint,
  mode text NOT NULL,
  at timestamp with time zone NOT NULL,
  refresh_id bigint,
  state text NOT NULL,
  duration_ms double precision DEFAULT 0 NOT NULL,
  rows_read double precision DEFAULT 0 NOT NULL,
  bytes_read double precision DEFAULT 0 NOT NULL,
  coverage bigint,
  changed bigint,
  distribution jsonb,
  psi double precision,
  error text
);

CREATE TABLE tag_directory (
  key text NOT NULL,
  parent_key text,
  name jsonb NOT NULL,
  "position" integer DEFAULT 0 NOT NULL,
  updated_at timestamp with time zone NOT NULL
);

CREATE TABLE tag_run (
  run_id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  mode text NOT NULL,
  state text NOT NULL,
  started_by text NOT NULL,
  asked text[],
  job_id uuid,
  tag_count integer DEFAULT 0 NOT NULL,
  created_at timestamp with time zone NOT NULL,
  started_at timestamp with time zone,
  ended_at timestamp with time zone,
  attempts integer DEFAULT 0 NOT NULL,
  cancelled_by text,
  error text
);

CREATE TABLE tag_run_step (
  run_id bigint NOT NULL,
  step integer NOT NULL,
  level integer NOT NULL,
  name text NOT NULL,
  mode text NOT NULL,
  keys text[] NOT NULL,
  state text DEFAULT 'waiting'::text NOT NULL,
  rows_read bigint DEFAULT 0 NOT NULL,
  bytes_read bigint DEFAULT 0 NOT NULL,
  duration_ms bigint DEFAULT 0 NOT NULL,
  started_at timestamp with time zone,
  ended_at timestamp with time zone,
  error text
);

CREATE TABLE tag_version (
  key text NOT NULL,
  version integer NOT NULL,
  definition jsonb NOT NULL,
  changed_by text NOT NULL,
  at timestamp with time zone NOT NULL
);

CREATE TABLE task (
  task_id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  campaign_id integer NOT NULL,
  customer_id bigint NOT NULL,
  org_id integer NOT NULL,
  staff_id integer,
  title text NOT NULL,
  reason text NOT NULL,
  campaign_key text NOT NULL,
  campaign_name text NOT NULL,
  offer_title text NOT NULL,
  offer_body text NOT NULL,
  state text DEFAULT 'open'::text NOT NULL,
  note text DEFAULT ''::text NOT NULL,
  due_at timestamp with time zone NOT NULL,
  created_at timestamp with time zone NOT NULL,
  updated_at timestamp with time zone NOT NULL
);

CREATE TABLE touch (
  touch_id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  customer_id bigint NOT NULL,
  channel text NOT NULL,
  counts_as_message boolean NOT NULL,
  campaign_id integer NOT NULL,
  rung integer NOT NULL,
  at timestamp with time zone NOT NULL,
  state text NOT NULL
);

CREATE TABLE visitor_binding (
  visitor text NOT NULL,
  customer_id bigint,
  from_at timestamp with time zone NOT NULL,
  to_at timestamp with time zone,
  proof text NOT NULL,
  applied_at timestamp with time zone,
  version bigint DEFAULT 0 NOT NULL,
  kind text DEFAULT 'device'::text NOT NULL
);

CREATE TABLE visitor_binding_undone (
  undone_id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  visitor text NOT NULL,
  customer_id bigint NOT NULL,
  from_at timestamp with time zone NOT NULL,
  to_at timestamp with time zone,
  kind text NOT NULL,
  proof text NOT NULL,
  undone_at timestamp with time zone NOT NULL,
  undone_by text NOT NULL,
  reason text NOT NULL,
  version bigint NOT NULL,
  applied_at timestamp with time zone
);

CREATE TABLE write_key (
  key text NOT NULL,
  source text NOT NULL,
  state text DEFAULT 'active'::text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  last_used_on date,
  revoked_at timestamp with time zone,
  revoked_by text,
  revoke_reason text
);

ALTER TABLE api_token ADD CONSTRAINT api_token_pkey PRIMARY KEY (token_hash);

ALTER TABLE api_token ADD CONSTRAINT api_token_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(staff_id);

ALTER TABLE approval ADD CONSTRAINT approval_check CHECK (((checker IS NULL) OR (checker <> maker)));

ALTER TABLE approval ADD CONSTRAINT approval_levels_check CHECK ((levels = ANY (ARRAY[1, 2])));

ALTER TABLE approval ADD CONSTRAINT approval_owner_org_id_fkey FOREIGN KEY (owner_org_id) REFERENCES org_unit(org_id);

ALTER TABLE approval ADD CONSTRAINT approval_pkey PRIMARY KEY (approval_id);

ALTER TABLE approval ADD CONSTRAINT approval_state_check CHECK ((state = ANY (ARRAY['open'::text, 'approved'::text, 'rejected'::text, 'withdrawn'::text])));

ALTER TABLE approval_step ADD CONSTRAINT approval_step_approval_id_checker_key UNIQUE (approval_id, checker);

ALTER TABLE approval_step ADD CONSTRAINT approval_step_approval_id_fkey FOREIGN KEY (approval_id) REFERENCES approval(approval_id);

ALTER TABLE approval_step ADD CONSTRAINT approval_step_pkey PRIMARY KEY (approval_id, level);

ALTER TABLE audit ADD CONSTRAINT audit_pkey PRIMARY KEY (seq);

ALTER TABLE audit_head ADD CONSTRAINT audit_head_is_only_check CHECK (is_only);

ALTER TABLE audit_head ADD CONSTRAINT audit_head_pkey PRIMARY KEY (is_only);

ALTER TABLE campaign ADD CONSTRAINT campaign_key_key UNIQUE (key);

ALTER TABLE campaign ADD CONSTRAINT campaign_owner_org_id_fkey FOREIGN KEY (owner_org_id) REFERENCES org_unit(org_id);

ALTER TABLE campaign ADD CONSTRAINT campaign_pkey PRIMARY KEY (campaign_id);

ALTER TABLE campaign ADD CONSTRAINT campaign_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'submitted'::text, 'approved'::text, 'rejected'::text, 'running'::text, 'paused'::text, 'stopped'::text, 'ended'::text, 'closed'::text])));

ALTER TABLE campaign_run ADD CONSTRAINT campaign_run_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaign(campaign_id);

ALTER TABLE campaign_run ADD CONSTRAINT campaign_run_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(customer_id);

ALTER TABLE campaign_run ADD CONSTRAINT campaign_run_pkey PRIMARY KEY (campaign_id, customer_id);

ALTER TABLE campaign_run ADD CONSTRAINT campaign_run_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'placed'::text, 'stopped'::text, 'escalated'::text, 'converted'::text, 'done'::text])));

ALTER TABLE chunk_placement ADD CONSTRAINT chunk_placement_check CHECK ((is_open = (next_id IS NOT NULL)));

ALTER TABLE chunk_placement ADD CONSTRAINT chunk_placement_check1 CHECK (((kind = 'customer'::text) OR (NOT is_open)));

ALTER TABLE chunk_placement ADD CONSTRAINT chunk_placement_kind_check CHECK ((kind = ANY (ARRAY['customer'::text, 'slot'::text])));

ALTER TABLE chunk_placement ADD CONSTRAINT chunk_placement_pkey PRIMARY KEY (kind, unit);

ALTER TABLE chunk_placement ADD CONSTRAINT chunk_placement_shard_fkey FOREIGN KEY (shard) REFERENCES placement_shard(shard);

ALTER TABLE chunk_placement ADD CONSTRAINT chunk_placement_unit_check CHECK ((unit >= 0));

ALTER TABLE consent ADD CONSTRAINT consent_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(customer_id);

ALTER TABLE consent ADD CONSTRAINT consent_pkey PRIMARY KEY (customer_id, purpose);

ALTER TABLE contact_cap ADD CONSTRAINT contact_cap_most_check CHECK ((most >= 0));

ALTER TABLE contact_cap ADD CONSTRAINT contact_cap_pkey PRIMARY KEY (cap_id);

ALTER TABLE contact_cap ADD CONSTRAINT contact_cap_window_minutes_check CHECK ((window_minutes > 0));

ALTER TABLE customer ADD CONSTRAINT customer_customer_id_check CHECK (((customer_id >= 1) AND (customer_id <= '4294967295'::bigint)));

ALTER TABLE customer ADD CONSTRAINT customer_customer_no_key UNIQUE (customer_no);

ALTER TABLE customer ADD CONSTRAINT customer_pkey PRIMARY KEY (customer_id);

ALTER TABLE customer ADD CONSTRAINT customer_state_check CHECK ((state = ANY (ARRAY['active'::text, 'frozen'::text, 'deceased'::text, 'closed'::text])));

ALTER TABLE customer_home ADD CONSTRAINT customer_home_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(customer_id);

ALTER TABLE customer_home ADD CONSTRAINT customer_home_home_id_fkey FOREIGN KEY (home_id) REFERENCES customer(customer_id);

ALTER TABLE customer_home ADD CONSTRAINT customer_home_pkey PRIMARY KEY (customer_id);

ALTER TABLE customer_id_allocator ADD CONSTRAINT customer_id_allocator_is_only_check CHECK (is_only);

ALTER TABLE customer_id_allocator ADD CONSTRAINT customer_id_allocator_next_id_check CHECK ((next_id <= '4294967296'::bigint));

ALTER TABLE customer_id_allocator ADD CONSTRAINT customer_id_allocator_pkey PRIMARY KEY (is_only);

ALTER TABLE customer_identity ADD CONSTRAINT customer_identity_pkey PRIMARY KEY (customer_id, kind, hash);

ALTER TABLE customer_link ADD CONSTRAINT customer_link_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(customer_id);

ALTER TABLE customer_link ADD CONSTRAINT customer_link_linked_customer_id_fkey FOREIGN KEY (linked_customer_id) REFERENCES customer(customer_id);

ALTER TABLE customer_link ADD CONSTRAINT customer_link_pkey PRIMARY KEY (customer_id, linked_customer_id, relation, reference);

ALTER TABLE customer_list ADD CONSTRAINT customer_list_owner_org_id_fkey FOREIGN KEY (owner_org_id) REFERENCES org_unit(org_id);

ALTER TABLE customer_list ADD CONSTRAINT customer_list_pkey PRIMARY KEY (key);

ALTER TABLE customer_list ADD CONSTRAINT customer_list_state_check CHECK ((state = ANY (ARRAY['active'::text, 'retired'::text])));

ALTER TABLE customer_merge ADD CONSTRAINT customer_merge_check CHECK ((from_id <> to_id));

ALTER TABLE customer_merge ADD CONSTRAINT customer_merge_from_id_fkey FOREIGN KEY (from_id) REFERENCES customer(customer_id);

ALTER TABLE customer_merge ADD CONSTRAINT customer_merge_pkey PRIMARY KEY (merge_id);

ALTER TABLE customer_merge ADD CONSTRAINT customer_merge_to_id_fkey FOREIGN KEY (to_id) REFERENCES customer(customer_id);

ALTER TABLE customer_owner ADD CONSTRAINT customer_owner_pkey PRIMARY KEY (customer_id, valid_from);

ALTER TABLE customer_sync ADD CONSTRAINT customer_sync_pkey PRIMARY KEY (customer_id, revision);

ALTER TABLE customer_sync_range ADD CONSTRAINT customer_sync_range_check CHECK ((last_id >= first_id));

ALTER TABLE customer_sync_range ADD CONSTRAINT customer_sync_range_pkey PRIMARY KEY (batch_id);

ALTER TABLE debug_session ADD CONSTRAINT debug_session_kind_check CHECK ((kind = ANY (ARRAY['device'::text, 'customerNo'::text, 'source'::text])));

ALTER TABLE debug_session ADD CONSTRAINT debug_session_pkey PRIMARY KEY (session_id);

ALTER TABLE debug_sighting ADD CONSTRAINT debug_sighting_pkey PRIMARY KEY (sighting_id);

ALTER TABLE debug_sighting ADD CONSTRAINT debug_sighting_session_id_fkey FOREIGN KEY (session_id) REFERENCES debug_session(session_id) ON DELETE CASCADE;

ALTER TABLE do_not_contact ADD CONSTRAINT do_not_contact_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(customer_id);

ALTER TABLE do_not_contact ADD CONSTRAINT do_not_contact_pkey PRIMARY KEY (customer_id);

ALTER TABLE event_outbox ADD CONSTRAINT event_outbox_pkey PRIMARY KEY (outbox_id);

ALTER TABLE event_touch ADD CONSTRAINT event_touch_kind_check CHECK ((kind = ANY (ARRAY['event'::text, 'tag'::text, 'any'::text])));

ALTER TABLE event_touch ADD CONSTRAINT event_touch_pkey PRIMARY KEY (batch);

ALTER TABLE flow ADD CONSTRAINT flow_inactivity_minutes_check CHECK ((inactivity_minutes > 0));

ALTER TABLE flow ADD CONSTRAINT flow_owner_org_id_fkey FOREIGN KEY (owner_org_id) REFERENCES org_unit(org_id);

ALTER TABLE flow ADD CONSTRAINT flow_pkey PRIMARY KEY (key);

ALTER TABLE flow ADD CONSTRAINT flow_state_check CHECK ((state = ANY (ARRAY['active'::text, 'retired'::text])));

ALTER TABLE flow_version ADD CONSTRAINT flow_version_key_fkey FOREIGN KEY (key) REFERENCES flow(key);

ALTER TABLE flow_version ADD CONSTRAINT flow_version_pkey PRIMARY KEY (key, version);

ALTER TABLE gate_customer ADD CONSTRAINT gate_customer_pkey PRIMARY KEY (customer_id);

ALTER TABLE identity_version ADD CONSTRAINT identity_version_is_only_check CHECK (is_only);

ALTER TABLE identity_version ADD CONSTRAINT identity_version_pkey PRIMARY KEY (is_only);

ALTER TABLE identity_waiting ADD CONSTRAINT identity_waiting_pkey PRIMARY KEY (kind, hash, visitor);

ALTER TABLE import_file ADD CONSTRAINT import_file_pkey PRIMARY KEY (mapping_hash, file_hash);

ALTER TABLE import_file ADD CONSTRAINT import_file_state_check CHECK ((state = ANY (ARRAY['running'::text, 'done'::text])));

ALTER TABLE inbox_message ADD CONSTRAINT inbox_message_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaign(campaign_id);

ALTER TABLE inbox_message ADD CONSTRAINT inbox_message_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(customer_id);

ALTER TABLE inbox_message ADD CONSTRAINT inbox_message_pkey PRIMARY KEY (message_id);

ALTER TABLE inbox_message ADD CONSTRAINT inbox_message_touch_id_fkey FOREIGN KEY (touch_id) REFERENCES touch(touch_id);

ALTER TABLE inbox_message ADD CONSTRAINT inbox_message_touch_id_key UNIQUE (touch_id);

ALTER TABLE ingest_process ADD CONSTRAINT ingest_process_pkey PRIMARY KEY (process_id);

ALTER TABLE insight_dashboard ADD CONSTRAINT insight_dashboard_owner_org_id_fkey FOREIGN KEY (owner_org_id) REFERENCES org_unit(org_id);

ALTER TABLE insight_dashboard ADD CONSTRAINT insight_dashboard_pkey PRIMARY KEY (key);

ALTER TABLE insight_dashboard ADD CONSTRAINT insight_dashboard_sharing_check CHECK ((sharing = ANY (ARRAY['private'::text, 'roles'::text, 'everyone'::text])));

ALTER TABLE insight_dashboard ADD CONSTRAINT insight_dashboard_state_check CHECK ((state = ANY (ARRAY['active'::text, 'deleted'::text])));

ALTER TABLE insight_dashboard_version ADD CONSTRAINT insight_dashboard_version_key_fkey FOREIGN KEY (key) REFERENCES insight_dashboard(key);

ALTER TABLE insight_dashboard_version ADD CONSTRAINT insight_dashboard_version_pkey PRIMARY KEY (key, version);

ALTER TABLE installation ADD CONSTRAINT installation_pkey PRIMARY KEY (key);

ALTER TABLE job ADD CONSTRAINT job_pkey PRIMARY KEY (job_id);

ALTER TABLE job ADD CONSTRAINT job_progress_check CHECK (((progress >= (0)::double precision) AND (progress <= (1)::double precision)));

ALTER TABLE job ADD CONSTRAINT job_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'done'::text, 'failed'::text])));

ALTER TABLE list_line ADD CONSTRAINT list_line_pkey PRIMARY KEY (list_key, version, line);

ALTER TABLE list_upload ADD CONSTRAINT list_upload_list_key_fkey FOREIGN KEY (list_key) REFERENCES customer_list(key);

ALTER TABLE list_upload ADD CONSTRAINT list_upload_pkey PRIMARY KEY (list_key, version);

ALTER TABLE list_upload ADD CONSTRAINT list_upload_state_check CHECK ((state = ANY (ARRAY['receiving'::text, 'queued'::text, 'done'::text, 'failed'::text])));

ALTER TABLE metric ADD CONSTRAINT metric_owner_org_id_fkey FOREIGN KEY (owner_org_id) REFERENCES org_unit(org_id);

ALTER TABLE metric ADD CONSTRAINT metric_pkey PRIMARY KEY (key);

ALTER TABLE metric ADD CONSTRAINT metric_state_check CHECK ((state = ANY (ARRAY['active'::text, 'retired'::text])));

ALTER TABLE metric_alarm ADD CONSTRAINT metric_alarm_alert_id_fkey FOREIGN KEY (alert_id) REFERENCES metric_alert(alert_id);

ALTER TABLE metric_alarm ADD CONSTRAINT metric_alarm_alert_id_period_key UNIQUE (alert_id, period);

ALTER TABLE metric_alarm ADD CONSTRAINT metric_alarm_pkey PRIMARY KEY (alarm_id);

ALTER TABLE metric_alert ADD CONSTRAINT metric_alert_check CHECK (((threshold IS NULL) = (kind = 'missing'::text)));

ALTER TABLE metric_alert ADD CONSTRAINT metric_alert_key_fkey FOREIGN KEY (key) REFERENCES metric(key);

ALTER TABLE metric_alert ADD CONSTRAINT metric_alert_kind_check CHECK ((kind = ANY (ARRAY['above'::text, 'below'::text, 'change'::text, 'missing'::text])));

ALTER TABLE metric_alert ADD CONSTRAINT metric_alert_org_id_fkey FOREIGN KEY (org_id) REFERENCES org_unit(org_id);

ALTER TABLE metric_alert ADD CONSTRAINT metric_alert_pkey PRIMARY KEY (alert_id);

ALTER TABLE metric_alert ADD CONSTRAINT metric_alert_state_check CHECK ((state = ANY (ARRAY['active'::text, 'retired'::text])));

ALTER TABLE metric_run ADD CONSTRAINT metric_run_key_fkey FOREIGN KEY (key) REFERENCES metric(key);

ALTER TABLE metric_run ADD CONSTRAINT metric_run_pkey PRIMARY KEY (key, version, grain, period);

ALTER TABLE metric_value ADD CONSTRAINT metric_value_grain_check CHECK ((grain = ANY (ARRAY['day'::text, 'week'::text, 'month'::text])));

ALTER TABLE metric_value ADD CONSTRAINT metric_value_key_fkey FOREIGN KEY (key) REFERENCES metric(key);

ALTER TABLE metric_value ADD CONSTRAINT metric_value_org_id_fkey FOREIGN KEY (org_id) REFERENCES org_unit(org_id);

ALTER TABLE metric_value ADD CONSTRAINT metric_value_pkey PRIMARY KEY (key, version, grain, org_id, period);

ALTER TABLE metric_version ADD CONSTRAINT metric_version_key_fkey FOREIGN KEY (key) REFERENCES metric(key);

ALTER TABLE metric_version ADD CONSTRAINT metric_version_pkey PRIMARY KEY (key, version);

ALTER TABLE migration ADD CONSTRAINT migration_pkey PRIMARY KEY (number);

ALTER TABLE model ADD CONSTRAINT model_check CHECK (((approved_by IS NULL) OR (approved_by <> created_by)));

ALTER TABLE model ADD CONSTRAINT model_file_check CHECK ((octet_length(file) <= 52428800));

ALTER TABLE model ADD CONSTRAINT model_kind_check CHECK ((kind = ANY (ARRAY['linear'::text, 'logistic'::text, 'onnx'::text])));

ALTER TABLE model ADD CONSTRAINT model_pkey PRIMARY KEY (key, version);

ALTER TABLE model ADD CONSTRAINT model_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'approved'::text, 'retired'::text])));

ALTER TABLE org_unit ADD CONSTRAINT org_unit_code_key UNIQUE (code);

ALTER TABLE org_unit ADD CONSTRAINT org_unit_pkey PRIMARY KEY (org_id);

ALTER TABLE org_unit_version ADD CONSTRAINT org_unit_version_check CHECK (((valid_to IS NULL) OR (valid_to > valid_from)));

ALTER TABLE org_unit_version ADD CONSTRAINT org_unit_version_check1 CHECK ((path[array_length(path, 1)] = org_id));

ALTER TABLE org_unit_version ADD CONSTRAINT org_unit_version_kind_check CHECK ((kind = ANY (ARRAY['head_office'::text, 'branch'::text, 'sub_branch'::text, 'outlet'::text])));

ALTER TABLE org_unit_version ADD CONSTRAINT org_unit_version_org_id_fkey FOREIGN KEY (org_id) REFERENCES org_unit(org_id);

ALTER TABLE org_unit_version ADD CONSTRAINT org_unit_version_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES org_unit(org_id);

ALTER TABLE org_unit_version ADD CONSTRAINT org_unit_version_pkey PRIMARY KEY (org_id, valid_from);

ALTER TABLE placement ADD CONSTRAINT placement_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaign(campaign_id);

ALTER TABLE placement ADD CONSTRAINT placement_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(customer_id);

ALTER TABLE placement ADD CONSTRAINT placement_pkey PRIMARY KEY (campaign_id, customer_id, slot);

ALTER TABLE placement_content ADD CONSTRAINT placement_content_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaign(campaign_id);

ALTER TABLE placement_content ADD CONSTRAINT placement_content_pkey PRIMARY KEY (campaign_id);

ALTER TABLE placement_move ADD CONSTRAINT placement_move_check CHECK ((to_shard <> from_shard));

ALTER TABLE placement_move ADD CONSTRAINT placement_move_from_shard_fkey FOREIGN KEY (from_shard) REFERENCES placement_shard(shard);

ALTER TABLE placement_move ADD CONSTRAINT placement_move_kind_check CHECK ((kind = ANY (ARRAY['customer'::text, 'slot'::text])));

ALTER TABLE placement_move ADD CONSTRAINT placement_move_pkey PRIMARY KEY (move_id);

ALTER TABLE placement_move ADD CONSTRAINT placement_move_state_check CHECK ((state = ANY (ARRAY['copying'::text, 'flipped'::text, 'done'::text])));

ALTER TABLE placement_move ADD CONSTRAINT placement_move_to_shard_fkey FOREIGN KEY (to_shard) REFERENCES placement_shard(shard);

ALTER TABLE placement_shard ADD CONSTRAINT placement_shard_pkey PRIMARY KEY (shard);

ALTER TABLE placement_shard ADD CONSTRAINT placement_shard_shard_check CHECK ((shard > 0));

ALTER TABLE placement_state ADD CONSTRAINT placement_state_chunk_bits_check CHECK (((chunk_bits >= 1) AND (chunk_bits <= 24)));

ALTER TABLE placement_state ADD CONSTRAINT placement_state_is_only_check CHECK (is_only);

ALTER TABLE placement_state ADD CONSTRAINT placement_state_pkey PRIMARY KEY (is_only);

ALTER TABLE placement_state ADD CONSTRAINT placement_state_slots_check CHECK ((slots > 0));

ALTER TABLE placement_state ADD CONSTRAINT placement_state_spread_check CHECK ((spread > 0));

ALTER TABLE placement_state ADD CONSTRAINT placement_state_version_check CHECK ((version > 0));

ALTER TABLE plan_event ADD CONSTRAINT plan_event_check CHECK ((((version = 0) = (published IS NULL)) AND ((version = 0) = (state = 'draft'::text))));

ALTER TABLE plan_event ADD CONSTRAINT plan_event_pkey PRIMARY KEY (key);

ALTER TABLE plan_event ADD CONSTRAINT plan_event_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'active'::text, 'deprecated'::text, 'retired'::text])));

ALTER TABLE plan_event_version ADD CONSTRAINT plan_event_version_key_fkey FOREIGN KEY (key) REFERENCES plan_event(key) ON DELETE CASCADE;

ALTER TABLE plan_event_version ADD CONSTRAINT plan_event_version_pkey PRIMARY KEY (key, version);

ALTER TABLE plan_finding_count ADD CONSTRAINT plan_finding_count_pkey PRIMARY KEY (day, source, event, code, path);

ALTER TABLE plan_head ADD CONSTRAINT plan_head_is_only_check CHECK (is_only);

ALTER TABLE plan_head ADD CONSTRAINT plan_head_pkey PRIMARY KEY (is_only);

ALTER TABLE plan_source_mode ADD CONSTRAINT plan_source_mode_mode_check CHECK ((mode = ANY (ARRAY['observe'::text, 'warn'::text, 'enforce'::text])));

ALTER TABLE plan_source_mode ADD CONSTRAINT plan_source_mode_pkey PRIMARY KEY (source);

ALTER TABLE post ADD CONSTRAINT post_check CHECK (((valid_to IS NULL) OR (valid_to > valid_from)));

ALTER TABLE post ADD CONSTRAINT post_org_id_fkey FOREIGN KEY (org_id) REFERENCES org_unit(org_id);

ALTER TABLE post ADD CONSTRAINT post_pkey PRIMARY KEY (post_id);

ALTER TABLE post ADD CONSTRAINT post_role_check CHECK ((role = ANY (ARRAY['system_admin'::text, 'security_admin'::text, 'auditor'::text, 'hq_operator'::text, 'approver'::text, 'branch_operator'::text, 'relationship_manager'::text])));

ALTER TABLE post ADD CONSTRAINT post_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(staff_id);

ALTER TABLE profile_operation ADD CONSTRAINT profile_operation_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(customer_id);

ALTER TABLE profile_operation ADD CONSTRAINT profile_operation_operation_check CHECK ((operation = ANY (ARRAY['set'::text, 'setOnce'::text, 'increment'::text, 'append'::text, 'unset'::text])));

ALTER TABLE profile_operation ADD CONSTRAINT profile_operation_pkey PRIMARY KEY (customer_id, attribute, msg);

ALTER TABLE reject_state ADD CONSTRAINT reject_state_pkey PRIMARY KEY (reject_id);

ALTER TABLE reject_state ADD CONSTRAINT reject_state_state_check CHECK ((state = ANY (ARRAY['open'::text, 'replayed'::text, 'dismissed'::text])));

ALTER TABLE retention_rule ADD CONSTRAINT retention_rule_class_check CHECK ((class = ANY (ARRAY['event'::text, 'event_anonymous'::text, 'reject'::text, 'rate'::text])));

ALTER TABLE retention_rule ADD CONSTRAINT retention_rule_months_check CHECK (((months >= 1) AND (months <= 240)));

ALTER TABLE retention_rule ADD CONSTRAINT retention_rule_pkey PRIMARY KEY (class);

ALTER TABLE retention_run ADD CONSTRAINT retention_run_pkey PRIMARY KEY (run_id);

ALTER TABLE segment ADD CONSTRAINT segment_drift_limit_check CHECK (((drift_limit >= (0)::double precision) AND (drift_limit <= (1)::double precision)));

ALTER TABLE segment ADD CONSTRAINT segment_owner_org_id_fkey FOREIGN KEY (owner_org_id) REFERENCES org_unit(org_id);

ALTER TABLE segment ADD CONSTRAINT segment_pkey PRIMARY KEY (key);

ALTER TABLE segment ADD CONSTRAINT segment_refresh_every_minutes_check CHECK ((refresh_every_minutes >= 5));

ALTER TABLE segment ADD CONSTRAINT segment_refresh_mode_check CHECK ((refresh_mode = ANY (ARRAY['streaming'::text, 'schedule'::text, 'manual'::text])));

ALTER TABLE segment ADD CONSTRAINT segment_state_check CHECK ((state = ANY (ARRAY['active'::text, 'retired'::text])));

ALTER TABLE segment_alarm ADD CONSTRAINT segment_alarm_kind_check CHECK ((kind = ANY (ARRAY['refresh_failed'::text, 'drift'::text, 'set_aside'::text])));

ALTER TABLE segment_alarm ADD CONSTRAINT segment_alarm_pkey PRIMARY KEY (alarm_id);

ALTER TABLE segment_alarm ADD CONSTRAINT segment_alarm_segment_fkey FOREIGN KEY (segment) REFERENCES segment(key);

ALTER TABLE segment_export ADD CONSTRAINT segment_export_owner_org_id_fkey FOREIGN KEY (owner_org_id) REFERENCES org_unit(org_id);

ALTER TABLE segment_export ADD CONSTRAINT segment_export_pkey PRIMARY KEY (export_id);

ALTER TABLE segment_export ADD CONSTRAINT segment_export_segment_fkey FOREIGN KEY (segment) REFERENCES segment(key);

ALTER TABLE segment_export ADD CONSTRAINT segment_export_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'queued'::text, 'running'::text, 'ready'::text, 'rejected'::text, 'failed'::text, 'expired'::text])));

ALTER TABLE segment_export_part ADD CONSTRAINT segment_export_part_export_id_fkey FOREIGN KEY (export_id) REFERENCES segment_export(export_id) ON DELETE CASCADE;

ALTER TABLE segment_export_part ADD CONSTRAINT segment_export_part_pkey PRIMARY KEY (export_id, part);

ALTER TABLE segment_feed_state ADD CONSTRAINT segment_feed_state_is_only_check CHECK (is_only);

ALTER TABLE segment_feed_state ADD CONSTRAINT segment_feed_state_pkey PRIMARY KEY (is_only);

ALTER TABLE segment_refresh ADD CONSTRAINT segment_refresh_pkey PRIMARY KEY (segment, refresh_id);

ALTER TABLE segment_refresh ADD CONSTRAINT segment_refresh_segment_fkey FOREIGN KEY (segment) REFERENCES segment(key);

ALTER TABLE segment_refresh ADD CONSTRAINT segment_refresh_state_check CHECK ((state = ANY (ARRAY['done'::text, 'superseded'::text, 'failed'::text])));

ALTER TABLE segment_setting ADD CONSTRAINT segment_setting_export_approval_over_check CHECK ((export_approval_over >= 0));

ALTER TABLE segment_setting ADD CONSTRAINT segment_setting_export_hours_check CHECK (((export_hours >= 1) AND (export_hours <= 720)));

ALTER TABLE segment_setting ADD CONSTRAINT segment_setting_is_only_check CHECK (is_only);

ALTER TABLE segment_setting ADD CONSTRAINT segment_setting_pkey PRIMARY KEY (is_only);

ALTER TABLE segment_setting ADD CONSTRAINT segment_setting_two_approvals_over_check CHECK ((two_approvals_over >= 0));

ALTER TABLE segment_size ADD CONSTRAINT segment_size_pkey PRIMARY KEY (segment, at);

ALTER TABLE segment_size ADD CONSTRAINT segment_size_segment_fkey FOREIGN KEY (segment) REFERENCES segment(key);

ALTER TABLE segment_snapshot ADD CONSTRAINT segment_snapshot_owner_org_id_fkey FOREIGN KEY (owner_org_id) REFERENCES org_unit(org_id);

ALTER TABLE segment_snapshot ADD CONSTRAINT segment_snapshot_pkey PRIMARY KEY (snapshot_id);

ALTER TABLE segment_snapshot ADD CONSTRAINT segment_snapshot_segment_fkey FOREIGN KEY (segment) REFERENCES segment(key);

ALTER TABLE segment_snapshot ADD CONSTRAINT segment_snapshot_state_check CHECK ((state = ANY (ARRAY['building'::text, 'ready'::text, 'failed'::text, 'expired'::text])));

ALTER TABLE segment_subscription ADD CONSTRAINT segment_subscription_owner_org_id_fkey FOREIGN KEY (owner_org_id) REFERENCES org_unit(org_id);

ALTER TABLE segment_subscription ADD CONSTRAINT segment_subscription_pkey PRIMARY KEY (subscription_id);

ALTER TABLE segment_subscription ADD CONSTRAINT segment_subscription_segment_fkey FOREIGN KEY (segment) REFERENCES segment(key);

ALTER TABLE segment_subscription ADD CONSTRAINT segment_subscription_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'active'::text, 'paused'::text, 'dead'::text, 'rejected'::text, 'ended'::text])));

ALTER TABLE segment_version ADD CONSTRAINT segment_version_key_fkey FOREIGN KEY (key) REFERENCES segment(key);

ALTER TABLE segment_version ADD CONSTRAINT segment_version_pkey PRIMARY KEY (key, version);

ALTER TABLE session ADD CONSTRAINT session_pkey PRIMARY KEY (token_hash);

ALTER TABLE session ADD CONSTRAINT session_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(staff_id);

ALTER TABLE source ADD CONSTRAINT source_bytes_per_second_check CHECK ((bytes_per_second > 0));

ALTER TABLE source ADD CONSTRAINT source_concurrent_requests_check CHECK ((concurrent_requests > 0));

ALTER TABLE source ADD CONSTRAINT source_customer_events_per_second_check CHECK ((customer_events_per_second > 0));

ALTER TABLE source ADD CONSTRAINT source_events_per_second_check CHECK ((events_per_second > 0));

ALTER TABLE source ADD CONSTRAINT source_kind_check CHECK ((kind = ANY (ARRAY['trusted'::text, 'public'::text])));

ALTER TABLE source ADD CONSTRAINT source_pkey PRIMARY KEY (source);

ALTER TABLE source ADD CONSTRAINT source_state_check CHECK ((state = ANY (ARRAY['active'::text, 'revoked'::text])));

ALTER TABLE staff ADD CONSTRAINT staff_pkey PRIMARY KEY (staff_id);

ALTER TABLE staff ADD CONSTRAINT staff_staff_no_key UNIQUE (staff_no);

ALTER TABLE staff ADD CONSTRAINT staff_state_check CHECK ((state = ANY (ARRAY['active'::text, 'left'::text])));

ALTER TABLE staff ADD CONSTRAINT staff_username_key UNIQUE (username);

ALTER TABLE stream_pass ADD CONSTRAINT stream_pass_kind_check CHECK ((kind = ANY (ARRAY['touch'::text, 'refresh'::text])));

ALTER TABLE stream_pass ADD CONSTRAINT stream_pass_pkey PRIMARY KEY (pass);

ALTER TABLE stream_pass ADD CONSTRAINT stream_pass_state_check CHECK ((state = ANY (ARRAY['taken'::text, 'decided'::text])));

ALTER TABLE stream_state ADD CONSTRAINT stream_state_is_only_check CHECK (is_only);

ALTER TABLE stream_state ADD CONSTRAINT stream_state_pkey PRIMARY KEY (is_only);

ALTER TABLE stream_tag ADD CONSTRAINT stream_tag_pkey PRIMARY KEY (tag);

ALTER TABLE stream_transition ADD CONSTRAINT stream_transition_pass_fkey FOREIGN KEY (pass) REFERENCES stream_pass(pass) ON DELETE CASCADE;

ALTER TABLE stream_transition ADD CONSTRAINT stream_transition_pkey PRIMARY KEY (pass, segment, customer_id);

ALTER TABLE tag ADD CONSTRAINT tag_alert_coverage_drop_check CHECK (((alert_coverage_drop >= 1) AND (alert_coverage_drop <= 100)));

ALTER TABLE tag ADD CONSTRAINT tag_alert_psi_check CHECK ((alert_psi > (0)::double precision));

ALTER TABLE tag ADD CONSTRAINT tag_class_check CHECK ((class = ANY (ARRAY['C1'::text, 'C2'::text])));

ALTER TABLE tag ADD CONSTRAINT tag_directory_fkey FOREIGN KEY (directory) REFERENCES tag_directory(key);

ALTER TABLE tag ADD CONSTRAINT tag_owner_org_id_fkey FOREIGN KEY (owner_org_id) REFERENCES org_unit(org_id);

ALTER TABLE tag ADD CONSTRAINT tag_pkey PRIMARY KEY (key);

ALTER TABLE tag ADD CONSTRAINT tag_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'submitted'::text, 'active'::text, 'retired'::text])));

ALTER TABLE tag ADD CONSTRAINT tag_type_check CHECK ((type = ANY (ARRAY['bool'::text, 'enum'::text, 'number'::text, 'date'::text])));

ALTER TABLE tag_alert ADD CONSTRAINT tag_alert_key_fkey FOREIGN KEY (key) REFERENCES tag(key) ON DELETE CASCADE;

ALTER TABLE tag_alert ADD CONSTRAINT tag_alert_kind_check CHECK ((kind = ANY (ARRAY['failed'::text, 'coverage'::text, 'drift'::text, 'stale'::text, 'bitmaps'::text])));

ALTER TABLE tag_alert ADD CONSTRAINT tag_alert_pkey PRIMARY KEY (alert_id);

ALTER TABLE tag_alert ADD CONSTRAINT tag_alert_severity_check CHECK ((severity = ANY (ARRAY['warning'::text, 'serious'::text])));

ALTER TABLE tag_computation ADD CONSTRAINT tag_computation_key_fkey FOREIGN KEY (key) REFERENCES tag(key) ON DELETE CASCADE;

ALTER TABLE tag_computation ADD CONSTRAINT tag_computation_mode_check CHECK ((mode = ANY (ARRAY['full'::text, 'incremental'::text])));

ALTER TABLE tag_computation ADD CONSTRAINT tag_computation_pkey PRIMARY KEY (computation_id);

ALTER TABLE tag_computation ADD CONSTRAINT tag_computation_run_id_fkey FOREIGN KEY (run_id) REFERENCES tag_run(run_id) ON DELETE SET NULL;

ALTER TABLE tag_computation ADD CONSTRAINT tag_computation_state_check CHECK ((state = ANY (ARRAY['done'::text, 'superseded'::text, 'failed'::text])));

ALTER TABLE tag_directory ADD CONSTRAINT tag_directory_parent_key_fkey FOREIGN KEY (parent_key) REFERENCES tag_directory(key);

ALTER TABLE tag_directory ADD CONSTRAINT tag_directory_pkey PRIMARY KEY (key);

ALTER TABLE tag_run ADD CONSTRAINT tag_run_mode_check CHECK ((mode = ANY (ARRAY['full'::text, 'incremental'::text])));

ALTER TABLE tag_run ADD CONSTRAINT tag_run_pkey PRIMARY KEY (run_id);

ALTER TABLE tag_run ADD CONSTRAINT tag_run_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'done'::text, 'failed'::text, 'cancelled'::text])));

ALTER TABLE tag_run_step ADD CONSTRAINT tag_run_step_mode_check CHECK ((mode = ANY (ARRAY['full'::text, 'incremental'::text])));

ALTER TABLE tag_run_step ADD CONSTRAINT tag_run_step_pkey PRIMARY KEY (run_id, step);

ALTER TABLE tag_run_step ADD CONSTRAINT tag_run_step_run_id_fkey FOREIGN KEY (run_id) REFERENCES tag_run(run_id) ON DELETE CASCADE;

ALTER TABLE tag_run_step ADD CONSTRAINT tag_run_step_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'running'::text, 'done'::text, 'failed'::text])));

ALTER TABLE tag_version ADD CONSTRAINT tag_version_key_fkey FOREIGN KEY (key) REFERENCES tag(key);

ALTER TABLE tag_version ADD CONSTRAINT tag_version_pkey PRIMARY KEY (key, version);

ALTER TABLE task ADD CONSTRAINT task_campaign_id_customer_id_key UNIQUE (campaign_id, customer_id);

ALTER TABLE task ADD CONSTRAINT task_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaign(campaign_id);

ALTER TABLE task ADD CONSTRAINT task_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(customer_id);

ALTER TABLE task ADD CONSTRAINT task_org_id_fkey FOREIGN KEY (org_id) REFERENCES org_unit(org_id);

ALTER TABLE task ADD CONSTRAINT task_pkey PRIMARY KEY (task_id);

ALTER TABLE task ADD CONSTRAINT task_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(staff_id);

ALTER TABLE task ADD CONSTRAINT task_state_check CHECK ((state = ANY (ARRAY['open'::text, 'accepted'::text, 'contacted'::text, 'won'::text, 'lost'::text, 'cancelled'::text])));

ALTER TABLE touch ADD CONSTRAINT touch_once UNIQUE (campaign_id, customer_id, rung, channel);

ALTER TABLE touch ADD CONSTRAINT touch_pkey PRIMARY KEY (touch_id);

ALTER TABLE touch ADD CONSTRAINT touch_state_check CHECK ((state = ANY (ARRAY['reserved'::text, 'committed'::text, 'released'::text])));

ALTER TABLE visitor_binding ADD CONSTRAINT visitor_binding_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(customer_id);

ALTER TABLE visitor_binding ADD CONSTRAINT visitor_binding_pkey PRIMARY KEY (visitor, from_at);

ALTER TABLE visitor_binding ADD CONSTRAINT visitor_binding_proof_check CHECK ((proof = ANY (ARRAY['trusted_source'::text, 'customer_token'::text, 'bank_data'::text, 'logout'::text])));

ALTER TABLE visitor_binding_undone ADD CONSTRAINT visitor_binding_undone_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(customer_id);

ALTER TABLE visitor_binding_undone ADD CONSTRAINT visitor_binding_undone_pkey PRIMARY KEY (undone_id);

ALTER TABLE write_key ADD CONSTRAINT write_key_pkey PRIMARY KEY (key);

ALTER TABLE write_key ADD CONSTRAINT write_key_source_fkey FOREIGN KEY (source) REFERENCES source(source);

ALTER TABLE write_key ADD CONSTRAINT write_key_state_check CHECK ((state = ANY (ARRAY['active'::text, 'revoked'::text])));

CREATE INDEX api_token_staff ON public.api_token USING btree (staff_id);

CREATE INDEX approval_object ON public.approval USING btree (object_type, object_key, approval_id);

CREATE UNIQUE INDEX approval_open ON public.approval USING btree (object_type, object_key) WHERE (state = 'open'::text);

CREATE INDEX audit_actor ON public.audit USING btree (actor, seq);

CREATE INDEX audit_object ON public.audit USING btree (object_type, object_id, seq);

CREATE INDEX campaign_run_customer ON public.campaign_run USING btree (customer_id);

CREATE INDEX campaign_run_due ON public.campaign_run USING btree (campaign_id, due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX campaign_state ON public.campaign USING btree (state);

CREATE INDEX customer_home_home ON public.customer_home USING btree (home_id);

CREATE INDEX customer_home_unapplied ON public.customer_home USING btree (customer_id) WHERE (applied_at IS NULL);

CREATE INDEX customer_home_version ON public.customer_home USING btree (version);

CREATE INDEX customer_identity_hash ON public.customer_identity USING btree (kind, hash, customer_id);

CREATE UNIQUE INDEX customer_merge_open ON public.customer_merge USING btree (from_id) WHERE (split_at IS NULL);

CREATE INDEX customer_merge_to ON public.customer_merge USING btree (to_id) WHERE (split_at IS NULL);

CREATE INDEX customer_org ON public.customer USING btree (org_id, customer_id);

CREATE INDEX customer_rm ON public.customer USING btree (rm_staff_id, customer_id) WHERE (rm_staff_id IS NOT NULL);

CREATE INDEX debug_session_expires ON public.debug_session USING btree (expires_at);

CREATE INDEX debug_sighting_session ON public.debug_sighting USING btree (session_id, sighting_id);

CREATE INDEX event_touch_order ON public.event_touch USING btree (is_background, batch);

CREATE INDEX identity_waiting_seen ON public.identity_waiting USING btree (seen_at);

CREATE INDEX import_file_started ON public.import_file USING btree (started_at);

CREATE INDEX inbox_message_customer ON public.inbox_message USING btree (customer_id, sent_at);

CREATE INDEX job_created ON public.job USING btree (created_at);

CREATE UNIQUE INDEX model_approved ON public.model USING btree (key) WHERE (state = 'approved'::text);

CREATE UNIQUE INDEX org_unit_version_open ON public.org_unit_version USING btree (org_id) WHERE (valid_to IS NULL);

CREATE INDEX org_unit_version_path ON public.org_unit_version USING gin (path);

CREATE INDEX placement_customer ON public.placement USING btree (customer_id) WHERE (closed_at IS NULL);

CREATE UNIQUE INDEX placement_move_open ON public.placement_move USING btree ((true)) WHERE (state <> 'done'::text);

CREATE UNIQUE INDEX post_open ON public.post USING btree (staff_id, org_id, role) WHERE (valid_to IS NULL);

CREATE INDEX post_org ON public.post USING btree (org_id);

CREATE INDEX post_staff ON public.post USING btree (staff_id);

CREATE INDEX reject_state_received ON public.reject_state USING btree (received_at DESC, reject_id DESC);

CREATE INDEX retention_run_day ON public.retention_run USING btree (class, bank_day);

CREATE UNIQUE INDEX segment_alarm_open ON public.segment_alarm USING btree (segment, kind) WHERE (closed_at IS NULL);

CREATE INDEX segment_export_due ON public.segment_export USING btree (expires_at) WHERE (state = 'ready'::text);

CREATE INDEX segment_export_segment ON public.segment_export USING btree (segment, export_id);

CREATE INDEX segment_refresh_at ON public.segment_refresh USING btree (segment, at DESC);

CREATE INDEX segment_snapshot_segment ON public.segment_snapshot USING btree (segment, snapshot_id);

CREATE INDEX segment_subscription_due ON public.segment_subscription USING btree (due_at) WHERE (state = 'active'::text);

CREATE INDEX segment_subscription_segment ON public.segment_subscription USING btree (segment, subscription_id);

CREATE INDEX session_staff ON public.session USING btree (staff_id);

CREATE UNIQUE INDEX tag_alert_open ON public.tag_alert USING btree (key, kind) WHERE (closed_at IS NULL);

CREATE INDEX tag_computation_of_run ON public.tag_computation USING btree (run_id);

CREATE INDEX tag_computation_of_tag ON public.tag_computation USING btree (key, at DESC);

CREATE INDEX tag_directory_parent ON public.tag_directory USING btree (parent_key);

CREATE INDEX tag_directory_tags ON public.tag USING btree (directory, key);

CREATE INDEX tag_run_open ON public.tag_run USING btree (run_id) WHERE (state = ANY (ARRAY['queued'::text, 'running'::text]));

CREATE INDEX task_org ON public.task USING btree (org_id, state, due_at);

CREATE INDEX task_staff ON public.task USING btree (staff_id, state, due_at);

CREATE INDEX touch_customer ON public.touch USING btree (customer_id, at) INCLUDE (channel) WHERE ((state <> 'released'::text) AND counts_as_message);

CREATE INDEX visitor_binding_customer ON public.visitor_binding USING btree (customer_id);

CREATE UNIQUE INDEX visitor_binding_open ON public.visitor_binding USING btree (visitor) WHERE (to_at IS NULL);

CREATE INDEX visitor_binding_unapplied ON public.visitor_binding USING btree (from_at) WHERE (applied_at IS NULL);

CREATE INDEX visitor_binding_undone_customer ON public.visitor_binding_undone USING btree (customer_id);

CREATE INDEX visitor_binding_undone_unapplied ON public.visitor_binding_undone USING btree (undone_id) WHERE (applied_at IS NULL);

CREATE INDEX visitor_binding_undone_version ON public.visitor_binding_undone USING btree (version);

CREATE INDEX visitor_binding_undone_visitor ON public.visitor_binding_undone USING btree (visitor);

CREATE INDEX visitor_binding_version ON public.visitor_binding USING btree (version);

CREATE INDEX write_key_source ON public.write_key USING btree (source);

CREATE OR REPLACE FUNCTION public.audit_is_append_only()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION 'audit is append-only';
END $function$;

CREATE OR REPLACE FUNCTION public.check_customer()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF EXISTS (SELECT FROM added AS a WHERE NOT EXISTS (SELECT FROM customer AS c WHERE c.customer_id = a.customer_id)) THEN
    RAISE foreign_key_violation USING MESSAGE = format('%I names a customer that is not there', TG_TABLE_NAME);
  END IF;
  RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION public.check_owner()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF EXISTS (SELECT FROM (SELECT DISTINCT a.org_id FROM added AS a) AS d
             WHERE NOT EXISTS (SELECT FROM org_unit AS u WHERE u.org_id = d.org_id))
    OR EXISTS (SELECT FROM (SELECT DISTINCT a.rm_staff_id FROM added AS a WHERE a.rm_staff_id IS NOT NULL) AS d
               WHERE NOT EXISTS (SELECT FROM staff AS s WHERE s.staff_id = d.rm_staff_id)) THEN
    RAISE foreign_key_violation USING MESSAGE = format('%I names an org unit or a staff member that is not there', TG_TABLE_NAME);
  END IF;
  RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION public.gate_reserve(p_campaign integer, p_rung integer, p_channel text, p_counts_as_message boolean, p_customers bigint[], p_at timestamp with time zone)
 RETURNS TABLE(customer_id bigint, outcome text, code text, touch_id bigint)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
DECLARE
  v_longest interval := (SELECT make_interval(mins => coalesce(max(k.window_minutes), 0)) FROM contact_cap AS k);
  -- A cap of none closes the channel: no touch needs to be there.
  v_is_closed boolean := p_counts_as_message AND EXISTS (
    SELECT FROM contact_cap AS k WHERE k.most = 0 AND (k.channel IS NULL OR k.channel = p_channel));
BEGIN
  -- Only there does the deciding statement see what was committed while this one waited for its locks.
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'gate_reserve needs a read committed transaction';
  END IF;

  -- Locks, always in customer order: two batches that overlap wait for each other, they never deadlock.
  INSERT INTO gate_customer (customer_id)
    SELECT DISTINCT u.id FROM unnest(p_customers) AS u (id) ORDER BY 1 ON CONFLICT DO NOTHING;
  PERFORM 1 FROM gate_customer AS g WHERE g.customer_id = ANY (p_customers) ORDER BY g.customer_id FOR UPDATE;

  -- A new statement, so a new snapshot, taken while holding the locks: counting in the statement above would count
  -- what there was before the wait.
  -- Written so that no plan depends on how many rows the planner expects: probes of an index, hashed lists, no joins
  -- between what was computed here.
  RETURN QUERY
  WITH full_caps AS (
    -- Touches within one window on either side count: workers' times may be out of order.
    SELECT t.customer_id
    FROM touch AS t JOIN contact_cap AS k
      ON (k.channel IS NULL OR (k.channel = p_channel AND t.channel = p_channel))
      AND t.at > p_at - make_interval(mins => k.window_minutes)
      AND t.at < p_at + make_interval(mins => k.window_minutes)
    WHERE p_counts_as_message AND t.customer_id = ANY (p_customers) AND t.state <> 'released' AND t.counts_as_message
      AND t.at > p_at - v_longest AND t.at < p_at + v_longest
    GROUP BY t.customer_id, k.cap_id, k.most HAVING count(*) >= k.most
  ), asked AS MATERIALIZED (
    SELECT s.customer_id, s.code,
      (SELECT t.touch_id FROM touch AS t
       WHERE t.campaign_id = p_campaign AND t.customer_id = s.customer_id AND t.rung = p_rung
         AND t.channel = p_channel AND t.state <> 'released') AS touch_id
    FROM gate_standing(p_customers) AS s
  ), decided AS MATERIALIZED (
    SELECT a.customer_id, a.touch_id,
      CASE
        WHEN a.touch_id IS NOT NULL THEN NULL
        WHEN a.code IS NOT NULL THEN a.code
        WHEN v_is_closed OR a.customer_id IN (SELECT f.customer_id FROM full_caps AS f) THEN 'CAP_REACHED'
      END AS code
    FROM asked AS a
  ), reserved AS (
    INSERT INTO touch AS t (customer_id, channel, counts_as_message, campaign_id, rung, at, state)
    SELECT d.customer_id, p_channel, p_counts_as_message, p_campaign, p_rung, p_at, 'reserved'
    FROM decided AS d WHERE d.code IS NULL AND d.touch_id IS NULL
    ON CONFLICT ON CONSTRAINT touch_once DO UPDATE
      SET state = 'reserved', at = excluded.at, counts_as_message = excluded.counts_as_message
    RETURNING t.customer_id, t.touch_id
  )
  SELECT r.customer_id, 'reserved', NULL, r.touch_id FROM reserved AS r
  UNION ALL
  SELECT d.customer_id, CASE WHEN d.code IS NULL THEN 'reserved' ELSE 'refused' END, d.code, d.touch_id
  FROM decided AS d WHERE d.code IS NOT NULL OR d.touch_id IS NOT NULL;
END $function$;

CREATE OR REPLACE FUNCTION public.gate_standing(p_customers bigint[])
 RETURNS TABLE(customer_id bigint, code text)
 LANGUAGE sql
 STABLE
AS $function$
  SELECT u.customer_id,
    CASE
      WHEN s.is_granted IS NOT TRUE THEN 'NO_CONSENT'
      WHEN d.customer_id IS NOT NULL THEN 'DO_NOT_CONTACT'
      WHEN c.state = 'deceased' THEN 'CUSTOMER_DECEASED'
      WHEN c.state = 'frozen' THEN 'CUSTOMER_FROZEN'
      WHEN c.state = 'closed' THEN 'CUSTOMER_CLOSED'
    END
  FROM (SELECT DISTINCT id FROM unnest(p_customers) AS ids (id)) AS u (customer_id)
  LEFT JOIN consent AS s ON s.customer_id = u.customer_id AND s.purpose = 'marketing'
  LEFT JOIN do_not_contact AS d ON d.customer_id = u.customer_id
  LEFT JOIN customer AS c ON c.customer_id = u.customer_id
$function$;

CREATE OR REPLACE FUNCTION public.keep_segment_size()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  INSERT INTO segment_size (segment, at, member_count, version)
  VALUES (NEW.key, date_trunc('minute', NEW.refreshed_at), NEW.member_count, NEW.version)
  ON CONFLICT (segment, at) DO UPDATE SET member_count = excluded.member_count, version = excluded.version;
  RETURN NULL;
END $function$;

CREATE TRIGGER audit_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();

CREATE TRIGGER customer_owner_added AFTER INSERT ON public.customer REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION check_owner();

CREATE TRIGGER customer_owner_changed AFTER UPDATE ON public.customer REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION check_owner();

CREATE TRIGGER customer_identity_customer AFTER INSERT ON public.customer_identity REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION check_customer();

CREATE TRIGGER customer_owner_customer AFTER INSERT ON public.customer_owner REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION check_customer();

CREATE TRIGGER segment_size_kept AFTER UPDATE ON public.segment FOR EACH ROW WHEN (((new.member_count IS NOT NULL) AND (new.refreshed_at IS NOT NULL) AND ((new.member_count IS DISTINCT FROM old.member_count) OR (new.refresh_id IS DISTINCT FROM old.refresh_id)))) EXECUTE FUNCTION keep_segment_size();

CREATE VIEW org_unit_current AS
SELECT u.org_id,
    u.code,
    v.name,
    v.kind,
    v.parent_id,
    v.path,
    v.valid_from
   FROM org_unit u
     JOIN org_unit_version v ON v.org_id = u.org_id AND v.valid_to IS NULL;
