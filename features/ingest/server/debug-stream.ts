import type { ServerResponse } from 'node:http'
import type { DebugSession } from '#features/ingest/common/debug.ts'
import { ingestError } from '#features/ingest/common/ingest-errors.ts'
import type { DebugStore } from '#features/ingest/server/debug-store.ts'
import type { Clock } from '#platform/common/clock.ts'

const lookEveryMs = 200
const beatEveryMs = 10_000
const mostStreams = 20
/** A reader that leaves so much unread is cut off; coming back, it is told what it missed. */
const mostUnreadBytes = 512 * 1024

/** The watching side: server-sent events to bounded numbers of readers, each for as long as its session. */
export function createDebugStreams(deps: { store: DebugStore; clock: Clock }) {
  const open = new Set<() => void>()
  let taken = 0

  function follow(response: ServerResponse, session: DebugSession, lastId: number, leave: () => void): void {
    let after = lastId
    let timer: NodeJS.Timeout | undefined
    let beatAtMs = Date.now()
    let isOver = false
    const end = () => {
      if (isOver) return
      isOver = true
      clearTimeout(timer)
      open.delete(end)
      leave()
      response.end()
    }
    const write = (text: string) => {
      response.write(text)
      if (response.writableLength > mostUnreadBytes) {
        response.destroy()
        end()
      }
    }
    const send = (event: string, data: string, id?: number) =>
      write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`)
    const look = async () => {
      const rows = await deps.store.readAfter(session.sessionId, after).catch(() => [])
      for (const { id, body } of rows) {
        if (isOver) return
        after = id
        send(body.startsWith('{"skipped":') ? 'skipped' : 'sighting', body, id)
      }
      if (deps.clock.now().getTime() >= Date.parse(session.expiresAt)) send('end', '{}')
      else if (!isOver) return next()
      end()
    }
    const next = () => {
      if (Date.now() - beatAtMs >= beatEveryMs) {
        beatAtMs = Date.now()
        write(': still here\n\n')
      }
      if (!isOver) timer = setTimeout(() => void look(), lookEveryMs)
    }
    open.add(end)
    response.on('close', end)
    response.on('error', end)
    send('session', JSON.stringify(session))
    void look()
  }

  return {
    /** Takes a place and gives what frees it; throws DEBUG_BUSY when this process has as many readers as it takes. */
    reserve(): () => void {
      if (taken >= mostStreams) throw ingestError('DEBUG_BUSY', {})
      taken += 1
      return () => {
        taken -= 1
      }
    },
    follow,
    stop(): void {
      for (const end of [...open]) end()
    },
    count: () => taken,
  }
}

export type DebugStreams = ReturnType<typeof createDebugStreams>
