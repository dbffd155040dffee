import { useMutation } from '@tanstack/react-query'
import { Alert, App, Button, Card, Flex, Input, Modal, Table, Tag, TreeSelect } from 'antd'
import { useState } from 'react'
import { api } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { usePick, useText } from '#platform/web/text.ts'
import type { BulkResult } from '../common/tag-catalogue.ts'
import { useFolderTree, usePathOfFolder, useReloadTags } from './catalogue-queries.ts'
import { catalogueText, outcomeNames } from './catalogue-text.ts'
import { tagText } from './tag-text.ts'

type Work = 'move' | 'retire'

/** The same to all ticked tags: what it would do is shown before. */
export function BulkBar({ keys, onDone }: { keys: readonly string[]; onDone: () => void }) {
  const t = useText(catalogueText)
  const [work, setWork] = useState<Work | null>(null)
  return (
    <Card size="small">
      <Flex gap={8} align="center" wrap>
        <strong>{t.selected(keys.length)}</strong>
        <Button size="small" onClick={() => setWork('move')}>
          {t.move}
        </Button>
        <Button size="small" danger onClick={() => setWork('retire')}>
          {t.bulkRetire}
        </Button>
        <Button size="small" type="text" onClick={onDone}>
          {t.cancel}
        </Button>
      </Flex>
      {work && <BulkDialog work={work} keys={keys} onClose={() => setWork(null)} onDone={onDone} />}
    </Card>
  )
}

function BulkDialog(props: { work: Work; keys: readonly string[]; onClose: () => void; onDone: () => void }) {
  const t = useText(catalogueText)
  const words = useErrorWords()
  const { message } = App.useApp()
  const reload = useReloadTags()
  const pathOf = usePathOfFolder()
  const tree = useFolderTree()
  const [folder, setFolder] = useState('')
  const [reason, setReason] = useState('')
  const { work } = props
  const run = useMutation({
    mutationFn: (preview: boolean) =>
      api.post<BulkResult>('/api/tag-catalogue/bulk', {
        keys: props.keys,
        action: work === 'move' ? { move: pathOf(folder || null) } : { retire: { reason } },
        preview,
      }),
    onSuccess: async (result) => {
      if (result.isPreview) return
      void message.success(t.bulkDone(result.done))
      props.onClose()
      props.onDone()
      await reload()
    },
  })
  const shown = run.data?.isPreview ? run.data : undefined
  const isReady = work === 'move' || reason.trim().length >= 5
  return (
    <Modal
      open
      width={720}
      title={work === 'move' ? t.move : t.bulkRetire}
      onCancel={props.onClose}
      onOk={() => run.mutate(shown === undefined)}
      okText={shown ? t.confirm : t.preview}
      cancelText={t.cancel}
      okButtonProps={{
        disabled: !isReady,
        loading: run.isPending,
        danger: shown !== undefined && work === 'retire',
      }}
    >
      <Flex vertical gap={12}>
        {run.error && <Alert type="error" showIcon title={words(run.error)} />}
        {work === 'move' ? (
          <TreeSelect
            aria-label={t.move}
            value={folder}
            treeData={[{ value: '', key: '', title: t.outside, children: [] }, ...tree]}
            treeDefaultExpandAll
            onChange={(key: string) => {
              setFolder(key)
              run.reset()
            }}
          />
        ) : (
          <Input
            aria-label={t.retireReason}
            placeholder={`${t.retireReason} · ${t.retireReasonHint}`}
            maxLength={500}
            value={reason}
            onChange={({ target }) => {
              setReason(target.value)
              run.reset()
            }}
          />
        )}
        {shown && <Outcome result={shown} />}
      </Flex>
    </Modal>
  )
}

function Outcome({ result }: { result: BulkResult }) {
  const t = useText(catalogueText)
  const tags = useText(tagText)
  const pick = usePick()
  const colors = { done: 'success', same: 'default', refused: 'error', unknown: 'default' } as const
  return (
    <Table
      size="small"
      pagination={{ pageSize: 10, hideOnSinglePage: true }}
      rowKey="key"
      dataSource={result.items}
      columns={[
        { title: tags.name, key: 'name', render: (_, one) => one.name },
        {
          title: t.preview,
          key: 'outcome',
          width: 104,
          render: (_, one) => <Tag color={colors[one.outcome]}>{pick(outcomeNames[one.outcome])}</Tag>,
        },
        { title: '', key: 'detail', render: (_, one) => <span className="quiet">{one.detail}</span> },
      ]}
    />
  )
}
