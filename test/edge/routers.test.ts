/** A part of the corpus of requests against real applications. `npm run test:corpus` runs all of it. */
import { cases } from "../support/cases";
import { prepared } from "./routers/built";
import { express } from "./routers/express";
import { pyramid } from "./routers/pyramid";
import { testRouter } from "./routers/suite";
import { tomcat } from "./routers/tomcat";

const SAMPLE = { count: 200, counterProof: 200 };

// Where Envoy is required, so are the applications. Elsewhere unit tests download nothing.
const build = process.env["MESH_REQUIRE_ENVOY"] === "1";

testRouter("Express", () => Promise.resolve(express), {
    count: cases(400, 1000),
    counterProof: 100,
    oneIn: 7,
});
testRouter("Tomcat", () => prepared(tomcat, build), SAMPLE);
testRouter("Pyramid on waitress", () => prepared(pyramid, build), SAMPLE);
