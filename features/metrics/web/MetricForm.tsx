import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Drawer, Form, Input, Select } from 'antd'
import { useNavigate } from 'react-router'
import { api, pathOf } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useText } from '#platform/web/text.ts'
import { type Metric, units } from '../common/metric.ts'
import { metricText } from './metric-text.ts'

type Fields = {
  key: string
  nameZh: string
  nameEn: string
  definitionZh: string
  definitionEn: string
  formula: string
  unit: Metric['unit']
  owner: string
  reason: string
}

const isJson = (text: string): boolean => {
  try {
    return typeof JSON.parse(text) === 'object'
  } catch {
    return false
  }
}

const bodyOf = (fields: Fields) => ({
  name: { zh: fields.nameZh, en: fields.nameEn },
  definition: { zh: fields.definitionZh, en: fields.definitionEn },
  formula: JSON.parse(fields.formula) as unknown,
  unit: fields.unit,
  owner: fields.owner,
})

/** Writes a new figure, or a new version of one. */
export function MetricForm({
  metric,
  open,
  onClose,
}: {
  metric?: Metric
  open: boolean
  onClose: () => void
}) {
  const t = useText(metricText)
  const words = useErrorWords()
  const client = useQueryClient()
  const navigate = useNavigate()
  const save = useMutation({
    mutationFn: (fields: Fields) =>
      metric
        ? api.put<Metric>(pathOf`/api/metrics/${metric.key}`, {
            ...bodyOf(fields),
            grains: metric.grains,
            reason: fields.reason,
          })
        : api.post<Metric>('/api/metrics', { key: fields.key, ...bodyOf(fields) }),
    onSuccess: async (made) => {
      await client.invalidateQueries()
      onClose()
      if (!metric) void navigate(pathOf`/metrics/${made.key}`)
    },
  })
  const required = { required: true, message: t.required }
  return (
    <Drawer
      open={open}
      onClose={onClose}
      size={560}
      title={metric ? t.editTitle : t.createTitle}
      destroyOnHidden
    >
      <Form
        layout="vertical"
        initialValues={fieldsOf(metric)}
        onFinish={(fields: Fields) => save.mutate(fields)}
      >
        {!metric && (
          <Form.Item
            name="key"
            label={t.key}
            rules={[{ required: true, pattern: /^[a-z][a-z0-9_-]{0,63}$/, message: t.keyWrong }]}
          >
            <Input />
          </Form.Item>
        )}
        {(['nameZh', 'nameEn', 'owner'] as const).map((name) => (
          <Form.Item key={name} name={name} label={t[name]} rules={[required]}>
            <Input maxLength={200} />
          </Form.Item>
        ))}
        {(['definitionZh', 'definitionEn'] as const).map((name) => (
          <Form.Item key={name} name={name} label={t[name]} rules={[required]}>
            <Input.TextArea rows={2} maxLength={1000} />
          </Form.Item>
        ))}
        <Form.Item name="unit" label={t.unit} rules={[required]}>
          <Select options={units.map((unit) => ({ value: unit, label: t[unit] || unit }))} />
        </Form.Item>
        <Form.Item
          name="formula"
          label={t.formulaJson}
          extra={t.formulaHelp}
          rules={[
            {
              validator: async (_, text: string) =>
                isJson(text) ? undefined : Promise.reject(new Error(t.notJson)),
            },
          ]}
        >
          <Input.TextArea rows={6} style={{ fontFamily: 'monospace' }} />
        </Form.Item>
        {metric && (
          <Form.Item name="reason" label={t.why} rules={[required]}>
            <Input maxLength={500} />
          </Form.Item>
        )}
        {save.error && <Alert type="error" showIcon title={words(save.error)} style={{ marginBottom: 12 }} />}
        <Button type="primary" htmlType="submit" loading={save.isPending}>
          {t.save}
        </Button>
      </Form>
    </Drawer>
  )
}

const fieldsOf = (metric: Metric | undefined): Partial<Fields> =>
  metric
    ? {
        nameZh: metric.name.zh,
        nameEn: metric.name.en,
        definitionZh: metric.definition.zh,
        definitionEn: metric.definition.en,
        formula: JSON.stringify(metric.formula, null, 2),
        unit: metric.unit,
        owner: metric.owner,
      }
    : { unit: 'customers', formula: '{"events":{"event":"app_opened","of":"customers"}}' }
