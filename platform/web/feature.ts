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

/** How what is to be approved of one kind of thing is read; `load` is called when the first one is opened. */
export type ApprovalView = {
  objectType: string
  label: Pair
  pathOf: (objectKey: string) => string
  load: () => Promise<ApprovalParts>
}
export type ApprovalParts = {
  /** The content, and where there was one before, what differs. */
  Content: ComponentType<ApprovalContentProps>
  /** What helps to decide, beside it. */
  Aside?: ComponentType<ApprovalContentProps>
}
export type ApprovalContentProps = {
  content: unknown
  previous: unknown
  references: readonly { kind: string; key: string; definition?: unknown }[]
}

/** What a feature gives the console, from its `web/index.ts`. */
export type WebFeature = {
  routes: readonly WebPage[]
  menu: readonly MenuEntry[]
  search?: readonly SearchSource[]
  /** Words for the error codes of this feature; the server's own are English. */
  errors?: Readonly<Record<string, Pair>>
  /** Kinds of things of this feature that are approved by someone else. */
  approvals?: readonly ApprovalView[]
}
