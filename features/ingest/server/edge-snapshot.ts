import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Upstreams } from '#features/ingest/server/forward-client.ts'
import type { EdgeSnapshot } from '#features/ingest/server/forward-wire.ts'
import type { Log } from '#features/ingest/server/spool.ts'
import { type CompiledPlan, compilePlan } from '#features/plan/common/compile-plan.ts'

const everyMs = 1000

/**
 * Keys and plan as the collect processes know them, asked for every second. A copy on disk lets an edge start while none
 * of them answers.
 */
export function createEdgeSnapshots(deps: {
  upstreams: Pick<Upstreams, 'snapshot'>
  dataDir: string
  log: Log
}) {
  const path = join(deps.dataDir, 'edge-snapshot.json')
  let snapshot: EdgeSnapshot | undefined
  let plan: CompiledPlan | undefined
  let tag: string | undefined
  let isFresh = false
  let fetching: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let isStopped = false

  function use(next: EdgeSnapshot): void {
    plan = next.plan ? compilePlan(next.plan) : undefined
    snapshot = next
  }

  function keep(next: EdgeSnapshot): void {
    mkdirSync(deps.dataDir, { recursive: true })
    writeFileSync(`${path}.new`, JSON.stringify(next), { mode: 0o600 })
    renameSync(`${path}.new`, path)
  }

  async function fetchNow(): Promise<void> {
    try {
      const found = await deps.upstreams.snapshot(tag)
      if (found) {
        use(found.snapshot)
        tag = found.tag
        keep(found.snapshot)
      }
      if (!isFresh) deps.log(undefined, 'the collect processes answer: keys and plan are up to date')
      isFresh = true
    } catch (error) {
      if (isFresh) deps.log(error, 'no collect process answers; keys and plan stay as they were')
      isFresh = false
    }
  }
  const refresh = (): Promise<void> => {
    fetching ??= fetchNow().finally(() => {
      fetching = undefined
    })
    return fetching
  }
  const again = (): void => {
    if (isStopped) return
    timer = setTimeout(() => void refresh().then(again), everyMs)
  }

  return {
    /** Reads the copy on disk, then asks; never fails: without either, no key is known. */
    async start(): Promise<void> {
      try {
        use(JSON.parse(readFileSync(path, 'utf8')) as EdgeSnapshot)
      } catch {
        // The first start here: there is no copy yet.
      }
      await refresh()
      again()
    },
    /** The keys; asks for them anew, and gives the last ones when nobody answers. */
    async keys(): Promise<EdgeSnapshot['keys']> {
      await refresh()
      if (!snapshot) throw new Error('no collect process has answered yet')
      return snapshot.keys
    },
    plan: (): CompiledPlan | undefined => plan,
    eventMonths: (): number | undefined => snapshot?.eventMonths,
    isKnown: (): boolean => snapshot !== undefined,
    isFresh: (): boolean => isFresh,
    stop(): void {
      isStopped = true
      clearTimeout(timer)
    },
  }
}

export type EdgeSnapshots = ReturnType<typeof createEdgeSnapshots>
