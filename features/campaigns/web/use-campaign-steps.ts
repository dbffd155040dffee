import { useMutation, useQueryClient } from '@tanstack/react-query'
import { App } from 'antd'
import { useCallback, useState } from 'react'
import { approvalsKey } from '#features/approvals/web/index.ts'
import type { Job } from '#platform/common/http.ts'
import { api, pathOf } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import type { Campaign } from '../common/campaign.ts'
import { campaignsKey } from './campaign-queries.ts'

type Step = 'submit' | 'withdraw' | 'pause' | 'resume' | 'stop' | 'close'

/** Reads everything about campaigns and approvals anew. */
export function useReload(): () => Promise<void> {
  const queries = useQueryClient()
  return useCallback(async () => {
    await Promise.all([
      queries.invalidateQueries({ queryKey: [campaignsKey] }),
      queries.invalidateQueries({ queryKey: [approvalsKey] }),
    ])
  }, [queries])
}

/** Takes a step of a campaign; says when it is done, and in words when it was not. */
export function useStep(campaign: Campaign, step: Step, done: string, onDone?: () => void) {
  const words = useErrorWords()
  const { message } = App.useApp()
  const reload = useReload()
  return useMutation({
    mutationFn: (body: object) => api.post<Campaign>(pathOf`/api/campaigns/${campaign.key}/${step}`, body),
    onSuccess: async () => {
      void message.success(done)
      onDone?.()
      await reload()
    },
    onError: (error) => {
      void message.error(words(error))
      // Another person may have been faster: show how it stands now.
      void reload()
    },
  })
}

/** Starts long work of a campaign and gives the job to follow. */
export function useCampaignJob(campaign: Campaign, work: 'start' | 'advance', done: string) {
  const words = useErrorWords()
  const { message } = App.useApp()
  const reload = useReload()
  const [jobId, setJobId] = useState<string | null>(null)
  const start = useMutation({
    mutationFn: () => api.post<{ jobId: string }>(pathOf`/api/campaigns/${campaign.key}/${work}`),
    onSuccess: (job) => setJobId(job.jobId),
    onError: (error) => {
      void message.error(words(error))
      void reload()
    },
  })
  const onEnd = useCallback(
    (job: Job) => {
      // A failure stays on the page; a success is said once and the numbers speak.
      if (job.state === 'done') {
        setJobId(null)
        void message.success(done)
      }
      void reload()
    },
    [reload, message, done],
  )
  return { start, jobId, onEnd }
}
