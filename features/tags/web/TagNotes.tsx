import { useMutation } from '@tanstack/react-query'
import { Alert, App, Button, Flex } from 'antd'
import { Link } from 'react-router'
import { useApprovalsOf } from '#features/approvals/web/index.ts'
import { api, pathOf } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useMay } from '#platform/web/session.tsx'
import { useText } from '#platform/web/text.ts'
import type { Tag } from '../common/tag.ts'
import { useReloadTags } from './catalogue-queries.ts'
import { catalogueText } from './catalogue-text.ts'

/** Why a tag is not simply in force: a draft, waiting, about to change, retired. */
export function TagNotes({ tag }: { tag: Tag }) {
  const t = useText(catalogueText)
  if (tag.state === 'retired') {
    return (
      <Alert
        type="warning"
        showIcon
        title={t.retiredNote(tag.retiredReason ?? '')}
        description={
          tag.replacedBy && (
            <>
              {t.useInstead} <Link to={`/tags/${tag.replacedBy}`}>{tag.replacedBy}</Link>
            </>
          )
        }
      />
    )
  }
  if (tag.state === 'draft')
    return <Alert type="info" showIcon title={t.draftNote} action={<Step tag={tag} step="submit" />} />
  if (tag.state === 'submitted') {
    return <Alert type="info" showIcon title={t.submittedNote} action={<WaitingButtons tag={tag} />} />
  }
  if (tag.proposal) {
    return (
      <Alert
        type="info"
        showIcon
        title={t.proposalNote(tag.proposal.by)}
        action={<WaitingButtons tag={tag} />}
      />
    )
  }
  return null
}

function WaitingButtons({ tag }: { tag: Tag }) {
  const t = useText(catalogueText)
  const approvals = useApprovalsOf('tag', tag.key)
  const open = approvals.data?.find((one) => one.state === 'open')
  return (
    <Flex gap={8} wrap>
      {open && (
        <Link to={`/approvals/${open.approvalId}`}>
          <Button size="small">{t.openApproval}</Button>
        </Link>
      )}
      <Step tag={tag} step="withdraw" />
    </Flex>
  )
}

function Step({ tag, step }: { tag: Tag; step: 'submit' | 'withdraw' }) {
  const t = useText(catalogueText)
  const may = useMay()
  const words = useErrorWords()
  const { message } = App.useApp()
  const reload = useReloadTags()
  const work = useMutation({
    mutationFn: () => api.post<Tag>(pathOf`/api/tags/${tag.key}/${step}`, {}),
    onSuccess: async () => {
      void message.success(step === 'submit' ? t.submitDone : t.withdrawn)
      await reload()
    },
    onError: (error) => void message.error(words(error)),
  })
  if (!may('tag.write')) return null
  return (
    <Button size="small" loading={work.isPending} onClick={() => work.mutate()}>
      {step === 'submit' ? t.submit : t.withdraw}
    </Button>
  )
}
