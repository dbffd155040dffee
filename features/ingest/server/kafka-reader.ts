import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Consumer, type Message, MessagesStreamFallbackModes, MessagesStreamModes } from '@platformatic/kafka'
import { ingestError } from '#features/ingest/common/ingest-errors.ts'
import { clientOptions, endClient, type KafkaOptions, within } from '#features/ingest/server/kafka-client.ts'
import type { Road, RoadOut } from '#features/ingest/server/road.ts'
import type { Log, SealedSegment } from '#features/ingest/server/spool.ts'
import { readSegment } from '#features/ingest/server/spool-segment.ts'

/** One group loads: its members share the partitions. */
const group = 'zhike-load'
const batchBytes = 16 * 1024 * 1024
const batchMs = 250
const mostWaitingBytes = 64 * 1024 * 1024
const sealMs = 60_000
const restMs = 1000
/** Joining waits for the other members. */
const joinMs = 60_000
const askMs = 15_000
const releaseMs = 5000
const watchMs = 15_000

/** Offsets of one partition: from the first to behind the last. */
type Range = { from: bigint; to: bigint }
type Batch = SealedSegment & { values: Buffer[]; ranges: Map<number, Range> }

const newBatch = (): Batch => ({ name: '', bytes: 0, isTorn: false, values: [], ranges: new Map() })

const nameOf = (topic: string, ranges: ReadonlyMap<number, Range>): string =>
  [...ranges]
    .sort(([a], [b]) => a - b)
    .map(([partition, { from, to }]) => `${topic}-${partition}-${from}-${to}`)
    .join(',')

/**
 * Reads from Kafka as one member of the loading group. An offset is committed only when the rows up to it are in the
 * warehouse; after a crash or a change of members, everything from there comes again, and the rows' keys count it once.
 */
export function createKafkaReader(deps: {
  options: KafkaOptions
  partitions: number
  brokenDir: string
  log: Log
}) {
  const { options, log } = deps
  const { topic } = options
  let consumer: Consumer | undefined
  let sealed: Batch[] = []
  let current = newBatch()
  let waitingBytes = 0
  let timer: NodeJS.Timeout | undefined
  let onSealed: () => void = () => {}
  let onSpace: () => void = () => {}
  let received = new Map<number, bigint>()
  let takenCount = 0
  let isReleased = false
  let running: Promise<void> | undefined
  let stopRest: () => void = () => {}

  function cut(): void {
    clearTimeout(timer)
    timer = undefined
    if (current.values.length === 0) return
    const batch = { ...current, name: nameOf(topic, current.ranges) }
    current = newBatch()
    sealed.push(batch)
    onSealed()
  }

  function take({ partition, offset, value }: Message): void {
    const range = current.ranges.get(partition)
    current.ranges.set(partition, { from: range?.from ?? offset, to: offset + 1n })
    current.values.push(value)
    current.bytes += value.length
    waitingBytes += value.length
    received.set(partition, offset + 1n)
    takenCount += 1
    if (current.bytes >= batchBytes) cut()
    else timer ??= setTimeout(cut, batchMs)
  }

  /** What is not being loaded right now is forgotten: it comes again, to whoever has its partition then. */
  function forget(): void {
    clearTimeout(timer)
    timer = undefined
    sealed = sealed.slice(0, 1)
    current = newBatch()
    waitingBytes = sealed[0]?.bytes ?? 0
    received = new Map()
  }

  const open = () =>
    new Consumer({
      ...clientOptions(options),
      groupId: group,
      autocommit: false,
      ...{ minBytes: 1, maxWaitTime: 100, maxBytes: 16 * 1024 * 1024, highWaterMark: 64 },
      ...{ sessionTimeout: 10_000, rebalanceTimeout: 20_000, heartbeatInterval: 1000 },
    })

  /** A stream may stand still without an error: then what is ours to read waits, and nothing comes. */
  function watch(client: Consumer, onStalled: (error: Error) => void): NodeJS.Timeout {
    let before = -1
    return setInterval(async () => {
      try {
        const isIdle = takenCount === before && waitingBytes < mostWaitingBytes
        before = takenCount
        const ours = client.assignments?.find((assignment) => assignment.topic === topic)?.partitions ?? []
        if (!isIdle || ours.length === 0) return
        const isBehind = await isBehindOf(client, await readEnds(client), ours)
        if (isBehind && takenCount === before) onStalled(new Error('Kafka has events and hands none over'))
      } catch (error) {
        onStalled(error as Error)
      }
    }, watchMs)
  }

  /** Reads until the members of the group change, or an error. */
  async function readOnce(client: Consumer): Promise<void> {
    const stream = await within(
      joinMs,
      client.consume({
        topics: [topic],
        mode: MessagesStreamModes.COMMITTED,
        fallbackMode: MessagesStreamFallbackModes.EARLIEST,
      }),
    )
    const end = () => {
      onSpace()
      void stream.close().catch(() => {})
    }
    // Positions are taken from the group again: a partition may have been another member's meanwhile.
    client.once('consumer:group:join', end)
    endReading = end
    let stalled: Error | undefined
    const watching = watch(client, (error) => {
      stalled = error
      end()
    })
    try {
      for await (const message of stream) {
        take(message)
        if (waitingBytes >= mostWaitingBytes)
          await new Promise<void>((resolve) => {
            onSpace = resolve
          })
        if (isReleased) break
      }
    } finally {
      clearInterval(watching)
      client.off('consumer:group:join', end)
      endReading = () => {}
    }
    if (stalled) throw stalled
  }
  let endReading = () => {}

  async function run(): Promise<void> {
    let hasFailed = false
    while (!isReleased) {
      try {
        consumer ??= open()
        forget()
        await readOnce(consumer)
        hasFailed = false
      } catch (error) {
        if (isReleased) return
        if (!hasFailed) log(error, 'Kafka cannot be read; it is tried again')
        hasFailed = true
        void endClient(consumer)
        consumer = undefined
        await new Promise<void>((resolve) => {
          const rest = setTimeout(resolve, restMs)
          stopRest = () => {
            clearTimeout(rest)
            resolve()
          }
        })
      }
    }
  }

  async function commit(batch: Batch): Promise<void> {
    if (!consumer) throw new Error('Kafka is not connected')
    const offsets = [...batch.ranges].map(([partition, { to }]) => ({
      ...{ topic, partition, offset: to, leaderEpoch: -1 },
    }))
    await within(askMs, consumer.commit({ offsets }))
  }

  const all = Array.from({ length: deps.partitions }, (_, partition) => partition)
  const readEnds = async (client: Consumer) =>
    (await within(askMs, client.listOffsets({ topics: [topic] }))).get(topic) ?? []

  /** Whether something before those ends has neither come here nor been loaded by anybody. */
  async function isBehindOf(
    client: Consumer,
    ends: readonly bigint[],
    partitions: number[],
  ): Promise<boolean> {
    const found = await within(askMs, client.listCommittedOffsets({ topics: [{ topic, partitions }] }))
    const commits = found.get(topic) ?? []
    return partitions.some((partition) => {
      const at = [received.get(partition) ?? 0n, commits[partition] ?? 0n]
      return at.every((offset) => offset < (ends[partition] ?? 0n))
    })
  }

  const positionOf = (batch: SealedSegment): number => sealed.findIndex((one) => one.name === batch.name)

  async function done(segment: SealedSegment): Promise<void> {
    const batch = sealed[positionOf(segment)]
    if (!batch) return
    // Loaded is loaded: a commit that fails only means that it comes again.
    await commit(batch).catch((error: unknown) =>
      log(error, `offsets of ${batch.name} could not be committed`),
    )
    const at = positionOf(segment)
    if (at >= 0) sealed.splice(at, 1)
    waitingBytes -= batch.bytes
    onSpace()
  }

  const out: RoadOut &
    Required<Pick<Road, 'release'>> & { start(): void; status(): { bytes: number; segments: number } } = {
    start() {
      running ??= run()
    },
    first: () => sealed[0],
    last: () => sealed.at(-1),
    has: (segment) => positionOf(segment) >= 0,
    onSealed(listener) {
      onSealed = listener
    },
    /** Waits until all that is in Kafka by now has come here or is loaded by somebody. */
    async seal() {
      if (isReleased) return
      const until = Date.now() + sealMs
      const client = consumer ?? open()
      try {
        const ends = await readEnds(client)
        for (;;) {
          const isBehind = await isBehindOf(client, ends, all)
          if (!isBehind) return cut()
          if (isReleased || Date.now() > until) throw ingestError('INGEST_BEHIND', { seconds: sealMs / 1000 })
          await new Promise((again) => setTimeout(again, 50))
        }
      } finally {
        if (client !== consumer) await endClient(client)
      }
    },
    async read(segment) {
      const batch = sealed[positionOf(segment)]
      if (!batch) throw new Error(`the batch ${segment.name} is no longer ours`)
      const contents = batch.values.map(readSegment)
      const id = createHash('sha256').update(batch.name).digest('hex').slice(0, 32)
      const isWhole = contents.every(
        (content, at) => content.id && content.goodBytes === batch.values[at]?.length,
      )
      return {
        id: isWhole ? id : undefined,
        frames: contents.flatMap(({ frames }) => frames),
        goodBytes: batch.bytes,
      }
    },
    remove: done,
    async setAside(segment) {
      const batch = sealed[positionOf(segment)]
      if (!batch) return
      await mkdir(deps.brokenDir, { recursive: true, mode: 0o700 })
      const file = `${createHash('sha256').update(batch.name).digest('hex').slice(0, 32)}.kafka`
      await writeFile(join(deps.brokenDir, file), Buffer.concat(batch.values), { mode: 0o600 })
      await done(segment)
    },
    status: () => ({ bytes: waitingBytes, segments: sealed.length + (current.values.length > 0 ? 1 : 0) }),
    async release() {
      isReleased = true
      stopRest()
      endReading()
      // What does not end by itself ends with its client.
      await within(releaseMs, running ?? Promise.resolve()).catch(() => {})
      forget()
      await endClient(consumer)
      consumer = undefined
    },
  }
  return out
}
