import { useQuery } from '@tanstack/react-query'
import { Alert, Flex, Progress } from 'antd'
import { useEffect, useRef } from 'react'
import type { Job } from '#platform/common/http.ts'
import { ApiError, api, pathOf } from './api.ts'
import { useErrorWords } from './error-words.ts'
import { shellText } from './shell-text.ts'
import { useText } from './text.ts'

/** Follows one long piece of work to its end; asks again as soon as the server's own waiting is over. */
function useJob(jobId: string | null, onEnd?: (job: Job) => void) {
  const job = useQuery({
    queryKey: ['job', jobId],
    queryFn: ({ signal }) => api.get<Job>(pathOf`/api/jobs/${jobId ?? ''}`, { wait: 2 }, signal),
    enabled: jobId !== null,
    refetchInterval: (query) => (isOver(query.state.data) || query.state.error ? false : 300),
    staleTime: 0,
  })
  const told = useRef<string | null>(null)
  useEffect(() => {
    if (!isOver(job.data) || told.current === job.data?.jobId) return
    told.current = job.data?.jobId ?? null
    if (job.data) onEnd?.(job.data)
  }, [job.data, onEnd])
  return job
}

const isOver = (job: Job | undefined) => job?.state === 'done' || job?.state === 'failed'

/** Progress of long work: how far, about how long still, and what happened in the end. */
export function JobProgress(props: { jobId: string; title: string; onEnd?: (job: Job) => void }) {
  const t = useText(shellText)
  const words = useErrorWords()
  const { data: job, error } = useJob(props.jobId, props.onEnd)
  if (error) return <Alert type="warning" showIcon title={props.title} description={words(error)} />
  if (job?.state === 'failed') {
    const reason = new ApiError(503, job.error?.code ?? 'INTERNAL', job.error?.detail ?? '')
    return (
      <Alert type="error" showIcon title={`${props.title}：${t.jobFailed}`} description={words(reason)} />
    )
  }
  const share = job?.state === 'done' ? 1 : (job?.progress ?? 0)
  return (
    <Flex vertical role="status" aria-live="polite" style={{ minWidth: 220 }}>
      <span>
        {props.title}：{job?.state === 'done' ? t.done : job?.state === 'running' ? t.running : t.queued}
      </span>
      <Progress
        percent={Math.round(share * 100)}
        size="small"
        status={job?.state === 'done' ? 'success' : 'active'}
      />
      {job && !isOver(job) && (
        <span className="quiet small">
          {timeLeft(job) !== null && `${t.timeLeft(timeLeft(job) ?? 0)}，`}
          {t.jobSurvives}
        </span>
      )}
    </Flex>
  )
}

/** Seconds still to go at the speed so far; null while too little is done to say. */
function timeLeft(job: Job): number | null {
  if (job.progress < 0.05) return null
  const spent = Date.now() - Date.parse(job.createdAt)
  return Math.max(1, Math.round((spent / job.progress) * (1 - job.progress) * 0.001))
}
