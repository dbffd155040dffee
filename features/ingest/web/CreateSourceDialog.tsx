import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Alert, Form, Input, Modal, Radio } from 'antd'
import { useState } from 'react'
import { api } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useMarks } from '#platform/web/marks.ts'
import { useText } from '#platform/web/text.ts'
import type { Source } from '../common/source.ts'
import { KeyOnce } from './KeyOnce.tsx'
import { changesOf, type SourceDraft, SourceFields } from './SourceFields.tsx'
import { sourceText } from './source-text.ts'

type Draft = SourceDraft & Pick<Source, 'source' | 'kind'>

/** A new sender of events; its write key is shown once it is made. */
export function CreateSourceDialog({ onClose }: { onClose: () => void }) {
  const t = useText(sourceText)
  const { labelled } = useMarks()
  const words = useErrorWords()
  const queries = useQueryClient()
  const [form] = Form.useForm<Draft>()
  const [made, setMade] = useState<Source>()
  const kind = Form.useWatch('kind', form) ?? 'trusted'
  const create = useMutation({
    mutationFn: (draft: Draft) =>
      api.post<Source>('/api/sources', {
        source: draft.source,
        kind: draft.kind,
        ...changesOf(draft, draft.kind),
      }),
    onSuccess: async (source) => {
      await queries.invalidateQueries({ queryKey: ['/api/sources'] })
      setMade(source)
    },
  })
  if (made) return <KeyOnce title={made.source} writeKey={made.key} onClose={onClose} />
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
        onFinish={(draft) => create.mutate(draft)}
      >
        <Form.Item
          name="source"
          label={t.code}
          rules={[{ required: true, whitespace: true, message: t.required }]}
        >
          <Input maxLength={64} placeholder={t.codeHint} />
        </Form.Item>
        <Form.Item name="kind" label={t.kind} extra={t.kindStays}>
          <Radio.Group
            style={{ display: 'grid', gap: 8 }}
            options={[
              { value: 'trusted', label: labelled(t.trusted, t.trustedHint) },
              { value: 'public', label: labelled(t.public, t.publicHint) },
            ]}
          />
        </Form.Item>
        <SourceFields kind={kind} />
      </Form>
    </Modal>
  )
}
