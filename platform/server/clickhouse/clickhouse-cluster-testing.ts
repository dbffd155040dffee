import { join } from 'node:path'
import {
  findFreePort,
  startTestClickHouseServer,
  type TestClickHouseServer,
} from './clickhouse-server-testing.ts'

/** A running sharded cluster; the first server is the entry. */
export type TestCluster = {
  url: string
  /** HTTP address of every shard. */
  urls: readonly string[]
  /** Ends one server at once, as a power cut would. */
  kill(shard: number): Promise<void>
  /** Starts a server that was ended, on the same ports and data. */
  start(shard: number): Promise<void>
  stop(): Promise<void>
}

/** Of one server: small, because a test cluster has several and they share the machine with everything else. */
const memoryBytes = 1_000_000_000

/**
 * Starts a server a shard. Besides the cluster of all of them, `zhike_2` is that of the first two, and so on, so that a
 * test can begin with few shards and grow: these servers can't be given another configuration while they run.
 */
export async function startTestCluster(dir: string, shards: number): Promise<TestCluster> {
  const count = { length: shards }
  const [tcpPorts, httpPorts] = await Promise.all([
    Promise.all(Array.from(count, findFreePort)),
    Promise.all(Array.from(count, findFreePort)),
  ])
  const clusters = Object.fromEntries(
    Array.from(count, (_, index) => [`zhike_${index + 1}`, tcpPorts.slice(0, index + 1)]),
  )
  const servers: (TestClickHouseServer | undefined)[] = []
  const start = async (index: number) => {
    servers[index] = await startTestClickHouseServer({
      dir: join(dir, `shard-${index + 1}`),
      tcpPort: tcpPorts[index]!,
      httpPort: httpPorts[index]!,
      clusters,
      maxServerMemoryBytes: memoryBytes,
    })
  }
  const kill = async (index: number) => {
    await servers[index]?.stop()
    servers[index] = undefined
  }
  const stop = async () => {
    await Promise.all(Array.from(count, (_, index) => kill(index)))
  }
  try {
    await Promise.all(Array.from(count, (_, index) => start(index)))
  } catch (error) {
    await stop()
    throw error
  }
  const urls = httpPorts.map((port) => `http://127.0.0.1:${port}`)
  return { url: urls[0]!, urls, kill: (shard) => kill(shard - 1), start: (shard) => start(shard - 1), stop }
}
