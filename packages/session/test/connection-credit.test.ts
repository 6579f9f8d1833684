import { chunkCost, Lane, LIMITS } from "@luxbus/packet"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { ConnectionCredit, MAX_OVERRUN_COST } from "../src/connection-credit.ts"

const window = LIMITS.connectionWindowBytes

describe("a connection's credit", () => {
  test("begins with the window of each lane", () => {
    const credit = new ConnectionCredit()
    expect([credit.left(Lane.main), credit.left(Lane.error)]).toEqual([window.main, window.error])
  })

  test("counts the lanes apart", () => {
    const credit = new ConnectionCredit()
    credit.sent(Lane.main, 1_000)
    credit.granted(Lane.error, window.error + 50)
    expect([credit.left(Lane.main), credit.left(Lane.error)]).toEqual([window.main - 1_000, window.error + 50])
  })

  test("is renewed when half of the window was used, and not before", () => {
    const credit = new ConnectionCredit()
    credit.received(Lane.main, window.main / 2 - 1)
    expect(credit.renewal(Lane.main)).toBe(undefined)
    credit.received(Lane.main, 1)
    expect(credit.renewal(Lane.main)).toBe(window.main * 1.5)
    expect(credit.renewal(Lane.main)).toBe(undefined)
    expect(credit.renewal(Lane.error)).toBe(undefined)
  })

  test("takes no grant back", () => {
    const credit = new ConnectionCredit()
    credit.granted(Lane.main, 10 * window.main)
    credit.granted(Lane.main, 5)
    expect(credit.left(Lane.main)).toBe(10 * window.main)
  })

  test("lets a sender pass the ceiling by the largest frame, and not by more", () => {
    const credit = new ConnectionCredit()
    expect(credit.received(Lane.error, window.error + MAX_OVERRUN_COST)).toBe(true)
    expect(credit.received(Lane.error, 1)).toBe(false)
  })

  test("never lets more be in flight than the window and one frame, and never stops, whatever the order of grants", () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ type: fc.constant("send" as const), bytes: fc.integer({ min: 0, max: LIMITS.framePayloadBytes }) }),
        fc.record({ type: fc.constant("take" as const) }),
        fc.record({ type: fc.constant("hear" as const) }),
      ),
      { maxLength: 200 },
    )
    fc.assert(
      fc.property(steps, fc.constantFrom(Lane.main, Lane.error), (list, lane) => {
        const [sender, receiver] = [new ConnectionCredit(), new ConnectionCredit()]
        const flying: number[] = []
        const grants: number[] = []
        const max = lane === Lane.main ? window.main : window.error
        const take = (): void => {
          const cost = flying.shift()
          if (cost === undefined) return
          expect(receiver.received(lane, cost)).toBe(true)
          const grant = receiver.renewal(lane)
          if (grant !== undefined) grants.push(grant)
        }
        for (const step of list) {
          if (step.type === "send" && sender.left(lane) > 0) {
            flying.push(chunkCost(step.bytes))
            sender.sent(lane, chunkCost(step.bytes))
          } else if (step.type === "take") take()
          else if (step.type === "hear") for (const grant of grants.splice(0)) sender.granted(lane, grant)
          const inFlight = flying.reduce((sum, cost) => sum + cost, 0)
          expect(inFlight).toBeLessThan(max + MAX_OVERRUN_COST)
        }
        while (flying.length > 0) take()
        for (const grant of grants) sender.granted(lane, grant)
        expect(sender.left(lane)).toBeGreaterThan(max / 2 - 1)
      }),
    )
  })
})
