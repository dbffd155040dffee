import { Button, Empty, Flex, Result, Skeleton, Spin } from 'antd'
import type { ReactNode } from 'react'
import { ApiError } from './api.ts'
import { useErrorWords } from './error-words.ts'
import { shellText } from './shell-text.ts'
import { useText } from './text.ts'

/** What went wrong in words, with a way to try again. */
export function ErrorState({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const t = useText(shellText)
  const words = useErrorWords()
  const status =
    error instanceof ApiError && error.status === 404
      ? '404'
      : error instanceof ApiError && error.status === 403
        ? '403'
        : 'warning'
  return (
    <div role="alert">
      <Result
        status={status === 'warning' ? 'warning' : undefined}
        icon={status === 'warning' ? undefined : null}
        title={<span style={{ fontSize: 16 }}>{t.loadFailed}</span>}
        subTitle={words(error)}
        extra={onRetry && <Button onClick={onRetry}>{t.retry}</Button>}
      />
    </div>
  )
}

/** A page that is being read. */
export const LoadingState = ({ rows = 6 }: { rows?: number }) => {
  const t = useText(shellText)
  return (
    <div role="status" aria-label={t.loading} style={{ padding: 16 }}>
      <Skeleton active title={false} paragraph={{ rows }} />
    </div>
  )
}

/** The first moment, before it is known who is signed in. */
export const FullPageSpinner = () => {
  const t = useText(shellText)
  return (
    <Flex align="center" justify="center" style={{ minHeight: '100vh' }} role="status" aria-label={t.loading}>
      <Spin size="large" />
    </Flex>
  )
}

/** An empty place that teaches: what would be here, one example, a button to start. */
export function EmptyState({ title, hint, action }: { title: string; hint?: ReactNode; action?: ReactNode }) {
  return (
    <Empty
      image={Empty.PRESENTED_IMAGE_SIMPLE}
      style={{ padding: '24px 16px' }}
      description={
        <Flex vertical gap={4} align="center">
          <strong>{title}</strong>
          {hint && <span style={{ color: 'var(--ant-color-text-description)', maxWidth: 520 }}>{hint}</span>}
        </Flex>
      }
    >
      {action}
    </Empty>
  )
}

/** Chooses between skeleton, error and content for one query. */
export function Loaded<T>(props: {
  query: { data: T | undefined; error: unknown; isPending: boolean; refetch: () => unknown }
  rows?: number
  children: (data: T) => ReactNode
}) {
  const { query } = props
  if (query.data !== undefined) return props.children(query.data)
  if (query.error) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />
  return <LoadingState rows={props.rows} />
}
