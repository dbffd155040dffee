import {
  ArrowDownOutlined,
  ArrowUpOutlined,
  CopyOutlined,
  DeleteOutlined,
  GroupOutlined,
  PlusOutlined,
  SnippetsOutlined,
} from '@ant-design/icons'
import { Button, Dropdown, Flex, Select, Tooltip } from 'antd'
import type { KeyboardEvent, ReactNode } from 'react'
import { useLanguage } from '#platform/web/language.ts'
import { useText } from '#platform/web/text.ts'
import { BranchCount } from './BranchCount.tsx'
import { useEditor } from './editor-context.ts'
import { LeafFields } from './LeafFields.tsx'
import { ruleText } from './rule-text.ts'
import { change, type GroupNode, type RuleNode } from './rule-tree.ts'

/** A group: how its conditions join, the conditions, and ways to add more. */
export function RuleGroup({
  node,
  path,
  isRoot = false,
}: {
  node: GroupNode
  path: string
  isRoot?: boolean
}) {
  const t = useText(ruleText)
  const inner = node.isNegated ? join(path, 'not') : path
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out as rows are here
    <div className="rule-group" role="group" aria-label={t.groupMode}>
      <Flex gap={8} align="center" justify="space-between" wrap>
        <Flex gap={8} align="center" wrap>
          <ModeSelect node={node} />
          <BranchCount path={path} />
        </Flex>
        {!isRoot && <NodeActions id={node.id} />}
      </Flex>
      <div className="rule-children">
        {node.children.length === 0 && (
          <div className="quiet small rule-empty">
            {(node.mode === 'all') !== node.isNegated ? t.emptyAll : t.emptyAny}
          </div>
        )}
        {node.children.map((child, index) => (
          <RuleRow key={child.id} node={child} path={join(join(inner, node.mode), index)} />
        ))}
        <AddButtons groupId={node.id} isRoot={isRoot} />
      </div>
    </div>
  )
}

const join = (path: string, name: string | number) => (path === '' ? String(name) : `${path}.${name}`)

function RuleRow({ node, path }: { node: RuleNode; path: string }) {
  const { act } = useEditor()
  const onKeyDown = (event: KeyboardEvent) => {
    if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return
    event.preventDefault()
    event.stopPropagation()
    act(node.id, event.key === 'ArrowUp' ? 'up' : 'down')
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: catches Alt+arrows of the controls inside
    <div className="rule-row" data-testid="rule-row" onKeyDown={onKeyDown}>
      {node.kind === 'group' ? (
        <RuleGroup node={node} path={path} />
      ) : (
        <div className="rule-leaf">
          <Flex vertical gap={4} style={{ flex: 1, minWidth: 0 }}>
            <LeafFields node={node} />
            <BranchCount path={path} />
            <RowProblems path={path} />
          </Flex>
          <NodeActions id={node.id} />
        </div>
      )}
    </div>
  )
}

function RowProblems({ path }: { path: string }) {
  const language = useLanguage()
  const { problems } = useEditor()
  const own = problems.filter((one) => one.path === path || one.path.startsWith(`${path}.`))
  if (own.length === 0) return null
  return (
    <div className="rule-problem small" role="status">
      {[...new Set(own.map((one) => one[language]))].join(language === 'zh' ? '；' : '; ')}
    </div>
  )
}

function ModeSelect({ node }: { node: GroupNode }) {
  const t = useText(ruleText)
  const { edit } = useEditor()
  const modes = { all: t.all, any: t.any, notAll: t.notAll, none: t.none }
  const value = node.isNegated ? (node.mode === 'all' ? 'notAll' : 'none') : node.mode
  const set = (chosen: keyof typeof modes) => {
    const isNegated = chosen === 'notAll' || chosen === 'none'
    const mode = chosen === 'all' || chosen === 'notAll' ? 'all' : 'any'
    edit(
      (root) => change(root, node.id, (before) => ({ ...before, isNegated, mode }) as GroupNode) as GroupNode,
      null,
    )
  }
  return (
    <Select
      aria-label={t.groupMode}
      value={value}
      onChange={set}
      options={Object.entries(modes).map(([mode, label]) => ({ value: mode, label }))}
      popupMatchSelectWidth={false}
      style={{ minWidth: 128, fontWeight: 600 }}
    />
  )
}

function NodeActions({ id }: { id: string }) {
  const t = useText(ruleText)
  const { act, copy } = useEditor()
  const button = (action: Parameters<typeof act>[1], label: string, icon: ReactNode) => (
    <Tooltip title={label} mouseEnterDelay={0.4}>
      <Button type="text" size="small" icon={icon} aria-label={label} onClick={() => act(id, action)} />
    </Tooltip>
  )
  return (
    <Flex className="rule-actions">
      {button('up', t.up, <ArrowUpOutlined />)}
      {button('down', t.down, <ArrowDownOutlined />)}
      {button('duplicate', t.duplicate, <CopyOutlined />)}
      <Tooltip title={t.copyJson} mouseEnterDelay={0.4}>
        <Button
          type="text"
          size="small"
          icon={<SnippetsOutlined />}
          aria-label={t.copyJson}
          onClick={() => copy(id)}
        />
      </Tooltip>
      {button('wrap', t.wrap, <GroupOutlined />)}
      {button('remove', t.remove, <DeleteOutlined />)}
    </Flex>
  )
}

function AddButtons({ groupId, isRoot }: { groupId: string; isRoot: boolean }) {
  const t = useText(ruleText)
  const { add, paste } = useEditor()
  const kinds = { tag: t.addTag, did: t.addDid, segment: t.addSegment, group: t.addGroup } as const
  const more = {
    ...{
      sequence: t.addSequence,
      list: t.list,
      org: t.org,
      near: t.addNear,
      top: t.addTop,
      sample: t.addSample,
    },
  } as const
  return (
    <Flex gap={8} wrap className="rule-add">
      {(Object.keys(kinds) as (keyof typeof kinds)[]).map((kind) => (
        <Button
          key={kind}
          size="small"
          type="dashed"
          icon={<PlusOutlined />}
          aria-label={`${t.add} ${kinds[kind]}`}
          data-testid={isRoot ? `rule-add-${kind}` : `rule-add-${kind}-nested`}
          onClick={() => add(groupId, kind)}
        >
          {kinds[kind]}
        </Button>
      ))}
      <Dropdown
        menu={{
          items: (Object.keys(more) as (keyof typeof more)[]).map((kind) => ({
            key: kind,
            label: more[kind],
          })),
          onClick: ({ key }) => add(groupId, key as keyof typeof more),
        }}
        trigger={['click']}
      >
        <Button
          size="small"
          type="dashed"
          icon={<PlusOutlined />}
          data-testid={isRoot ? 'rule-add-more' : 'rule-add-more-nested'}
        >
          {t.addMore}
        </Button>
      </Dropdown>
      <Button size="small" type="text" icon={<SnippetsOutlined />} onClick={() => paste(groupId)}>
        {t.paste}
      </Button>
    </Flex>
  )
}
