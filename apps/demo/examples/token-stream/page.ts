import { type AttachedStream, connect } from "@luxbus/client"

const find = <E extends HTMLElement>(id: string) => document.getElementById(id) as E
const ask = find<HTMLButtonElement>("ask")
const stop = find<HTMLButtonElement>("stop")
const cut = find<HTMLButtonElement>("cut")

const bus = await connect(location.origin.replace("http", "ws"))
show("connection", bus.status.state)
bus.onStatus(({ state }) => show("connection", state))

let view: AttachedStream | undefined
ask.onclick = async () => {
  const name = `answer.${crypto.randomUUID()}`
  // The page's address names the answer: a reload, or somebody who was sent the address, reads it from the start.
  history.replaceState(null, "", `#${name}`)
  void read(name, true)
  const question = await bus.open("question", { to: "model", headers: { answer: name } })
  await question.end()
}
stop.onclick = () => view?.cancel("the reader has enough")
cut.onclick = () => bus.publish("cut", true)
for (const button of [ask, cut]) button.disabled = false
window.onhashchange = readAddressed
readAddressed()

function readAddressed(): void {
  if (location.hash !== "") void read(location.hash.slice(1), false)
}

/** Shows an answer from its first token to its outcome. Where a connection is lost, the client goes on by itself. */
async function read(name: string, wait: boolean): Promise<void> {
  await view?.close()
  const answer = bus.attach(name, { from: "start", wait })
  view = answer
  stop.disabled = false
  show("answer", "")
  show("outcome", "")
  const end = await readToItsEnd(answer)
  if (view !== answer) return
  stop.disabled = true
  show("outcome", end)
}

async function readToItsEnd(answer: AttachedStream): Promise<string> {
  try {
    for await (const token of answer.main) if (view === answer) find("answer").append(String(token))
    return (await answer.outcome).status
  } catch (error) {
    return String(error)
  }
}

function show(id: string, text: string): void {
  find(id).textContent = text
}
