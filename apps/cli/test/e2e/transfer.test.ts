import { createHash, randomBytes } from "node:crypto"
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { connect } from "@luxbus/client"
import { offerHeaders } from "@luxbus/file-transfer"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { CuttingProxy } from "../../src/demo/cutting-proxy.ts"
import { endAll, luxbus, serve } from "../support/process.ts"

let url = ""
let folder = ""
let inbox = ""
const folders: string[] = []

beforeAll(async () => {
  url = (await serve("--heartbeat-interval-ms", "300", "--heartbeat-timeout-ms", "300")).url
})
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "luxbus-transfer-"))
  inbox = join(folder, "in")
  folders.push(folder)
})
afterAll(async () => {
  await endAll()
  await Promise.all(folders.map((path) => rm(path, { recursive: true, force: true })))
})

const sha256 = (data: Uint8Array) => createHash("sha256").update(data).digest("hex")

async function makeFile(name: string, bytes: number): Promise<{ path: string; data: Buffer }> {
  const path = join(folder, name)
  const data = randomBytes(bytes)
  await writeFile(path, data)
  return { path, data }
}

const receive = (id: string, ...flags: readonly string[]) =>
  luxbus(["receive", "--out", inbox, "--id", id, "--url", url, ...flags])
const send = (file: string, to: string, ...flags: readonly string[]) =>
  luxbus(["send", file, "--to", to, "--url", url, ...flags])

describe("a file", () => {
  test("arrives whole under its name, with its mode, and both ends print the same SHA-256", async () => {
    const { path, data } = await makeFile("tool.sh", 3_000_000)
    await chmod(path, 0o750)
    const receiving = receive("whole", "--once")
    await receiving.shows(/receiving as whole/)
    const [sent, received] = await Promise.all([send(path, "whole").ended, receiving.ended])
    expect([sent.code, sent.stdout.toString()]).toEqual([0, `${sha256(data)}  tool.sh\n`])
    expect([received.code, received.stdout.toString()]).toEqual([0, `${sha256(data)}  ${join(inbox, "tool.sh")}\n`])
    expect(await readdir(inbox)).toEqual(["tool.sh"])
    expect(sha256(await readFile(join(inbox, "tool.sh")))).toBe(sha256(data))
    expect((await stat(join(inbox, "tool.sh"))).mode & 0o777).toBe(0o750)
  })

  test("of no bytes at all arrives too", async () => {
    const { path } = await makeFile("empty", 0)
    const receiving = receive("empty", "--once")
    await receiving.shows(/receiving as/)
    expect((await send(path, "empty").ended).code).toBe(0)
    expect((await receiving.ended).code).toBe(0)
    expect((await stat(join(inbox, "empty"))).size).toBe(0)
  })

  test("from stdin arrives under the name that was told", async () => {
    const receiving = receive("stdin", "--once")
    await receiving.shows(/receiving as/)
    const sent = await luxbus(["send", "-", "--to", "stdin", "--name", "notes.txt", "--url", url], { input: "hello" })
      .ended
    expect([sent.code, (await receiving.ended).code]).toEqual([0, 0])
    expect(await readFile(join(inbox, "notes.txt"), "utf8")).toBe("hello")
  })

  test("never leaves the folder, and never replaces another", async () => {
    await mkdir(inbox)
    await writeFile(join(inbox, "a.txt"), "mine")
    const { path } = await makeFile("x", 10)
    const receiving = receive("names")
    await receiving.shows(/receiving as/)
    for (const name of ["../a.txt", "/etc/a.txt", "..\\a.txt", ".."])
      expect((await send(path, "names", "--name", name).ended).code).toBe(0)
    receiving.kill("SIGINT")
    expect((await receiving.ended).code).toBe(0)
    expect((await readdir(inbox)).sort()).toEqual(["a (1).txt", "a (2).txt", "a (3).txt", "a.txt", "received"])
    expect(await readFile(join(inbox, "a.txt"), "utf8")).toBe("mine")
    expect((await readdir(folder)).sort()).toEqual(["in", "x"])
  })

  test("several at once arrive each on its own", async () => {
    const files = await Promise.all(["1", "2", "3"].map((name) => makeFile(name, 1_000_000)))
    const receiving = receive("many")
    await receiving.shows(/receiving as/)
    const sent = await Promise.all(files.map(({ path }) => send(path, "many").ended))
    expect(sent.map(({ code }) => code)).toEqual([0, 0, 0])
    receiving.kill("SIGTERM")
    await receiving.ended
    for (const { path, data } of files) expect(sha256(await readFile(join(inbox, path.slice(-1))))).toBe(sha256(data))
  })
})

describe("a sender", () => {
  test("waits for an absent receiver, and says so", async () => {
    const { path, data } = await makeFile("f", 100_000)
    const sending = send(path, "later")
    await sending.shows(/later is not there; waiting for 30s/)
    expect((await receive("later", "--once").ended).code).toBe(0)
    expect((await sending.ended).code).toBe(0)
    expect(sha256(await readFile(join(inbox, "f")))).toBe(sha256(data))
  })

  test("gives up when nobody comes in time", async () => {
    const { path } = await makeFile("f", 10)
    const { code, stderr } = await send(path, "nobody", "--wait", "0.2").ended
    expect([code, stderr]).toEqual([1, expect.stringContaining("nobody is not there: waited 0.2 s (peer_lost)")])
  })

  test("of a file that is not there ends with a sentence and code 2", async () => {
    const { code, stderr } = await send(join(folder, "absent"), "x").ended
    expect([code, stderr]).toEqual([2, expect.stringContaining("there is no file")])
  })

  test("that is stopped leaves nothing at the receiver, which goes on", async () => {
    const receiving = receive("stopped", "--json")
    await receiving.shows(/ready/)
    const endless = luxbus(["send", "-", "--to", "stopped", "--url", url, "--json"], { keepStdin: true })
    endless.child.stdin?.write(randomBytes(1_000_000))
    await receiving.shows(/"bytes":[1-9]/)
    expect(await readdir(inbox)).toEqual(["stdin.part"])
    endless.kill("SIGINT")
    expect((await endless.ended).code).toBe(130)
    await receiving.shows(/The sender stopped: stopped by SIGINT \(cancelled\)/)
    expect(await readdir(inbox)).toEqual([])
    const { path } = await makeFile("next", 10)
    expect((await send(path, "stopped").ended).code).toBe(0)
    receiving.kill("SIGTERM")
    expect((await receiving.ended).code).toBe(0)
  })
})

describe("a receiver", () => {
  test("whose disk fails half-way tells the sender why, on the error lane and in the outcome", async () => {
    const { path } = await makeFile("f", 20_000_000)
    const receiving = luxbus(["receive", "--out", inbox, "--id", "broken", "--once", "--url", url], {
      shell: 'ulimit -f 2000; exec "$@"',
    })
    await receiving.shows(/receiving as/)
    const [sent, received] = await Promise.all([send(path, "broken").ended, receiving.ended])
    expect(sent.stderr).toMatch(
      /broken says: The file cannot be stored: EFBIG[\s\S]*The receiver gave up: .*EFBIG.*\(storage\)/,
    )
    expect([sent.code, received.code, received.stderr]).toEqual([1, 1, expect.stringContaining("(storage)")])
    expect(await readdir(inbox)).toEqual([])
  })

  test("keeps nothing of a file whose digest is another than its sender's", async () => {
    const receiving = receive("checks", "--once")
    await receiving.shows(/receiving as/)
    await using bus = await connect(url)
    const headers = offerHeaders({ name: "f", size: 5, mode: undefined })
    const stream = await bus.open("file.forged", { to: "checks", headers })
    await stream.main.write(new TextEncoder().encode("hello"))
    await stream.main.write({ sha256: sha256(Buffer.from("HELLO")), bytes: 5 })
    const [outcome] = await Promise.all([stream.outcome, stream.end()])
    expect(outcome).toMatchObject({
      status: "error",
      message: expect.stringContaining("What arrived is not what was sent"),
    })
    expect((await receiving.ended).code).toBe(1)
    expect(await readdir(inbox)).toEqual([])
  })

  test("that claims other bytes makes the sender fail", async () => {
    const { path } = await makeFile("f", 5)
    await using bus = await connect(url, { id: "liar" })
    const sending = send(path, "liar")
    for await (const stream of bus.accept("file.*")) {
      await stream.main.bytes()
      await stream.main.write({ sha256: sha256(Buffer.from("other")), bytes: 5 })
      await stream.end()
      break
    }
    const { code, stdout, stderr } = await sending.ended
    expect([code, stdout.toString(), stderr]).toEqual([1, "", expect.stringContaining("The receiver has other bytes")])
  })

  test("under an id that is taken does not start", async () => {
    const first = receive("taken")
    await first.shows(/receiving as/)
    const { code, stderr } = await receive("taken").ended
    expect([code, stderr]).toEqual([1, expect.stringContaining("(id_taken)")])
  })

  test("that cannot make its folder does not start", async () => {
    await writeFile(join(folder, "blocked"), "a file, no folder")
    const { code, stderr } = await luxbus(["receive", "--out", join(folder, "blocked"), "--url", url]).ended
    expect([code, stderr]).toEqual([1, expect.stringContaining("(storage)")])
  })

  test("that is stopped ends the sending, and leaves no part behind", async () => {
    const { path } = await makeFile("f", 200_000_000)
    const receiving = receive("leaves")
    await receiving.shows(/receiving as/)
    const sending = send(path, "leaves", "--json")
    await sending.shows(/"bytes":[1-9]/)
    receiving.kill("SIGINT")
    expect((await receiving.ended).code).toBe(0)
    const { code, stderr } = await sending.ended
    expect([code, stderr]).toEqual([1, expect.stringContaining("The receiver gave up: stopped by SIGINT")])
    expect(await readdir(inbox)).toEqual([])
  })
})

test("a transfer whose both connections are cut arrives whole, with at most 2 MiB sent twice per cut", async () => {
  const { path, data } = await makeFile("disk.img", 40_000_000)
  const cutsAt = [4_000_000, 12_000_000, 24_000_000]
  let cuts = 0
  const proxy = await CuttingProxy.listen(url, (bytes) => {
    const next = cutsAt[cuts]
    // Both connections go through it, so that every byte is counted twice.
    if (next === undefined || bytes < 2 * next) return
    cuts++
    if (cuts === 2) proxy.stall()
    else proxy.cut()
  })
  const receiving = luxbus(["receive", "--out", inbox, "--id", "cut", "--once", "--url", proxy.url])
  await receiving.shows(/receiving as/)
  const sent = await luxbus(["send", path, "--to", "cut", "--url", proxy.url, "--json"]).ended
  expect([sent.code, (await receiving.ended).code, cuts]).toEqual([0, 0, 3])
  await proxy.close()
  const done = JSON.parse(sent.stdout.toString().trim().split("\n").at(-1) ?? "")
  expect(done).toMatchObject({ type: "done", sha256: sha256(data), bytes: data.length })
  expect(done.repeatedBytes).toBeLessThanOrEqual(cuts * 2 * 1024 * 1024)
  expect(sha256(await readFile(join(inbox, "disk.img")))).toBe(sha256(data))
}, 30_000)
