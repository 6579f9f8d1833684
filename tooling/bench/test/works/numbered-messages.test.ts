import { describe, expect, it } from "vitest"
import { checkNumber, NumberedMessages } from "../../src/works/numbered-messages.ts"

describe("NumberedMessages", () => {
  it("numbers them from nought, beyond the size of its pool", () => {
    const messages = new NumberedMessages(16, 3)
    for (let number = 0; number < 10; number++) checkNumber(messages.take(), number, 16)
    expect(messages.taken).toBe(10)
  })

  it("leaves a message as it is until so many others were taken", () => {
    const messages = new NumberedMessages(16, 3)
    const first = messages.take()
    messages.take()
    messages.take()
    checkNumber(first, 0, 16)
    expect(messages.take()).toBe(first)
  })
})

describe("checkNumber", () => {
  const message = new NumberedMessages(16, 1).take()

  it("finds what is lost, doubled or out of order", () => {
    expect(() => checkNumber(message, 1, 16)).toThrow("Message 0 of 16 bytes came where 1 of 16 was due")
  })

  it("finds what was cut", () => {
    expect(() => checkNumber(message.subarray(0, 15), 0, 16)).toThrow("of 15 bytes")
  })

  it("reads numbers beyond 2^31", () => {
    checkNumber(Uint8Array.of(0xff, 0, 0, 1), 0xff00_0001, 4)
  })
})
