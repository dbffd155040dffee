import { Producer } from '@platformatic/kafka'
import { ingestError } from '#features/ingest/common/ingest-errors.ts'
import { clientOptions, endClient, type KafkaOptions, within } from '#features/ingest/server/kafka-client.ts'
import type { RoadIn } from '#features/ingest/server/road.ts'
import { createFrameSender, encodeFrame, packFrames } from '#features/ingest/server/road-frames.ts'
import type { Log } from '#features/ingest/server/spool.ts'
import type { Clock } from '#platform/common/clock.ts'

const mostSendBytes = 4 * 1024 * 1024
/** A writer stays with one partition that long: its sends are large, and in order. */
const sameMs = 1000
/** A request waits for its answer: better a 503 soon than a client that gives up. */
const patience = { timeout: 4000, retries: 1 }
const sendMs = 10_000
/** After a failed send, requests are answered at once for so long. */
const restMs = 1000

/** Writes to Kafka: resolves once every in-sync replica has the records (acks=all). Nothing is kept on this machine. */
export function createKafkaWriter(deps: {
  options: KafkaOptions
  partitions: number
  limitBytes: number
  clock: Clock
  log: Log
}): RoadIn {
  const { options, clock, log } = deps
  let producer: Producer | undefined
  let partition = Math.floor(Math.random() * deps.partitions)
  let chosenAtMs = 0
  let restUntilMs = 0
  let isClosed = false
  let hasFailed = false

  function choosePartition(nowMs: number): number {
    if (Math.abs(nowMs - chosenAtMs) < sameMs) return partition
    chosenAtMs = nowMs
    partition = (partition + 1) % deps.partitions
    return partition
  }

  /** A producer whose send failed no longer knows its sequence: the next one gets an id of its own. */
  function giveUp(): void {
    const old = producer
    producer = undefined
    void endClient(old)
  }

  async function send(frames: Buffer[]): Promise<void> {
    const nowMs = clock.now().getTime()
    try {
      producer ??= new Producer({ ...clientOptions(options), ...patience, idempotent: true })
      const message = { topic: options.topic, partition: choosePartition(nowMs), value: packFrames(frames) }
      await within(sendMs, producer.send({ messages: [message], acks: -1 }))
      if (hasFailed) log(undefined, 'Kafka takes events again')
      hasFailed = false
    } catch (error) {
      if (!hasFailed) log(error, 'Kafka does not take events; they are answered with 503')
      hasFailed = true
      restUntilMs = clock.now().getTime() + restMs
      chosenAtMs = 0
      giveUp()
      throw ingestError('SPOOL_UNAVAILABLE', {})
    }
  }
  const sender = createFrameSender({ send, mostBytes: mostSendBytes })

  return {
    async append(write) {
      if (isClosed || clock.now().getTime() < restUntilMs) throw ingestError('SPOOL_UNAVAILABLE', {})
      if (sender.bytes() > deps.limitBytes) throw ingestError('SPOOL_FULL', {})
      await sender.add(encodeFrame(write))
    },
    status: () => ({ bytes: sender.bytes(), segments: 0 }),
    async close() {
      isClosed = true
      await sender.end()
      await endClient(producer)
    },
  }
}
