import { createHash, randomBytes } from "node:crypto"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { parseOffer, receiveFile, sendFile } from "../src/index.ts"
import { contentOf, MemorySink } from "./support/memory-sink.ts"
import { openPair, type Pair } from "./support/pair.ts"

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex")

let pair: Pair
beforeEach(async () => {
  pair = await openPair({ name: "a.txt", size: 3, mode: 0o640 })
})
afterEach(() => pair[Symbol.asyncDispose]())

/** Waits for both, whatever becomes of them: the error's code and message, or what they resolve with. */
async function settled<T>(...work: readonly Promise<T>[]) {
  const results = await Promise.allSettled(work)
  return results.map((result) => (result.status === "fulfilled" ? result.value : result.reason))
}

/** Never ends by itself; `isReleased` once its reader has let it go. */
function endless() {
  const content = {
    isReleased: false,
    async *[Symbol.asyncIterator]() {
      try {
        for (;;) yield new Uint8Array(64 * 1024)
      } finally {
        content.isReleased = true
      }
    },
  }
  return content
}

describe("a file", () => {
  test("arrives with its offer, and both ends have its bytes and the same digest", async () => {
    const content = new Uint8Array(randomBytes(3_000_000))
    const sink = new MemorySink()
    const progress: number[][] = [[], []]
    const [sent, { digest, stored }] = await Promise.all([
      sendFile(pair.sender, contentOf(content), { onProgress: (bytes) => progress[0]?.push(bytes) }),
      receiveFile(pair.receiver, sink, { onProgress: (bytes) => progress[1]?.push(bytes) }),
    ])
    expect(parseOffer(pair.receiver.headers)).toEqual({ name: "a.txt", size: 3, mode: 0o640 })
    expect(sent).toEqual({ sha256: sha256(content), bytes: content.length })
    expect(digest).toEqual(sent)
    expect(stored.equals(content)).toBe(true)
    expect(sink.calls).toEqual(["commit"])
    expect(progress.map((steps) => steps.at(-1))).toEqual([content.length, content.length])
    expect(progress[0]?.length).toBe(Math.ceil(content.length / 65_536))
  })

  test("of no bytes at all arrives too", async () => {
    const [sent, { stored }] = await Promise.all([
      sendFile(pair.sender, contentOf(new Uint8Array())),
      receiveFile(pair.receiver, new MemorySink()),
    ])
    expect([sent.bytes, stored.length]).toEqual([0, 0])
  })

  test("arrives whole although both connections are cut three times on the way", async () => {
    const content = new Uint8Array(randomBytes(8_000_000))
    const cutsAt = [1_000_000, 3_000_000, 6_000_000]
    const onProgress = (bytes: number) => {
      if (bytes < (cutsAt[0] ?? Number.POSITIVE_INFINITY)) return
      cutsAt.shift()
      pair.cut()
    }
    const [sent, { stored }] = await Promise.all([
      sendFile(pair.sender, contentOf(content), { onProgress }),
      receiveFile(pair.receiver, new MemorySink()),
    ])
    expect(cutsAt).toEqual([])
    expect(sent.sha256).toBe(sha256(content))
    expect(stored.equals(content)).toBe(true)
  })
})

describe("a receiver", () => {
  test("that reads no further makes the sender wait", async () => {
    let release = () => {}
    const sink = new MemorySink()
    const held = {
      write: (bytes: Uint8Array) => {
        sink.write(bytes)
        return new Promise<void>((resolve) => {
          release = resolve
        })
      },
      commit: () => sink.commit(),
      discard: () => sink.discard(),
    }
    let sentBytes = 0
    const stop = new AbortController()
    const sending = sendFile(pair.sender, endless(), { onProgress: (b) => (sentBytes = b), signal: stop.signal })
    const receiving = receiveFile(pair.receiver, held, { signal: stop.signal })
    await expect.poll(() => pair.sender.main.blocked).toBe(true)
    expect(sentBytes).toBeLessThan(8 * 1024 * 1024)
    stop.abort()
    release()
    const ends = await settled<unknown>(sending, receiving)
    expect(ends).toMatchObject([{ code: "cancelled" }, { code: "cancelled" }])
  })

  test("whose sink fails tells the sender why, on the error lane and by the code, and discards", async () => {
    const sink = new MemorySink()
    sink.write = () => {
      throw new Error("the disk is full")
    }
    const complaints: string[] = []
    const content = endless()
    const sending = sendFile(pair.sender, content, { onComplaint: (text) => complaints.push(text) })
    const receiving = receiveFile(pair.receiver, sink)
    const [there, here] = await settled<unknown>(sending, receiving)
    expect(here).toMatchObject({ code: "storage", message: "The file cannot be stored: the disk is full" })
    expect(there).toMatchObject({ code: "storage", message: expect.stringMatching(/gave up: .*the disk is full/) })
    expect(complaints).toEqual(["The file cannot be stored: the disk is full"])
    expect(sink.calls).toEqual(["discard"])
    await expect.poll(() => content.isReleased).toBe(true)
  })

  test("that cannot keep the whole file in the end says so instead of answering", async () => {
    const sink = new MemorySink()
    sink.commit = () => {
      throw new Error("the name is taken")
    }
    const sending = sendFile(pair.sender, contentOf(new Uint8Array(10)))
    const ends = await settled<unknown>(sending, receiveFile(pair.receiver, sink))
    expect(ends).toMatchObject([{ code: "storage" }, { code: "storage" }])
    expect(sink.calls).toEqual(["discard"])
  })

  test("takes no more bytes than it may", async () => {
    const sending = sendFile(pair.sender, endless())
    const sink = new MemorySink()
    const ends = await settled<unknown>(sending, receiveFile(pair.receiver, sink, { maxBytes: 100_000 }))
    expect(ends).toMatchObject([{ code: "too_large" }, { code: "too_large" }])
    expect(Buffer.concat(sink.parts).length).toBeLessThanOrEqual(100_000)
  })

  test("that stops is heard by the sender, with its reason", async () => {
    const stop = new AbortController()
    const sink = new MemorySink()
    const sending = sendFile(pair.sender, endless())
    const onProgress = () => stop.abort(new Error("no room on the desk"))
    const receiving = receiveFile(pair.receiver, sink, { onProgress, signal: stop.signal })
    const [there, here] = await settled<unknown>(sending, receiving)
    expect(here).toMatchObject({ code: "cancelled", message: "no room on the desk" })
    expect(there).toMatchObject({ code: "cancelled", message: "The receiver gave up: no room on the desk" })
    expect(sink.calls).toEqual(["discard"])
  })

  test("keeps nothing of what has another digest than its sender states, and tells it", async () => {
    const sink = new MemorySink()
    const receiving = receiveFile(pair.receiver, sink)
    await pair.sender.main.write(new Uint8Array([1, 2, 3]))
    await pair.sender.main.write({ sha256: "0".repeat(64), bytes: 3 })
    void pair.sender.end().catch(() => {})
    expect(await pair.sender.error.text()).toContain("is not what was sent")
    await pair.sender.main.text()
    expect(await pair.sender.outcome).toMatchObject({ status: "error", code: "internal" })
    await expect(receiving).rejects.toMatchObject({ code: "internal" })
    expect(sink.calls).toEqual(["discard"])
  })

  test("refuses a digest that is none, and does not wait for ever for a sender that reads nothing", async () => {
    const receiving = receiveFile(pair.receiver, new MemorySink(), { farewellMs: 20 })
    receiving.catch(() => {})
    await pair.sender.main.write("that was all")
    void pair.sender.end().catch(() => {})
    await expect(receiving).rejects.toMatchObject({ code: "invalid_payload" })
  })

  test("that claims other bytes makes the sender fail", async () => {
    const sending = sendFile(pair.sender, contentOf(new Uint8Array(5)))
    sending.catch(() => {})
    await pair.receiver.main.bytes()
    await pair.receiver.main.write({ sha256: sha256(Buffer.from("other")), bytes: 5 })
    await pair.receiver.end()
    await expect(sending).rejects.toMatchObject({ code: "internal", message: /has other bytes/ })
  })
})

describe("a sender", () => {
  test("that stops is heard by the receiver, which discards, also while its content has nothing", async () => {
    const stop = new AbortController()
    const silent = (async function* () {
      yield new Uint8Array(10)
      await new Promise(() => {})
    })()
    const sink = new MemorySink()
    const sending = sendFile(pair.sender, silent, { signal: stop.signal })
    const receiving = receiveFile(pair.receiver, sink, {
      onProgress: () => stop.abort(new Error("the sender stopped it")),
    })
    const [here, there] = await settled<unknown>(sending, receiving)
    expect(here).toMatchObject({ code: "cancelled", message: "the sender stopped it" })
    expect(there).toMatchObject({ code: "cancelled", message: "The sender stopped: the sender stopped it" })
    expect(sink.calls).toEqual(["discard"])
  })

  test("that was told to stop before it began sends nothing", async () => {
    const content = endless()
    const sending = sendFile(pair.sender, content, { signal: AbortSignal.abort() })
    const ends = await settled<unknown>(sending, receiveFile(pair.receiver, new MemorySink()))
    expect(ends).toMatchObject([{ code: "cancelled" }, { code: "cancelled" }])
    expect(content.isReleased).toBe(true)
  })

  test("whose content fails tells the receiver", async () => {
    const broken = (async function* () {
      yield new Uint8Array(10)
      throw new Error("the disk is gone")
    })()
    const sink = new MemorySink()
    const sending = sendFile(pair.sender, broken)
    const [here, there] = await settled<unknown>(sending, receiveFile(pair.receiver, sink))
    expect(here).toMatchObject({ code: "internal", message: "the disk is gone" })
    expect(there).toMatchObject({ code: "internal", message: "The sender stopped: the disk is gone" })
    expect(sink.calls).toEqual(["discard"])
  })

  test("whose receiver is gone for good learns it", async () => {
    const sending = sendFile(pair.sender, endless())
    const [end] = await settled<unknown>(sending, pair.receiver.close())
    expect(end).toMatchObject({ code: "closed" })
  })
})
