import type { TraitTools } from "./backplane-conformance.ts"

/** Who gets what is published, and when. */
export function deliveryTraits({ expect, test, until, idle }: TraitTools): void {
  test("takes a message to every other member's subscriptions, and to none of its sender's", async (join) => {
    const [a, b, c] = [await join(), await join(), await join()]
    const seen: string[] = []
    for (const [name, member] of Object.entries({ a, b, b2: b, c })) {
      member.subscribe("news", (message) => void seen.push(`${name} ${message[0]}`))
    }
    await idle()
    a.publish("news", Uint8Array.of(1))
    await until("all have it", () => seen.length >= 3)
    await idle()
    expect(seen.toSorted()).toEqual(["b 1", "b2 1", "c 1"])
  })

  test("carries messages of several members at once, both ways", async (join) => {
    const members = [await join(), await join(), await join()]
    const seen = members.map((): number[] => [])
    for (const [i, member] of members.entries()) member.subscribe("all", (message) => void seen[i]?.push(message[0]!))
    await idle()
    for (let n = 0; n < 30; n++) members[n % 3]!.publish("all", Uint8Array.of(n))
    await until("all have all", () => seen.every((numbers) => numbers.length >= 20))
    const others = (i: number) => Array.from({ length: 30 }, (_, n) => n).filter((n) => n % 3 !== i)
    expect(seen.map((numbers) => numbers.toSorted((a, b) => a - b))).toEqual([others(0), others(1), others(2)])
  })

  test("delivers nothing from within publish or subscribe", async (join) => {
    const [a, b] = [await join(), await join()]
    let calling = false
    const whileCalling: number[] = []
    let count = 0
    const guarded = (act: () => void) => {
      calling = true
      act()
      calling = false
    }
    const take = (message: Uint8Array) => {
      count++
      if (calling) whileCalling.push(message[0]!)
    }
    guarded(() => b.subscribe("now", take))
    await idle()
    guarded(() => a.publish("now", Uint8Array.of(1)))
    guarded(() => b.subscribe("now", take))
    await until("it came", () => count > 0)
    expect(whileCalling).toEqual([])
  })

  test("lets a subscriber publish, subscribe and unsubscribe as it takes a message", async (join) => {
    const [a, b] = [await join(), await join()]
    const seen: string[] = []
    const stop = b.subscribe("ping", () => {
      stop()
      b.subscribe("later", () => void seen.push("later"))
      b.publish("pong", Uint8Array.of(2))
    })
    a.subscribe("pong", () => void seen.push("pong"))
    await idle()
    a.publish("ping", Uint8Array.of(1))
    await until("it was answered", () => seen.length > 0)
    await idle()
    a.publish("ping", Uint8Array.of(1))
    a.publish("later", Uint8Array.of(3))
    await until("the new subscription works", () => seen.includes("later"))
    await idle()
    expect(seen).toEqual(["pong", "later"])
  })
}

/** A subscription ends at once, and alone. */
export function unsubscribeTraits({ expect, test, until, idle }: TraitTools): void {
  test("takes nothing more once unsubscribed, not even what is on its way", async (join) => {
    const [a, b] = [await join(), await join()]
    const seen: string[] = []
    const stop = b.subscribe("stop", () => void seen.push("stopped"))
    b.subscribe("stop", () => void seen.push("other"))
    await idle()
    a.publish("stop", Uint8Array.of(1))
    stop()
    await until("the other has it", () => seen.includes("other"))
    a.publish("stop", Uint8Array.of(2))
    await until("the other has both", () => seen.length >= 2)
    await idle()
    expect(seen).toEqual(["other", "other"])
  })

  test("unsubscribes once, however often it is called", async (join) => {
    const [a, b] = [await join(), await join()]
    const seen: string[] = []
    const stop = b.subscribe("again", () => void seen.push("stopped"))
    stop()
    stop()
    b.subscribe("again", () => void seen.push("later"))
    stop()
    await idle()
    a.publish("again", Uint8Array.of(1))
    await until("it came", () => seen.length > 0)
    await idle()
    expect(seen).toEqual(["later"])
  })
}
