import { useMutation, useQueryClient } from '@tanstack/react-query'
import { App, Tag as Badge, Button, Card, Flex, Input, Modal } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { api, pathOf } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useFormat } from '#platform/web/format.ts'
import { useMay } from '#platform/web/session.tsx'
import { ErrorState } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import { useList } from '#platform/web/use-list.ts'
import type { TagAlert } from '../common/tag-run.ts'
import { alertDetail, alertNames, tagRunText } from './tag-run-text.ts'

/** Open alerts of tags, or of one; each can be acknowledged with a reason. */
export function TagAlertList({ tagKey }: { tagKey?: string }) {
  const t = useText(tagRunText)
  const list = useList<TagAlert>('/api/tag-alerts', { key: tagKey }, { limit: 20 })
  const [acknowledging, setAcknowledging] = useState<TagAlert | null>(null)
  if (list.error) return <ErrorState error={list.error} onRetry={() => void list.refetch()} />
  if (list.items.length === 0) {
    return tagKey || list.isPending ? null : <span className="quiet">{t.noAlerts}</span>
  }
  return (
    <Card size="small" title={t.alerts} data-testid="tag-alerts">
      <Flex vertical gap={8}>
        {list.items.map((alert) => (
          <AlertLine key={alert.alertId} alert={alert} onAcknowledge={() => setAcknowledging(alert)} />
        ))}
        {list.hasNextPage && (
          <Button size="small" onClick={() => void list.fetchNextPage()}>
            …
          </Button>
        )}
      </Flex>
      {acknowledging && <Acknowledge alert={acknowledging} onClose={() => setAcknowledging(null)} />}
    </Card>
  )
}

function AlertLine({ alert, onAcknowledge }: { alert: TagAlert; onAcknowledge: () => void }) {
  const t = useText(tagRunText)
  const pick = usePick()
  const format = useFormat()
  const may = useMay()
  return (
    <Flex gap={8} align="center" wrap justify="space-between">
      <Flex gap={8} align="center" wrap style={{ minWidth: 0, flex: '1 1 260px' }}>
        <Badge color={alert.severity === 'serious' ? 'error' : 'warning'}>
          {pick(alertNames[alert.kind])}
        </Badge>
        <Link to={`/tags/${alert.key}`}>{pick(alert.name)}</Link>
        <span className="quiet small" style={{ overflowWrap: 'anywhere' }}>
          {pick(alertDetail(alert))} · {format.ago(alert.seenAt)} · {t.seen(alert.times)}
        </span>
      </Flex>
      {may('tag.write') && (
        <Button size="small" onClick={onAcknowledge}>
          {t.acknowledge}
        </Button>
      )}
    </Flex>
  )
}

function Acknowledge({ alert, onClose }: { alert: TagAlert; onClose: () => void }) {
  const t = useText(tagRunText)
  const { message } = App.useApp()
  const words = useErrorWords()
  const client = useQueryClient()
  const [reason, setReason] = useState('')
  const send = useMutation({
    mutationFn: () => api.post(pathOf`/api/tag-alerts/${alert.alertId}/acknowledge`, { reason }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['/api/tag-alerts'] })
      onClose()
    },
    onError: (error) => void message.error(words(error)),
  })
  return (
    <Modal
      open
      title={t.acknowledgeTitle}
      onCancel={onClose}
      onOk={() => send.mutate()}
      okText={t.acknowledge}
      okButtonProps={{ disabled: reason.trim() === '', loading: send.isPending }}
    >
      <Input.TextArea
        aria-label={t.reason}
        placeholder={t.reasonHint}
        maxLength={500}
        rows={3}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
      />
    </Modal>
  )
}
