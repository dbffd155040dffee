import { type KafkaOptions, prepareTopic } from '#features/ingest/server/kafka-client.ts'
import { createKafkaReader } from '#features/ingest/server/kafka-reader.ts'
import { createKafkaWriter } from '#features/ingest/server/kafka-writer.ts'
import type { Road } from '#features/ingest/server/road.ts'
import type { Log } from '#features/ingest/server/spool.ts'
import type { Clock } from '#platform/common/clock.ts'

/** The road by Kafka. Only a process that loads joins the group; every process may write. */
export async function openKafkaRoad(deps: {
  options: KafkaOptions
  isLoading: boolean
  /** Most bytes under way to the brokers. */
  limitBytes: number
  /** Where records go that cannot be read; they are never deleted. */
  brokenDir: string
  clock: Clock
  log: Log
}): Promise<Road> {
  const { partitions } = await prepareTopic(deps.options, deps.log)
  const writer = createKafkaWriter({ ...deps, partitions })
  const reader = createKafkaReader({ ...deps, partitions })
  if (deps.isLoading) reader.start()
  return {
    ...reader,
    ...writer,
    status() {
      const [sending, reading] = [writer.status(), reader.status()]
      return { bytes: sending.bytes + reading.bytes, segments: reading.segments }
    },
  }
}
