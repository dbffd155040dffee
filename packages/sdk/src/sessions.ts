import { newSession, type Session } from './message.ts'
import type { TokenClaims } from './token-claims.ts'

/** Asks the bank for a token that proves who is logged in. */
export type TokenProvider = () => Promise<string | undefined>

/** So long before it expires a token is fetched anew: a request takes its time, and clocks differ. */
const marginMs = 60_000

/** Knows who is in front of the screen, and keeps the proof of it fresh. */
export function createSessions(options: {
  customerToken?: TokenProvider
  claimsOf: (token: string) => TokenClaims
  now: () => number
}) {
  let current = newSession()
  let provider = options.customerToken

  function prove(session: Session, token: string | undefined) {
    if (!token) return
    session.token = token
    const { exp, iat } = options.claimsOf(token)
    const byClock = exp === undefined ? 0 : exp * 1000
    // A device's clock may be an hour behind; the token's own length of life then tells.
    const byLength = exp === undefined || iat === undefined ? byClock : options.now() + (exp - iat) * 1000
    session.expiresAt = Math.min(byClock, byLength)
  }

  const isFresh = ({ expiresAt = 0 }: Session) => options.now() < expiresAt - marginMs

  /** Begun while the bank's own session may still answer, for messages that have not needed a token yet. */
  function fetchLastToken(session: Session) {
    if (!provider || session.token || session.isLoggedOut) return
    session.lastToken = Promise.resolve()
      .then(provider)
      .then(
        (token) => {
          // Once somebody else is identified the answer may be theirs.
          if (current.isLoggedOut) session.token = token
        },
        () => {},
      )
  }

  async function fetchToken(session: Session, ask: TokenProvider) {
    try {
      const token = await ask()
      // The session may have ended meanwhile, and the token be the next customer's.
      if (!session.isOver) prove(session, token)
    } catch (error) {
      // What still holds is good enough until it does not.
      if (options.now() >= (session.expiresAt ?? 0)) throw error
    } finally {
      session.fetching = undefined
    }
  }

  return {
    current: () => current,

    /** The session of a message from storage, if its customer is the one who is here now. */
    find: (userId: string | undefined) =>
      userId !== undefined && userId === current.userId ? current : undefined,

    identify(userId: string, token?: string) {
      if (current.userId !== userId) {
        current.isOver = true
        current = newSession({ userId })
      }
      prove(current, token)
    },

    end() {
      const ending = current
      ending.isOver = true
      current = newSession({ isLoggedOut: true })
      fetchLastToken(ending)
      provider = options.customerToken
    },

    /** From now on this is who proves the customer, until log-out. */
    setProvider(next: TokenProvider) {
      provider = next
    },

    /** Brings the session's token up to date. Rejects when there is none and the bank cannot be asked. */
    refreshToken(session: Session): Promise<void> {
      if (session.isOver) return session.lastToken ?? Promise.resolve()
      if (!provider || session.isLoggedOut || isFresh(session)) return Promise.resolve()
      session.fetching ??= fetchToken(session, provider)
      return session.fetching
    },
  }
}
