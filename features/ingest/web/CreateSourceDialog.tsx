import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Alert, App, Form, Input, Modal, Radio } from 'antd'
import { api } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useMarks } from '#platform/web/marks.ts'
import { useText } from '#platform/web/text.ts'
import type { Source } from '../common/ingest.ts'
import { ingestText } from './ingest-text.ts'

/** A new sender of events; its write key shows in the list. */
export function CreateSourceDialog({ onClose }: { onClose: () => void }) {
  const t = useText(ingestText)
  const { labelled } = useMarks()
  const words = useErrorWords()
  const queries = useQueryClient()
  const { message } = App.useApp()
  const [form] = Form.useForm<Pick<Source, 'source' | 'kind'>>()
  const create = useMutation({
    mutationFn: (source: Pick<Source, 'source' | 'kind'>) => api.post<Source>('/api/sources', source),
    onSuccess: async () => {
      void message.success(t.saved)
      await queries.invalidateQueries({ queryKey: ['/api/sources'] })
      onClose()
    },
  })
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
        initialValues={{ kind: 'trusted' }}
        onFinish={(source) => create.mutate(source)}
      >
        <Form.Item
          name="source"
          label={t.name}
          rules={[{ required: true, whitespace: true, message: t.required }]}
        >
          <Input maxLength={64} placeholder={t.nameHint} />
        </Form.Item>
        <Form.Item name="kind" label={t.kind}>
          <Radio.Group
            style={{ display: 'grid', gap: 8 }}
            options={[
              { value: 'trusted', label: labelled(t.trusted, t.trustedHint) },
              { value: 'public', label: labelled(t.public, t.publicHint) },
            ]}
          />
        </Form.Item>
      </Form>
    </Modal>
  )
}
