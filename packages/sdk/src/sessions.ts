import { newSession, type Session } from './message.ts'

/** Knows who is in front of the screen, and fetches the proof of it. */
export function createSessions(customerToken?: () => Promise<string | undefined>) {
  let current = newSession()

  /** Begun while the bank's own session may still answer, for messages that have not needed a token yet. */
  function fetchLastToken(session: Session) {
    if (!customerToken || session.token || session.isLoggedOut) return
    session.lastToken = Promise.resolve()
      .then(customerToken)
      .then(
        (token) => {
          // Once somebody else is identified the answer may be theirs.
          if (current.isLoggedOut) session.token = token
        },
        () => {},
      )
  }

  return {
    current: () => current,

    /** The session of a message from storage, if its customer is the one who is here now. */
    find: (userId: string | undefined) =>
      userId !== undefined && userId === current.userId ? current : undefined,

    identify(userId: string, token?: string) {
      if (current.userId === userId) {
        current.token = token ?? current.token
        return
      }
      current.isOver = true
      current = newSession({ userId, token })
    },

    end() {
      const ending = current
      ending.isOver = true
      current = newSession({ isLoggedOut: true })
      fetchLastToken(ending)
    },

    /** Brings the session's token up to date. Rejects when the bank cannot be asked. */
    async refreshToken(session: Session) {
      if (session.isOver) return session.lastToken
      if (!customerToken || session.isLoggedOut) return
      const token = await customerToken()
      // The session may have ended meanwhile, and the token be the next customer's.
      if (!session.isOver) session.token = token ?? session.token
    },
  }
}
