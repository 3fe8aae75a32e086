/** The whole corpus of requests against every application: `npm run test:corpus`. It builds what is not built yet. */
import { prepared } from "./built";
import { express } from "./express";
import { pyramid } from "./pyramid";
import { provesRouter } from "./suite";
import { tomcat } from "./tomcat";

const ALL = { count: 1200, counterProof: 1200 };

const onNode = () => Promise.resolve(express);
const onJava = () => prepared(tomcat, true);
const onPython = () => prepared(pyramid, true);

provesRouter("Express", onNode, { ...ALL, oneIn: 1 });
provesRouter("Tomcat", onJava, { ...ALL, oneIn: 1 });
provesRouter("Pyramid on waitress", onPython, { ...ALL, oneIn: 1 });

// What each application can take safely by its own reading: only Express routes before it decodes, only Tomcat cuts parameters.
provesRouter("Express", onNode, {
    ...ALL,
    forms: { encodedSlashes: true, ignoreCase: true },
});
provesRouter("Tomcat", onJava, { ...ALL, forms: { parameters: true } });
provesRouter("Pyramid on waitress", onPython, { ...ALL, forms: { parameters: true } });
