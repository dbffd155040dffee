import { Admin, type ClusterMetadata } from '@platformatic/kafka'
import type { Log } from '#features/ingest/server/spool.ts'

/** Kafka between collecting and loading. */
export type KafkaOptions = {
  brokers: readonly string[]
  topic: string
  /** Used only where the topic has to be made. */
  partitions: number
}

/** What every client of ours has: a broker that does not answer is given up soon, so that its requests are answered. */
export const clientOptions = ({ brokers }: KafkaOptions) => ({
  clientId: 'zhike',
  bootstrapBrokers: [...brokers],
  connectTimeout: 3000,
  timeout: 5000,
  retries: 2,
  retryDelay: 200,
})

const endMs = 3000
/** One record may hold a whole request's messages. */
const mostRecordBytes = 32 * 1024 * 1024

const isExisting = (error: unknown): boolean =>
  error instanceof Error &&
  ((error as { apiId?: string }).apiId === 'TOPIC_ALREADY_EXISTS' ||
    [(error as AggregateError).errors ?? []].flat().some(isExisting))

const namesOf = (error: unknown): string =>
  error instanceof AggregateError
    ? error.errors.map(namesOf).join(' ')
    : String((error as Error)?.message ?? error)

const isMissing = (error: unknown): boolean =>
  /UNKNOWN_TOPIC_OR_PARTITION|unknown topic|does not host this topic/i.test(namesOf(error))

/** Finds the topic, makes it when it is missing, and says when a single broker would hold what is acknowledged. */
export async function prepareTopic(options: KafkaOptions, log: Log): Promise<{ partitions: number }> {
  const { topic } = options
  const admin = new Admin(clientOptions(options))
  const find = async (): Promise<ReturnType<ClusterMetadata['topics']['get']>> => {
    try {
      return (await admin.metadata({ topics: [topic], forceUpdate: true })).topics.get(topic)
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  }
  try {
    if (!(await find())) {
      const configs = [{ name: 'max.message.bytes', value: String(mostRecordBytes) }]
      await admin
        .createTopics({ topics: [topic], partitions: options.partitions, replicas: -1, configs })
        .catch((error: unknown) => {
          if (!isExisting(error)) throw error
        })
    }
    let found = await find()
    // A new topic has leaders only a moment later.
    for (let round = 0; !found?.partitions.every(({ leader }) => leader >= 0); round += 1) {
      if (round > 100) throw new Error(`the topic ${topic} has partitions without a leader`)
      await new Promise((again) => setTimeout(again, 50))
      found = await find()
    }
    if (found.partitions.some(({ replicas }) => replicas.length < 2))
      log(undefined, `the Kafka topic ${topic} has one replica: what is acknowledged is on one machine only`)
    return { partitions: found.partitionsCount }
  } finally {
    await within(endMs, admin.close()).catch(() => {})
  }
}

/** Ends a client without waiting for what it was doing. */
export async function endClient(client: { close(force: boolean): unknown } | undefined): Promise<void> {
  try {
    await within(endMs, Promise.resolve(client?.close(true)))
  } catch {
    // It is being given up: how it ended changes nothing.
  }
}

/** The client's own time limits don't hold when a broker dies at an unlucky moment: nothing of it is awaited without ours. */
export async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Kafka did not answer within ${timeoutMs} ms`)), timeoutMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
