/** A part of the corpus of paths against real applications. `npm run test:corpus` runs all of it. */
import { express } from "./routers/express";
import { provesRouter } from "./routers/suite";

provesRouter("Express", () => Promise.resolve(express), { count: 1000, counterProof: 100 });
