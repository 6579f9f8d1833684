import { describe, expect, it } from "vitest"
import { SendWindow } from "../src/send-window.ts"

/** Whether a promise has settled by the end of this turn's microtasks. */
async function isSettled(promise: Promise<void>): Promise<boolean> {
  let settled = false
  void promise.then(() => {
    settled = true
  })
  await new Promise(setImmediate)
  return settled
}

describe("SendWindow", () => {
  it("closes when as much is under way as it holds", () => {
    const window = new SendWindow(2)
    window.send(1)
    expect(window.isOpen).toBe(true)
    window.send(1)
    expect(window.isOpen).toBe(false)
    window.receive(1)
    expect(window.isOpen).toBe(true)
  })

  it("counts something as received when all receivers have it", () => {
    const window = new SendWindow(1, 3)
    window.send(1)
    window.receive(1)
    window.receive(1)
    expect(window.isOpen).toBe(true)
    window.send(1)
    expect(window.isOpen).toBe(false)
  })

  it("is half free when half of what it holds has arrived", async () => {
    const window = new SendWindow(4, 2)
    window.send(4)
    const free = window.halfFree()
    for (let receipt = 0; receipt < 3; receipt++) window.receive(1)
    expect(await isSettled(free)).toBe(false)
    window.receive(1)
    expect(await isSettled(free)).toBe(true)
  })

  it("is half free at once where little was sent", async () => {
    const window = new SendWindow(4)
    window.send(2)
    expect(await isSettled(window.halfFree())).toBe(true)
  })

  it("is empty when all receivers have everything", async () => {
    const window = new SendWindow(4, 2)
    window.send(1)
    const empty = window.empty()
    window.receive(1)
    expect(await isSettled(empty)).toBe(false)
    window.receive(1)
    expect(await isSettled(empty)).toBe(true)
    expect(window.received).toBe(2)
  })
})
