import type { ComponentType } from 'react'
import type { Permission } from '#platform/common/access.ts'
import type { Pair } from './language.ts'

/** The groups of the side navigation, in this order. */
export const centres = [
  'home',
  'traffic',
  'customers',
  'content',
  'campaigns',
  'products',
  'data',
  'frontLine',
  'governance',
] as const
export type Centre = (typeof centres)[number]

/** One address of the console. `load` is called when it is first opened, so that each page is its own download. */
export type WebPage = { path: string; permission: Permission; load: () => Promise<ComponentType> }

export type MenuEntry = {
  centre: Centre
  path: string
  label: Pair
  icon: ComponentType
  permission: Permission
  /** More words that find it in the global search. */
  keywords?: string
}

/** What the global search finds of a feature: it is asked with the text typed, and gives a few hits. */
export type SearchSource = {
  label: Pair
  permission: Permission
  find: (text: string, signal: AbortSignal) => Promise<readonly SearchHit[]>
}
export type SearchHit = { path: string; title: string; hint?: string }

/** What a feature gives the console, from its `web/index.ts`. */
export type WebFeature = {
  routes: readonly WebPage[]
  menu: readonly MenuEntry[]
  search?: readonly SearchSource[]
  /** Words for the error codes of this feature; the server's own are English. */
  errors?: Readonly<Record<string, Pair>>
}
