import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Alert, App, Flex, Input, Modal } from 'antd'
import { useState } from 'react'
import { api, pathOf } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useFormat } from '#platform/web/format.ts'
import { useText } from '#platform/web/text.ts'
import type { Snapshot } from '../common/segment-snapshot.ts'
import { sharingText } from './sharing-text.ts'

/** Keeps a snapshot as a customer list that rules may name. */
export function SaveAsList({ snapshot, onClose }: { snapshot: Snapshot; onClose: () => void }) {
  const t = useText(sharingText)
  const format = useFormat()
  const words = useErrorWords()
  const { message } = App.useApp()
  const queries = useQueryClient()
  const [key, setKey] = useState(`${snapshot.segment}-${snapshot.snapshotId}`.slice(0, 64))
  const [name, setName] = useState(snapshot.name)
  const save = useMutation({
    mutationFn: () =>
      api.post<{ count: number }>(pathOf`/api/segment-snapshots/${snapshot.snapshotId}/list`, { key, name }),
    onSuccess: async ({ count }) => {
      await queries.invalidateQueries({ queryKey: ['/api/lists'] })
      void message.success(t.listMade(format.number(count)))
      onClose()
    },
  })
  return (
    <Modal
      open
      title={t.saveAsList}
      onCancel={onClose}
      onOk={() => save.mutate()}
      okText={t.saveAsList}
      okButtonProps={{ disabled: name.trim() === '' || key === '', loading: save.isPending }}
    >
      <Flex vertical gap={8}>
        <Input
          aria-label={t.listName}
          addonBefore={t.listName}
          value={name}
          onChange={(e) => setName(e.target.value)}
        />
        <Input
          aria-label={t.listKey}
          addonBefore={t.listKey}
          value={key}
          onChange={(e) => setKey(e.target.value)}
        />
        {save.error && <Alert type="error" showIcon title={words(save.error)} />}
      </Flex>
    </Modal>
  )
}
