import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Alert, App, Form, Modal } from 'antd'
import type { ReactNode } from 'react'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useText } from '#platform/web/text.ts'
import { orgText } from './org-text.ts'

/** A dialog with one form that is sent once; what went wrong stands above the fields, and they keep what was typed. */
export function FormDialog<Values extends object>(props: {
  title: string
  initialValues?: Partial<Values>
  send: (values: Values) => Promise<unknown>
  /** Path of the list that has changed. */
  refresh?: string
  onClose: () => void
  onDone?: () => void
  children: ReactNode
}) {
  const t = useText(orgText)
  const words = useErrorWords()
  const queries = useQueryClient()
  const { message } = App.useApp()
  const [form] = Form.useForm<Values>()
  const save = useMutation({
    mutationFn: props.send,
    onSuccess: async () => {
      void message.success(t.saved)
      if (props.refresh) await queries.invalidateQueries({ queryKey: [props.refresh] })
      props.onClose()
      props.onDone?.()
    },
  })
  return (
    <Modal
      open
      title={props.title}
      okText={t.save}
      cancelText={t.cancel}
      okButtonProps={{ loading: save.isPending }}
      onOk={() => form.submit()}
      onCancel={props.onClose}
    >
      {save.error && <Alert type="error" showIcon title={words(save.error)} style={{ marginBottom: 12 }} />}
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        onFinish={(values) => save.mutate(values)}
        initialValues={props.initialValues as object}
      >
        {props.children}
      </Form>
    </Modal>
  )
}

/** The rule of a field that must not stay empty. */
export function useRequired() {
  const t = useText(orgText)
  return [{ required: true, whitespace: true, message: t.required }]
}
