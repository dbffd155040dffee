import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Flex, Input } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { api, pathOf } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { usePick, useText } from '#platform/web/text.ts'
import { useList } from '#platform/web/use-list.ts'
import type { MetricAlarm } from '../common/metric.ts'
import { metricText } from './metric-text.ts'

/** Alarms nobody has acknowledged yet, each with what it saw. */
export function AlarmList({ metricKey }: { metricKey?: string }) {
  const list = useList<MetricAlarm>('/api/metric-alarms', metricKey ? { key: metricKey } : {}, { limit: 20 })
  if (list.items.length === 0) return null
  return (
    <Flex vertical gap={8}>
      {list.items.map((alarm) => (
        <Alarm key={alarm.alarmId} alarm={alarm} />
      ))}
    </Flex>
  )
}

function Alarm({ alarm }: { alarm: MetricAlarm }) {
  const t = useText(metricText)
  const pick = usePick()
  const words = useErrorWords()
  const client = useQueryClient()
  const [note, setNote] = useState('')
  const done = useMutation({
    mutationFn: () => api.post(pathOf`/api/metric-alarms/${alarm.alarmId}/acknowledge`, { note }),
    onSuccess: () => client.invalidateQueries(),
  })
  const threshold =
    alarm.threshold === null ? '' : alarm.kind === 'change' ? alarm.threshold * 100 : alarm.threshold
  const seen = [
    alarm.value === null ? null : `${t.value} ${alarm.value}`,
    alarm.previous === null ? null : `${t.previous} ${alarm.previous}`,
  ]
  return (
    <Alert
      type="warning"
      showIcon
      title={
        <span>
          <Link to={pathOf`/metrics/${alarm.key}`}>{pick(alarm.name)}</Link> · {alarm.orgName} ·{' '}
          {alarm.period} · {t[alarm.kind]} {threshold}
        </span>
      }
      description={
        <Flex gap={8} wrap align="center">
          <span>{seen.filter(Boolean).join(' · ')}</span>
          <Input
            size="small"
            aria-label={t.note}
            placeholder={t.note}
            value={note}
            maxLength={500}
            onChange={(event) => setNote(event.target.value)}
            style={{ width: 200 }}
          />
          <Button size="small" loading={done.isPending} onClick={() => done.mutate()}>
            {t.acknowledge}
          </Button>
          {done.error && <span role="alert">{words(done.error)}</span>}
        </Flex>
      }
    />
  )
}
