-- The members of a snapshot, frozen.
CREATE TABLE IF NOT EXISTS segment_snapshot_member
(
    snapshot_id UInt32,
    chunk UInt32,
    members AggregateFunction(groupBitmap, UInt32)
)
ENGINE = ReplacingMergeTree
ORDER BY (snapshot_id, chunk)
SETTINGS index_granularity = 1;

-- Who entered or left which segment, in the order outside systems read it: by pass of whoever wrote it, then customer.
CREATE TABLE IF NOT EXISTS segment_feed
(
    segment LowCardinality(String),
    pass UInt64,
    customer_id UInt32,
    msg UUID,
    is_member UInt8,
    at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (segment, pass, customer_id, msg)
SETTINGS index_granularity = 1024;
