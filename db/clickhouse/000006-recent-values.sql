-- What changed in a tag since its refresh: readers take these rows instead of the refresh's own; NULL says "no value now".
CREATE TABLE IF NOT EXISTS tag_recent
(
    tag LowCardinality(String),
    refresh_id UInt64,
    customer_id UInt32,
    value Nullable(String),
    number Nullable(Float64),
    at DateTime64(3, 'UTC'),
    ver UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tag, refresh_id, customer_id)
SETTINGS index_granularity = 1024;

-- Every change of a customer's value, with when: since-when, trend, the value on a past date, a life-cycle's path.
CREATE TABLE IF NOT EXISTS tag_change
(
    tag LowCardinality(String),
    customer_id UInt32,
    at DateTime64(3, 'UTC'),
    value Nullable(String),
    number Nullable(Float64),
    ver UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tag, customer_id, at)
SETTINGS index_granularity = 1024;

-- Who entered or left a segment since its refresh; `turn` counts a customer's transitions.
CREATE TABLE IF NOT EXISTS segment_recent
(
    segment LowCardinality(String),
    refresh_id UInt64,
    customer_id UInt32,
    is_member UInt8,
    turn UInt32,
    at DateTime64(3, 'UTC'),
    ver UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (segment, refresh_id, customer_id)
SETTINGS index_granularity = 1024;

-- The customers of a fixed list; a row may carry a value.
CREATE TABLE IF NOT EXISTS list_member
(
    list LowCardinality(String),
    version UInt32,
    customer_id UInt32,
    value String
)
ENGINE = ReplacingMergeTree
ORDER BY (list, version, customer_id);
