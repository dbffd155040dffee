import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Alert, App, Flex, Input, Modal } from 'antd'
import { useState } from 'react'
import { api, pathOf } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useText } from '#platform/web/text.ts'
import type { Binding } from '../common/customer-identities.ts'
import { bindingText } from './binding-text.ts'

/** Takes one binding back, for a reason that is recorded. */
export function UndoBindingDialog(props: { customerNo: string; binding: Binding; onClose: () => void }) {
  const { customerNo, binding, onClose } = props
  const t = useText(bindingText)
  const words = useErrorWords()
  const { message } = App.useApp()
  const queries = useQueryClient()
  const [reason, setReason] = useState('')
  const undo = useMutation({
    mutationFn: () =>
      api.post<{ undone: number; isApplied: boolean }>(
        pathOf`/api/customers/${customerNo}/bindings/${binding.visitor}/undo`,
        { reason: reason.trim(), since: binding.since },
      ),
    onSuccess: async ({ isApplied }) => {
      await queries.invalidateQueries({ queryKey: ['/api/customers', customerNo] })
      message.success(isApplied ? t.isDone : t.isLater)
      onClose()
    },
  })
  const isTooShort = reason.trim().length < 5
  return (
    <Modal
      open
      title={t.undoTitle}
      onCancel={onClose}
      cancelText={t.cancel}
      okText={t.undo}
      okButtonProps={{ danger: true, disabled: isTooShort, loading: undo.isPending }}
      onOk={() => undo.mutate()}
    >
      <Flex vertical gap={12}>
        <span className="quiet">{t.undoHint}</span>
        <Input.TextArea
          autoFocus
          aria-label={t.reason}
          placeholder={t.reasonPlaceholder}
          maxLength={500}
          rows={2}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        {reason !== '' && isTooShort && <span className="quiet small">{t.reasonTooShort}</span>}
        {undo.error && <Alert type="error" showIcon title={words(undo.error)} />}
      </Flex>
    </Modal>
  )
}
