import { preset } from "@luxbus/build-preset"

export default preset(["src/index.ts", "src/operator.ts", "src/streams.ts"])
