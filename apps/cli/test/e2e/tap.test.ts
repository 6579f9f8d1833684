import { afterAll, beforeAll, expect, test } from "vitest"
import { endAll, luxbus, serve } from "../support/process.ts"

let env: Readonly<Record<string, string>>
beforeAll(async () => {
  env = { LUXBUS_URL: (await serve()).url }
})
afterAll(endAll)

const start = (...args: readonly string[]) => luxbus(args, { env })
const linesOf = (output: Buffer) => output.toString().trimEnd().split("\n")
/** Lines without their time of day. */
const wireOf = (output: Buffer) =>
  linesOf(output).map((line) => {
    expect(line).toMatch(/^\d\d:\d\d:\d\d\.\d{3} /)
    return line.slice("00:00:00.000 ".length)
  })

test("shows each packet of a live stream as one line, both ways, and exits as the stream ends", async () => {
  const script = 'printf "\\033[2Jone\\n"; echo two >&2; read line; echo $line; exit 3'
  const run = luxbus(["run", "--id", "live", "--", "sh", "-c", script], { env, keepStdin: true })
  await run.shows(/one[\s\S]*two/)
  const tap = start("tap", "live")
  await tap.shows(/one[\s\S]*two|two[\s\S]*one/)
  run.child.stdin?.end("three\n")
  const { code, stdout, stderr } = await tap.ended
  expect([code, stderr]).toEqual([3, ""])
  const lines = wireOf(stdout)
  expect(lines[0]).toMatch(/^<- START {4}epoch \d+ {2}name "live" {2}alias \d+ .*kind delivery/)
  expect(lines).toContainEqual(expect.stringMatching(/^-> control {2}open {2}.*epoch \d+/))
  expect(lines).toContainEqual(expect.stringMatching(/^-> control {2}lane main .*credit \d+/))
  expect(lines).toContainEqual(expect.stringMatching(/^<- CHUNK {4}main 0 {2}8 bytes {2}"\\u001b\[2Jone\\n"/))
  expect(lines).toContainEqual(expect.stringMatching(/^<- CHUNK {4}error 0 {2}4 bytes {2}"two\\n"/))
  expect(lines).toContainEqual(expect.stringMatching(/^<- END {6}main 2 {2}0 bytes .*sha256 /))
  expect(lines).toContainEqual(expect.stringMatching(/^<- control {2}outcome .*"exitCode":3/))
  expect(lines.at(-1)).toBe("-> control  complete")
  expect(stdout.includes(0x1b)).toBe(false)
})

test("--json prints the packets, with the time and way of each; luxbus decode reads them", async () => {
  await start("run", "--id", "json", "--", "echo", "out").ended
  const { code, stdout } = await start("tap", "json", "--json").ended
  expect(code).toBe(0)
  const packets = linesOf(stdout).map((line) => JSON.parse(line))
  const tap = (direction: string) => ({ direction, timestamp: expect.any(Number) })
  expect(packets[0]).toMatchObject({ uid: "json", frame: "start", kind: "delivery", tap: tap("received") })
  expect(packets).toContainEqual(expect.objectContaining({ uid: "json", open: true, tap: tap("sent") }))
  const chunk = packets.find((packet) => packet.chunk === 0)
  expect(chunk).toMatchObject({ uid: "json", type: "stream", is_final: false, data: "b3V0Cg==", encoding: "base64" })
  expect(packets.at(-1)).toMatchObject({ uid: "json", status: "complete", tap: tap("sent") })
  expect(JSON.stringify(packets)).not.toMatch(/secret|hello/)

  const decoded = await luxbus(["decode", "--json", "-"], { input: stdout }).ended
  expect([decoded.code, decoded.stderr]).toEqual([0, ""])
  expect(linesOf(decoded.stdout).map((line) => JSON.parse(line))).toEqual(
    packets.map(({ tap: _, ...packet }) => packet),
  )
})

test("--lane leaves out what is about the other lane; --from now what was before", async () => {
  await start("run", "--id", "lanes", "--", "sh", "-c", "echo out; echo err >&2").ended
  const error = (await start("tap", "lanes", "--lane", "error").ended).stdout.toString()
  expect(error).toMatch(/<- CHUNK {4}error 0/)
  expect(error).not.toMatch(/ main \d|lane main/)
  expect(error).toContain("outcome")
  const now = (await start("tap", "lanes", "--from", "now").ended).stdout.toString()
  expect(now).toContain("<- START")
  expect(now).not.toContain("CHUNK")
})

test("is a reader like any other: the job and who watches it are as without it", async () => {
  const run = luxbus(["run", "--id", "calm", "--", "sh", "-c", "echo up; cat"], { env, keepStdin: true })
  await run.shows(/up/)
  const taps = [start("tap", "calm"), start("tap", "calm", "--json")]
  for (const tap of taps) await tap.shows(/chunk|CHUNK/)
  taps[0]?.kill("SIGINT")
  taps[1]?.kill("SIGKILL")
  await Promise.all(taps.map(({ ended }) => ended))
  const attach = start("attach", "calm")
  await attach.shows(/up/)
  run.child.stdin?.end("down\n")
  const { code, stdout } = await attach.ended
  expect([code, stdout.toString(), (await run.ended).code]).toEqual([0, "up\ndown\n", 0])
})

test("interrupted, leaves the stream alone and tells how to take up again", async () => {
  const run = start("run", "--id", "goes-on", "--", "sh", "-c", "echo up; exec sleep 60")
  await run.shows(/up/)
  const tap = start("tap", "goes-on")
  await tap.shows(/CHUNK/)
  tap.kill("SIGINT")
  const { code, stderr } = await tap.ended
  expect([code, stderr]).toEqual([130, expect.stringMatching(/luxbus tap goes-on --from \d+-/)])
  expect(run.child.exitCode).toBeNull()
})

test("of an unknown id ends at once with unknown_stream", async () => {
  const { code, stdout, stderr } = await start("tap", "nobody").ended
  expect([code, stdout.toString(), stderr]).toEqual([1, "", expect.stringContaining("(unknown_stream)")])
})

test("--wait waits for the stream", async () => {
  const tap = start("tap", "later", "--wait")
  await tap.shows(/waiting for later/)
  await start("run", "--id", "later", "--", "echo", "here").ended
  const { code, stdout } = await tap.ended
  expect([code, stdout.toString()]).toEqual([0, expect.stringContaining("CHUNK")])
})
