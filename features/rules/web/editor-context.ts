import { createContext, useContext } from 'react'
import type { RuleProblem } from './check-rule.ts'
import type { AnyLeaf } from './leaf-kinds.ts'
import type { GroupNode, RuleNode } from './rule-tree.ts'
import type { Vocabulary } from './use-vocabulary.ts'

/** How many customers each part of the rule holds for. */
export type BranchCounts = {
  of: (path: string) => number | undefined
  base: number | undefined
  asOf: string | undefined
  isOld: boolean
}

/** What every part of one rule editor shares. */
export type EditorContext = {
  vocabulary: Vocabulary
  /** Segments that can't be chosen: the one being edited. */
  withoutSegment?: string
  /** Problems by the path of the part that has them. */
  problems: readonly RuleProblem[]
  /** The part just added: it takes the focus. */
  freshId: string | null
  /** Puts a changed tree in place; steps of the same kind in a row are one step to undo. */
  edit: (by: (root: GroupNode) => GroupNode, kind: string | null) => void
  setLeaf: (id: string, leaf: AnyLeaf, field: string) => void
  add: (groupId: string, kind: RuleNode['kind']) => void
  /** Copies a part as JSON; puts what was copied into a group. */
  copy: (id: string) => void
  paste: (groupId: string) => void
  /** Customers of each part by its path, and the base; a moment old while it is counted anew. */
  counts: BranchCounts
  act: (id: string, action: 'up' | 'down' | 'duplicate' | 'wrap' | 'remove' | 'negate') => void
}

export const RuleEditorContext = createContext<EditorContext | undefined>(undefined)

export function useEditor(): EditorContext {
  const editor = useContext(RuleEditorContext)
  if (!editor) throw new Error('This is a part of RuleEditor')
  return editor
}
