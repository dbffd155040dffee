import type { HttpAnswer, SendHttp } from './http.ts'
import type { Wx } from './wx-api.ts'

/** Sends by `wx.request`. Its host has to be among the legal request domains of the mini-program. */
export function wxHttp(wx: Wx, timeoutMs: number): SendHttp {
  return ({ method, url, headers, body }) => {
    let task: { abort(): void } | undefined
    const answer = new Promise<HttpAnswer>((resolve, reject) => {
      task = wx.request({
        url,
        method,
        header: headers,
        data: body,
        // Anything but `json` comes as it is.
        dataType: 'text',
        timeout: timeoutMs,
        success({ statusCode, header = {}, data }) {
          const find = (name: string) => Object.keys(header).find((key) => key.toLowerCase() === name)
          resolve({
            status: statusCode,
            header(name) {
              const key = find(name)
              return key === undefined ? undefined : String(header[key])
            },
            text: typeof data === 'string' ? data : (JSON.stringify(data) ?? ''),
          })
        },
        fail: (reason) =>
          reject(new Error((reason as { errMsg?: string } | undefined)?.errMsg ?? 'request:fail')),
      })
    })
    return { answer, abort: () => task?.abort() }
  }
}
