import { join } from 'node:path'
import type { KafkaOptions } from '#features/ingest/server/kafka-client.ts'
import { openKafkaRoad } from '#features/ingest/server/kafka-road.ts'
import type { Road } from '#features/ingest/server/road.ts'
import { type Log, openSpool } from '#features/ingest/server/spool.ts'
import type { Clock } from '#platform/common/clock.ts'

/** Most bytes of one process under way to Kafka. */
const mostSendingBytes = 128 * 1024 * 1024

export type RoadDeps = {
  dataDir: string
  spoolLimitBytes: number
  kafka: KafkaOptions | undefined
  /** Whether this process loads what lies in Kafka; its own spool it always loads. */
  isLoading: boolean
  clock: Clock
  log: Log
}

/** Puts into Kafka what an earlier run without it left on this disk. */
async function carryOver(dir: string, road: Road, deps: RoadDeps): Promise<void> {
  const spool = await openSpool({ dir, limitBytes: deps.spoolLimitBytes, log: deps.log })
  for (let segment = spool.first(); segment; segment = spool.first()) {
    const { frames } = await spool.read(segment)
    for (const frame of frames) await road.append((writer) => writer.fixedBytes(frame))
    await spool.remove(segment)
  }
  await spool.close()
}

/** Opens the road of this process: Kafka where there is one, else the spool in the data folder. */
export async function openRoad(deps: RoadDeps): Promise<Road> {
  const { dataDir, spoolLimitBytes, kafka, log } = deps
  const dir = join(dataDir, 'spool')
  if (!kafka) return openSpool({ dir, limitBytes: spoolLimitBytes, log })
  const limitBytes = Math.min(mostSendingBytes, spoolLimitBytes)
  const road = await openKafkaRoad({ ...deps, options: kafka, limitBytes, brokenDir: join(dir, 'broken') })
  await carryOver(dir, road, deps)
  return road
}
