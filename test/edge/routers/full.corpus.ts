/** The whole corpus of requests against every application: `npm run test:corpus`. It builds missing applications. */
import { prepared } from "./built";
import { express } from "./express";
import { pyramid } from "./pyramid";
import { testRouter } from "./suite";
import { tomcat } from "./tomcat";

const ALL = { count: 1200, counterProof: 1200 };

const onNode = () => Promise.resolve(express);
const onJava = () => prepared(tomcat, true);
const onPython = () => prepared(pyramid, true);

testRouter("Express", onNode, { ...ALL, oneIn: 1 });
testRouter("Tomcat", onJava, { ...ALL, oneIn: 1 });
testRouter("Pyramid on waitress", onPython, { ...ALL, oneIn: 1 });

// What is safe for each application's parser: only Express routes before it decodes, only Tomcat removes parameters.
testRouter("Express", onNode, {
    ...ALL,
    forms: { encodedSlashes: true, ignoreCase: true },
});
testRouter("Tomcat", onJava, { ...ALL, forms: { parameters: true } });
testRouter("Pyramid on waitress", onPython, { ...ALL, forms: { parameters: true } });
