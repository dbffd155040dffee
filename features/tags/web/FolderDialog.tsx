import { useMutation } from '@tanstack/react-query'
import { Alert, Form, Input, Modal, TreeSelect } from 'antd'
import { useState } from 'react'
import { api, pathOf } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useText } from '#platform/web/text.ts'
import type { TagDirectory } from '../common/tag-catalogue.ts'
import { useFolderTree, useReloadTags } from './catalogue-queries.ts'
import { catalogueText } from './catalogue-text.ts'
import { tagText } from './tag-text.ts'

/** Makes a folder, or gives one another name or place. */
export function FolderDialog(props: {
  folder?: TagDirectory
  parentKey: string | null
  onClose: () => void
}) {
  const t = useText(catalogueText)
  const words = useErrorWords()
  const reload = useReloadTags()
  const tags = useText(tagText)
  const tree = useFolderTree()
  const { folder, onClose } = props
  const [draft, setDraft] = useState({
    key: folder?.key ?? '',
    zh: folder?.name.zh ?? '',
    en: folder?.name.en ?? '',
    parentKey: props.parentKey,
  })
  const set = (changed: Partial<typeof draft>) => setDraft({ ...draft, ...changed })
  const save = useMutation({
    mutationFn: () => {
      const body = { name: { zh: draft.zh, en: draft.en }, parentKey: draft.parentKey }
      return folder
        ? api.put(pathOf`/api/tag-directories/${folder.key}`, body)
        : api.post('/api/tag-directories', { key: draft.key, ...body })
    },
    onSuccess: async () => {
      onClose()
      await reload()
    },
  })
  const isReady = draft.zh.trim() !== '' && draft.en.trim() !== '' && /^[a-z][a-z0-9_-]*$/.test(draft.key)
  return (
    <Modal
      open
      title={folder ? t.rename : t.newFolder}
      onCancel={onClose}
      onOk={() => save.mutate()}
      okText={tags.save}
      cancelText={t.cancel}
      okButtonProps={{ disabled: !isReady, loading: save.isPending }}
    >
      <Form layout="vertical" component="div">
        {save.error && <Alert type="error" showIcon title={words(save.error)} />}
        <Form.Item label={tags.nameZh} htmlFor="folder-zh">
          <Input
            id="folder-zh"
            value={draft.zh}
            maxLength={200}
            onChange={({ target }) => set({ zh: target.value })}
          />
        </Form.Item>
        <Form.Item label={tags.nameEn} htmlFor="folder-en">
          <Input
            id="folder-en"
            value={draft.en}
            maxLength={200}
            onChange={({ target }) => set({ en: target.value })}
          />
        </Form.Item>
        <Form.Item label={t.folderKey} htmlFor="folder-key" tooltip={tags.keyHint}>
          <Input
            id="folder-key"
            value={draft.key}
            maxLength={64}
            disabled={folder !== undefined}
            onChange={({ target }) => set({ key: target.value })}
          />
        </Form.Item>
        <Form.Item label={t.parent} htmlFor="folder-parent">
          <TreeSelect
            id="folder-parent"
            value={draft.parentKey ?? ''}
            treeData={[{ value: '', key: '', title: t.top, children: [] }, ...tree]}
            treeDefaultExpandAll
            onChange={(key: string) => set({ parentKey: key || null })}
          />
        </Form.Item>
      </Form>
    </Modal>
  )
}
