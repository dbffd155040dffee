import { rmSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findFreePort } from '#platform/server/clickhouse/clickhouse-server-testing.ts'
import {
  type ClusterServers,
  clusterDir,
  findClusterObstacle,
  startClusterServers,
  writeKey,
} from './cluster-testing.ts'
import { type RoleProcess, startRole } from './role-process.ts'
import { startSending } from './sender.ts'

const obstacle = await findClusterObstacle({ hasKafka: true })
let servers: ClusterServers
const processes = new Set<RoleProcess>()

beforeAll(async () => {
  if (!obstacle) servers = await startClusterServers({ hasKafka: true })
})
afterAll(async () => {
  for (const one of processes) await one.kill()
  await servers?.end()
})

async function start(env: Record<string, string>): Promise<RoleProcess> {
  const started = await startRole(env)
  processes.add(started)
  void started.exited.then(() => processes.delete(started))
  return started
}

/** Kill -9, and the machine's disk is gone as well. */
async function loseMachine(one: RoleProcess, dir: string): Promise<void> {
  await one.kill()
  rmSync(dir, { recursive: true, force: true })
}

const acknowledgedSince = (sending: ReturnType<typeof startSending>, count: number) => {
  const before = sending.acknowledged.size
  return expect
    .poll(() => sending.acknowledged.size, { timeout: 60_000, interval: 20 })
    .toBeGreaterThan(before + count)
}

test.skipIf(obstacle)(
  'edge, two collect and two work processes over Kafka: machines are lost with their disks, nothing acknowledged is',
  async () => {
    const doors = [await findFreePort(), await findFreePort()]
    const collect = (nth: number) =>
      start({ ...servers.inside('collect', clusterDir(`collect-${nth}`)), ...servers.door(doors[nth] ?? 0) })
    const work = (nth: number) => start(servers.inside('work', clusterDir(`work-${nth}`)))
    const edgeDir = clusterDir('edge')
    const startEdge = () => start(servers.edge(edgeDir, doors))
    let collectors = [await collect(0), await collect(1)]
    const [keptWork, lostWork, firstEdge] = [await work(0), await work(1), await startEdge()]
    let edge = firstEdge
    expect((await fetch(`${keptWork.url}/v1/batch`, { method: 'POST' })).status).toBe(404)
    expect((await fetch(`${edge.url}/api/me`)).status).toBe(404)
    const urls = () => [edge.url, ...collectors.map(({ url }) => url)]
    const sending = startSending({ urls, key: writeKey, senders: 2, batchSize: 20 })

    await acknowledgedSince(sending, 1000)
    await loseMachine(edge, edgeDir)
    edge = await startEdge()
    await acknowledgedSince(sending, 1000)
    await loseMachine(collectors[0] as RoleProcess, clusterDir('collect-0'))
    collectors = [await collect(0), collectors[1] as RoleProcess]
    await lostWork.kill()
    await acknowledgedSince(sending, 1000)
    await work(1)

    // Shut down in the middle of the load: what is refused then comes again elsewhere.
    expect(await collectors[1]?.stop()).toBe(0)
    collectors = [collectors[0] as RoleProcess]
    expect(await keptWork.stop()).toBe(0)
    await acknowledgedSince(sending, 500)
    expect(await edge.stop()).toBe(0)
    edge = await startEdge()
    await sending.finish()
    expect(sending.withoutRetryAfter()).toBe(0)
    await expect
      .poll(() => servers.stored(), { timeout: 60_000, interval: 250 })
      .toEqual({ rows: sending.sent(), messages: sending.sent() })
  },
  600_000,
)
