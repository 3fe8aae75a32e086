/** The whole corpus of paths against every application: `npm run test:corpus`. It builds what is not built yet. */
import { prepared } from "./built";
import { express } from "./express";
import { pyramid } from "./pyramid";
import { provesRouter } from "./suite";
import { tomcat } from "./tomcat";

const ALL = { count: 1200, counterProof: 1200 };

provesRouter("Express", () => Promise.resolve(express), ALL);
provesRouter("Tomcat", () => prepared(tomcat, true), ALL);
provesRouter("Pyramid on waitress", () => prepared(pyramid, true), ALL);
