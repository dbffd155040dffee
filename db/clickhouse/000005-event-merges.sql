-- Merges column by column: half the work where rows are mostly properties, measured 5.3 against 2.5 µs a row and merge.
-- By default only tables with more columns besides the key get it.

ALTER TABLE event MODIFY SETTING vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 1;

ALTER TABLE event_anonymous MODIFY SETTING vertical_merge_algorithm_min_rows_to_activate = 1, vertical_merge_algorithm_min_columns_to_activate = 1;
