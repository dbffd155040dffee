import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Card, Flex, InputNumber, Select } from 'antd'
import { useState } from 'react'
import { api, pathOf } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useMay } from '#platform/web/session.tsx'
import { useText } from '#platform/web/text.ts'
import { alertKinds, type Metric, type MetricAlert } from '../common/metric.ts'
import type { Grain } from '../common/metric-period.ts'
import { metricText } from './metric-text.ts'

/** What watches a figure; whoever may change figures may add and remove. */
export function AlertsCard({ metric, grain }: { metric: Metric; grain: Grain }) {
  const t = useText(metricText)
  const may = useMay()
  const client = useQueryClient()
  const path = pathOf`/api/metrics/${metric.key}/alerts`
  const alerts = useQuery({
    queryKey: [path],
    queryFn: ({ signal }) => api.get<{ items: MetricAlert[] }>(path, undefined, signal),
  })
  const remove = useMutation({
    mutationFn: (alertId: number) => api.delete(`${path}/${alertId}`),
    onSuccess: () => client.invalidateQueries({ queryKey: [path] }),
  })
  const items = alerts.data?.items ?? []
  return (
    <Card size="small" title={t.alerts}>
      <Flex vertical gap={8}>
        {items.length === 0 && <span className="quiet">{t.noAlerts}</span>}
        {items.map((alert) => (
          <Flex key={alert.alertId} gap={8} align="center" justify="space-between">
            <span>
              {alert.orgName} · {t[alert.grain]} · {t[alert.kind]}{' '}
              {alert.threshold === null
                ? ''
                : alert.kind === 'change'
                  ? alert.threshold * 100
                  : alert.threshold}
            </span>
            {may('metric.write') && (
              <Button size="small" type="text" danger onClick={() => remove.mutate(alert.alertId)}>
                {t.remove}
              </Button>
            )}
          </Flex>
        ))}
        {may('metric.write') && <NewAlert metric={metric} grain={grain} path={path} />}
      </Flex>
    </Card>
  )
}

type OrgUnit = { orgId: number; name: string }

function NewAlert({ metric, grain, path }: { metric: Metric; grain: Grain; path: string }) {
  const t = useText(metricText)
  const words = useErrorWords()
  const client = useQueryClient()
  const orgs = useQuery({
    queryKey: ['/api/org-units', 'options'],
    queryFn: ({ signal }) => api.get<{ items: OrgUnit[] }>('/api/org-units', undefined, signal),
  })
  const [orgId, setOrgId] = useState<number | null>(null)
  const [kind, setKind] = useState<MetricAlert['kind']>('change')
  const [threshold, setThreshold] = useState<number | null>(30)
  const units = orgs.data?.items ?? []
  const add = useMutation({
    mutationFn: () =>
      api.post(path, {
        grain,
        kind,
        orgId: orgId ?? units[0]?.orgId,
        ...(kind === 'missing'
          ? {}
          : { threshold: kind === 'change' ? (threshold ?? 0) / 100 : (threshold ?? 0) }),
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: [path] }),
  })
  return (
    <Flex gap={8} wrap aria-label={`${t.addAlert} ${metric.key}`}>
      <Select
        aria-label={t.org}
        style={{ width: 160 }}
        showSearch={{ optionFilterProp: 'label' }}
        value={orgId ?? units[0]?.orgId}
        onChange={setOrgId}
        options={units.map((unit) => ({ value: unit.orgId, label: unit.name }))}
      />
      <Select
        aria-label={t.alertOn}
        style={{ width: 200 }}
        value={kind}
        onChange={setKind}
        options={alertKinds.map((one) => ({ value: one, label: t[one] }))}
      />
      {kind !== 'missing' && (
        <InputNumber aria-label={t.threshold} value={threshold} onChange={setThreshold} />
      )}
      <Button loading={add.isPending} disabled={units.length === 0} onClick={() => add.mutate()}>
        {t.addAlert}
      </Button>
      {add.error && <Alert type="error" showIcon title={words(add.error)} />}
    </Flex>
  )
}
