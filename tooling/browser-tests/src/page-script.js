// Runs in each page before its own scripts. A test that looks at a page from another process may be late: here what
// passes by is written down, and the network stays away until it is let back.

/** @type {Record<string, string[]>} by `data-testid`: each text that such an element has shown, in order */
const texts = {}

new MutationObserver(() => {
  for (const element of document.querySelectorAll("[data-testid]")) {
    const id = element.getAttribute("data-testid") ?? ""
    const shown = texts[id] ?? []
    texts[id] = shown
    const text = element.textContent?.trim() ?? ""
    if (shown.at(-1) !== text) shown.push(text)
  }
}).observe(document, { subtree: true, childList: true, characterData: true })

/** A socket that neither opens nor fails while the network is held. */
class HeldSocket extends EventTarget {
  /** @type {Set<HeldSocket>} */
  static all = new Set()
  binaryType = "arraybuffer"
  protocol = ""
  bufferedAmount = 0

  constructor() {
    super()
    HeldSocket.all.add(this)
  }

  send() {}

  close() {
    if (HeldSocket.all.delete(this)) this.dispatchEvent(new CloseEvent("close", { code: 1006 }))
  }
}

let isHeld = false
let sentBytes = 0
let onSent = () => {}

const { send } = WebSocket.prototype
/** @param {Parameters<typeof send>[0]} data */
WebSocket.prototype.send = function (data) {
  send.call(this, data)
  sentBytes += data instanceof Uint8Array ? data.length : 0
  onSent()
}
globalThis.WebSocket = new Proxy(WebSocket, {
  construct: (platform, [url, protocols]) => (isHeld ? new HeldSocket() : new platform(url, protocols)),
})

/** @param {boolean} next */
function hold(next) {
  isHeld = next
  if (!next) for (const socket of [...HeldSocket.all]) socket.close()
}

/**
 * Cuts, and holds the network, once so many bytes more were sent.
 * @param {number} bytes
 */
async function cutAfter(bytes) {
  const goal = sentBytes + bytes
  await new Promise((resolve) => {
    onSent = () => sentBytes >= goal && resolve(undefined)
  })
  hold(true)
  const buttons = [...document.querySelectorAll("button")]
  buttons.find(({ textContent }) => textContent?.includes("Cut connection"))?.click()
}

Object.assign(globalThis, { probe: { texts, hold, cutAfter } })
