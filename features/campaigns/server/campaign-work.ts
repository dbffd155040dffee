import type { CampaignControl } from '#features/campaigns/server/campaign-control.ts'
import type { OwnCampaignRow } from '#features/campaigns/server/campaign-store.ts'
import { createConversions } from '#features/campaigns/server/conversions.ts'
import { createPlaceRung } from '#features/campaigns/server/place-rung.ts'
import type { RungDeps } from '#features/campaigns/server/rung-runs.ts'
import { createTaskRung } from '#features/campaigns/server/task-rung.ts'
import { AppError } from '#platform/common/errors.ts'
import { sql } from '#platform/common/sql.ts'

export type AdvanceResult = {
  placed: number
  tasks: number
  converted: number
  ended: number
  failed: string[]
}

/**
 * Takes running campaigns on: marks who converted, places what is due, makes tasks for those who clicked and did not
 * convert, ends what is over. A repeat does nothing twice, and several may work side by side.
 */
export function createCampaignWork(deps: RungDeps & { control: Pick<CampaignControl, 'endIfOver'> }) {
  const { pg, clock, control } = deps
  const conversions = createConversions(deps)
  const placeRung = createPlaceRung(deps)
  const taskRung = createTaskRung(deps)

  async function advanceOne(campaign: OwnCampaignRow, result: AdvanceResult): Promise<void> {
    if (await control.endIfOver(campaign.key)) {
      result.ended += 1
      return
    }
    if (campaign.state !== 'running' || clock.now().getTime() < Date.parse(campaign.body.from)) return
    result.converted += await conversions.mark(campaign)
    for (const [index, rung] of campaign.body.rungs.entries()) {
      if (rung.kind === 'place') result.placed += await placeRung.run(campaign, index, rung)
      else result.tasks += await taskRung.run(campaign, index, rung)
    }
  }

  /** One campaign, or all that run; one that fails is noted on it and doesn't hold up the others. */
  async function advance(key?: string): Promise<AdvanceResult> {
    const campaigns = await pg.query<OwnCampaignRow>(sql`
      SELECT c.* FROM campaign AS c
      WHERE c.state IN ('running', 'paused') AND NOT c.is_imported AND (${key ?? null}::text IS NULL OR c.key = ${key ?? null})
      ORDER BY c.campaign_id`)
    const result: AdvanceResult = { placed: 0, tasks: 0, converted: 0, ended: 0, failed: [] }
    for (const campaign of campaigns) {
      try {
        await advanceOne(campaign, result)
        if (campaign.last_error !== null) await note(campaign, null)
      } catch (error) {
        if (key !== undefined) throw error
        result.failed.push(campaign.key)
        await note(campaign, error instanceof AppError ? error.message : 'Something failed here.')
      }
    }
    return result
  }

  const note = (campaign: OwnCampaignRow, lastError: string | null) =>
    pg.execute(
      sql`UPDATE campaign AS c SET last_error = ${lastError} WHERE c.campaign_id = ${campaign.campaign_id}`,
    )

  return { advance }
}
