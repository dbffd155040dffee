import { MinusCircleOutlined, PlusOutlined } from '@ant-design/icons'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Card, Drawer, Flex, Form, Input, InputNumber } from 'antd'
import { api, pathOf } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useText } from '#platform/web/text.ts'
import type { Flow } from '../common/flow.ts'
import { breakpointText } from './breakpoint-text.ts'

type StepFields = {
  key: string
  zh: string
  en: string
  event: string
  prop?: string
  value?: string
  rest?: NonNullable<Flow['steps'][number]['where']>
}
type Fields = { key: string; zh: string; en: string; inactivityMinutes: number; steps: StepFields[] }

const bodyOf = ({ zh, en, inactivityMinutes, steps }: Fields) => ({
  name: { zh, en },
  inactivityMinutes,
  steps: steps.map((step) => {
    const where = [
      ...(step.prop && step.value ? [{ prop: step.prop, is: 'eq' as const, value: step.value }] : []),
      ...(step.rest ?? []),
    ]
    return {
      key: step.key,
      name: { zh: step.zh, en: step.en },
      event: step.event,
      ...(where.length > 0 ? { where } : {}),
    }
  }),
})

/** A step in fields: its first condition on one value is shown, what else it has is kept as it is. */
const stepFields = ({ key, name, event, where = [] }: Flow['steps'][number]): StepFields => {
  const [first, ...rest] = where
  const isShown = first?.is === 'eq' && typeof first.value === 'string'
  return {
    key,
    ...name,
    event,
    ...(isShown ? { prop: first.prop, value: String(first.value), rest } : { rest: where }),
  }
}

/** Writes a flow: its steps in order, each an event that may have a condition. */
export function FlowForm({
  flow,
  open,
  onClose,
}: {
  flow: Flow | undefined
  open: boolean
  onClose: () => void
}) {
  const t = useText(breakpointText)
  const words = useErrorWords()
  const client = useQueryClient()
  const save = useMutation({
    mutationFn: (fields: Fields) =>
      flow
        ? api.put(pathOf`/api/flows/${flow.key}`, bodyOf(fields))
        : api.post('/api/flows', { key: fields.key, ...bodyOf(fields) }),
    onSuccess: async () => {
      await client.invalidateQueries()
      onClose()
    },
  })
  const required = { required: true, message: t.required }
  const isKey = { required: true, pattern: /^[a-z][a-z0-9_-]{0,63}$/, message: t.keyWrong }
  const empty = { key: '', zh: '', en: '', event: 'flow_step', prop: 'step' }
  return (
    <Drawer open={open} onClose={onClose} size={640} title={flow ? t.edit : t.create} destroyOnHidden>
      <Form
        layout="vertical"
        initialValues={
          flow
            ? { ...flow.name, inactivityMinutes: flow.inactivityMinutes, steps: flow.steps.map(stepFields) }
            : { inactivityMinutes: 30, steps: [empty, empty] }
        }
        onFinish={(fields: Fields) => save.mutate(fields)}
      >
        {!flow && (
          <Form.Item name="key" label={t.key} rules={[isKey]}>
            <Input />
          </Form.Item>
        )}
        <Form.Item name="zh" label={t.name} rules={[required]}>
          <Input maxLength={200} />
        </Form.Item>
        <Form.Item name="en" label={t.nameEn} rules={[required]}>
          <Input maxLength={200} />
        </Form.Item>
        <Form.Item name="inactivityMinutes" label={t.inactivity} rules={[required]}>
          <InputNumber min={1} max={43_200} />
        </Form.Item>
        <StepList empty={empty} />
        {save.error && <Alert type="error" showIcon title={words(save.error)} style={{ marginBottom: 12 }} />}
        <Button type="primary" htmlType="submit" loading={save.isPending}>
          {t.save}
        </Button>
      </Form>
    </Drawer>
  )
}

function StepList({ empty }: { empty: StepFields }) {
  const t = useText(breakpointText)
  const required = { required: true, message: t.required }
  const isKey = { required: true, pattern: /^[a-z][a-z0-9_-]{0,63}$/, message: t.keyWrong }
  const field = (at: number, name: keyof StepFields, label: string, isNeeded: boolean) => (
    <Form.Item
      name={[at, name]}
      label={label}
      rules={isNeeded ? [name === 'key' ? isKey : required] : []}
      style={{ flex: '1 1 160px', marginBottom: 8 }}
    >
      <Input maxLength={200} />
    </Form.Item>
  )
  return (
    <Form.List name="steps">
      {(steps, { add, remove }) => (
        <Flex vertical gap={8} style={{ marginBottom: 16 }}>
          {steps.map(({ key, name }, nth) => (
            <Card
              key={key}
              size="small"
              title={`${t.step} ${nth + 1}`}
              extra={
                steps.length > 2 && (
                  <Button
                    type="text"
                    icon={<MinusCircleOutlined />}
                    aria-label={t.remove}
                    onClick={() => remove(name)}
                  />
                )
              }
            >
              <Form.Item name={[name, 'rest']} hidden noStyle>
                <Input />
              </Form.Item>
              <Flex gap={8} wrap>
                {field(name, 'key', t.key, true)}
                {field(name, 'zh', t.name, true)}
                {field(name, 'en', t.nameEn, true)}
                {field(name, 'event', t.event, true)}
                {field(name, 'prop', `${t.where} · ${t.prop}`, false)}
                {field(name, 'value', t.value, false)}
              </Flex>
            </Card>
          ))}
          {steps.length < 20 && (
            <Button icon={<PlusOutlined />} onClick={() => add(empty)}>
              {t.addStep}
            </Button>
          )}
        </Flex>
      )}
    </Form.List>
  )
}
