-- When a row was stored, by the engine's own clock: what came since the last run, however late, copied or deleted, is found by it.
-- Where a column's default is the clock already, the old rows have their time and must not get another one.

ALTER TABLE event ADD COLUMN IF NOT EXISTS stored_at DateTime64(3, 'UTC') DEFAULT received_at CODEC(T64, ZSTD);

-- unless: SELECT count() FROM system.columns WHERE database = currentDatabase() AND table = 'event' AND name = 'stored_at' AND default_expression LIKE 'now64%'
ALTER TABLE event MATERIALIZE COLUMN stored_at SETTINGS mutations_sync = 2;

ALTER TABLE event MODIFY COLUMN stored_at DEFAULT now64(3);

ALTER TABLE customer ADD COLUMN IF NOT EXISTS stored_at DateTime64(3, 'UTC') DEFAULT toDateTime64(0, 3, 'UTC') CODEC(T64, ZSTD);

-- unless: SELECT count() FROM system.columns WHERE database = currentDatabase() AND table = 'customer' AND name = 'stored_at' AND default_expression LIKE 'now64%'
ALTER TABLE customer MATERIALIZE COLUMN stored_at SETTINGS mutations_sync = 2;

ALTER TABLE customer MODIFY COLUMN stored_at DEFAULT now64(3);

ALTER TABLE balance ADD COLUMN IF NOT EXISTS stored_at DateTime64(3, 'UTC') DEFAULT received_at CODEC(T64, ZSTD);

-- unless: SELECT count() FROM system.columns WHERE database = currentDatabase() AND table = 'balance' AND name = 'stored_at' AND default_expression LIKE 'now64%'
ALTER TABLE balance MATERIALIZE COLUMN stored_at SETTINGS mutations_sync = 2;

ALTER TABLE balance MODIFY COLUMN stored_at DEFAULT now64(3);

ALTER TABLE holding ADD COLUMN IF NOT EXISTS stored_at DateTime64(3, 'UTC') DEFAULT toDateTime64(0, 3, 'UTC') CODEC(T64, ZSTD);

-- unless: SELECT count() FROM system.columns WHERE database = currentDatabase() AND table = 'holding' AND name = 'stored_at' AND default_expression LIKE 'now64%'
ALTER TABLE holding MATERIALIZE COLUMN stored_at SETTINGS mutations_sync = 2;

ALTER TABLE holding MODIFY COLUMN stored_at DEFAULT now64(3);

-- Customers one step of a run looks at again.
CREATE TABLE IF NOT EXISTS tag_touched
(
    work_id UInt64,
    customer_id UInt32,
    written_at DateTime('UTC') DEFAULT now()
)
ENGINE = ReplacingMergeTree
ORDER BY (work_id, customer_id)
TTL written_at + INTERVAL 1 DAY
SETTINGS index_granularity = 1024;

-- What such a step found changed, before it is written where readers look.
CREATE TABLE IF NOT EXISTS tag_diff
(
    work_id UInt64,
    tag LowCardinality(String),
    customer_id UInt32,
    value Nullable(String),
    number Nullable(Float64),
    had_value UInt8,
    written_at DateTime('UTC') DEFAULT now()
)
ENGINE = ReplacingMergeTree
ORDER BY (work_id, tag, customer_id)
TTL written_at + INTERVAL 1 DAY;
