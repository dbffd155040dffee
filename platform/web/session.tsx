import { useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react'
import type { Permission, Role } from '#platform/common/access.ts'
import { ApiError, api } from './api.ts'

/** The signed-in person, as GET /api/session answers. */
export type SessionUser = {
  username: string
  staffNo: string
  name: string
  roles: Role[]
  permissions: Permission[]
  orgId: number
  orgName: string
  isDemo: boolean
}
type LoggedIn = { csrfToken: string; user: SessionUser }

export type Session =
  | { state: 'loading' }
  | { state: 'unreachable'; error: unknown }
  | { state: 'signedOut' }
  | { state: 'signedIn'; user: SessionUser }

type SessionActions = {
  session: Session
  login: (username: string, password: string) => Promise<void>
  logout: () => Promise<void>
  reload: () => Promise<void>
}

const SessionContext = createContext<SessionActions | undefined>(undefined)

/** Knows who is signed in: asks once on load, forgets everything cached when that changes. */
export function SessionProvider({ children }: { children: ReactNode }) {
  const [session, setSession] = useState<Session>({ state: 'loading' })
  const queries = useQueryClient()

  const enter = useCallback((answer: LoggedIn) => {
    api.setCsrfToken(answer.csrfToken)
    setSession({ state: 'signedIn', user: answer.user })
  }, [])
  const leave = useCallback(() => {
    api.setCsrfToken('')
    queries.clear()
    setSession({ state: 'signedOut' })
  }, [queries])
  const reload = useCallback(async () => {
    try {
      enter(await api.get<LoggedIn>('/api/session'))
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) leave()
      else setSession({ state: 'unreachable', error })
    }
  }, [enter, leave])

  useEffect(() => {
    api.whenSignedOut(leave)
    void reload()
  }, [leave, reload])

  const actions = useMemo<SessionActions>(
    () => ({
      session,
      reload,
      login: async (username, password) => {
        const answer = await api.post<LoggedIn>('/api/login', { username, password })
        queries.clear()
        enter(answer)
      },
      logout: async () => {
        try {
          await api.post('/api/logout', {})
        } finally {
          leave()
        }
      },
    }),
    [session, reload, enter, leave, queries],
  )
  return <SessionContext value={actions}>{children}</SessionContext>
}

export function useSession(): SessionActions {
  const actions = useContext(SessionContext)
  if (!actions) throw new Error('useSession needs a SessionProvider around it')
  return actions
}

/** The signed-in person; only for pages behind the login. */
export function useUser(): SessionUser {
  const { session } = useSession()
  if (session.state !== 'signedIn') throw new Error('useUser is for signed-in pages')
  return session.user
}

/** Whether the signed-in person has a permission; pages hide what it does not allow. */
export function useMay(): (permission: Permission) => boolean {
  const { session } = useSession()
  const held = session.state === 'signedIn' ? session.user.permissions : []
  return (permission) => held.includes(permission)
}
