import { ensureToolchain } from "./local/toolchain";
import { silentProgress } from "./local/progress";
void ensureToolchain(silentProgress()).then((t) => console.log("done", t.certManagerChart, new Date().toISOString()), console.error);
