import { Lane } from "@luxbus/packet"
import { expect, test } from "vitest"
import { answerFinished } from "../src/index.ts"
import { codeOf } from "./error-code.ts"
import { ScriptedCarrier } from "./scripted-carrier.ts"
import { WriterScript } from "./writer-script.ts"

test("a stream that was taken whole is complete once more, and its address free", () => {
  const carrier = new ScriptedCarrier()
  answerFinished(carrier, 7, "complete")
  expect(carrier.controls).toEqual([{ address: 7, fields: { complete: true } }])
  expect(carrier.ends.size).toBe(0)
})

test("a stream that was reset is reset once more with the same code", () => {
  const carrier = new ScriptedCarrier()
  expect(codeOf(() => answerFinished(carrier, 7, "forbidden"))).toBe("forbidden")
  expect(carrier.controls).toEqual([])
})

test("what stood at the address before is left without a connection", () => {
  const carrier = new ScriptedCarrier()
  const log: string[] = []
  const end = { pull: () => false, frame() {}, endRun() {}, control() {}, reset() {}, detach: () => log.push("detach") }
  carrier.bind(7, end)
  answerFinished(carrier, 7, "complete")
  expect([log, carrier.ends.size]).toEqual([["detach"], 0])
})

test("a writer that had heard nothing at all is complete by that answer", () => {
  const script = new WriterScript().attach()
  script.writer.write(Lane.main, new Uint8Array(10), 0)
  script.writer.finish({ status: "done" })
  script.carrier.pull()
  script.writer.control({ complete: true }, 0)
  expect(script.writer.state).toBe("complete")
})
