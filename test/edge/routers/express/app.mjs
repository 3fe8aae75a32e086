// A Node application with Express's default router, which ignores case and a trailing slash and decodes parameters once.
// It answers each request with how it parsed it. Usage: node app.mjs PORT
import express from "express";

const ROUTES = [
    ["/v1/tenants/{tenant}", "/v1/tenants/:tenant{/*rest}"],
    ["/v1/events", "/v1/events"],
    ["/v1/{**}", "/v1{/*rest}"],
    ["/hls/{tenant}", "/hls/:tenant{/*rest}"],
    ["/hooks/{*}", "/hooks/:name"],
    ["/login", "/login"],
    ["/login/callback", "/login/callback"],
    ["/.well-known/jwks.json", "/.well-known/jwks.json"],
    ["/internal/{**}", "/internal{/*rest}"],
    ["/admin/{**}", "/admin{/*rest}"],
];

const app = express();
const answer = (request, response, status, route) =>
    response
        .status(status)
        .set("x-read-by", "express")
        .json({
            route,
            tenant: request.params?.tenant ?? null,
            path: request.path,
            caller: request.get("x-tenant") ?? null,
        });

for (const [route, pattern] of ROUTES)
    app.all(pattern, (request, response) => answer(request, response, 200, route));
app.use((request, response) => answer(request, response, 404, null));
// Express cannot decode a parameter: no route runs. Four parameters make this an error handler.
app.use((error, request, response, _next) => answer(request, response, error.status ?? 500, null));
app.listen(Number(process.argv[2]), "127.0.0.1");
