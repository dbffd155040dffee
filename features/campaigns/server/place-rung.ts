import type { Rung } from '#features/campaigns/common/campaign.ts'
import type { OwnCampaignRow } from '#features/campaigns/server/campaign-store.ts'
import {
  customersOf,
  decided,
  holdRunning,
  noteRefused,
  passRung,
  type RungDeps,
  takeRuns,
  touchesOf,
} from '#features/campaigns/server/rung-runs.ts'
import { sql } from '#platform/common/sql.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

type PlaceRung = Extract<Rung, { kind: 'place' }>

/** The rung that shows the offer on the customer's page and sends it to their inbox. */
export function createPlaceRung({ pg, clock, gate, delivery, batchSize }: RungDeps) {
  async function sendMessages(
    tx: PgRunner,
    campaign: OwnCampaignRow,
    rung: number,
    customerIds: readonly number[],
  ) {
    const { campaign_id: campaignId, key: campaignKey } = campaign
    const { title, body, link } = campaign.body.offer
    const { reserved, refused } = decided(
      await gate.reserve(tx, { campaignId, campaignKey, rung, channel: 'inbox', customerIds }),
    )
    const touchIds = touchesOf(reserved)
    await delivery.sendInbox(tx, { campaignId, campaignKey, touchIds, title, body, link, at: clock.now() })
    await gate.commit(tx, touchIds)
    // Who may not get another message now still sees the slot.
    await noteRefused(tx, campaign, refused, false)
  }

  async function placeSome(tx: PgRunner, campaign: OwnCampaignRow, rung: number, spec: PlaceRung) {
    const at = clock.now()
    if (!(await holdRunning(tx, campaign))) return { taken: 0, placed: 0 }
    const taken = await takeRuns(tx, campaign, {
      rung,
      only: sql`r.due_at <= ${at}::timestamptz`,
      limit: batchSize,
    })
    if (taken.length === 0) return { taken: 0, placed: 0 }
    const { campaign_id: campaignId, key: campaignKey } = campaign
    const { reserved, refused } = decided(
      await gate.reserve(tx, { campaignId, campaignKey, rung, channel: 'slot', customerIds: taken }),
    )
    const customerIds = customersOf(reserved)
    await delivery.place(tx, { campaignId, rung, slot: spec.slot, at, customerIds })
    await gate.commit(tx, touchesOf(reserved))
    await passRung(tx, campaign, { rung, state: 'placed', customerIds, at })
    await noteRefused(tx, campaign, refused, true)
    if (spec.inbox && customerIds.length > 0) await sendMessages(tx, campaign, rung, customerIds)
    return { taken: taken.length, placed: customerIds.length }
  }

  return {
    /** Places everyone due; gives how many. */
    async run(campaign: OwnCampaignRow, rung: number, spec: PlaceRung): Promise<number> {
      let placed = 0
      for (let isMore = true; isMore; ) {
        const batch = await pg.transaction((tx) => placeSome(tx, campaign, rung, spec))
        placed += batch.placed
        isMore = batch.taken === batchSize
      }
      return placed
    },
  }
}
