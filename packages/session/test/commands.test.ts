import { BusError } from "@luxbus/packet"
import { describe, expect, test } from "vitest"
import { setUp } from "./client-and-broker.ts"
import { run } from "./test-client.ts"

describe("commands", () => {
  test("are answered, each once", async () => {
    const { clock, broker, session } = setUp()
    const heard: unknown[] = []
    broker.onCommand = (side, id, op) => {
      if (op === "fail") side.session.replyError(id, new BusError("unknown_stream", "none"))
      else side.session.reply(id, { op })
      return { op: "again" }
    }
    session.start()
    await run(clock)
    for (const op of ["list", "fail"]) {
      session.command(
        op,
        { of: op },
        (result) => heard.push(result),
        (error) => heard.push(error.code),
      )
    }
    await run(clock)
    expect(heard).toEqual([{ op: "list" }, "unknown_stream"])
    expect(session.activeCount).toBe(0)
  })

  test("that were not answered are asked again on every connection, under the same id, until they are", async () => {
    const { clock, broker, session } = setUp()
    const heard: unknown[] = []
    session.command(
      "list",
      {},
      (result) => heard.push(result),
      () => heard.push("failed"),
    )
    session.start()
    await run(clock)
    for (let i = 0; i < 3; i++) {
      broker.side.pair.cut()
      await run(clock, 1_000)
    }
    expect(broker.sides.map(({ commands }) => commands.map(({ id }) => id))).toEqual([[1], [1], [1], [1]])
    expect(session.activeCount).toBe(1)
    broker.onCommand = () => "done"
    broker.side.pair.cut()
    await run(clock, 1_000)
    broker.side.pair.cut()
    await run(clock, 1_000)
    expect(heard).toEqual(["done"])
    expect(broker.side.commands).toEqual([])
  })

  test("whose answer was lost are repeated, and answered once", async () => {
    const { clock, broker, session } = setUp()
    const heard: unknown[] = []
    session.start()
    await run(clock)
    broker.onCommand = (side, id) => {
      side.session.reply(id, "lost")
      side.session.mux.flush()
      if (broker.sides.length === 1) side.pair.cut()
      return undefined
    }
    session.command(
      "list",
      {},
      (result) => heard.push(result),
      () => {},
    )
    await run(clock, 1_000)
    expect(broker.sides.length).toBe(2)
    expect(heard).toEqual(["lost"])
  })

  test("that do not fit into a frame are refused, also those that waited for a connection", async () => {
    const { clock, broker, session } = setUp()
    const large = { text: "x".repeat(5_000) }
    const failures: string[] = []
    session.command(
      "early",
      large,
      () => {},
      (error) => failures.push(error.code),
    )
    session.start()
    await run(clock)
    expect(failures).toEqual(["too_large"])
    expect(() =>
      session.command(
        "late",
        large,
        () => {},
        () => {},
      ),
    ).toThrow(expect.objectContaining({ code: "too_large" }))
    expect([session.activeCount, broker.sides.length]).toEqual([0, 1])
  })

  test("whose answers come in parts are settled with the whole, also when its beginning was lost", async () => {
    const { clock, broker, session } = setUp()
    const heard: unknown[] = []
    const long = Array.from({ length: 2_000 }, (_, i) => ({ name: `job.${i}` }))
    session.start()
    await run(clock)
    broker.onCommand = (side, id) => {
      if (broker.sides.length > 1) return long
      side.session.mux.control(0, 0, { reply: { id, part: "[1,", more: true } })
      side.session.mux.flush()
      side.pair.cut({ keepToNear: 1 })
      return undefined
    }
    session.command(
      "list",
      {},
      (result) => heard.push(result),
      (error) => heard.push(error),
    )
    await run(clock, 1_000)
    expect(heard).toEqual([long])
  })

  test("whose parts make no answer fail alone", async () => {
    const { clock, broker, client, session } = setUp()
    const heard: unknown[] = []
    session.start()
    await run(clock)
    broker.onCommand = (side, id) => {
      side.session.mux.control(0, 0, { reply: { id, part: "[1," } })
      return undefined
    }
    session.command(
      "list",
      {},
      (result) => heard.push(result),
      (error) => heard.push(error.code),
    )
    await run(clock)
    expect([heard, client.states, session.activeCount]).toEqual([["protocol"], ["connected"], 0])
  })

  test("a reply without an id closes the connection; one to nobody is ignored", async () => {
    const { clock, broker, client, session } = setUp()
    session.start()
    await run(clock)
    broker.side.session.reply(99, "who?")
    await run(clock)
    expect(client.states).toEqual(["connected"])
    broker.mux.control(0, 0, { reply: { result: 1 } })
    await run(clock)
    expect(client.statuses[1]).toMatchObject({ state: "suspended", error: { code: "protocol" } })
  })
})
