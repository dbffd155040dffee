const { createZhike } = require('@zhike/sdk')

// Before App and every Page: what they define is watched from here on.
const zhike = createZhike({
  host: 'https://zhike.bank.example',
  writeKey: 'mini-public-key',
  app: { name: '示例银行小程序', version: '1.0.0' },
  space: 'miniprogram',
  // Nothing is stored or sent until the person agrees on the home page.
  consent: 'pending',
})

App({
  zhike,
  globalData: { customer: undefined },

  // The bank's own log-in; its server answers with a short-lived signed token.
  logIn() {
    return zhike.setCustomer(
      () =>
        new Promise((resolve, reject) => {
          wx.request({
            url: 'https://bank.example/zhike-token',
            method: 'POST',
            success: ({ data }) => resolve(data.token),
            fail: reject,
          })
        }),
    )
  },
})
