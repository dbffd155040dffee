import type { ZhikeStorage } from './storage.ts'

/** Whether the person lets their behaviour be recorded: not asked yet, yes, or no. */
export type ConsentState = 'pending' | 'granted' | 'denied'

export interface ConsentOptions {
  storage: ZhikeStorage
  initial: ConsentState
  beforeConsent: 'memory' | 'storage' | 'drop'
  onError: (error: unknown) => void
}

/** Holds the answer, recorded on the device, and what follows from it. */
export function createConsent({ storage, initial, beforeConsent, onError }: ConsentOptions) {
  let state: ConsentState = 'pending'

  function note(answer: ConsentState) {
    try {
      storage.writeNote('consent', answer)
    } catch (error) {
      onError(error)
    }
  }

  function recorded(): ConsentState | undefined {
    try {
      const answer = storage.readNote('consent')
      return answer === 'granted' || answer === 'denied' ? answer : undefined
    } catch (error) {
      onError(error)
      return undefined
    }
  }

  return {
    state: () => state,
    /** A withdrawal must not be undone by the next page load, nor by the setting a page starts with. */
    first: (): ConsentState => (initial === 'denied' ? initial : (recorded() ?? initial)),
    set(next: ConsentState) {
      state = next
    },
    note,
    isGranted: () => state === 'granted',
    mayRecord: () => state === 'granted' || (state === 'pending' && beforeConsent !== 'drop'),
    mayStore: () => state === 'granted' || (state === 'pending' && beforeConsent === 'storage'),
  }
}
