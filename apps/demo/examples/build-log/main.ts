import { fileURLToPath } from "node:url"
import { isDeepStrictEqual } from "node:util"
import { connect } from "@luxbus/client"
import { createServer } from "@luxbus/server"
import { runBuild } from "./run-build.ts"
import { watchBuild } from "./watch-build.ts"

const BUILD = fileURLToPath(new URL("./build.mjs", import.meta.url))

// In life these are four processes: a broker (`luxbus serve`), the build server and two viewers.
const server = createServer()
const { url } = await server.listen()
const builder = await connect(url, { id: "builder" })
const viewer = await connect(url, { id: "viewer" })

const live = watchBuild(viewer, "build.42", "live")
await runBuild(builder, "build.42", [process.execPath, BUILD])
const early = await live

console.log("The build is over; now somebody else comes to look.")
const late = await watchBuild(viewer, "build.42", "late")
console.log(isDeepStrictEqual(late, early) ? "Both saw the same." : "They saw different things!")

await viewer.close()
await builder.close()
await server.close()
