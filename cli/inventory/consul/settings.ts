/** How to reach Consul: `--url`, and the environment variables of Consul's own CLI. */
import { readFileSync } from "node:fs";

/** https://developer.hashicorp.com/consul/commands#environment-variables */
type Environment = Readonly<Record<string, string | undefined>>;

export interface ConsulSettings {
    readonly url: URL;
    /** Undefined: requests are anonymous. */
    readonly token: string | undefined;
    readonly ca: Buffer | undefined;
    readonly cert: Buffer | undefined;
    readonly key: Buffer | undefined;
    /** The name that the server's certificate must have. @default the URL's host */
    readonly serverName: string | undefined;
}

/** @throws Error that lists every invalid setting */
export function consulSettings(url: string | undefined, env: Environment = process.env): ConsulSettings {
    const problems: string[] = [];
    const address = parseUrl(url, env, problems);
    const file = (name: string): Buffer | undefined => {
        const path = env[name];
        if (path === undefined || path === "") return undefined;
        try {
            return readFileSync(path);
        } catch (error) {
            problems.push(`${name}: ${path} cannot be read: ${messageOf(error)}`);
            return undefined;
        }
    };
    const variable = (name: string): string | undefined => (env[name] === "" ? undefined : env[name]);
    const settings = {
        token: variable("CONSUL_HTTP_TOKEN") ?? file("CONSUL_HTTP_TOKEN_FILE")?.toString("utf8").trim(),
        ca: file("CONSUL_CACERT"),
        cert: file("CONSUL_CLIENT_CERT"),
        key: file("CONSUL_CLIENT_KEY"),
        serverName: variable("CONSUL_TLS_SERVER_NAME"),
    };
    if ((settings.cert === undefined) !== (settings.key === undefined) && problems.length === 0)
        problems.push("set CONSUL_CLIENT_CERT and CONSUL_CLIENT_KEY, or neither");
    if (address?.protocol === "http:" && (settings.ca ?? settings.cert) !== undefined)
        problems.push(
            `${address.origin} is plain HTTP, but CONSUL_CACERT or CONSUL_CLIENT_CERT is set: use https`,
        );
    if (address === undefined || problems.length > 0)
        throw new Error(
            `the connection to Consul is not configured:\n${problems.map((one) => `  ${one}`).join("\n")}`,
        );
    return { url: address, ...settings };
}

function parseUrl(option: string | undefined, env: Environment, problems: string[]): URL | undefined {
    const name = option === undefined ? "CONSUL_HTTP_ADDR" : "--url";
    const given = option ?? env["CONSUL_HTTP_ADDR"];
    if (given === undefined || given === "") {
        problems.push("pass --url, such as https://consul.example.com:8501, or set CONSUL_HTTP_ADDR");
        return undefined;
    }
    const scheme = env["CONSUL_HTTP_SSL"] === "true" ? "https" : "http";
    const text = given.includes("://") ? given : `${scheme}://${given}`;
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !["http:", "https:"].includes(url.protocol) || url.hostname === "") {
        problems.push(`${name}: "${given}" is not an http or https URL`);
        return undefined;
    }
    if (url.username !== "" || url.password !== "" || url.search !== "") {
        problems.push(`${name}: remove the credentials and the query; the token is CONSUL_HTTP_TOKEN`);
        return undefined;
    }
    return url;
}

export function messageOf(error: unknown): string {
    return error instanceof Error ? error.message : String(error);
}
