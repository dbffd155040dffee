-- Which shard of a ClickHouse cluster holds what. Empty without a cluster.

-- Every change of the placement is a new version; processes work with one version at a time.
CREATE TABLE placement_state (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  version integer NOT NULL CHECK (version > 0),
  -- Name in the servers' remote_servers; growing may go over to another that begins with the same shards.
  cluster text NOT NULL,
  -- A chunk holds 2^chunk_bits customer ids.
  chunk_bits integer NOT NULL CHECK (chunk_bits BETWEEN 1 AND 24),
  -- What is no customer's is spread over this many slots by a hash.
  slots integer NOT NULL CHECK (slots > 0),
  -- A chunk without a row lies on shard chunk % spread + 1, so that a new chunk needs no new version.
  spread integer NOT NULL CHECK (spread > 0),
  -- A move copies its last rows: writers wait, as long as the mover's session lives.
  is_paused boolean NOT NULL DEFAULT false
);

-- The shards by their number, so that a cluster whose order has changed is noticed before anything is misplaced.
CREATE TABLE placement_shard (
  shard integer PRIMARY KEY CHECK (shard > 0),
  host text NOT NULL,
  port integer NOT NULL
);

-- Every chunk that ids were given out of, and every slot.
CREATE TABLE chunk_placement (
  -- customer: a chunk of ids; slot: a slot of the hash.
  kind text NOT NULL CHECK (kind IN ('customer', 'slot')),
  unit bigint NOT NULL CHECK (unit >= 0),
  shard integer NOT NULL REFERENCES placement_shard,
  -- New customers get their ids from the open chunks, one a shard.
  is_open boolean NOT NULL DEFAULT false,
  next_id bigint,
  PRIMARY KEY (kind, unit),
  CHECK (is_open = (next_id IS NOT NULL)),
  CHECK (kind = 'customer' OR NOT is_open)
);

CREATE TABLE placement_move (
  move_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('customer', 'slot')),
  units bigint[] NOT NULL,
  from_shard integer NOT NULL REFERENCES placement_shard,
  to_shard integer NOT NULL REFERENCES placement_shard CHECK (to_shard <> from_shard),
  -- copying: counts at from_shard; flipped: counts at to_shard, the rows left behind are still there; done: they are gone.
  state text NOT NULL CHECK (state IN ('copying', 'flipped', 'done')),
  started_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz
);
-- One move at a time.
CREATE UNIQUE INDEX placement_move_open ON placement_move ((true)) WHERE state <> 'done';
