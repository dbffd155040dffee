-- Values that one run got from outside the tables of customers (an SQL, a model), before they become the tag's.
CREATE TABLE IF NOT EXISTS computed_row
(
    run_id UInt64,
    customer_id UInt32,
    value Nullable(String),
    at DateTime('UTC') DEFAULT now()
)
ENGINE = MergeTree
ORDER BY (run_id, customer_id)
TTL at + INTERVAL 1 DAY;
