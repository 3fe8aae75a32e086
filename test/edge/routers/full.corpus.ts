/** The whole corpus of paths against every application: `npm run test:corpus`. It builds what is not built yet. */
import { express } from "./express";
import { provesRouter } from "./suite";

const ALL = { count: 1000, counterProof: 1000 };

provesRouter("Express", () => Promise.resolve(express), ALL);
