import { useSyncExternalStore } from 'react'

export type Appearance = 'light' | 'dark'

const storageKey = 'zhike.appearance'
const listeners = new Set<() => void>()
let current: Appearance = readInitial()

function readInitial(): Appearance {
  try {
    const stored = localStorage.getItem(storageKey)
    if (stored === 'light' || stored === 'dark') return stored
    return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
  } catch {
    return 'light'
  }
}

/** Switches between light and dark and keeps it for the next visit. */
export function setAppearance(appearance: Appearance): void {
  current = appearance
  try {
    localStorage.setItem(storageKey, appearance)
  } catch {
    // Storage may be forbidden; the choice then lasts until the page is closed.
  }
  for (const listener of listeners) listener()
}

/** Light or dark now: the person's choice, else what their system asks for. */
export const useAppearance = (): Appearance =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => current,
    () => 'light',
  )
