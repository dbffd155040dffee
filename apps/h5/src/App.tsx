import { useCallback, useEffect, useState } from 'react'
import { BrowserRouter, NavLink, Route, Routes, useNavigate } from 'react-router'
import { InboxPage } from '#features/delivery/h5/InboxPage.tsx'
import { BecomePage } from '#features/demo/h5/BecomePage.tsx'
import { setLanguage, useLanguage } from '#platform/web/language.ts'
import { useText } from '#platform/web/text.ts'
import { type CustomerSession, closeSession, openSession, rememberedCustomer } from './customer-session.ts'
import { HomePage } from './HomePage.tsx'
import { appText } from './h5-text.ts'
import { ProductPage } from './ProductPage.tsx'

type State =
  | { kind: 'nobody'; refused: boolean }
  | { kind: 'opening' }
  | { kind: 'open'; session: CustomerSession }

export function App() {
  const t = useText(appText)
  const [state, setState] = useState<State>(
    rememberedCustomer() ? { kind: 'opening' } : { kind: 'nobody', refused: false },
  )

  const choose = useCallback((customerNo: string) => {
    setState({ kind: 'opening' })
    openSession(customerNo).then(
      (session) => setState({ kind: 'open', session }),
      () => setState({ kind: 'nobody', refused: true }),
    )
  }, [])
  useEffect(() => {
    const remembered = rememberedCustomer()
    if (remembered) choose(remembered)
  }, [choose])

  if (state.kind === 'opening') return <p role="status">{t.opening}</p>
  if (state.kind === 'nobody') return <BecomePage onChoose={choose} refused={state.refused} />
  const leave = () => {
    void closeSession(state.session)
    setState({ kind: 'nobody', refused: false })
  }
  return (
    <BrowserRouter basename="/h5">
      <Shell session={state.session} onLeave={leave} />
    </BrowserRouter>
  )
}

/** Links of offers: our own pages open here, the bank's other pages in their place. */
function useOpenLink(): (link: string) => void {
  const navigate = useNavigate()
  return (link) => {
    if (link.startsWith('/h5/')) navigate(link.slice('/h5'.length))
    else if (link.startsWith('https://') || link.startsWith('/')) window.location.assign(link)
  }
}

function Shell({ session, onLeave }: { session: CustomerSession; onLeave: () => void }) {
  const t = useText(appText)
  const language = useLanguage()
  const openLink = useOpenLink()
  const [isElder, setElder] = useState(false)
  return (
    <div className={isElder ? 'phone elder' : 'phone'}>
      <header>
        <span>{t.bank}</span>
        <div className="row">
          <button type="button" className="quiet" aria-pressed={isElder} onClick={() => setElder(!isElder)}>
            {isElder ? t.standard : t.elder}
          </button>
          <button
            type="button"
            className="quiet"
            onClick={() => setLanguage(language === 'zh' ? 'en' : 'zh')}
          >
            {language === 'zh' ? 'EN' : '中文'}
          </button>
          <button type="button" className="quiet" onClick={onLeave} data-testid="leave">
            {t.leave}
          </button>
        </div>
      </header>
      <Routes>
        <Route path="/" element={<HomePage session={session} isElder={isElder} onOpen={openLink} />} />
        <Route path="/inbox" element={<InboxPage zhike={session.zhike} onOpen={openLink} />} />
        <Route path="/products/:product" element={<ProductPage zhike={session.zhike} />} />
        <Route path="*" element={<p className="page">{t.lost}</p>} />
      </Routes>
      <nav aria-label={t.pages}>
        <NavLink to="/" end>
          {t.home}
        </NavLink>
        <NavLink to="/inbox" data-testid="nav-inbox">
          {t.inbox}
        </NavLink>
        <NavLink to="/products/W01">{t.products}</NavLink>
      </nav>
    </div>
  )
}
