/** The whole corpus of paths against every application: `npm run test:corpus`. It builds what is not built yet. */
import { prepared } from "./built";
import { express } from "./express";
import { pyramid } from "./pyramid";
import { provesRouter } from "./suite";
import { tomcat } from "./tomcat";

const ALL = { count: 1200, counterProof: 1200 };

const onNode = () => Promise.resolve(express);
const onJava = () => prepared(tomcat, true);
const onPython = () => prepared(pyramid, true);

provesRouter("Express", onNode, ALL);
provesRouter("Tomcat", onJava, ALL);
provesRouter("Pyramid on waitress", onPython, ALL);

// What each application can take safely by its own reading: only Express routes before it decodes, only Tomcat cuts parameters.
provesRouter("Express", onNode, { ...ALL, forms: { encodedSlashes: true, ignoreCase: true } });
provesRouter("Tomcat", onJava, { ...ALL, forms: { parameters: true } });
provesRouter("Pyramid on waitress", onPython, { ...ALL, forms: { parameters: true } });
