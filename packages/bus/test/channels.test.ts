import type { Bus, ChannelRequest, MemberChange, Payload, Reply } from "@luxbus/client"
import { afterEach, describe, expect, test } from "vitest"
import { SYSTEMS, type System } from "./system.ts"

const systems: System[] = []
afterEach(async () => {
  for (const system of systems.splice(0)) await system.close()
})

/** A promise and what settles it. */
function latch<T = void>() {
  let open: (value: T) => void = () => {}
  const opened = new Promise<T>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

function aborted(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason)
    else signal.addEventListener("abort", () => resolve(signal.reason))
  })
}

function codeOf(error: unknown): string {
  return (error as { readonly code: string }).code
}

describe.each(Object.entries(SYSTEMS))("%s", (_name, start) => {
  async function begin(...ids: string[]): Promise<Bus[]> {
    const system = await start()
    systems.push(system)
    return Promise.all(ids.map((id) => system.connect(id)))
  }

  test("requests under way, and registrations, outlive the connections of either side", async () => {
    const [asker, worker] = (await begin("asker", "worker")) as [Bus, Bus]
    const system = systems.at(-1)
    let begun = 0
    const allBegun = latch()
    const gate = latch()
    const COUNT = 12
    await worker.serve("steady", async (value) => {
      if (++begun === COUNT) allBegun.open()
      await gate.opened
      return value
    })
    const channel = await asker.channel("steady")
    const values = Array.from({ length: COUNT }, (_, i) => `${i} `.repeat(20_000))
    const asked = values.map((value) => channel.request(value))
    await allBegun.opened
    system?.cut("worker")
    system?.cut("asker")
    gate.open()
    expect((await Promise.all(asked)).map(({ value }) => value)).toEqual(values)
    expect(begun).toBe(COUNT)
    await expect.poll(() => channel.members().map(({ id }) => id)).toEqual(["worker"])
    expect(await channel.request("again", { waitForProviderMs: 20_000 })).toEqual({ value: "again", from: "worker" })
  })

  test("a request is answered by a provider, with whatever a payload can be, and says who it was", async () => {
    const [asker, worker] = (await begin("asker", "worker")) as [Bus, Bus]
    await worker.serve("echo", (value) => value)
    const payloads: Payload[] = ["text", { deep: [1, null] }, new Uint8Array([0, 255]), "", 7]
    for (const value of payloads) expect(await asker.request("echo", value)).toEqual({ value, from: "worker" })
    await worker.serve("nothing", () => {})
    expect(await asker.request("nothing", 1)).toEqual({ value: undefined, from: "worker" })
  })

  test("nobody there is no_provider at once, or is waited for", async () => {
    const [asker, worker] = (await begin("asker", "worker")) as [Bus, Bus]
    await expect(asker.request("late", 1)).rejects.toMatchObject({ code: "no_provider" })
    await expect(asker.request("late", 1, { waitForProviderMs: 20 })).rejects.toMatchObject({ code: "no_provider" })
    const waiting = latch()
    const onNotice = ({ type }: { type: string }) => type === "waiting" && waiting.open()
    const asked = asker.request("late", 1, { waitForProviderMs: 20_000, onNotice })
    await waiting.opened
    await worker.serve("late", () => "here")
    expect(await asked).toEqual({ value: "here", from: "worker" })
  })

  test("what a handler throws is the caller's error", async () => {
    const [asker, worker] = (await begin("asker", "worker")) as [Bus, Bus]
    await worker.serve("fails", () => {
      throw new Error("out of paper")
    })
    await expect(asker.request("fails", 1)).rejects.toMatchObject({ code: "internal", message: "out of paper" })
    const provider = await worker.channel("refuses", { role: "provider" })
    const refused = expect(asker.request("refuses", 1)).rejects
    const told = refused.toMatchObject({ code: "forbidden", message: "not you" })
    await (await provider.next())?.fail({ code: "forbidden", message: "not you" })
    await told
  })

  test("giving up, and a time that is over, abort the handler's signal", async () => {
    const [asker, worker] = (await begin("asker", "worker")) as [Bus, Bus]
    const provider = await worker.channel("slow", { role: "provider", capacity: 4 })
    const giveUp = new AbortController()
    const asked = asker.request("slow", 1, { signal: giveUp.signal })
    const request = (await provider.next()) as ChannelRequest
    giveUp.abort()
    await expect(asked).rejects.toMatchObject({ code: "cancelled" })
    expect(await aborted(request.signal)).toMatchObject({ code: "cancelled" })
    const late = asker.request("slow", 1, { timeoutMs: 1_000 })
    const begun = (await provider.next()) as ChannelRequest
    await expect(late).rejects.toMatchObject({ code: "indeterminate" })
    expect(await aborted(begun.signal)).toMatchObject({ code: expect.stringMatching(/timeout|indeterminate/) })
    await expect.poll(() => [asker.activeCount, worker.activeCount]).toEqual([0, 1])
  })

  test("100 requests at a time, of many chunks and with both lanes, are each put together as they were", async () => {
    const [asker, worker] = (await begin("asker", "worker")) as [Bus, Bus]
    const service = await worker.serve(
      "mirror",
      async (value, { stream }) => {
        await stream.error.write("seen")
        return value
      },
      { concurrency: 32 },
    )
    const values = Array.from({ length: 100 }, (_, i) => new Uint8Array(100_000 + i).fill(i))
    const replies = await Promise.all(values.map((value) => asker.request("mirror", value, { timeoutMs: 120_000 })))
    for (const [i, { value }] of replies.entries()) expect(Buffer.compare(value as Uint8Array, values[i]!)).toBe(0)
    await service.close()
    await expect(asker.request("mirror", 1)).rejects.toMatchObject({ code: "no_provider" })
    await expect.poll(() => [asker.activeCount, worker.activeCount]).toEqual([0, 0])
  })

  test("a handler works on no more at a time than it says; the rest waits", async () => {
    const [asker, worker] = (await begin("asker", "worker")) as [Bus, Bus]
    let [now, most] = [0, 0]
    const gate = latch()
    await worker.serve(
      "narrow",
      async () => {
        most = Math.max(most, ++now)
        await gate.opened
        now--
        return "done"
      },
      { concurrency: 2 },
    )
    const asked = Array.from({ length: 7 }, () => asker.request("narrow", 1))
    gate.open()
    expect((await Promise.all(asked)).map(({ value }) => value)).toEqual(new Array(7).fill("done"))
    expect(most).toBe(2)
  })

  test("a request that meets its provider as it leaves is closed, and does not wait for nobody", async () => {
    const [asker, worker] = (await begin("asker", "worker")) as [Bus, Bus]
    const codes = new Set<string>()
    for (let round = 0; round < 40; round++) {
      const service = await worker.serve("busy", (value) => value)
      const asked = Array.from({ length: 5 }, () => asker.request("busy", "x").then(() => "reply", codeOf))
      // At any moment of their way.
      for (let turn = 0; turn < round; turn++) await Promise.resolve()
      void service.channel.close()
      for (const code of await Promise.all(asked)) codes.add(code)
    }
    expect(["closed", "no_provider", "reply"]).toEqual(expect.arrayContaining([...codes]))
  })

  test("a bus that is closed ends its service and its channels: nobody waits on", async () => {
    const [asker, worker] = (await begin("asker", "worker")) as [Bus, Bus]
    const service = await worker.serve("over", (_value, { signal }) => aborted(signal).then(() => 1), {
      concurrency: 1,
    })
    const provider = await worker.channel("pull", { role: "provider" })
    const asked = ["over", "over", "pull"].map((id) => asker.request(id, {}).catch(() => {}))
    const taken = await provider.next()
    const next = provider.next()
    await worker.close()
    await service.closed
    expect(await next).toBeUndefined()
    expect(taken?.signal.aborted).toBe(true)
    await asker.close()
    await Promise.all(asked)
  })

  test("members hear of each other: who is there, then who comes and goes", async () => {
    const [asker, one, two] = (await begin("asker", "one", "two")) as [Bus, Bus, Bus]
    await one.serve("work", () => 1, { capacity: 3 })
    const channel = await asker.channel("work")
    expect(channel.members()).toMatchObject([{ id: "one", role: "provider", capacity: 3 }])
    const changes: MemberChange[] = []
    const both = latch()
    const watching = (async () => {
      for await (const change of channel.watch()) if (changes.push(change) === 2) both.open()
    })()
    const second = await two.serve("work", () => 2)
    const provider = await two.channel("other", { role: "provider" })
    expect(provider.members()).toEqual([])
    await second.close()
    await both.opened
    expect(changes.map(({ type, member }) => [type, member.id])).toEqual([
      ["joined", "two"],
      ["left", "two"],
    ])
    expect(await channel.request("who?")).toEqual({ value: 1, from: "one" })
    await channel.close()
    await watching
    expect(() => channel.members()).toThrow(expect.objectContaining({ code: "invalid_state" }))
    await expect(channel.request(1)).rejects.toMatchObject({ code: "invalid_state" })
    await expect(provider.request(1)).rejects.toMatchObject({ code: "invalid_state" })
    await expect(two.channel("other", { role: "provider" })).rejects.toMatchObject({ code: "conflict" })
  })

  test("many are asked at once, until what was said ends it", async () => {
    const [asker, ...workers] = (await begin("asker", "w0", "w1", "w2", "w3")) as [Bus, ...Bus[]]
    await expect(asker.requestMany("poll", 1)).rejects.toMatchObject({ code: "no_provider" })
    for (const [i, worker] of workers.entries()) {
      await worker.serve("poll", (value, { signal }) => {
        if (value === "silence" && i > 0) return aborted(signal).then(() => "late")
        if (value === "fail" && i === 2) throw new Error("not me")
        return i
      })
    }
    async function all(value: string, options = {}) {
      const replies = await asker.requestMany("poll", value, options)
      const got: Reply[] = []
      for await (const reply of replies) got.push(reply)
      return { replies, values: got.map((reply) => reply.value).toSorted(), froms: got.map(({ from }) => from) }
    }
    const every = await all("hello")
    expect([every.values, every.replies.ended]).toEqual([[0, 1, 2, 3], "answered"])
    expect(every.froms.toSorted()).toEqual(["w0", "w1", "w2", "w3"])
    const some = await all("fail")
    expect([some.values, some.replies.ended]).toEqual([[0, 1, 3], "answered"])
    expect(some.replies.failures).toMatchObject([{ from: "w2", error: { message: "not me" } }])
    const two = await all("hello", { max: 2 })
    expect([two.values.length, two.replies.ended]).toEqual([2, "count"])
    const until = await all("hello", { until: ({ value }: Reply) => value === 2 })
    expect([until.values.includes(2), until.replies.ended]).toEqual([true, "sentinel"])
    const stall = await all("silence", { stallMs: 1_000 })
    expect([stall.values, stall.replies.ended]).toEqual([[0], "stall"])
    const deadline = await all("silence", { timeoutMs: 1_000 })
    expect([deadline.values, deadline.replies.ended]).toEqual([[0], "deadline"])
    // Whoever asks is not asked.
    await asker.serve("poll", () => "myself")
    expect((await all("hello")).froms.toSorted()).toEqual(["w0", "w1", "w2", "w3"])
    await expect(all("silence", { signal: AbortSignal.timeout(300) })).rejects.toMatchObject({ code: "cancelled" })
    await expect.poll(() => asker.activeCount).toBe(1)
  })

  test("a channel that is closed while its connection is away is left as soon as it is back", async () => {
    const [anna, ben] = (await begin("anna", "ben")) as [Bus, Bus]
    const here = await anna.channel("room", { role: "member" })
    const there = await ben.channel("room", { role: "member", meta: { at: 1 } })
    await expect.poll(() => here.members().length).toBe(1)
    systems.at(-1)?.block("ben")
    await expect.poll(() => ben.status.state).toBe("suspended")
    await there.close()
    systems.at(-1)?.unblock("ben")
    await expect.poll(() => here.members(), { timeout: 20_000 }).toEqual([])
    const second = await ben.channel("room", { role: "member", meta: { at: 2 } })
    await expect.poll(() => here.members()[0]?.meta).toEqual({ at: 2 })
    systems.at(-1)?.block("ben")
    await expect.poll(() => ben.status.state).toBe("suspended")
    await second.close()
    // Another one is none of the old one's.
    const coming = ben.channel("room", { role: "member", meta: { at: 3 } })
    systems.at(-1)?.unblock("ben")
    const third = await coming
    await expect.poll(() => here.members()[0]?.meta).toEqual({ at: 3 })
    await third.close()
    await expect.poll(() => here.members()).toEqual([])
    await expect.poll(() => ben.activeCount).toBe(0)
  })

  test("members see who is there and what each says of itself, over cuts, and hear each change once", async () => {
    const [anna, ben] = (await begin("anna", "ben")) as [Bus, Bus]
    const here = await anna.channel("room", { role: "member", meta: { name: "Anna", typing: false } })
    const changes: string[] = []
    const watching = (async () => {
      for await (const { type, member } of here.watch())
        changes.push(`${type} ${member.id} ${JSON.stringify(member.meta)}`)
    })()
    const there = await ben.channel("room", { role: "member", meta: { name: "Ben" } })
    expect(there.members()).toMatchObject([{ id: "anna", role: "member", meta: { name: "Anna", typing: false } }])
    here.update({ name: "Anna", typing: true })
    await expect.poll(() => there.members()[0]?.meta).toEqual({ name: "Anna", typing: true })
    systems.at(-1)?.cut("anna")
    systems.at(-1)?.cut("ben")
    there.update({ name: "Benjamin" })
    await expect.poll(() => here.members()[0]?.meta).toEqual({ name: "Benjamin" })
    await there.close()
    await expect.poll(() => here.members()).toEqual([])
    await here.close()
    await watching
    expect(changes).toEqual([
      'joined ben {"name":"Ben"}',
      'changed ben {"name":"Benjamin"}',
      'left ben {"name":"Benjamin"}',
    ])
    expect(() => here.update({})).toThrow(expect.objectContaining({ code: "invalid_state" }))
    await expect(here.request("x")).rejects.toMatchObject({ code: "invalid_state" })
    await expect(ben.channel("room", { role: "member", meta: { text: "x".repeat(1_024) } })).rejects.toMatchObject({
      code: "too_large",
    })
    await expect(ben.channel("room", { role: "boss" as "member" })).rejects.toMatchObject({ code: "invalid_argument" })
  })
})
