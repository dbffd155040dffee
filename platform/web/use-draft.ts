import { useEffect, useState } from 'react'

/**
 * Keeps what is being written in this tab's storage, so that leaving or reloading the page loses nothing. `isRestored`
 * tells that the value came from there. `forget` after saving.
 */
export function useDraft<T>(key: string, initial: T) {
  const storageKey = `zhike.draft.${key}`
  const [stored] = useState(() => readDraft<T>(storageKey))
  const [value, setValue] = useState<T>(stored ?? initial)
  const [isRestored, setRestored] = useState(stored !== undefined)
  const [isChanged, setChanged] = useState(stored !== undefined)

  useEffect(() => {
    if (isChanged) writeDraft(storageKey, value)
  }, [storageKey, value, isChanged])

  return {
    value,
    isRestored,
    isChanged,
    set: (next: T) => {
      setChanged(true)
      setValue(next)
    },
    /** Throws the draft away and goes back to `to`. */
    reset: (to: T) => {
      removeDraft(storageKey)
      setChanged(false)
      setRestored(false)
      setValue(to)
    },
    forget: () => {
      removeDraft(storageKey)
      setChanged(false)
    },
  }
}

function readDraft<T>(key: string): T | undefined {
  try {
    const text = sessionStorage.getItem(key)
    return text === null ? undefined : (JSON.parse(text) as T)
  } catch {
    return undefined
  }
}

function writeDraft(key: string, value: unknown): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(value))
  } catch {
    // A full or forbidden storage costs only the restoring.
  }
}

function removeDraft(key: string): void {
  try {
    sessionStorage.removeItem(key)
  } catch {
    // As above.
  }
}
