import { useMutation } from '@tanstack/react-query'
import { Alert, Flex, Input, Modal } from 'antd'
import { type ReactNode, useState } from 'react'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useText } from '#platform/web/text.ts'
import { sourceText } from './source-text.ts'

const shortest = 2

/** Asks for the reason of a step that is recorded with it, and says first what the step does. */
export function ReasonDialog<T>(props: {
  title: string
  hint: ReactNode
  action: string
  isDangerous?: boolean
  onClose: () => void
  onDone: (answer: T) => void
  run: (reason: string) => Promise<T>
  children?: ReactNode
}) {
  const t = useText(sourceText)
  const words = useErrorWords()
  const [reason, setReason] = useState('')
  const step = useMutation({ mutationFn: () => props.run(reason.trim()), onSuccess: props.onDone })
  return (
    <Modal
      open
      title={props.title}
      okText={props.action}
      cancelText={t.cancel}
      okButtonProps={{
        danger: props.isDangerous ?? false,
        disabled: reason.trim().length < shortest,
        loading: step.isPending,
      }}
      onOk={() => step.mutate()}
      onCancel={props.onClose}
    >
      <Flex vertical gap={12}>
        <Alert type={props.isDangerous ? 'warning' : 'info'} showIcon title={props.hint} />
        {props.children}
        <label htmlFor="step-reason">{t.reason}</label>
        <Input.TextArea
          id="step-reason"
          placeholder={t.reasonHint}
          maxLength={500}
          autoSize={{ minRows: 2, maxRows: 5 }}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        {step.error && <Alert type="error" showIcon title={words(step.error)} />}
      </Flex>
    </Modal>
  )
}
