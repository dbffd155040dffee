import { useEffect } from 'react'
import { SlotBanner } from '#features/delivery/h5/SlotBanner.tsx'
import { useText } from '#platform/web/text.ts'
import type { CustomerSession } from './customer-session.ts'
import { appText } from './h5-text.ts'

const services = ['transfer', 'bills', 'deposit', 'cards', 'outlets'] as const
const icons: { readonly [S in (typeof services)[number]]: string } = {
  transfer: 'M4 9h13l-4-4M20 15H7l4 4',
  bills: 'M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6',
  deposit: 'M12 3v10m-4-4 4 4 4-4M4 17h16v4H4z',
  cards: 'M3 6h18v12H3zM3 10h18',
  outlets: 'M4 21V9l8-5 8 5v12M9 21v-6h6v6',
}

/** The app's first page. The elder edition has larger words and no marketing. */
export function HomePage({
  session,
  isElder,
  onOpen,
}: {
  session: CustomerSession
  isElder: boolean
  onOpen: (link: string) => void
}) {
  const t = useText(appText)
  const { zhike, name } = session
  useEffect(() => {
    zhike.page('home', { page: 'home', space: isElder ? 'elder' : 'main' })
  }, [zhike, isElder])
  return (
    <main className="page">
      <h1>{t.hello(name)}</h1>
      {!isElder && <SlotBanner zhike={zhike} name="home_top" onOpen={onOpen} />}
      <section aria-label={t.services}>
        <h2>{t.services}</h2>
        <div className="services">
          {services.map((service) => (
            <button
              key={service}
              type="button"
              onClick={() => zhike.track('page_viewed', { page: service, space: 'main' })}
            >
              <svg viewBox="0 0 24 24" aria-hidden="true">
                <path d={icons[service]} />
              </svg>
              {t[service]}
            </button>
          ))}
        </div>
      </section>
      <p className="muted">{t.about}</p>
    </main>
  )
}
