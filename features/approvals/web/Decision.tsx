import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Alert, App, Button, Flex, Input } from 'antd'
import { useState } from 'react'
import { api, pathOf } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useMarks } from '#platform/web/marks.ts'
import { useText } from '#platform/web/text.ts'
import type { Approval } from '../common/approval.ts'
import { approvalText } from './approval-text.ts'

const shortest = 5

/** Approves or rejects exactly the content that was read. */
export function Decision({ approval }: { approval: Approval }) {
  const t = useText(approvalText)
  const { labelled } = useMarks()
  const words = useErrorWords()
  const { message } = App.useApp()
  const queries = useQueryClient()
  // A decision moves the thing itself, whichever feature it is of.
  const reload = () => queries.invalidateQueries()
  const [reason, setReason] = useState('')
  const [isTried, setTried] = useState(false)
  const decide = useMutation({
    mutationFn: (kind: 'approve' | 'reject') =>
      api.post<Approval>(pathOf`/api/approvals/${approval.approvalId}/${kind}`, {
        contentHash: approval.contentHash,
        reason: reason.trim(),
      }),
    onSuccess: (_, kind) => {
      void message.success(kind === 'approve' ? t.approvedNow : t.rejectedNow)
      return reload()
    },
    onError: () => void reload(),
  })
  const isShort = reason.trim().length < shortest
  const reject = () => {
    setTried(true)
    if (!isShort) decide.mutate('reject')
  }
  return (
    <Flex vertical gap={12}>
      {decide.error && <Alert type="error" showIcon title={words(decide.error)} />}
      <Input.TextArea
        aria-label={t.comment}
        data-testid="decision-reason"
        placeholder={labelled(t.comment, t.commentHint)}
        maxLength={2000}
        autoSize={{ minRows: 3, maxRows: 8 }}
        status={isTried && isShort ? 'error' : undefined}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
      />
      {isTried && isShort && (
        <span role="alert" style={{ color: 'var(--ant-color-error)' }}>
          {t.needReason}
        </span>
      )}
      <Flex gap={8}>
        <Button
          type="primary"
          block
          data-testid="approve"
          loading={decide.isPending && decide.variables === 'approve'}
          onClick={() => decide.mutate('approve')}
        >
          {t.approve}
        </Button>
        <Button
          danger
          block
          data-testid="reject"
          loading={decide.isPending && decide.variables === 'reject'}
          onClick={reject}
        >
          {t.reject}
        </Button>
      </Flex>
    </Flex>
  )
}
