import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Alert, Form, Input, Modal, Select } from 'antd'
import { useNavigate } from 'react-router'
import { api, pathOf } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useText } from '#platform/web/text.ts'
import type { Model } from '../common/model.ts'
import { modelText } from './model-text.ts'

type Fields = Pick<Model, 'key' | 'name' | 'kind' | 'owner' | 'purpose' | 'metrics'> & { definition: string }

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Registers a model, or with one before it the next version. */
export function VersionDialog({ before, onClose }: { before?: Model; onClose: () => void }) {
  const t = useText(modelText)
  const words = useErrorWords()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const [form] = Form.useForm<Fields>()
  const save = useMutation({
    mutationFn: ({ key, definition, ...fields }: Fields) => {
      const body = { ...fields, definition: JSON.parse(definition) as unknown }
      return before
        ? api.post<Model>(pathOf`/api/models/${before.key}/versions`, body)
        : api.post<Model>('/api/models', { key, ...body })
    },
    onSuccess: async ({ key }) => {
      await queries.invalidateQueries({ queryKey: ['/api/models'] })
      onClose()
      navigate(`/models/${key}`)
    },
  })
  const initial = before
    ? { ...before, definition: JSON.stringify(before.definition, null, 2) }
    : { kind: 'linear' as const, metrics: '', definition: '{"terms":[{"tag":"","weight":1}]}' }
  return (
    <Modal
      open
      width={640}
      title={before ? t.newVersion : t.newModel}
      okText={t.save}
      cancelText={t.cancel}
      confirmLoading={save.isPending}
      onCancel={onClose}
      onOk={() => form.submit()}
    >
      <Form form={form} layout="vertical" initialValues={initial} onFinish={(fields) => save.mutate(fields)}>
        <VersionFields isNew={!before} />
      </Form>
      {save.error && <Alert type="error" showIcon title={words(save.error)} />}
    </Modal>
  )
}

function VersionFields({ isNew }: { isNew: boolean }) {
  const t = useText(modelText)
  const kinds = (['linear', 'logistic', 'onnx'] as const).map((value) => ({ value, label: t[value] }))
  const needed = [{ required: true, whitespace: true }]
  return (
    <>
      {isNew && (
        <Form.Item name="key" label={t.key} rules={[{ required: true, pattern: /^[a-z][a-z0-9_-]{0,63}$/ }]}>
          <Input />
        </Form.Item>
      )}
      <Form.Item name="name" label={t.name} rules={needed}>
        <Input />
      </Form.Item>
      <Form.Item name="kind" label={t.kind}>
        <Select options={kinds} />
      </Form.Item>
      <Form.Item name="owner" label={t.owner} rules={needed}>
        <Input />
      </Form.Item>
      <Form.Item name="purpose" label={t.purpose} rules={needed}>
        <Input.TextArea rows={2} />
      </Form.Item>
      <Form.Item name="metrics" label={t.metrics}>
        <Input.TextArea rows={2} />
      </Form.Item>
      <Form.Item
        name="definition"
        label={t.definition}
        extra={t.definitionHint}
        rules={[
          {
            required: true,
            validator: (_, text: string) =>
              isJson(text) ? Promise.resolve() : Promise.reject(new Error(t.notJson)),
          },
        ]}
      >
        <Input.TextArea rows={6} style={{ fontFamily: 'monospace' }} />
      </Form.Item>
    </>
  )
}
