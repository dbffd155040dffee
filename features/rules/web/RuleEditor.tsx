import { RedoOutlined, UndoOutlined } from '@ant-design/icons'
import { App, Button, Flex, Segmented, Tooltip } from 'antd'
import { type ClipboardEvent, type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react'
import { useText } from '#platform/web/text.ts'
import type { Rule } from '../common/rule.ts'
import { checkRule, readRule } from './check-rule.ts'
import { type EditorContext, RuleEditorContext } from './editor-context.ts'
import { type History, redo, startHistory, step, undo } from './history.ts'
import { emptyLeaf } from './leaf-kinds.ts'
import { RuleGroup } from './RuleGroup.tsx'
import { RuleJson } from './RuleJson.tsx'
import { copyText, readCopied } from './rule-clipboard.ts'
import { ruleText } from './rule-text.ts'
import {
  change,
  duplicate,
  findNode,
  type GroupNode,
  insert,
  type LeafNode,
  move,
  negate,
  paste,
  type RuleNode,
  remove,
  ruleOf,
  treeOf,
  wrap,
} from './rule-tree.ts'
import { useBranchCounts } from './use-branch-counts.ts'
import { useVocabulary } from './use-vocabulary.ts'
import './rule-editor.css'

const newId = () => crypto.randomUUID()

/**
 * Edits a rule as nested groups of conditions, or as JSON. `onChange` also gets rules that are not complete yet:
 * `checkRule` says whether one can be saved.
 */
export function RuleEditor(props: { value: Rule; onChange: (rule: Rule) => void; withoutSegment?: string }) {
  const t = useText(ruleText)
  const [view, setView] = useState<'visual' | 'json'>('visual')
  const { history, apply, editor, place, pasteText } = useRuleEditor(props)
  const onPaste = (event: ClipboardEvent) => {
    const isField = event.target instanceof HTMLElement && event.target.closest('input, textarea')
    if (isField || view === 'json') return
    if (pasteText(history.present.id, event.clipboardData.getData('text'))) event.preventDefault()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (!(event.ctrlKey || event.metaKey) || view === 'json') return
    const key = event.key.toLowerCase()
    if (key !== 'z' && key !== 'y') return
    event.preventDefault()
    apply(key === 'y' || event.shiftKey ? redo(history) : undo(history))
  }
  return (
    <RuleEditorContext value={editor}>
      <section
        ref={place}
        tabIndex={-1}
        aria-label={t.editor}
        className="rule-editor"
        onKeyDown={onKeyDown}
        onPaste={onPaste}
      >
        <Flex justify="space-between" align="center" wrap gap={8}>
          <Flex gap={4} align="center">
            <UndoButton
              label={t.undo}
              icon={<UndoOutlined />}
              isOff={history.past.length === 0}
              onClick={() => apply(undo(history))}
            />
            <UndoButton
              label={t.redo}
              icon={<RedoOutlined />}
              isOff={history.future.length === 0}
              onClick={() => apply(redo(history))}
            />
            <span className="quiet small rule-keys">{t.keys}</span>
          </Flex>
          <Segmented
            size="small"
            value={view}
            onChange={setView}
            options={[
              { value: 'visual', label: t.visual },
              { value: 'json', label: t.json },
            ]}
          />
        </Flex>
        {view === 'json' ? (
          <RuleJson
            rule={props.value}
            onChange={(rule) => apply(step(history, treeOf(rule, newId), 'json'))}
          />
        ) : (
          <RuleGroup node={history.present} path="" isRoot />
        )}
      </section>
    </RuleEditorContext>
  )
}

function UndoButton(props: { label: string; icon: React.ReactNode; isOff: boolean; onClick: () => void }) {
  return (
    <Tooltip title={props.label}>
      <Button
        type="text"
        size="small"
        icon={props.icon}
        aria-label={props.label}
        disabled={props.isOff}
        onClick={props.onClick}
      />
    </Tooltip>
  )
}

/** Keeps the tree with its history; a value that did not come from here starts it anew. */
function useRuleEditor(props: { value: Rule; onChange: (rule: Rule) => void; withoutSegment?: string }) {
  const { value, onChange, withoutSegment } = props
  const t = useText(ruleText)
  const { message } = App.useApp()
  const vocabulary = useVocabulary()
  const place = useRef<HTMLElement>(null)
  const isEdited = useRef(false)
  const [freshId, setFreshId] = useState<string | null>(null)
  const [state, setState] = useState(() => ({ rule: value, history: startHistory(treeOf(value, newId)) }))
  let { history } = state
  if (state.rule !== value) {
    history = startHistory(treeOf(value, newId))
    setState({ rule: value, history })
  }
  const apply = (next: History<GroupNode>) => {
    if (next === history) return
    const rule = ruleOf(next.present)
    setState({ rule, history: next })
    setFreshId(null)
    isEdited.current = true
    onChange(rule)
  }
  useEffect(() => {
    // When what had the focus is gone, the editor takes it, so that Ctrl+Z goes on working.
    if (isEdited.current && document.activeElement === document.body) place.current?.focus()
    isEdited.current = false
  })
  const edit: EditorContext['edit'] = (by, kind) => apply(step(history, by(history.present), kind))
  const pasteText = (groupId: string, text: string): boolean => {
    const read = readRule(text)
    if (!('rule' in read)) return false
    edit((root) => paste(root, groupId, read.rule, newId), null)
    return true
  }
  const rule = useMemo(() => ruleOf(history.present), [history.present])
  const counts = useBranchCounts(rule)
  const problems = useMemo(() => checkRule(rule), [rule])
  const editor: EditorContext = {
    vocabulary,
    withoutSegment,
    problems,
    freshId,
    edit,
    setLeaf: (id, leaf, field) =>
      edit(
        (root) => change(root, id, (node) => ({ ...node, leaf }) as LeafNode) as GroupNode,
        `${id} ${field}`,
      ),
    add: (groupId, kind) => {
      const node = emptyNode(kind)
      edit((root) => insert(root, groupId, node), null)
      setFreshId(node.id)
    },
    counts,
    copy: (id) => {
      const node = findNode(history.present, id)
      if (node) void copyText(JSON.stringify(ruleOf(node), null, 2)).then(() => message.success(t.copied))
    },
    paste: (groupId) => {
      void readCopied().then((text) => {
        if (!pasteText(groupId, text)) void message.warning(t.nothingToPaste)
      })
    },
    act: (id, action) => edit((root) => actions[action](root, id), null),
  }
  return { history, apply, editor, place, pasteText }
}

const actions: {
  readonly [A in Parameters<EditorContext['act']>[1]]: (root: GroupNode, id: string) => GroupNode
} = {
  up: (root, id) => move(root, id, -1),
  down: (root, id) => move(root, id, 1),
  duplicate: (root, id) => duplicate(root, id, newId),
  wrap: (root, id) => wrap(root, id, newId),
  remove,
  negate,
}

function emptyNode(kind: RuleNode['kind']): RuleNode {
  const base = { id: newId(), isNegated: false }
  if (kind === 'group') return { ...base, kind, mode: 'any', children: [] }
  return { ...base, kind, leaf: emptyLeaf[kind]() } as LeafNode
}
