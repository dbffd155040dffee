import { defineErrors } from '#platform/common/errors.ts'

/** What changing the placement of a cluster throws. */
export const placementErrors = defineErrors({
  CLUSTER_MISSING: [
    'conflict',
    (_: Record<string, never>) =>
      'There is no cluster: set DATABASE_URL, CLICKHOUSE_URL and CLICKHOUSE_CLUSTER and start the program once.',
  ],
  CLUSTER_SHARDS_CHANGED: [
    'conflict',
    (d: { cluster: string; shard: number; expected: string; found: string }) =>
      `Shard ${d.shard} of cluster ${d.cluster} was ${d.expected} and is now ${d.found}: the order of shards must stay.`,
  ],
  CLUSTER_MOVE_RUNNING: [
    'conflict',
    (_: Record<string, never>) => 'Another process is moving rows between the shards.',
  ],
  CLUSTER_SHARD_UNKNOWN: [
    'invalid',
    (d: { shard: number }) => `The cluster has no shard ${d.shard}. See: npx zhike cluster status`,
  ],
  CLUSTER_COPY_DIFFERS: [
    'unavailable',
    (d: { table: string; source: number; copied: number }) =>
      `Of table ${d.table}, ${d.copied} rows arrived where ${d.source} were sent, or others; nothing was switched over.`,
  ],
  CLUSTER_COPY_DISTURBED: [
    'unavailable',
    (d: { table: string }) =>
      `Parts of table ${d.table} were merged or dropped while they were copied; nothing was switched over, try again.`,
  ],
  CLUSTER_PURGE_UNFINISHED: [
    'unavailable',
    (d: { table: string }) =>
      `A purge was cut off and left ${d.table}; nothing was switched over. The next purge of its class ends it, then try again.`,
  ],
})
