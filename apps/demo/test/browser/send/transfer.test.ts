import { createHash, randomBytes } from "node:crypto"
import { afterEach, beforeEach, expect, test } from "vitest"
import { sendTransfer } from "../../../src/browser/send/run-transfer.ts"
import { Transfer } from "../../../src/browser/send/transfer.ts"
import { Transfers } from "../../../src/browser/send/transfers.ts"
import { openStage, QUICK_JOB, type Stage } from "../../support/stage.ts"

let stage: Stage
beforeEach(async () => {
  stage = await openStage(QUICK_JOB)
})
afterEach(() => stage[Symbol.asyncDispose]())

const now = () => performance.now()
const newTransfer = (name: string, size: number, peer: string) =>
  new Transfer({ direction: "sent", name, size, peer }, now)

test("both ends have the bytes and the same digest; the name has no folders", async () => {
  const received = new Transfers(await stage.client("receiver"), now)
  const content = new Uint8Array(randomBytes(3_000_000))
  const transfer = newTransfer("../../etc/passwd", content.length, "receiver")
  await sendTransfer(await stage.client(), new Blob([content]), transfer)
  const sha256 = createHash("sha256").update(content).digest("hex")
  expect(transfer.state).toEqual({ name: "done", digest: { sha256, bytes: content.length } })
  const [arrived] = received.all
  await expect.poll(() => arrived?.state.name).toBe("done")
  expect(arrived?.facts).toMatchObject({ direction: "received", name: "passwd", size: content.length })
  const bytes = (await arrived?.file?.arrayBuffer()) ?? new ArrayBuffer(0)
  expect(Buffer.from(bytes).equals(content)).toBe(true)
  received.close()
})

test("an empty file arrives too", async () => {
  const received = new Transfers(await stage.client("receiver"), now)
  const transfer = newTransfer("empty", 0, "receiver")
  await sendTransfer(await stage.client(), new Blob([]), transfer)
  expect(transfer.state.name).toBe("done")
  expect(received.all[0]?.facts.name).toBe("empty")
})

test("a receiver that stops is heard by the sender, and the other way round", async () => {
  const received = new Transfers(await stage.client("receiver"), now)
  const sender = await stage.client()
  const endless = { size: 1e12, stream: () => endlessBytes() }
  const first = newTransfer("endless", 1e12, "receiver")
  const sending = sendTransfer(sender, endless, first)
  await expect.poll(() => received.all[0]?.bytes ?? 0).toBeGreaterThan(0)
  received.all[0]?.stop()
  await sending
  expect(first.state).toMatchObject({ name: "failed", error: { code: "cancelled" } })

  const second = newTransfer("endless", 1e12, "receiver")
  const sendingAgain = sendTransfer(sender, endless, second)
  await expect.poll(() => received.all.length === 2 && received.all[0]?.bytes).toBeGreaterThan(0)
  second.stop()
  await sendingAgain
  await expect
    .poll(() => received.all[0]?.state)
    .toMatchObject({ name: "failed", error: { message: "The sender stopped: stopped from the page" } })
})

test("a sender that waits for nobody can stop", async () => {
  const transfer = newTransfer("a", 1, "nobody")
  const sending = sendTransfer(await stage.client(), new Blob(["a"]), transfer)
  transfer.stop()
  await sending
  expect(transfer.state).toMatchObject({ name: "failed", error: { code: "cancelled" } })
})

test("a sender that states another digest than its bytes have is refused", async () => {
  const received = new Transfers(await stage.client("receiver"), now)
  const liar = await (await stage.client()).open("file.lie", { to: "receiver", headers: { file: { name: "lie" } } })
  await liar.main.write(new Uint8Array([1, 2, 3]))
  await liar.main.write({ sha256: "0".repeat(64), bytes: 3 })
  void liar.end().catch(() => {})
  expect(await liar.error.text()).toContain("is not what was sent")
  await liar.main.text()
  expect(await liar.outcome).toMatchObject({ status: "error", code: "internal" })
  await expect.poll(() => received.all[0]?.state).toMatchObject({ name: "failed", error: { code: "internal" } })
})

function endlessBytes(): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) })
}
