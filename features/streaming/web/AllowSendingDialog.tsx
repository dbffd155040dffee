import { useMutation, useQueryClient } from '@tanstack/react-query'
import { App, Flex, Input, Modal } from 'antd'
import { useState } from 'react'
import { api, pathOf } from '#platform/web/api.ts'
import { ErrorState } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import type { StreamedSegmentState } from '../common/streaming.ts'
import { streamingText } from './streaming-text.ts'

const shortestReason = 5

/** A person answers for sending to a segment whose drift passed its limit: types its key, says why. */
export function AllowSendingDialog(props: { segment: StreamedSegmentState; onClose: () => void }) {
  const { key, name } = props.segment
  const t = useText(streamingText)
  const { message } = App.useApp()
  const queries = useQueryClient()
  const [confirm, setConfirm] = useState('')
  const [reason, setReason] = useState('')
  const allow = useMutation({
    mutationFn: () => api.post(pathOf`/api/streaming/segments/${key}/sendable`, { confirm, reason }),
    onSuccess: async () => {
      message.success(t.allowed)
      props.onClose()
      await queries.invalidateQueries({ queryKey: ['/api/streaming/status'] })
    },
  })
  return (
    <Modal
      open
      title={t.allowTitle(name)}
      okText={t.allow}
      cancelText={t.cancel}
      okButtonProps={{ danger: true, disabled: confirm !== key || reason.trim().length < shortestReason }}
      confirmLoading={allow.isPending}
      onOk={() => allow.mutate()}
      onCancel={props.onClose}
    >
      <Flex vertical gap={12}>
        <span>{t.allowHint}</span>
        <Input
          aria-label={t.typeKey(key)}
          placeholder={t.typeKey(key)}
          value={confirm}
          onChange={(event) => setConfirm(event.target.value)}
        />
        <Input.TextArea
          aria-label={t.why}
          placeholder={t.why}
          rows={3}
          maxLength={1000}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        {allow.error && <ErrorState error={allow.error} />}
      </Flex>
    </Modal>
  )
}
