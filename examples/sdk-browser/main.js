const find = (id) => document.getElementById(id)

async function start() {
  // In a real page these two stand in the code; here the demo bank tells its public key.
  const { host, writeKey } = await (await fetch('/settings.json')).json()
  const zhike = window.Zhike.createZhike({
    host,
    writeKey,
    app: { name: 'sdk-browser', version: '1.0.0' },
    space: 'example',
    consent: 'pending',
  })

  const showConsent = () => {
    find('consent').hidden = zhike.consent() !== 'pending'
  }

  async function showBanner() {
    const banner = find('banner')
    // A slot that can't be read stays empty.
    const [slot] = await zhike.slots(['home_top']).catch(() => [])
    banner.hidden = !slot
    if (slot) banner.querySelector('strong').textContent = slot.content.title
  }

  find('agree').onclick = () => {
    zhike.setConsent('granted')
    showConsent()
    void showBanner()
  }
  find('refuse').onclick = () => {
    zhike.setConsent('denied')
    showConsent()
  }
  find('withdraw').onclick = () => zhike.setConsent('denied')

  find('log-in').onclick = async () => {
    // The bank's log-in: its server answers with a short-lived signed token.
    await zhike.setCustomer(async () => (await (await fetch('/bank/token', { method: 'POST' })).json()).token)
    find('who').textContent = '已登录'
    void showBanner()
  }
  find('log-out').onclick = async () => {
    await zhike.reset()
    find('who').textContent = '未登录'
    void showBanner()
  }
  find('banner').querySelector('button').onclick = () => {
    find('banner').hidden = true
  }

  showConsent()
  if (zhike.consent() === 'granted') void showBanner()
}

void start()
