import { useMemo } from 'react'
import { useParams, useSearchParams } from 'react-router'
import { EmptyState, Loaded } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import { CampaignForm } from './CampaignForm.tsx'
import { draftOf, newDraft } from './campaign-draft.ts'
import { useCampaign } from './campaign-queries.ts'
import { campaignText } from './campaign-text.ts'
import { decideText } from './decide-text.ts'

/** One page for a new campaign, also one planned from a segment's page, and for a change. */
export function CampaignEditPage() {
  const { key } = useParams()
  return key === undefined ? <NewCampaign /> : <ChangeCampaign campaignKey={key} />
}

function NewCampaign() {
  const t = useText(decideText)
  const [search] = useSearchParams()
  const segment = search.get('segment') ?? ''
  const start = useMemo(() => newDraft(segment, new Date(), t.taskTitleDefault), [segment, t])
  return <CampaignForm key={segment} draftKey={`campaign.new.${segment}`} start={start} />
}

function ChangeCampaign({ campaignKey }: { campaignKey: string }) {
  const t = useText(campaignText)
  const campaign = useCampaign(campaignKey)
  return (
    <Loaded query={campaign}>
      {(data) =>
        data.body ? (
          <CampaignForm draftKey={`campaign.${data.key}`} start={draftOf(data.body)} existing={data} />
        ) : (
          <EmptyState title={t.importedDecide} />
        )
      }
    </Loaded>
  )
}
