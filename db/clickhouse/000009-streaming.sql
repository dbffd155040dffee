-- Who goes in or out of a segment by a full refresh: told as facts from here. A month is enough for any outage.
CREATE TABLE IF NOT EXISTS segment_transition
(
    segment LowCardinality(String),
    pass UInt64,
    customer_id UInt32,
    is_member UInt8,
    stored_at DateTime DEFAULT now()
)
ENGINE = ReplacingMergeTree
ORDER BY (segment, pass, customer_id)
TTL stored_at + INTERVAL 30 DAY
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1;
