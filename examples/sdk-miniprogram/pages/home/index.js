const { zhike } = getApp()

Page({
  data: { consent: zhike.consent(), slot: undefined },

  onShow() {
    if (zhike.consent() === 'granted') this.showSlot()
  },

  agree() {
    zhike.setConsent('granted')
    this.setData({ consent: 'granted' })
    this.showSlot()
  },

  refuse() {
    zhike.setConsent('denied')
    this.setData({ consent: 'denied' })
  },

  showSlot() {
    return zhike.slots(['mini_home']).then(
      ([slot]) => this.setData({ slot }),
      // A slot that can't be read stays empty.
      () => {},
    )
  },

  // Recorded by itself: the element says its name with data-zhike-click.
  apply() {
    zhike.track('flow_started', { flow: 'open_deposit' })
  },

  openSlot() {
    wx.navigateTo({ url: this.data.slot.content.link })
  },

  onShareAppMessage() {
    return { title: '三年期大额存单', path: '/pages/home/index?utm_source=share' }
  },
})
