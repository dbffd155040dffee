import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Alert, App, Form, Input, Modal, Select } from 'antd'
import { api } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useMarks } from '#platform/web/marks.ts'
import { usePick, useText } from '#platform/web/text.ts'
import type { OrgUnit } from '../common/org.ts'
import { kindNames, orgText } from './org-text.ts'

type NewUnit = { code: string; name: string; kind: OrgUnit['kind']; parentCode: string; validFrom?: string }
const kinds = ['branch', 'sub_branch', 'outlet'] as const

/** A new unit below another one, from a day on. */
export function CreateUnitDialog({ units, onClose }: { units: readonly OrgUnit[]; onClose: () => void }) {
  const t = useText(orgText)
  const { noted } = useMarks()
  const pick = usePick()
  const words = useErrorWords()
  const queries = useQueryClient()
  const { message } = App.useApp()
  const [form] = Form.useForm<NewUnit>()
  const create = useMutation({
    mutationFn: ({ validFrom, ...unit }: NewUnit) =>
      api.post('/api/org-units', { ...unit, ...(validFrom ? { validFrom } : {}) }),
    onSuccess: async () => {
      void message.success(t.saved)
      await queries.invalidateQueries({ queryKey: ['/api/org-units'] })
      onClose()
    },
  })
  const required = [{ required: true, whitespace: true, message: t.required }]
  return (
    <Modal
      open
      title={t.create}
      okText={t.save}
      cancelText={t.cancel}
      okButtonProps={{ loading: create.isPending }}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      {create.error && (
        <Alert type="error" showIcon title={words(create.error)} style={{ marginBottom: 12 }} />
      )}
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        onFinish={(unit) => create.mutate(unit)}
        initialValues={{ kind: 'outlet' }}
      >
        <Form.Item name="name" label={t.unitName} rules={required}>
          <Input maxLength={100} />
        </Form.Item>
        <Form.Item name="code" label={t.code} rules={required}>
          <Input maxLength={64} />
        </Form.Item>
        <Form.Item name="kind" label={t.kind} rules={required}>
          <Select options={kinds.map((kind) => ({ value: kind, label: pick(kindNames[kind]) }))} />
        </Form.Item>
        <Form.Item name="parentCode" label={t.parent} rules={required}>
          <Select
            showSearch={{ optionFilterProp: 'label' }}
            options={units.map((unit) => ({ value: unit.code, label: noted(unit.name, unit.code) }))}
          />
        </Form.Item>
        <Form.Item name="validFrom" label={t.validFrom} extra={t.validFromHint}>
          <Input type="date" />
        </Form.Item>
      </Form>
    </Modal>
  )
}
