import { useMutation } from '@tanstack/react-query'
import { Alert, App, Flex, Form, Input, Modal, Select } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { useVocabulary } from '#features/rules/web/index.ts'
import { api, pathOf } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { Loaded } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { Tag } from '../common/tag.ts'
import type { Impact } from '../common/tag-catalogue.ts'
import { useImpact, useReloadTags } from './catalogue-queries.ts'
import { catalogueText, lineageKindNames } from './catalogue-text.ts'

const shortest = 5

/** Takes a tag out of use: shows what would break first, and asks for the key where something would. */
export function RetireDialog({ tag, onClose }: { tag: Tag; onClose: () => void }) {
  const t = useText(catalogueText)
  const pick = usePick()
  const words = useErrorWords()
  const { message } = App.useApp()
  const reload = useReloadTags()
  const { tags } = useVocabulary()
  const impact = useImpact(tag.key, true)
  const [reason, setReason] = useState('')
  const [replacement, setReplacement] = useState<string>()
  const [typed, setTyped] = useState('')
  const isUsed = (impact.data?.items.length ?? 0) > 0
  const retire = useMutation({
    mutationFn: () =>
      api.post<Tag>(pathOf`/api/tags/${tag.key}/retire`, {
        reason: reason.trim(),
        replacement: replacement ?? null,
        despiteUses: isUsed,
      }),
    onSuccess: async () => {
      void message.success(t.retiredNow)
      onClose()
      await reload()
    },
  })
  const isReady = impact.isSuccess && reason.trim().length >= shortest && (!isUsed || typed === tag.key)
  return (
    <Modal
      open
      title={t.retireTitle(pick(tag.name))}
      onCancel={onClose}
      onOk={() => retire.mutate()}
      okText={t.retire}
      cancelText={t.cancel}
      okButtonProps={{ danger: true, disabled: !isReady, loading: retire.isPending }}
    >
      <Flex vertical gap={12}>
        {retire.error && <Alert type="error" showIcon title={words(retire.error)} />}
        <Loaded query={impact} rows={2}>
          {(data) => <Breaks impact={data} />}
        </Loaded>
        <Form layout="vertical" component="div">
          <Form.Item label={t.retireReason} htmlFor="retire-reason" extra={t.retireReasonHint}>
            <Input
              id="retire-reason"
              maxLength={500}
              value={reason}
              onChange={({ target }) => setReason(target.value)}
            />
          </Form.Item>
          <Form.Item label={t.replacement} htmlFor="retire-replacement">
            <Select
              id="retire-replacement"
              allowClear
              showSearch={{ optionFilterProp: 'label' }}
              value={replacement}
              onChange={setReplacement}
              options={tags
                .filter((one) => one.key !== tag.key)
                .map((one) => ({ value: one.key, label: `${pick(one.name)} ${one.key}` }))}
            />
          </Form.Item>
          {isUsed && (
            <Form.Item label={t.retireConfirm(tag.key)} htmlFor="retire-key" style={{ marginBottom: 0 }}>
              <Input id="retire-key" value={typed} onChange={({ target }) => setTyped(target.value)} />
            </Form.Item>
          )}
        </Form>
      </Flex>
    </Modal>
  )
}

function Breaks({ impact: { items } }: { impact: Impact }) {
  const t = useText(catalogueText)
  const pick = usePick()
  if (items.length === 0) return <Alert type="success" showIcon title={t.retireNothing} />
  const folders = { tag: 'tags', segment: 'segments', campaign: 'campaigns' } as const
  return (
    <Alert
      type="error"
      showIcon
      title={t.retireBreaks(items.length)}
      description={
        <Flex vertical gap={2} style={{ maxHeight: 180, overflowY: 'auto' }}>
          {items.map((one) => (
            <span key={`${one.type} ${one.key}`}>
              {pick(lineageKindNames[one.type])}{' '}
              <Link to={`/${folders[one.type]}/${one.key}`}>{one.name}</Link>
              {one.through && <span className="quiet"> {t.through(one.through)}</span>}
            </span>
          ))}
        </Flex>
      }
    />
  )
}
