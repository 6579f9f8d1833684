import { once } from "node:events"
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net"
import { afterEach, beforeEach, expect, test } from "vitest"
import { CuttingProxy } from "../../src/demo/cutting-proxy.ts"

let echo: Server
let proxy: CuttingProxy
const accepted: Socket[] = []

beforeEach(async () => {
  echo = createServer((socket) => {
    accepted.push(socket)
    socket.on("error", () => {})
    socket.pipe(socket)
  })
  await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve))
  proxy = await CuttingProxy.listen(`ws://127.0.0.1:${(echo.address() as AddressInfo).port}`)
})
afterEach(async () => {
  await proxy.close()
  for (const socket of accepted.splice(0)) socket.destroy()
  await new Promise((resolve) => echo.close(resolve))
})

async function open(): Promise<Socket> {
  const socket = connect(Number(new URL(proxy.url).port), "127.0.0.1")
  socket.on("error", () => {})
  await once(socket, "connect")
  return socket
}

async function say(socket: Socket, text: string): Promise<string> {
  socket.write(text)
  const [data] = await once(socket, "data")
  return String(data)
}

test("forwards both ways and counts", async () => {
  expect(await say(await open(), "hello")).toBe("hello")
  expect(proxy.forwardedBytes).toBe(10)
})

test("a cut closes every connection; the next one gets through", async () => {
  const socket = await open()
  await say(socket, "a")
  const closed = new Promise((resolve) => socket.once("close", resolve))
  proxy.cut()
  await closed
  expect(proxy.openLinks).toBe(0)
  expect(await say(await open(), "b")).toBe("b")
})

test("a stall loses what is on its way and closes nothing, not even when one end gives up", async () => {
  const socket = await open()
  await say(socket, "a")
  proxy.stall()
  socket.write("lost")
  expect(await say(await open(), "b")).toBe("b")
  expect(proxy.openLinks).toBe(2)
  socket.destroy()
  await once(socket, "close")
  expect(await say(await open(), "c")).toBe("c")
  expect(accepted[0]?.destroyed).toBe(false)
  expect(proxy.forwardedBytes).toBe(6)
})

test("refuses connections while told to", async () => {
  proxy.refuse(true)
  const refused = await open()
  await new Promise((resolve) => refused.once("close", resolve))
  proxy.refuse(false)
  expect(await say(await open(), "d")).toBe("d")
})
