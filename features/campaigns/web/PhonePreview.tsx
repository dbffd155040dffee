import { useText } from '#platform/web/text.ts'
import type { CampaignBody } from '../common/campaign.ts'
import { campaignText } from './campaign-text.ts'
import './campaigns.css'

/** The offer as it stands in the slot on the customer's page. */
export function PhonePreview({ offer, hasInbox }: { offer: CampaignBody['offer']; hasInbox: boolean }) {
  const t = useText(campaignText)
  return (
    <section className="phone" aria-label={t.preview} data-testid="phone-preview">
      <div className="phone-screen">
        <div className="phone-bar">{t.homePage}</div>
        <div className="phone-body">
          <div className="phone-banner">
            <span className="phone-quiet">{t.forYou}</span>
            <h3>{offer.title || t.sampleTitle}</h3>
            <p>{offer.body || t.sampleBody}</p>
            <span className="phone-button">{t.see}</span>
            <span className="phone-quiet">{t.notInterested}</span>
          </div>
          <div className="phone-ghost" />
          <div className="phone-ghost" />
          {hasInbox && <span className="phone-quiet">✉ {t.inboxToo}</span>}
        </div>
      </div>
    </section>
  )
}
