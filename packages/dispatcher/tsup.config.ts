import { preset } from "@luxbus/build-preset"

export default preset(["src/index.ts", "src/testing.ts"])
