import {
  ArrowDownOutlined,
  ArrowUpOutlined,
  DeleteOutlined,
  EditOutlined,
  PlusOutlined,
} from '@ant-design/icons'
import { useMutation } from '@tanstack/react-query'
import { App, Button, Card, Flex, Tooltip, Tree, TreeSelect } from 'antd'
import { useState } from 'react'
import { api, pathOf } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useMay } from '#platform/web/session.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { TagDirectory } from '../common/tag-catalogue.ts'
import { useDirectories, useFolderTree, useReloadTags } from './catalogue-queries.ts'
import { catalogueText } from './catalogue-text.ts'
import { FolderDialog } from './FolderDialog.tsx'

type Props = { value: string; onChange: (key: string) => void }

/** The folders of tags: a tree at the left of a wide page, a box on a narrow one. */
export function FolderPanel(props: Props) {
  return (
    <>
      <div className="tag-folders-narrow">
        <FolderBox {...props} />
      </div>
      <Card size="small" className="tag-folders-wide" data-testid="tag-folders">
        <FolderTree {...props} />
      </Card>
    </>
  )
}

function useNodes() {
  const t = useText(catalogueText)
  const tree = useFolderTree()
  const directories = useDirectories()
  const outside = {
    value: 'none',
    key: 'none',
    title: `${t.outside} (${directories.data?.outside ?? 0})`,
    children: [],
  }
  return [{ value: '', key: '', title: t.all, children: [] }, ...tree, outside]
}

function FolderBox({ value, onChange }: Props) {
  const t = useText(catalogueText)
  return (
    <TreeSelect
      aria-label={t.directory}
      style={{ width: '100%' }}
      value={value}
      treeData={useNodes()}
      treeDefaultExpandAll
      onChange={(key: string) => onChange(key)}
    />
  )
}

function FolderTree({ value, onChange }: Props) {
  const t = useText(catalogueText)
  const may = useMay()
  const nodes = useNodes()
  const directories = useDirectories()
  const [dialog, setDialog] = useState<{ folder?: TagDirectory; parentKey: string | null } | null>(null)
  const chosen = directories.data?.items.find((one) => one.key === value)
  return (
    <Flex vertical gap={8}>
      <Tree
        blockNode
        treeData={nodes}
        selectedKeys={[value]}
        defaultExpandedKeys={[]}
        onSelect={([key]) => onChange(key === undefined ? '' : String(key))}
      />
      {may('tag.write') && (
        <Flex gap={4} wrap>
          <Button
            size="small"
            icon={<PlusOutlined />}
            onClick={() => setDialog({ parentKey: chosen?.key ?? null })}
          >
            {chosen ? t.newInside : t.newFolder}
          </Button>
          {chosen && (
            <FolderButtons
              folder={chosen}
              onEdit={() => setDialog({ folder: chosen, parentKey: chosen.parentKey })}
            />
          )}
        </Flex>
      )}
      {dialog && <FolderDialog {...dialog} onClose={() => setDialog(null)} />}
    </Flex>
  )
}

function FolderButtons({ folder, onEdit }: { folder: TagDirectory; onEdit: () => void }) {
  const t = useText(catalogueText)
  const pick = usePick()
  const words = useErrorWords()
  const { message } = App.useApp()
  const reload = useReloadTags()
  const directories = useDirectories()
  const brothers = (directories.data?.items ?? []).filter((one) => one.parentKey === folder.parentKey)
  const index = brothers.findIndex((one) => one.key === folder.key)
  const work = useMutation({
    mutationFn: (step: 'up' | 'down' | 'remove') => {
      if (step === 'remove') return api.delete(pathOf`/api/tag-directories/${folder.key}`)
      // Going down means the brother behind goes up.
      const moved = step === 'up' ? folder : brothers[index + 1]
      const before = step === 'up' ? brothers[index - 1] : folder
      return api.put(pathOf`/api/tag-directories/${moved?.key ?? folder.key}`, {
        name: moved?.name ?? folder.name,
        parentKey: folder.parentKey,
        position: before?.position ?? 0,
      })
    },
    onSuccess: reload,
    onError: (error) => void message.error(words(error)),
  })
  const button = (title: string, icon: React.ReactNode, onClick: () => void, isOff = false) => (
    <Tooltip title={`${title}：${pick(folder.name)}`}>
      <Button size="small" type="text" aria-label={title} icon={icon} disabled={isOff} onClick={onClick} />
    </Tooltip>
  )
  return (
    <>
      {button(t.rename, <EditOutlined />, onEdit)}
      {button(t.moveUp, <ArrowUpOutlined />, () => work.mutate('up'), index <= 0)}
      {button(t.moveDown, <ArrowDownOutlined />, () => work.mutate('down'), index === brothers.length - 1)}
      {button(t.remove, <DeleteOutlined />, () => work.mutate('remove'))}
    </>
  )
}
