import { createContext, useContext } from 'react'
import type { MenuEntry } from './feature.ts'

/** The pages this person may use, as the frame shows them. */
export const MenuContext = createContext<readonly MenuEntry[]>([])

export const useMenu = (): readonly MenuEntry[] => useContext(MenuContext)
