import { useEffect, useReducer } from 'react'
import { urlOf } from '#platform/web/api.ts'
import type { DebugSession, DebugSighting } from '../common/debug.ts'
import { type DebugFilter, debugKept } from '../common/debug-filter.ts'

export type Seen = DebugSighting & { id: string }
export type DebugState = {
  state: 'idle' | 'connecting' | 'live' | 'ended' | 'failed'
  expiresAt: string | null
  seen: readonly Seen[]
  skipped: number
}
export type DebugAction =
  | { kind: 'begin' }
  | { kind: 'session'; session: DebugSession }
  | { kind: 'seen'; sighting: Seen }
  | { kind: 'skipped'; count: number }
  | { kind: 'lost' }
  | { kind: 'end'; state: 'idle' | 'ended' | 'failed' }
  | { kind: 'clear' }

export const debugStart: DebugState = { state: 'idle', expiresAt: null, seen: [], skipped: 0 }

/** What the page knows after one thing more came; the newest first, never more than the server keeps. */
export function debugReducer(state: DebugState, action: DebugAction): DebugState {
  switch (action.kind) {
    case 'begin':
      return { ...debugStart, state: 'connecting' }
    case 'session':
      return { ...state, state: 'live', expiresAt: action.session.expiresAt }
    case 'seen':
      if (state.seen.some(({ id }) => id === action.sighting.id)) return state
      return { ...state, seen: [action.sighting, ...state.seen].slice(0, debugKept) }
    case 'skipped':
      return { ...state, skipped: state.skipped + action.count }
    case 'lost':
      return { ...state, state: 'connecting' }
    case 'end':
      return { ...state, state: action.state }
    case 'clear':
      return { ...state, seen: [], skipped: 0 }
  }
}

/** Follows the stream of a filter until it ends; a lost connection is taken up again where it was. */
export function useDebugStream(filter: DebugFilter | null) {
  const [state, dispatch] = useReducer(debugReducer, debugStart)
  const kind = filter?.kind
  const value = filter?.value
  useEffect(() => {
    if (!kind || !value) {
      dispatch({ kind: 'end', state: 'idle' })
      return
    }
    dispatch({ kind: 'begin' })
    const source = new EventSource(urlOf('/api/debug/stream', { [kind]: value }))
    const on = <T>(name: string, tell: (data: T, id: string) => void) =>
      source.addEventListener(name, (event: MessageEvent<string>) =>
        tell(JSON.parse(event.data) as T, event.lastEventId),
      )
    on<DebugSession>('session', (session) => dispatch({ kind: 'session', session }))
    on<DebugSighting>('sighting', (data, id) => dispatch({ kind: 'seen', sighting: { ...data, id } }))
    on<{ skipped: number }>('skipped', ({ skipped }) => dispatch({ kind: 'skipped', count: skipped }))
    on('end', () => {
      source.close()
      dispatch({ kind: 'end', state: 'ended' })
    })
    source.onerror = () =>
      dispatch(source.readyState === EventSource.CLOSED ? { kind: 'end', state: 'failed' } : { kind: 'lost' })
    return () => source.close()
  }, [kind, value])
  return { ...state, clear: () => dispatch({ kind: 'clear' }) }
}
